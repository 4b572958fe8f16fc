"""Columns of repeated texts, in which each distinct text need be read only once."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

PROBE_CELLS: Final = 16
"""How many cells to try first where a cast of a whole column would be slow to fail."""
_SAMPLE: Final = 1_024  # how many cells show whether texts recur; with fewer it does not matter


def are_repetitive(texts: pa.Array) -> bool:
    """Whether the column is long and at most half of its first texts are distinct."""
    return len(texts) >= _SAMPLE and 2 * len(pc.unique(texts[:_SAMPLE])) <= _SAMPLE


def dictionary_encoded(texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The distinct texts, and the index into them of each row, null where the text is."""
    encoded = pc.dictionary_encode(texts)
    return encoded.dictionary, encoded.indices
