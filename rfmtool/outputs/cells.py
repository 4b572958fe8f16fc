"""Cells of typed columns as text."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


def text_of(array: pa.Array) -> pa.Array:
    """Money without exponent or needless zeros, days as ISO, numbers in full; missing is null."""
    if pa.types.is_date(array.type):
        distinct = pc.dictionary_encode(array)  # formats each day once
        return pc.cast(distinct.dictionary, pa.string()).take(distinct.indices)
    text = pc.cast(array, pa.string())
    if pa.types.is_decimal(array.type):
        return pc.utf8_rtrim(pc.utf8_rtrim(text, "0"), ".")
    if pa.types.is_floating(array.type):
        is_integer = pc.ends_with(text, ".0")
        if pc.any(is_integer).as_py():
            return pc.if_else(is_integer, pc.utf8_rtrim(pc.utf8_rtrim(text, "0"), "."), text)
    return text
