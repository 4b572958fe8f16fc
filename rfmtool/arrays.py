"""NumPy helpers: parts of customers, masks, group starts in sorted columns, text bytes."""

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
"""The most customers that are processed at a time, to limit memory."""
MAX_CACHED_CUSTOMERS: Final = 1_000_000
"""With more customers, what can be recomputed is neither cached nor computed in threads."""


def part_bounds(count: int) -> Iterator[tuple[int, int]]:
    """Start and stop of parts of `count` customers; a single empty part if there are none.

    All parts are equally large but the last, since the largest determines the memory needed.
    """
    parts = max(-(-count // PART_SIZE), 1)
    size = max(-(-count // parts), 1)
    for start in range(0, max(count, 1), size):
        yield start, min(start + size, count)


def mask_of(booleans: pa.Array) -> Mask:
    """A boolean column as a mask; null is False."""
    filled = booleans.fill_null(fill_value=False) if booleans.null_count else booleans
    return np.asarray(filled.to_numpy(zero_copy_only=False))


def mask_of_places(places: Ints | pd.Series[int], count: int) -> Mask:
    """A mask of `count` rows that is True at these places."""
    mask = np.zeros(count, dtype=bool)
    mask[np.asarray(places, dtype=np.int64)] = True
    return mask


def is_group_start(values: npt.NDArray[Any]) -> Mask:
    """Which entries of a sorted column are the first with their value."""
    is_start = np.ones(len(values), dtype=bool)
    is_start[1:] = values[1:] != values[:-1]
    return is_start


def group_starts(values: npt.NDArray[Any]) -> Places:
    """The places where a new value begins in a sorted column."""
    return np.flatnonzero(is_group_start(values))


def owner_slice(owner: Ints, start: int, stop: int) -> slice:
    """The entries of customers `start` to `stop` in a sorted column of owners."""
    # Bounds of the column's own dtype, or NumPy would convert a copy of the column.
    first, last = np.searchsorted(owner, np.array([start, stop], dtype=owner.dtype))
    return slice(int(first), int(last))


def text_bytes(texts: pa.Array) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """The offsets (one more than texts) and UTF-8 bytes of an array of texts, or of a slice."""
    offsets = np.frombuffer(texts.buffers()[1] or bytes(4), dtype=np.int32)
    offsets = offsets[texts.offset : texts.offset + len(texts) + 1]
    data = np.frombuffer(texts.buffers()[2] or b"", dtype=np.uint8)
    return offsets - offsets[0], data[offsets[0] : offsets[-1]]
