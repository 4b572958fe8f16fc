"""Which words say that somebody may be written to, and which that they may not."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask

REFUSALS: Final = frozenset({
    "no", "false", "0", "n", "f", "off", "never", "unsubscribed", "refused", "denied", "withdrawn",
    "revoked", "cleaned", "suppressed", "opted_out", "opt_out", "optout", "not_subscribed",
    "not_opted_in", "nein", "non", "não", "nee", "nej", "nie",
})  # fmt: skip
"""A consent that says no: in small letters, `_` for spaces and hyphens."""
CONSENTS: Final = frozenset({
    "yes", "true", "1", "y", "t", "on", "subscribed", "opted_in", "opt_in", "optin", "granted",
    "given", "confirmed", "accepted", "ja", "oui", "si", "sí", "sim", "tak",
})  # fmt: skip
"""A consent that says yes; whatever says neither is not known."""


def saying(cells: pa.Array | pa.ChunkedArray, words: Collection[str]) -> Mask:
    """Which cells of a consent column are one of these words, however they are spelt."""
    small = pc.utf8_lower(pc.utf8_trim_whitespace(cells.cast(pa.string())))
    bare = pc.replace_substring_regex(small, r"[\s-]+", "_")
    found = pc.is_in(bare, pa.array(sorted(words)))
    return np.asarray(
        found.to_numpy(zero_copy_only=False) if isinstance(found, pa.Array) else found.to_numpy(),
        dtype=bool,
    )
