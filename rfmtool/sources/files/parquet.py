"""Parquet files, opened so that damage is an error that says where it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from rfmtool.errors import InputError

if TYPE_CHECKING:
    from rfmtool.sources.files.exports import ExportFile

_DAMAGED: Final = (pa.ArrowException, OSError, UnicodeDecodeError)


def schema_of(file: ExportFile) -> pa.Schema:
    """The columns of a Parquet file."""
    with file.open() as raw:
        try:
            schema = _opened(raw).schema_arrow
            schema.names  # noqa: B018 - where bytes become text
        except UnicodeDecodeError:
            raise InputError(
                f"{file.name}: the name of a column is not UTF-8 text",
                "Rename the columns where it is made, and export it again.",
            ) from None
        except _DAMAGED:
            raise _damaged(file) from None
    return schema


def row_group_sizes(file: ExportFile) -> list[int]:
    """How many rows each row group of a Parquet file has."""
    with file.open() as raw:
        try:
            about = _opened(raw).metadata
            return [about.row_group(group).num_rows for group in range(about.num_row_groups)]
        except _DAMAGED:
            raise _damaged(file) from None


@contextmanager
def batches(
    file: ExportFile, rows: int, columns: Sequence[str] | None = None
) -> Iterator[tuple[Iterator[pa.RecordBatch], BinaryIO]]:
    """Give some columns, or all, and the raw file to ask how far reading has come."""
    with file.open() as raw:
        try:
            groups = None if file.span is None else range(*file.span)
            yield _opened(raw).iter_batches(rows, row_groups=groups, columns=columns), raw
        except _DAMAGED:
            raise _damaged(file, _place_of_damage(file, columns)) from None


def _opened(raw: BinaryIO) -> pq.ParquetFile:
    # Pre-buffering would hold every column chunk as it is read.
    # Nanoseconds would wrap the days of INT96 that are far off.
    return pq.ParquetFile(
        raw, pre_buffer=False, page_checksum_verification=True, coerce_int96_timestamp_unit="us"
    )


def _damaged(file: ExportFile, place: str = "") -> InputError:
    return InputError(
        f"{file.name}: the Parquet data is damaged{place}", "Export or download it again."
    )


def _place_of_damage(file: ExportFile, columns: Sequence[str] | None) -> str:
    """The first row group and column that cannot be read, in words; nothing where all can be."""
    with file.open() as raw:
        try:
            parquet = _opened(raw)
            names = columns or parquet.schema_arrow.names
        except _DAMAGED:
            return ""
        for group in range(parquet.num_row_groups):
            for name in names:
                try:
                    for _ in parquet.iter_batches(1 << 16, [group], [name]):
                        pass
                except _DAMAGED:
                    return f" in row group {group + 1:,}, column {name!r}"
    return ""
