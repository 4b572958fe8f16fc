"""Cells that come with a type of their own, from frames and Parquet, as the kinds of roles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.sources.batches import Batch
from rfmtool.sources.layout import Kind


def typed(
    cells: Mapping[str, pa.Array],
    kinds: Mapping[str, Kind],
    records: int,
    whole: Callable[[], Sequence[pa.Array]],
) -> Batch:
    """A batch of a typed source; ids become text, empty text becomes missing."""
    settled = {role: _settled(kinds.get(role, "text"), cell) for role, cell in cells.items()}
    return Batch(settled, records, (), whole)


def can_be(kind: Kind, typed_as: pa.DataType) -> bool:
    """Whether a typed column can be read as a kind: text always can."""
    if pa.types.is_dictionary(typed_as):
        typed_as = typed_as.value_type
    if pa.types.is_null(typed_as) or _is_text(typed_as) or _is_number(typed_as):
        return True
    if kind == "day":
        return bool(pa.types.is_date(typed_as) or pa.types.is_timestamp(typed_as))
    return kind == "text" and bool(pa.types.is_boolean(typed_as))


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _settled(kind: Kind, cells: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(cells.type):
        # Not dictionary_decode: it knows no views, which is what Polars' categories come as.
        words = cells.dictionary
        words = pc.cast(words, pa.string()) if _is_text(words.type) else words
        cells = words.take(cells.indices)
    if kind == "text" or pa.types.is_null(cells.type):
        cells = as_text(cells)
    elif _is_text(cells.type):
        cells = pc.cast(cells, pa.string())
    if pa.types.is_string(cells.type) and pc.any(pc.equal(cells, "")).as_py():
        cells = pc.if_else(pc.equal(cells, ""), pa.scalar(None, pa.string()), cells)
    return cells


def shown(cells: pa.Array) -> pa.Array:
    """Cells of any type as text for people to look at; bytes that are no text as U+FFFD."""
    try:
        return _settled("text", cells)
    except pa.ArrowNotImplementedError:  # a list or the like, which no text is made of
        return pa.nulls(len(cells), pa.string())
    except pa.ArrowInvalid:  # bytes of another encoding; no column of a role holds any
        texts = [None if cell is None else cell.decode("utf-8", "replace")
                 for cell in cells.to_pylist()]  # fmt: skip
        return pa.array(texts, pa.string())


def as_text(cells: pa.Array) -> pa.Array:
    """A typed column as text; a whole number in a column of floats keeps its `.0`."""
    if pa.types.is_floating(cells.type):
        # An id column with gaps is often stored as 17850.0; NaN stands for a gap.
        cells = pc.if_else(pc.is_nan(cells), pa.scalar(None, cells.type), cells)
        # Cell by cell, so that an id never looks different for what else is in its batch.
        rounded = pc.cast(cells, pa.int64(), safe=False)
        is_whole = pc.equal(pc.cast(rounded, cells.type, safe=False), cells)
        whole = pc.binary_join_element_wise(pc.cast(rounded, pa.string()), "0", ".")
        return pc.if_else(is_whole, whole, pc.cast(cells, pa.string()))
    return pc.cast(cells, pa.string())
