"""Yes or no for each row, and the places of rows, as NumPy has them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]


def mask_of(booleans: pa.Array) -> Mask:
    """A column of yes and no as NumPy has it; a gap is a no."""
    filled = booleans.fill_null(fill_value=False) if booleans.null_count else booleans
    mask: Mask = filled.to_numpy(zero_copy_only=False)
    return mask
