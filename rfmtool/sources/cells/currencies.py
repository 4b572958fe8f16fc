"""Which currency a sign or code stands for, beside an amount or in a column of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, mask_of
from rfmtool.documents import packaged_toml

_WRITTEN: Final = packaged_toml(__package__, "currencies.toml")
_SHORT_NAMES: Final[Mapping[str, str]] = _WRITTEN["short_names"]
_SHARED: Final[Mapping[str, str]] = _WRITTEN["shared"]
"""Signs that several currencies use: each is a currency unknown until a code says which."""
_SIGN_OF: Final = {code: sign for sign, codes in _SHARED.items() for code in codes.split()}
_MEANING: Final[Mapping[str, str]] = {
    **{sign: sign for sign in (*_WRITTEN["codes"].split(), *_SHARED)},
    **_WRITTEN["signs"],
    **_SHORT_NAMES,
    **{f"{code}$": code for code in _SHARED["$"].split()},
}
ABBREVIATIONS: Final = (*_SHORT_NAMES, *filter(str.isalpha, _SHARED))
"""Short names of currencies, in capitals; a point may follow them."""
ABBREVIATIONS_WITH_POINT: Final[Sequence[str]] = _WRITTEN["pointed"]
"""Those that a point follows more often than not."""
PREFIX_ONLY_SIGNS: Final = ("R", "r")
"""Behind a number this may be another mark, as of what came back."""
YEN: Final = ("JPY", "¥")
"""The currencies beside which a dash may close a price, as in ¥5,000-."""
_MARKS: Final = pa.array(list(_MEANING))
_MEANINGS: Final = pa.array(list(_MEANING.values()))
_MARKS_OF_FAMILIES: Final = pa.array(list(_SIGN_OF))
_FAMILIES: Final = pa.array(list(_SIGN_OF.values()))


def to_currency_codes(marks: pa.Array) -> pa.Array:
    """The currency of each sign or code, as its ISO 4217 code or a sign that several share.

    Missing where the text is no currency.
    """
    bare = pc.utf8_rtrim(pc.utf8_trim_whitespace(pc.replace_substring(marks, " $", "$")), ".")
    return _MEANINGS.take(pc.index_in(pc.utf8_upper(bare), _MARKS))


def agreed_currency(one: pa.Array, other: pa.Array) -> pa.Array:
    """The currency that two marks of one amount agree on, as in `$5 USD`; missing where not."""
    is_same = pc.equal(one, other)
    first = pc.if_else(pc.equal(_families(other), one), other, None)
    second = pc.if_else(pc.equal(_families(one), other), one, None)
    return pc.coalesce(pc.if_else(is_same, one, None), first, second)


def _families(currencies: pa.Array) -> pa.Array:
    return _FAMILIES.take(pc.index_in(currencies, _MARKS_OF_FAMILIES))


def normalized_currencies(cells: pa.Array) -> pa.Array:
    """A currency column with signs as codes; what is no known currency stays, in capitals."""
    capitals = pc.utf8_upper(pc.utf8_trim_whitespace(cells))
    return pc.coalesce(to_currency_codes(cells), capitals)


def currency_code(written: str) -> str:
    """The code of a currency that the user names by its code or sign."""
    return _MEANING.get(written.strip().rstrip(".").upper(), written.strip().upper())


def accepted_spellings(wanted: str) -> list[str]:
    """What a currency may be written as: `USD` also as `$`, but `$` is only itself."""
    code = currency_code(wanted)
    return [code, _SIGN_OF[code]] if code in _SIGN_OF else [code]


def is_other_currency(cells: pa.Array, wanted: str) -> Mask:
    """The cells that name another currency; an empty one names none."""
    written = normalized_currencies(cells)
    own = pc.is_in(written, pa.array(accepted_spellings(wanted)))
    return mask_of(pc.and_(pc.not_equal(written, ""), pc.invert(own)))


def distinct_currencies(currencies: Iterable[str]) -> set[str]:
    """The currencies among these that differ: `$` beside `USD` is no other."""
    every = set(currencies)
    return every - {_SIGN_OF[code] for code in every if code in _SIGN_OF}


def resolve_shared_signs(named: Iterable[str], preferred: str) -> dict[str, str]:
    """Which of some currencies a shared sign stands for, where that can be told.

    `$` is the preferred currency where that is written so, and else the only one that is.
    """
    users: dict[str, list[str]] = {}
    for code in named:
        if code in _SIGN_OF:
            users.setdefault(_SIGN_OF[code], []).append(code)
    told = {sign: codes[0] for sign, codes in users.items() if len(codes) == 1}
    return told | ({_SIGN_OF[preferred]: preferred} if preferred in _SIGN_OF else {})


def is_known_currency(currency: str) -> bool:
    """Whether it is a code or sign that messages may show: other cells are customers' data."""
    return currency in _MEANING
