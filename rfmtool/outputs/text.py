"""Rows of a table as lines of CSV: quotes only where a cell needs them, LF, UTF-8.

Columns with few distinct values are formatted once per value; neighbouring ones are merged, and
formatted once per combination.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import IO, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Ints, text_bytes
from rfmtool.outputs.cells import text_of
from rfmtool.outputs.formulas import escaped
from rfmtool.threads import core_count, run_in_order

BOM: Final = b"\xef\xbb\xbf"
CHUNK_ROWS: Final = 1 << 16
_MIN_REPEATS: Final = 8
"""Columns are coded where they have this many times as many cells as distinct values."""
_MAX_PAIRS: Final = 1 << 18  # columns with more possible pairs of values than this are not merged


@dataclass(frozen=True)
class TextOptions:
    """How text tables are written: delimiter, a BOM for Excel, formulas not escaped."""

    delimiter: str = ","
    excel: bool = False
    raw_text: bool = False


@dataclass(frozen=True)
class _Coded:
    """A column with few distinct values: their formatted texts, and the code of each cell."""

    codes: Ints
    texts: pa.Array

    def merged_with(self, right: _Coded, delimiter: str) -> _Coded | None:
        """Both columns as one; None where there are too many combinations."""
        pairs, width = len(self.texts) * len(right.texts), len(right.texts)
        if pairs > _MAX_PAIRS:
            return None
        pair_codes = self.codes * width + right.codes
        is_used = np.zeros(pairs, dtype=bool)
        is_used[pair_codes] = True
        used = np.flatnonzero(is_used)
        if len(used) * _MIN_REPEATS > len(pair_codes):
            return None
        new_codes = np.empty(pairs, dtype=np.int32)
        new_codes[used] = np.arange(len(used))
        lefts, rights = (pa.array(codes) for codes in np.divmod(used, width))
        texts = pc.binary_join_element_wise(
            self.texts.take(lefts), right.texts.take(rights), delimiter
        )
        return _Coded(new_codes[pair_codes], texts)


def write_csv(rows: pa.RecordBatchReader, target: IO[bytes], options: TextOptions) -> None:
    """Write rows with a header."""
    target.write(header_line(rows.schema.names, options))
    for lines in text_lines(rows, options):
        target.write(text_bytes(lines)[1].data)


def header_line(columns: Sequence[str], options: TextOptions) -> bytes:
    """The first line of a text table, after the BOM if there is one."""
    names = pa.record_batch({name: [name] for name in columns})
    return (BOM if options.excel else b"") + bytes(text_bytes(_lines(names, options))[1])


def text_lines(rows: Iterable[pa.RecordBatch], options: TextOptions) -> Iterator[pa.Array]:
    """The rows as lines with LF, in chunks of up to 65,536."""

    def jobs() -> Iterator[Callable[[], pa.Array]]:
        for batch in rows:
            for start in range(0, len(batch), CHUNK_ROWS):
                yield partial(_lines, batch.slice(start, CHUNK_ROWS), options)
            del batch  # releases it before the next is computed

    return run_in_order(jobs(), threads=core_count())


def _lines(rows: pa.RecordBatch, options: TextOptions) -> pa.Array:
    first, *others = (_cells(column, options) for column in rows.columns)
    columns = [first]
    for right in others:
        left = columns[-1]
        if isinstance(left, _Coded) and isinstance(right, _Coded):
            merged = left.merged_with(right, options.delimiter)
            columns[-1:] = [left, right] if merged is None else [merged]
        else:
            columns.append(right)
    texts = [
        cells.texts.take(pa.array(cells.codes)) if isinstance(cells, _Coded) else cells
        for cells in columns
    ]
    if len(texts) == 1:  # an empty line is no row to those who read it
        cells = pc.fill_null(texts[0], "")
        texts = [pc.if_else(pc.equal(cells, ""), '""', cells)]
    texts[-1] = pc.binary_join_element_wise(texts[-1], "\n", "", null_handling="replace")
    return pc.binary_join_element_wise(*texts, options.delimiter, null_handling="replace")


def _cells(column: pa.Array, options: TextOptions) -> _Coded | pa.Array:
    coded = _values_and_codes(column)
    if coded is None:
        return _format(column, options)
    values, codes = coded
    texts = pa.concat_arrays([_format(values, options), pa.array([""])])
    # Codes of pandas can have 8 bits, too few for pairs.
    return _Coded(codes.cast(pa.int32()).fill_null(len(values)).to_numpy(), texts)


def _values_and_codes(column: pa.Array) -> tuple[pa.Array, pa.Array] | None:
    """The values that can occur in a column, and the code of each cell; None if they are many."""
    limit = len(column) // _MIN_REPEATS
    if column.null_count == len(column):
        return pa.array([], pa.string()), pa.nulls(len(column), pa.int32())
    if pa.types.is_dictionary(column.type):
        return (column.dictionary, column.indices) if len(column.dictionary) < limit else None
    if pa.types.is_integer(column.type) or pa.types.is_date32(column.type):
        integers = column.view(pa.int32()) if pa.types.is_date32(column.type) else column
        low, high = pc.min_max(integers).as_py().values()
        if high - low < limit:
            values = pa.array(np.arange(low, high + 1)).cast(integers.type).view(column.type)
            return values, pc.subtract(integers, low)
    return None


def _format(array: pa.Array, options: TextOptions) -> pa.Array:
    if pa.types.is_dictionary(array.type):
        array = array.cast(pa.string())
    if not pa.types.is_string(array.type):
        return text_of(array)
    return _quote(array if options.raw_text else escaped(array), options.delimiter)


def _quote(array: pa.Array, delimiter: str) -> pa.Array:
    # The bytes of the column are searched first: most columns need no quotes at all.
    data = text_bytes(array)[1].tobytes()
    marks = [mark for mark in (delimiter, '"', "\n", "\r") if mark.encode() in data]
    if not marks:
        return array
    needs_quotes = pc.match_substring(array, marks[0])
    for mark in marks[1:]:
        needs_quotes = pc.or_(needs_quotes, pc.match_substring(array, mark))
    if '"' in marks:
        array = pc.replace_substring(array, '"', '""')
    return pc.if_else(needs_quotes, pc.binary_join_element_wise('"', array, '"', ""), array)
