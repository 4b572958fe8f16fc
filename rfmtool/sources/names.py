"""Words of headers and statuses as they are compared: without case, accents and marks."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

_LETTERS: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "\u0131": "i", "æ": "ae", "œ": "oe"})
"""Letters that are no letter with an accent; ß is two small letters already."""


@lru_cache(maxsize=1 << 16)  # the same names are asked for again and again
def normalized(name: str) -> str:
    """A name as synonyms are written: small letters without accents, and digits."""
    apart = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    return "".join(letter for letter in apart if letter.isalnum())
