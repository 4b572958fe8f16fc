"""Columns as NumPy has them: whole numbers, yes or no, the places of rows, texts as bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    import pandas as pd

Ints = npt.NDArray[np.int64 | np.int32]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
PART_SIZE: Final = 1 << 18
"""How many customers at most are looked at together, where all at once would take much memory."""
MAX_CACHED_CUSTOMERS: Final = 1_000_000
"""Of more customers nothing is kept, or made in several threads, that could be made anew."""


def part_bounds(count: int) -> Iterator[tuple[int, int]]:
    """Where parts of so many customers begin and end; of nobody, one that is empty.

    They are of one size but for the last, which may be smaller: the largest takes the most memory.
    """
    parts = max(-(-count // PART_SIZE), 1)
    size = max(-(-count // parts), 1)
    for start in range(0, max(count, 1), size):
        yield start, min(start + size, count)


def mask_of(booleans: pa.Array) -> Mask:
    """A column of yes and no as NumPy has it; a gap is a no."""
    filled = booleans.fill_null(fill_value=False) if booleans.null_count else booleans
    mask: Mask = filled.to_numpy(zero_copy_only=False)
    return mask


def mask_of_places(places: Ints | pd.Series[int], count: int) -> Mask:
    """Which of so many rows, counted from 0, are among these places."""
    mask = np.zeros(count, dtype=bool)
    mask[np.asarray(places, dtype=np.int64)] = True
    return mask


def is_group_start(values: npt.NDArray[Any]) -> Mask:
    """Which entries of a sorted column are the first of their value."""
    first = np.ones(len(values), dtype=bool)
    first[1:] = values[1:] != values[:-1]
    return first


def group_starts(values: npt.NDArray[Any]) -> Places:
    """Where each value of a sorted column begins."""
    return np.flatnonzero(is_group_start(values))


def owner_slice(owner: Ints, start: int, stop: int) -> slice:
    """Where the entries of the customers at these places stand in a column sorted by customer."""
    # Of its own type, or the whole column would be copied into the other.
    first, last = np.searchsorted(owner, np.array([start, stop], dtype=owner.dtype))
    return slice(int(first), int(last))


def text_bytes(texts: pa.Array) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Texts as they lie in memory end to end: where each begins and the last ends, and the bytes.

    Of a slice these are the bytes of the slice alone.
    """
    offsets = np.frombuffer(texts.buffers()[1] or bytes(4), dtype=np.int32)
    offsets = offsets[texts.offset : texts.offset + len(texts) + 1]
    letters = np.frombuffer(texts.buffers()[2] or b"", dtype=np.uint8)
    return offsets - offsets[0], letters[offsets[0] : offsets[-1]]
