"""A frame of customers as exact text: money as decimals, dates as ISO, missing as empty."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import IO, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool import columns as names
from rfmtool.outputs.cells import text_of
from rfmtool.threads import cores, in_order

_BOM: Final = b"\xef\xbb\xbf"
_CHUNK_ROWS: Final = 1 << 16
_MONEY: Final = pa.decimal128(19, 4)
# A spreadsheet runs a cell that begins like this, unless it is a signed number or a phone number.
_RUNNING_STARTS: Final = pa.array(["=", "@", "\t", "\r", "+", "-"])
_LONE_SIGNS: Final = pa.array(["+", "-"])
_NUMBER_OR_PHONE: Final = r"^(?:[+-][\d.,]*\d(?:[eE][+-]?\d+)?|\+\(?\d[\d ()./-]*)$"


@dataclass(frozen=True)
class TextOptions:
    """How text tables are written: what divides cells, a BOM for Excel, formulas left as is."""

    delimiter: str = ","
    excel: bool = False
    raw_text: bool = False


def to_table(
    frame: pd.DataFrame,
    columns: tuple[str, ...] = names.CUSTOMERS,
    money: Collection[str] = names.MONEY,
) -> pa.Table:
    """Give the columns of a result frame their written types: decimals, dates, text.

    Args:
        frame: a result's frame, money in whole 1/10,000.
        columns: which columns, in this order.
        money: which of them hold money.
    """
    return pa.table({name: _typed(frame[name], money) for name in columns})


def _typed(column: pd.Series[Any], money: Collection[str]) -> pa.Array:
    if column.name in money:
        return _money(column)
    array = pa.array(column, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_timestamp(array.type):
        return pc.cast(array, pa.date32())
    if pa.types.is_dictionary(array.type):
        return pc.cast(array, pa.string())
    if pa.types.is_large_string(array.type):
        return pc.cast(array, pa.string())
    return array


def _money(column: pd.Series[Any]) -> pa.Array:
    """Whole 1/10,000 as decimals of scale 4: the same 128-bit numbers, read differently."""
    units = column.to_numpy(dtype=np.int64, na_value=0)
    known = pa.array(column.notna().to_numpy())
    wide = np.stack([units, units >> 63], axis=1)
    decimals = pa.Array.from_buffers(_MONEY, len(units), [None, pa.py_buffer(wide)])
    return pc.if_else(known, decimals, pa.scalar(None, _MONEY))


def count_formulas(table: pa.Table) -> int:
    """How many text cells a spreadsheet would run."""
    found = (
        pc.sum(_runs(column)).as_py() or 0
        for column in table.columns
        if pa.types.is_string(column.type)
    )
    return sum(found)


def _runs(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    # The first letters tell of most columns that nothing in them can run.
    may_run = pc.is_in(pc.utf8_slice_codeunits(column, 0, 1), _RUNNING_STARTS)
    if not pc.any(may_run).as_py():
        return may_run
    harmless = pc.match_substring_regex(column, _NUMBER_OR_PHONE)
    return pc.and_not(may_run, pc.or_kleene(harmless, pc.is_in(column, _LONE_SIGNS)))


def unescaped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Take the `'` that keeps spreadsheets from running cells off the cells of a CSV column."""
    bare = pc.utf8_slice_codeunits(column, 1)
    escaped = pc.and_(pc.starts_with(column, "'"), _runs(bare))
    return pc.if_else(escaped, bare, column)


def write_csv(table: pa.Table, target: IO[bytes], options: TextOptions) -> None:
    """Write UTF-8, LF, a header, and quotes only where a cell needs them."""
    write_lines(header_line(table.column_names, options), text_lines(table, options), target)


def header_line(columns: Sequence[str], options: TextOptions) -> bytes:
    """The first line of a text table, behind a BOM where one is wanted."""
    names = pa.table({name: [name] for name in columns})
    return (_BOM if options.excel else b"") + bytes(_bytes_of(_lines(names, options)))


def text_lines(table: pa.Table, options: TextOptions) -> Iterator[pa.Array]:
    """Each row as the line of text that it is in CSV, its LF included, some thousand at a time."""
    jobs = (partial(_lines, rows, options) for rows in _chunks(table))
    return in_order(jobs, threads=cores())


def write_lines(header: bytes, lines: Iterable[pa.Array], target: IO[bytes]) -> None:
    """Write a text table whose rows are rendered."""
    target.write(header)
    for chunk in lines:
        target.write(_bytes_of(chunk))


def write_jsonl(table: pa.Table, target: IO[bytes]) -> None:
    """Write one JSON object per line; money is text, missing is null."""
    for rows in _chunks(table):
        plain = [
            text_of(column) if pa.types.is_decimal(column.type) or pa.types.is_date(column.type)
            else column
            for column in rows.columns
        ]  # fmt: skip
        for row in pa.table(plain, rows.column_names).to_pylist():
            target.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


def _chunks(table: pa.Table) -> Iterator[pa.Table]:
    for start in range(0, len(table), _CHUNK_ROWS):
        yield table.slice(start, _CHUNK_ROWS)


def _lines(rows: pa.Table, options: TextOptions) -> pa.Array:
    cells = [_cells(column, options) for column in rows.columns]
    cells[-1] = pc.binary_join_element_wise(cells[-1], "\n", "", null_handling="replace")
    return pc.binary_join_element_wise(*cells, options.delimiter, null_handling="replace")


def _bytes_of(lines: pa.Array) -> memoryview:
    """Lines of text as they lie in memory end to end: one piece of bytes."""
    offsets = np.frombuffer(lines.buffers()[1], dtype=np.int32)
    first, last = offsets[lines.offset], offsets[lines.offset + len(lines)]
    return memoryview(lines.buffers()[2] or b"")[first:last]


def _cells(column: pa.ChunkedArray, options: TextOptions) -> pa.Array:
    array = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if not pa.types.is_string(array.type):
        return text_of(array)
    if not options.raw_text:
        runs = _runs(array)
        if pc.any(runs).as_py():
            array = pc.if_else(runs, pc.binary_join_element_wise("'", array, ""), array)
    return _quoted(array, options.delimiter)


def _quoted(array: pa.Array, delimiter: str) -> pa.Array:
    # One look at the bytes of the whole column spares most looks at its cells.
    letters = np.frombuffer(array.buffers()[2] or b"", dtype=np.uint8)
    marks = [mark for mark in (delimiter, '"', "\n", "\r") if (letters == ord(mark)).any()]
    if not marks:
        return array
    needs = pc.match_substring(array, marks[0])
    for mark in marks[1:]:
        needs = pc.or_(needs, pc.match_substring(array, mark))
    if '"' in marks:
        array = pc.replace_substring(array, '"', '""')
    return pc.if_else(needs, pc.binary_join_element_wise('"', array, '"', ""), array)
