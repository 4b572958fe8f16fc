"""Words of consent columns: which permit contact, and which refuse it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, mask_of
from rfmtool.documents import packaged_toml

_WORDS: Final = packaged_toml(__package__, "consents.toml")
REFUSALS: Final[frozenset[str]] = frozenset(_WORDS["refusals"])
"""Refused consent: in small letters, `_` for spaces and hyphens."""
CONSENTS: Final[frozenset[str]] = frozenset(_WORDS["consents"])
"""Given consent; words that are neither are unknown."""
NOT_KNOWN: Final[frozenset[str]] = frozenset(_WORDS["not_known"])
NOT_OUT: Final[frozenset[str]] = frozenset(_WORDS["not_out"])
"""Cells of a column of opt-outs that mean none."""
OPT_OUTS: Final = ("unsubscribed", "refused")
"""Outcomes of a contact after which somebody is not to be contacted so again."""
OPTED_OUT: Final[frozenset[str]] = frozenset(_WORDS["opted_out"])
"""Names of columns, as `names.normalized` writes them, that are filled or true after an opt-out."""


def matches_any(cells: pa.Array | pa.ChunkedArray, words: Collection[str]) -> Mask:
    """The cells of a consent column that are one of these words, whatever their case and marks."""
    lowered = pc.utf8_lower(pc.utf8_trim(cells.cast(pa.string()), " \t\r\n\u00a0.!;'\""))
    keys = pc.replace_substring_regex(lowered, r"[\s-]+", "_")
    return mask_of(pc.is_in(keys, pa.array(sorted(words))))
