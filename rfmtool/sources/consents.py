"""Which words say that somebody may be written to, and which that they may not."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, mask_of
from rfmtool.documents import packaged_toml

_WORDS: Final = packaged_toml(__package__, "consents.toml")
REFUSALS: Final[frozenset[str]] = frozenset(_WORDS["refusals"])
"""A consent that says no: in small letters, `_` for spaces and hyphens."""
CONSENTS: Final[frozenset[str]] = frozenset(_WORDS["consents"])
"""A consent that says yes; whatever says neither is not known."""
NOT_KNOWN: Final[frozenset[str]] = frozenset(_WORDS["not_known"])
"""What says that nobody knows."""
OPTED_OUT: Final[frozenset[str]] = frozenset(_WORDS["opted_out"])
"""Names of columns, as `names.normal` writes them, that are filled or true of who opted out."""


def matches_any(cells: pa.Array | pa.ChunkedArray, words: Collection[str]) -> Mask:
    """Which cells of a consent column are one of these words, however they are spelt."""
    small = pc.utf8_lower(pc.utf8_trim(cells.cast(pa.string()), " \t\r\n\u00a0.!;'\""))
    bare = pc.replace_substring_regex(small, r"[\s-]+", "_")
    return mask_of(pc.is_in(bare, pa.array(sorted(words))))
