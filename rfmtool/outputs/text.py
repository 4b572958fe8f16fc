"""Rows of a table as lines of text: quotes only where a cell needs them, LF, UTF-8.

Columns of few kinds of cells that stand side by side are written once for each kind of row that
they make, and not once for each row.
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

_BOM: Final = b"\xef\xbb\xbf"
_CHUNK_ROWS: Final = 1 << 16
_FEW: Final = 8
"""Kinds of cells are few where there are this many times as many cells."""
_PAIRS: Final = 1 << 18
"""More pairs of kinds than this are not looked through."""


@dataclass(frozen=True)
class TextOptions:
    """How text tables are written: what divides cells, a BOM for Excel, formulas left as is."""

    delimiter: str = ","
    excel: bool = False
    raw_text: bool = False


@dataclass(frozen=True)
class _Few:
    """Cells of few kinds: for each its place among some words, which are as they are written."""

    places: Ints
    words: pa.Array

    def beside(self, right: _Few, delimiter: str) -> _Few | None:
        """Both columns as one; None where that makes too many kinds."""
        pairs, width = len(self.words) * len(right.words), len(right.words)
        if pairs > _PAIRS:
            return None
        both = self.places * width + right.places
        is_used = np.zeros(pairs, dtype=bool)
        is_used[both] = True
        used = np.flatnonzero(is_used)
        if len(used) * _FEW > len(both):
            return None
        place_of = np.empty(pairs, dtype=np.int32)
        place_of[used] = np.arange(len(used))
        lefts, rights = (pa.array(words) for words in np.divmod(used, width))
        words = pc.binary_join_element_wise(
            self.words.take(lefts), right.words.take(rights), delimiter
        )
        return _Few(place_of[both], words)


def write_csv(rows: pa.RecordBatchReader, target: IO[bytes], options: TextOptions) -> None:
    """Write UTF-8, LF, a header, and quotes only where a cell needs them."""
    target.write(header_line(rows.schema.names, options))
    for lines in text_lines(rows, options):
        target.write(text_bytes(lines)[1].data)


def header_line(columns: Sequence[str], options: TextOptions) -> bytes:
    """The first line of a text table, behind a BOM where one is wanted."""
    names = pa.record_batch({name: [name] for name in columns})
    return (_BOM if options.excel else b"") + bytes(text_bytes(_lines(names, options))[1])


def text_lines(rows: Iterable[pa.RecordBatch], options: TextOptions) -> Iterator[pa.Array]:
    """Each row as the line of text that it is, its LF included, some thousand at a time."""

    def jobs() -> Iterator[Callable[[], pa.Array]]:
        for batch in rows:
            for start in range(0, len(batch), _CHUNK_ROWS):
                yield partial(_lines, batch.slice(start, _CHUNK_ROWS), options)
            del batch  # or it would be held while the next is made

    return run_in_order(jobs(), threads=core_count())


def _lines(rows: pa.RecordBatch, options: TextOptions) -> pa.Array:
    first, *others = (_cells(column, options) for column in rows.columns)
    columns = [first]
    for cells in others:
        before = columns[-1]
        if isinstance(before, _Few) and isinstance(cells, _Few):
            both = before.beside(cells, options.delimiter)
            columns[-1:] = [before, cells] if both is None else [both]
        else:
            columns.append(cells)
    texts = [
        cells.words.take(pa.array(cells.places)) if isinstance(cells, _Few) else cells
        for cells in columns
    ]
    texts[-1] = pc.binary_join_element_wise(texts[-1], "\n", "", null_handling="replace")
    return pc.binary_join_element_wise(*texts, options.delimiter, null_handling="replace")


def _cells(column: pa.Array, options: TextOptions) -> _Few | pa.Array:
    few = _kinds(column)
    if few is None:
        return _written(column, options)
    kinds, places = few
    words = pa.concat_arrays([_written(kinds, options), pa.array([""])])
    # Wide enough for pairs of kinds, for pandas codes few of them in 8 bits.
    return _Few(places.cast(pa.int32()).fill_null(len(kinds)).to_numpy(), words)


def _kinds(column: pa.Array) -> tuple[pa.Array, pa.Array] | None:
    """The kinds of cells that a column may have and the place of each cell; None: many."""
    few = len(column) // _FEW
    if column.null_count == len(column):
        return pa.array([], pa.string()), pa.nulls(len(column), pa.int32())
    if pa.types.is_dictionary(column.type):
        return (column.dictionary, column.indices) if len(column.dictionary) < few else None
    if pa.types.is_integer(column.type) or pa.types.is_date32(column.type):
        whole = column.view(pa.int32()) if pa.types.is_date32(column.type) else column
        low, high = pc.min_max(whole).as_py().values()
        if high - low < few:
            kinds = pa.array(np.arange(low, high + 1)).cast(whole.type).view(column.type)
            return kinds, pc.subtract(whole, low)
    return None


def _written(array: pa.Array, options: TextOptions) -> pa.Array:
    if pa.types.is_dictionary(array.type):
        array = array.cast(pa.string())
    if not pa.types.is_string(array.type):
        return text_of(array)
    return _quoted(array if options.raw_text else escaped(array), options.delimiter)


def _quoted(array: pa.Array, delimiter: str) -> pa.Array:
    # One look at the bytes of the whole column spares most looks at its cells.
    letters = text_bytes(array)[1].tobytes()
    marks = [mark for mark in (delimiter, '"', "\n", "\r") if mark.encode() in letters]
    if not marks:
        return array
    needs = pc.match_substring(array, marks[0])
    for mark in marks[1:]:
        needs = pc.or_(needs, pc.match_substring(array, mark))
    if '"' in marks:
        array = pc.replace_substring(array, '"', '""')
    return pc.if_else(needs, pc.binary_join_element_wise('"', array, '"', ""), array)
