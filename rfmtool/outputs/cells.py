"""A column as the text that it is written as."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.days import date_text


def text_of(array: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Money without exponent or needless zeros, days as ISO, numbers in full; missing is null."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_date(array.type):
        return date_text(array)
    text = pc.cast(array, pa.string())
    if pa.types.is_decimal(array.type):
        text = pc.utf8_rtrim(pc.utf8_rtrim(text, "0"), ".")
    elif pa.types.is_floating(array.type):
        text = pc.replace_substring_regex(text, r"\.0$", "")
    return text
