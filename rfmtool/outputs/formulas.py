"""Text that a spreadsheet would run: found, counted, and kept from running."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import text_bytes

_RUNNING_STARTS: Final = np.isin(np.arange(256), list(b"=@\t\r+-"))
"""Of each byte whether a spreadsheet runs a cell that begins with it, unless it is a number."""
_LONE_SIGNS: Final = pa.array(["+", "-"])
_NUMBER_OR_PHONE: Final = r"^(?:[+-][\d.,]*\d(?:[eE][+-]?\d+)?|\+\(?\d[\d ()./-]*)$"


def is_formula(column: pa.Array) -> pa.Array:
    """Which texts a spreadsheet would run: no signed number, nor a phone number."""
    offsets, letters = text_bytes(column)
    begun = np.flatnonzero(np.diff(offsets))
    starts = np.zeros(len(column), dtype=bool)
    starts[begun] = _RUNNING_STARTS[letters[offsets[begun]]]
    # The first letters tell of most columns that nothing in them can run.
    may_run = pc.and_(pa.array(starts), column.is_valid())
    if not pc.any(may_run).as_py():
        return may_run
    harmless = pc.match_substring_regex(column, _NUMBER_OR_PHONE)
    return pc.and_not(may_run, pc.or_kleene(harmless, pc.is_in(column, _LONE_SIGNS)))


def count_formulas(table: pa.Table) -> int:
    """How many text cells of a table a spreadsheet would run."""
    count = 0
    for chunk in (chunk for column in table.columns for chunk in column.chunks):
        if pa.types.is_string(chunk.type):
            count += pc.sum(is_formula(chunk)).as_py() or 0
        elif pa.types.is_dictionary(chunk.type):
            count += pc.sum(is_formula(chunk.dictionary).take(chunk.indices)).as_py() or 0
    return count


def escaped(column: pa.Array) -> pa.Array:
    """Put a `'` before each text that a spreadsheet would run."""
    running = is_formula(column)
    if not pc.any(running).as_py():
        return column
    return pc.if_else(running, pc.binary_join_element_wise("'", column, ""), column)


def unescaped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Take the `'` that keeps spreadsheets from running cells off the cells of a CSV column."""
    chunks = []
    for chunk in column.chunks:
        bare = pc.utf8_slice_codeunits(chunk, 1)
        is_kept = pc.and_(pc.starts_with(chunk, "'"), is_formula(bare))
        chunks.append(pc.if_else(is_kept, bare, chunk))
    return pa.chunked_array(chunks, pa.string())
