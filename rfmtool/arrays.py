"""Columns as NumPy has them: whole numbers, yes or no for each row, the places of rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64 | np.int32]
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
PART: Final = 1 << 18
"""How many customers are looked at together, where all at once would take much memory."""
MANY: Final = 1_000_000
"""Of more customers nothing is kept, or made in several threads, that could be made anew."""


def parts_of(count: int) -> Iterator[tuple[int, int]]:
    """Where parts of so many customers begin and end; of nobody, one that is empty."""
    for start in range(0, max(count, 1), PART):
        yield start, min(start + PART, count)


def mask_of(booleans: pa.Array) -> Mask:
    """A column of yes and no as NumPy has it; a gap is a no."""
    filled = booleans.fill_null(fill_value=False) if booleans.null_count else booleans
    mask: Mask = filled.to_numpy(zero_copy_only=False)
    return mask


def is_first(values: npt.NDArray[Any]) -> Mask:
    """Which entries of a sorted column are the first of their value."""
    first = np.ones(len(values), dtype=bool)
    first[1:] = values[1:] != values[:-1]
    return first
