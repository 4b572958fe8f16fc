"""Customer ids in the form that is compared between tables and with the suppress list."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, Places, mask_of

NUMBER: Final = "tel:"
"""Begins a phone number among ids that are suppressed."""
_POINT_ZERO: Final = r"^[0-9]+\.0$"
_SCIENTIFIC: Final = r"^[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{2,3}$"
_WORDS: Final = re.compile(r"\w+")
_MARKS: Final = re.compile(r"[\"'\\\0]")
_PLAIN_WORDS: Final = re.compile(r"[a-z0-9]+")


def matching_key(ids: pa.Array) -> pa.Array:
    """Ids as they are compared: as written, but e-mail addresses trimmed and in lower case."""
    is_address = pc.match_substring(ids, "@")
    if not pc.any(is_address).as_py():
        return ids
    return pc.if_else(is_address, pc.utf8_lower(pc.utf8_trim_whitespace(ids)), ids)


def places_in(ids: pa.Array, keys: pa.Array) -> Places:
    """The place of each id among the keys; -1 where it is not there."""
    places: Places = pc.index_in(ids, keys).fill_null(-1).to_numpy(zero_copy_only=False)
    return places.astype(np.int64)


def without_point_zero(ids: pa.Array) -> pa.Array | None:
    """Ids without the `.0` that a spreadsheet or float column left, or None unless all have it."""
    is_every = pc.all(pc.match_substring_regex(ids, _POINT_ZERO)).as_py()
    return pc.utf8_slice_codeunits(ids, 0, -2) if is_every and len(ids) > ids.null_count else None


def is_scientific_notation(ids: pa.Array) -> Mask:
    """Which ids a spreadsheet has turned into scientific notation, as 1.23E+12."""
    if not pc.any(pc.match_substring(ids, "+")).as_py():  # much faster than the pattern
        return np.zeros(len(ids), dtype=bool)
    return mask_of(pc.match_substring_regex(ids, _SCIENTIFIC))


def is_listed(ids: pa.Array, listed: frozenset[str]) -> Mask:
    """Which ids are on the suppress list; doubtful matches count.

    Ignored are the case of e-mail addresses, outer spaces and the `.0` of an integer.
    """
    return mask_of(pc.is_in(_loose_keys(ids), _keys_of(listed)))


def distinct_keys(ids: pa.Array) -> frozenset[str]:
    """The distinct ids in the form that is compared with the suppress list."""
    return frozenset(pc.unique(_loose_keys(ids)).to_pylist()) - {None}


def mentions_listed_id(text: str, listed: frozenset[str]) -> bool:
    """Whether a text contains an id of the suppress list; doubtful matches count.

    For records that cannot be split into cells, so punctuation and case are ignored. Where bytes
    could not be decoded, only ASCII letters and digits are compared.
    """
    pattern = _PLAIN_WORDS if "\N{REPLACEMENT CHARACTER}" in text else _WORDS
    phrases = _phrases_of(listed, pattern)
    for version in (text, _MARKS.sub("", text)):
        words = pattern.findall(version.casefold())
        for count, listed_phrases in phrases.items():
            starts = range(len(words) - count + 1)
            if any(tuple(words[start : start + count]) in listed_phrases for start in starts):
                return True
    return False


@lru_cache(maxsize=2)
def _phrases_of(
    listed: frozenset[str], pattern: re.Pattern[str]
) -> dict[int, set[tuple[str, ...]]]:
    """The words of each id, by their number."""
    phrases: dict[int, set[tuple[str, ...]]] = {}
    for key in _keys_of(listed).to_pylist():
        words = tuple(pattern.findall(key.casefold()))
        phrases.setdefault(len(words), set()).add(words)
    return phrases


@lru_cache(maxsize=1)
def _keys_of(listed: frozenset[str]) -> pa.Array:
    keys = _loose_keys(pa.array(sorted(listed), pa.string()))
    return keys.filter(pc.not_equal(keys, ""))  # an empty line of the list is no id


def _loose_keys(ids: pa.Array) -> pa.Array:
    keys = matching_key(pc.utf8_trim_whitespace(ids))
    is_number = pc.match_substring_regex(keys, _POINT_ZERO)
    return pc.if_else(is_number, pc.utf8_slice_codeunits(keys, 0, -2), keys)
