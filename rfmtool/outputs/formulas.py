"""Text that a spreadsheet would run as a formula: found, counted, and escaped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import text_bytes

_FORMULA_STARTS: Final = np.isin(np.arange(256), list(b"=@\t\r+-"))
"""For each byte whether cells that begin with it are formulas, unless they are numbers."""
_LONE_SIGNS: Final = pa.array(["+", "-"])
_NUMBER_OR_PHONE: Final = r"^(?:[+-][\d.,]*\d(?:[eE][+-]?\d+)?|\+\(?\d[\d ()./-]*)$"


def is_formula(column: pa.Array) -> pa.Array:
    """Which texts a spreadsheet would run; signed numbers and phone numbers are not run."""
    offsets, letters = text_bytes(column)
    filled = np.flatnonzero(np.diff(offsets))
    starts = np.zeros(len(column), dtype=bool)
    starts[filled] = _FORMULA_STARTS[letters[offsets[filled]]]
    # In most columns the first letters rule formulas out.
    candidates = pc.and_(pa.array(starts), column.is_valid())
    if not pc.any(candidates).as_py():
        return candidates
    harmless = pc.match_substring_regex(column, _NUMBER_OR_PHONE)
    return pc.and_not(candidates, pc.or_kleene(harmless, pc.is_in(column, _LONE_SIGNS)))


def count_formulas(table: pa.Table) -> int:
    """The number of text cells that a spreadsheet would run."""
    count = 0
    for chunk in (chunk for column in table.columns for chunk in column.chunks):
        if pa.types.is_string(chunk.type):
            count += pc.sum(is_formula(chunk)).as_py() or 0
        elif pa.types.is_dictionary(chunk.type):
            count += pc.sum(is_formula(chunk.dictionary).take(chunk.indices)).as_py() or 0
    return count


def counted_rows(rows: pa.RecordBatchReader, counts: list[int]) -> pa.RecordBatchReader:
    """The same rows; the number of formulas in each batch is appended to `counts`."""

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in rows:
            counts.append(count_formulas(pa.Table.from_batches([batch])))
            yield batch
            del batch  # releases it before the next is computed

    return pa.RecordBatchReader.from_batches(rows.schema, batches())


def escaped(column: pa.Array) -> pa.Array:
    """The column with a `'` before each text that a spreadsheet would run."""
    formulas = is_formula(column)
    if not pc.any(formulas).as_py():
        return column
    return pc.if_else(formulas, pc.binary_join_element_wise("'", column, ""), column)


def unescaped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column without the `'` that `escaped` puts before texts."""
    chunks = []
    for chunk in column.chunks:
        rest = pc.utf8_slice_codeunits(chunk, 1)
        is_escaped = pc.and_(pc.starts_with(chunk, "'"), is_formula(rest))
        chunks.append(pc.if_else(is_escaped, rest, chunk))
    return pa.chunked_array(chunks, pa.string())
