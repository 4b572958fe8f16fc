"""Normalization of names and status words: without case, accents and punctuation."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

_LETTERS: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "\u0131": "i", "æ": "ae", "œ": "oe"})
"""Letters that NFKD does not decompose; casefold() already makes ss of ß."""
_VOICING: Final = "\u3099\u309a"
"""Marks that make other letters in Japanese, as of カート, a cart, カード, a card."""


@lru_cache(maxsize=1 << 16)  # the same names recur
def normalized(name: str) -> str:
    """A name as in the synonyms: small letters without accents, and digits."""
    plain = unicodedata.normalize("NFKC", name)  # № becomes No, which casefold() then sees
    decomposed = unicodedata.normalize("NFKD", plain.casefold().translate(_LETTERS))
    return "".join(letter for letter in decomposed if letter.isalnum() or letter in _VOICING)
