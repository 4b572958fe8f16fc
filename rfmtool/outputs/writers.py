"""Write tables as CSV, TSV, JSON lines, Parquet or Excel."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from rfmtool.errors import UsageError
from rfmtool.outputs.cells import text_of
from rfmtool.outputs.tables import labels_as_text
from rfmtool.outputs.text import CHUNK_ROWS, TextOptions, write_csv
from rfmtool.outputs.workbooks import Sheet, check_library, write_workbook


def _write_jsonl(rows: pa.RecordBatchReader, target: IO[bytes]) -> None:
    """Write one JSON object per line; money is text, missing is null."""
    for batch in rows:
        for start in range(0, len(batch), CHUNK_ROWS):
            chunk = batch.slice(start, CHUNK_ROWS)
            columns = [
                text_of(column)
                if pa.types.is_decimal(column.type) or pa.types.is_date(column.type)
                else column
                for column in chunk.columns
            ]
            for row in pa.record_batch(columns, chunk.schema.names).to_pylist():
                target.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


def _write_parquet(rows: pa.RecordBatchReader, target: IO[bytes]) -> None:
    with pq.ParquetWriter(target, rows.schema, compression="zstd") as writer:
        for batch in rows:
            writer.write_batch(batch)


_WRITERS: Final[Mapping[str, Callable[[pa.RecordBatchReader, IO[bytes], TextOptions], None]]] = {
    "csv": write_csv,
    "tsv": lambda rows, target, text: write_csv(rows, target, replace(text, delimiter="\t")),
    "jsonl": lambda rows, target, _: _write_jsonl(labels_as_text(rows), target),
    "parquet": lambda rows, target, _: _write_parquet(labels_as_text(rows), target),
    "xlsx": lambda rows, target, _: write_workbook(
        [Sheet("Sheet1", labels_as_text(rows).read_all())], target
    ),
}
FORMATS: Final = tuple(_WRITERS)


def format_of(path: Path) -> str:
    """The format of a file by its extension; CSV without one.

    Raises:
        UsageError: the extension is not known, or the library to write it is not installed.
    """
    extension = path.suffix.lower().removeprefix(".")
    if not extension:
        return "csv"
    if extension not in FORMATS:
        raise UsageError(
            f"{path.name}: tables are not written as .{extension}",
            f"Take one of {', '.join(f'.{known}' for known in FORMATS)}.",
        )
    check_writable(extension, path.name)
    return extension


def check_writable(kind: str, asked: str) -> None:
    """Check that the library for a format is installed, as `check_library` does."""
    if kind == "xlsx":
        check_library(asked)


def write_table(
    rows: pa.RecordBatchReader, target: IO[bytes], kind: str, text: TextOptions
) -> None:
    """Write rows as a table in one of FORMATS."""
    _WRITERS[kind](rows, target, text)
