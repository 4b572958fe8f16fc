"""Columns of repeated texts, in which each distinct text need be read only once."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Places

PROBE_CELLS: Final = 16
"""How many cells to try first where a cast of a whole column would be slow to fail."""
_SAMPLE: Final = 1_024  # how many cells show whether texts recur; with fewer it does not matter


def are_repetitive(texts: pa.Array) -> bool:
    """Whether the column is long and at most half of its first texts are distinct."""
    return len(texts) >= _SAMPLE and 2 * len(pc.unique(texts[:_SAMPLE])) <= _SAMPLE


def distinct_and_places(texts: pa.Array) -> tuple[pa.Array, Places]:
    """The distinct texts, and the place of each row's among them: behind the last if it is null."""
    encoded = pc.dictionary_encode(texts)
    places = encoded.indices.fill_null(len(encoded.dictionary))
    return encoded.dictionary, places.to_numpy(zero_copy_only=False)
