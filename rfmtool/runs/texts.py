"""Read tables that a run wrote, as text or in given types."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Final

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from rfmtool.outputs.formulas import unescaped

RAW: Final = "--raw-text"
"""The option of a run that writes text without marks against formulas."""
_MAX_BLOCK_BYTES: Final = 2**31 - 1


def text_table(data: bytes, *, raw_text: bool) -> pa.Table:
    """A CSV of a run as text without the marks against formulas; empty cells are missing."""
    return unescape_table(from_csv(data, None), raw_text=raw_text)


def unescape_table(table: pa.Table, *, raw_text: bool) -> pa.Table:
    """A table without the marks against spreadsheet formulas; `raw_text` says there are none."""
    if raw_text:
        return table
    cells = [unescaped(column) if pa.types.is_string(column.type) else column
             for column in table.columns]  # fmt: skip
    return pa.table(cells, table.column_names)


def from_csv(data: bytes, kinds: Mapping[str, pa.DataType] | None) -> pa.Table:
    """The columns of `kinds` from a CSV of a run, in these types; else all columns as text."""
    if kinds is None:
        with io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline="") as text:
            kinds = dict.fromkeys(next(csv.reader(text)), pa.string())
    options = pa_csv.ConvertOptions(
        column_types=kinds, include_columns=list(kinds), null_values=[""], strings_can_be_null=True
    )
    # Ids may contain line breaks, and be longer than a block of the usual size.
    parse = pa_csv.ParseOptions(newlines_in_values=True)
    read = pa_csv.ReadOptions(block_size=min(len(data) + 1, _MAX_BLOCK_BYTES))
    return pa_csv.read_csv(
        io.BytesIO(data), read_options=read, parse_options=parse, convert_options=options
    )


def from_parquet(data: bytes, kinds: Mapping[str, pa.DataType] | None) -> pa.Table:
    """The same from a Parquet file."""
    table = pq.read_table(io.BytesIO(data), columns=list(kinds) if kinds else None)
    kinds = kinds or dict.fromkeys(table.column_names, pa.string())
    return table.select(list(kinds)).cast(pa.schema(kinds))
