"""Parquet files, in which damage raises an error that names the place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from rfmtool.errors import InputError

if TYPE_CHECKING:
    from rfmtool.sources.files.exports import ExportFile

_DAMAGE_ERRORS: Final = (pa.ArrowException, OSError, UnicodeDecodeError)


def schema_of(file: ExportFile) -> pa.Schema:
    """The columns of a Parquet file."""
    with file.open() as raw:
        try:
            schema = _open_parquet(raw).schema_arrow
            schema.names  # noqa: B018 - decodes the names
        except UnicodeDecodeError:
            raise InputError(
                f"{file.name}: the name of a column is not UTF-8 text",
                "Rename the columns where it is made, and export it again.",
            ) from None
        except _DAMAGE_ERRORS:
            raise _damage_error(file) from None
    return schema


def row_group_sizes(file: ExportFile) -> list[int]:
    """The number of rows of each row group of a Parquet file."""
    with file.open() as raw:
        try:
            metadata = _open_parquet(raw).metadata
            return [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
        except _DAMAGE_ERRORS:
            raise _damage_error(file) from None


@contextmanager
def batches(
    file: ExportFile, rows: int, columns: Sequence[str] | None = None
) -> Iterator[tuple[Iterator[pa.RecordBatch], BinaryIO]]:
    """Yield batches of some or all columns, and the raw file, whose position shows the progress."""
    with file.open() as raw:
        try:
            groups = None if file.span is None else range(*file.span)
            yield _open_parquet(raw).iter_batches(rows, row_groups=groups, columns=columns), raw
        except _DAMAGE_ERRORS:
            raise _damage_error(file, _place_of_damage(file, columns)) from None


def _open_parquet(raw: BinaryIO) -> pq.ParquetFile:
    # Pre-buffering would keep every column chunk in memory; nanoseconds cannot hold all of INT96.
    return pq.ParquetFile(
        raw, pre_buffer=False, page_checksum_verification=True, coerce_int96_timestamp_unit="us"
    )


def _damage_error(file: ExportFile, place: str = "") -> InputError:
    return InputError(
        f"{file.name}: the Parquet data is damaged{place}", "Export or download it again."
    )


def _place_of_damage(file: ExportFile, columns: Sequence[str] | None) -> str:
    """A text on the first row group and column that cannot be read; empty if all can."""
    with file.open() as raw:
        try:
            parquet = _open_parquet(raw)
            names = columns or parquet.schema_arrow.names
        except _DAMAGE_ERRORS:
            return ""
        for group in range(parquet.num_row_groups):
            for name in names:
                try:
                    for _ in parquet.iter_batches(1 << 16, [group], [name]):
                        pass
                except _DAMAGE_ERRORS:
                    return f" in row group {group + 1:,}, column {name!r}"
    return ""
