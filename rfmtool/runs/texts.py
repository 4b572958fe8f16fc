"""Tables that a run of ours wrote, read back: as text, or in the types that are asked for."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from rfmtool.outputs.formulas import unescaped

RAW: Final = "--raw-text"
_MOST_BLOCK: Final = 2**31 - 1


def text_table(data: bytes, *, raw_text: bool) -> pa.Table:
    """A CSV that we wrote, as text and `as_meant`; an empty cell is missing."""
    return unescape_table(from_csv(data, None), raw_text=raw_text)


def unescape_table(table: pa.Table, *, raw_text: bool) -> pa.Table:
    """A table without what keeps spreadsheets from running its texts, unless it was written raw."""
    if raw_text:
        return table
    cells = [
        unescaped(column) if pa.types.is_string(column.type) else column for column in table.columns
    ]
    return pa.table(cells, table.column_names)


def is_raw(manifest: Mapping[str, Any]) -> bool:
    """Whether a run wrote its texts raw."""
    return RAW in manifest.get("command", ())


def from_csv(data: bytes, kinds: Mapping[str, pa.DataType] | None) -> pa.Table:
    """A CSV that we wrote in the types of `kinds`; without them all its columns as text."""
    if kinds is None:
        with io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline="") as text:
            kinds = dict.fromkeys(next(csv.reader(text)), pa.string())
    options = pa_csv.ConvertOptions(
        column_types=kinds, include_columns=list(kinds), null_values=[""], strings_can_be_null=True
    )
    # Ids may hold line ends.
    parse = pa_csv.ParseOptions(newlines_in_values=True)
    # An id may be longer than a block of the usual size.
    whole = pa_csv.ReadOptions(block_size=min(len(data) + 1, _MOST_BLOCK))
    return pa_csv.read_csv(
        io.BytesIO(data), read_options=whole, parse_options=parse, convert_options=options
    )


def from_parquet(data: bytes, kinds: Mapping[str, pa.DataType] | None) -> pa.Table:
    """A Parquet file that we wrote, as `from_csv` reads one."""
    table = pq.read_table(io.BytesIO(data), columns=list(kinds) if kinds else None)
    kinds = kinds or dict.fromkeys(table.column_names, pa.string())
    return table.select(list(kinds)).cast(pa.schema(kinds))
