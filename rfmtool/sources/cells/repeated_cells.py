"""What a few cells tell of many: whether texts recur, of which each need be read but once."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

PROBE_CELLS: Final = 16
"""How many cells to try first where a whole column would be refused slowly."""
_TOLD_BY: Final = 1_024
"""How many tell whether texts recur; of fewer it is no use to know."""


def are_repetitive(texts: pa.Array) -> bool:
    """Whether at most half of the first of many are distinct."""
    return len(texts) >= _TOLD_BY and 2 * len(pc.unique(texts[:_TOLD_BY])) <= _TOLD_BY


def dictionary_encoded(texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The distinct texts, and for each row the place of its own; missing where that is."""
    encoded = pc.dictionary_encode(texts)
    return encoded.dictionary, encoded.indices
