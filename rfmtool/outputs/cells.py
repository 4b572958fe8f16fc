"""A column as the text that it is written as."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


def text_of(array: pa.Array) -> pa.Array:
    """Money without exponent or needless zeros, days as ISO, numbers in full; missing is null."""
    if pa.types.is_date(array.type):
        distinct = pc.dictionary_encode(array)  # so that each is written once
        return pc.cast(distinct.dictionary, pa.string()).take(distinct.indices)
    text = pc.cast(array, pa.string())
    if pa.types.is_decimal(array.type):
        return pc.utf8_rtrim(pc.utf8_rtrim(text, "0"), ".")
    if pa.types.is_floating(array.type):
        whole = pc.ends_with(text, ".0")
        if pc.any(whole).as_py():
            return pc.if_else(whole, pc.utf8_rtrim(pc.utf8_rtrim(text, "0"), "."), text)
    return text
