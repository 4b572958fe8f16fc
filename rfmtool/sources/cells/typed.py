"""Typed cells of frames and Parquet, converted to the kinds of cells that roles have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import text_bytes
from rfmtool.errors import InputError
from rfmtool.sources.batches import Batch
from rfmtool.sources.layout import Kind
from rfmtool.sources.text.bad_text import is_invalid_utf8

Use = Kind | Literal["kept"]
"""The kind of a column that is read, or `kept` if it is only carried through."""
_BEYOND_ASCII: Final = 128
_EXACT_BELOW: Final = {16: 1 << 11, 32: 1 << 24, 64: 1 << 53}
"""By width of floats in bits, the bound below which all integers are distinct."""


def typed_batch(
    cells: Mapping[str, pa.Array],
    kinds: Mapping[str, Kind],
    records: int,
    all_columns: Callable[[], Sequence[pa.Array]],
) -> Batch:
    """A batch of a typed source; ids become text, empty text becomes missing.

    Records with text that is not UTF-8 go to the faults, as in text files.
    """
    for role in ("customer_id", "order_id"):
        if role in cells and pa.types.is_floating(cells[role].type):
            _check_float_ids(role, cells[role])
    columns = {
        role: display_text(cell)
        if kinds.get(role) == "any"
        else _normalized(kinds.get(role, "text"), cell)
        for role, cell in cells.items()
    }
    batch = Batch(columns, records, (), all_columns)
    bad = [is_invalid_utf8(column.view(pa.binary())) for column in columns.values()
           if not _is_utf8(column)]  # fmt: skip
    return batch.without(np.logical_or.reduce(bad), "bad_encoding") if bad else batch


def _check_float_ids(role: str, cells: pa.Array) -> None:
    wide = cells.cast(pa.float64())  # as float16 lacks most functions
    largest = pc.max(pc.abs(wide)).as_py() or 0
    if _EXACT_BELOW[cells.type.bit_width] <= largest < float("inf"):
        raise InputError(
            f"{role} is a column of floats, with ids of more digits than floats tell apart",
            "Make them text or whole numbers where they are made: different ones have fallen"
            " together.",
        )


def can_be_read_as(use: Use, typed_as: pa.DataType) -> bool:
    """Whether a column type fits a use: text and numbers fit any, lists and the like fit none."""
    if pa.types.is_dictionary(typed_as):
        typed_as = typed_as.value_type
    if pa.types.is_null(typed_as) or _is_text(typed_as):
        return True
    is_float = pa.types.is_floating(typed_as)
    if is_float or pa.types.is_integer(typed_as) or pa.types.is_decimal(typed_as):
        return True
    if use == "day":
        return bool(pa.types.is_date(typed_as) or pa.types.is_timestamp(typed_as))
    if pa.types.is_boolean(typed_as):
        return use in ("text", "kept")
    is_moment = pa.types.is_temporal(typed_as) and not pa.types.is_interval(typed_as)
    return use == "kept" and bool(is_moment)


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _normalized(kind: Kind, cells: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(cells.type):
        # Not dictionary_decode: it does not support string views, as Polars' categories are.
        values = cells.dictionary
        values = pc.cast(values, pa.string()) if _is_text(values.type) else values
        cells = values.take(cells.indices)
    if pa.types.is_float16(cells.type):
        cells = cells.cast(pa.float32())
    if kind == "text" or pa.types.is_null(cells.type):
        cells = as_text(cells)
    elif _is_text(cells.type):
        cells = pc.cast(cells, pa.string())
    if pa.types.is_string(cells.type):
        starts, _ = text_bytes(cells)
        if (starts[1:] == starts[:-1]).any() and pc.any(pc.equal(cells, "")).as_py():
            cells = pc.if_else(pc.equal(cells, ""), None, cells)
    return cells


def display_text(cells: pa.Array) -> pa.Array:
    """Cells of any type as text to show; invalid bytes become U+FFFD, lists and the like null."""
    if pa.types.is_binary(cells.type) or pa.types.is_large_binary(cells.type):
        cells = cells.view(pa.large_string() if pa.types.is_large_binary(cells.type)
                           else pa.string())  # fmt: skip
    if not can_be_read_as("kept", cells.type):
        return pa.nulls(len(cells), pa.string())
    texts = _normalized("text", cells)
    if _is_utf8(texts):
        return texts
    decoded = [cell and cell.decode("utf-8", "replace") for cell in
               texts.view(pa.binary()).to_pylist()]  # fmt: skip
    return pa.array(decoded, pa.string())


def _is_utf8(cells: pa.Array) -> bool:
    if not pa.types.is_string(cells.type):
        return True
    _, letters = text_bytes(cells)
    if not len(letters) or letters.max() < _BEYOND_ASCII:  # the usual case, and fast
        return True
    try:
        cells.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def trimmed(cells: pa.Array) -> pa.Array:
    """Cells as trimmed text; null where nothing is left."""
    texts = pc.utf8_trim_whitespace(pc.cast(cells, pa.string()))
    return pc.if_else(pc.equal(texts, ""), None, texts)


def as_text(cells: pa.Array) -> pa.Array:
    """A typed column as text; an integer in a column of floats keeps its `.0`."""
    if pa.types.is_floating(cells.type):
        # An id column with gaps is often stored as floats like 17850.0, with NaN for a gap.
        cells = pc.if_else(pc.is_nan(cells), None, cells)
        # Decided by cell, so that an id never depends on what else is in its batch.
        rounded = pc.cast(cells, pa.int64(), safe=False)
        is_integer = pc.equal(pc.cast(rounded, cells.type, safe=False), cells)
        integers = pc.binary_join_element_wise(pc.cast(rounded, pa.string()), "0", ".")
        return pc.if_else(is_integer, integers, pc.cast(cells, pa.string()))
    return pc.cast(cells, pa.string())
