"""A column as the text that it is written as, and text as the bytes that it is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
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
        return pc.utf8_rtrim(pc.utf8_rtrim(text, "0"), ".")
    if pa.types.is_floating(array.type):
        whole = pc.ends_with(text, ".0")
        if pc.any(whole).as_py():
            return pc.if_else(whole, pc.utf8_rtrim(pc.utf8_rtrim(text, "0"), "."), text)
    return text


def bytes_of(texts: pa.Array) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Texts as they lie in memory end to end: where each begins and the last ends, and the bytes.

    Of a slice these are the bytes of the slice alone.
    """
    offsets = np.frombuffer(texts.buffers()[1] or bytes(4), dtype=np.int32)
    offsets = offsets[texts.offset : texts.offset + len(texts) + 1]
    letters = np.frombuffer(texts.buffers()[2] or b"", dtype=np.uint8)
    return offsets - offsets[0], letters[offsets[0] : offsets[-1]]
