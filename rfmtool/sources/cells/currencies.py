"""Currency signs and codes, next to amounts or in a column of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, mask_of
from rfmtool.documents import packaged_toml

_DATA: Final = packaged_toml(__package__, "currencies.toml")
_SHORT_NAMES: Final[Mapping[str, str]] = _DATA["short_names"]
_SHARED: Final[Mapping[str, str]] = _DATA["shared"]
"""Signs that several currencies use; a sign counts as a currency until a code resolves it."""
_SIGN_OF: Final = {code: sign for sign, codes in _SHARED.items() for code in codes.split()}
_MEANING: Final[Mapping[str, str]] = {
    **{sign: sign for sign in (*_DATA["codes"].split(), *_SHARED)},
    **_DATA["signs"],
    **_SHORT_NAMES,
    **{f"{code}$": code for code in _SHARED["$"].split()},
}
ABBREVIATIONS: Final = (*_SHORT_NAMES, *filter(str.isalpha, _SHARED))
"""Abbreviations of currencies, in capitals; a point may follow them."""
ABBREVIATIONS_WITH_POINT: Final[Sequence[str]] = _DATA["pointed"]
"""Abbreviations that are mostly written with a point."""
PREFIX_ONLY_SIGNS: Final = ("R", "r")
"""Signs that mean something else behind a number, such as a return."""
YEN: Final = ("JPY", "¥")
"""The currencies whose prices may end in a dash, as in ¥5,000-."""
WITHOUT_CENTS: Final = frozenset(_DATA["without_cents"].split())
"""The currencies whose smallest unit is not a hundredth."""
_MARKS: Final = pa.array(list(_MEANING))
_MEANINGS: Final = pa.array(list(_MEANING.values()))
_CODES_WITH_SHARED_SIGN: Final = pa.array(list(_SIGN_OF))
_SHARED_SIGNS: Final = pa.array(list(_SIGN_OF.values()))


def to_currency_codes(marks: pa.Array) -> pa.Array:
    """The ISO 4217 code, or shared sign, of each sign or code; null for other texts."""
    trimmed = pc.utf8_rtrim(pc.utf8_trim_whitespace(pc.replace_substring(marks, " $", "$")), ".")
    return _MEANINGS.take(pc.index_in(pc.utf8_upper(trimmed), _MARKS))


def agreed_currency(front: pa.Array, back: pa.Array) -> pa.Array:
    """The currency that the marks on both sides of an amount agree on, as in `$5 USD`, or null."""
    is_same = pc.equal(front, back)
    from_back = pc.if_else(pc.equal(_shared_signs(back), front), back, None)
    from_front = pc.if_else(pc.equal(_shared_signs(front), back), front, None)
    return pc.coalesce(pc.if_else(is_same, front, None), from_back, from_front)


def _shared_signs(currencies: pa.Array) -> pa.Array:
    return _SHARED_SIGNS.take(pc.index_in(currencies, _CODES_WITH_SHARED_SIGN))


def normalized_currencies(cells: pa.Array) -> pa.Array:
    """A currency column with signs as codes; unknown texts are only put in capitals."""
    capitals = pc.utf8_upper(pc.utf8_trim_whitespace(cells))
    return pc.coalesce(to_currency_codes(cells), capitals)


def currency_code(written: str) -> str:
    """The code of a currency that the user gave as a code or sign."""
    return _MEANING.get(written.strip().rstrip(".").upper(), written.strip().upper())


def accepted_spellings(wanted: str) -> list[str]:
    """How a currency may be written: `USD` also as `$`, but `$` only as itself."""
    code = currency_code(wanted)
    return [code, _SIGN_OF[code]] if code in _SIGN_OF else [code]


def is_other_currency(cells: pa.Array, wanted: str) -> Mask:
    """Which cells name a currency other than `wanted`; empty cells name none."""
    currencies = normalized_currencies(cells)
    is_wanted = pc.is_in(currencies, pa.array(accepted_spellings(wanted)))
    return mask_of(pc.and_(pc.not_equal(currencies, ""), pc.invert(is_wanted)))


def distinct_currencies(currencies: Iterable[str]) -> set[str]:
    """The distinct currencies; a shared sign such as `$` is dropped where `USD` is present."""
    distinct = set(currencies)
    return distinct - {_SIGN_OF[code] for code in distinct if code in _SIGN_OF}


def resolve_shared_signs(named: Iterable[str], preferred: str) -> dict[str, str]:
    """The currency that each shared sign stands for, where it is unambiguous.

    It is the preferred currency if that uses the sign, or else the only one of `named` that does.
    """
    users: dict[str, list[str]] = {}
    for code in named:
        if code in _SIGN_OF:
            users.setdefault(_SIGN_OF[code], []).append(code)
    resolved = {sign: codes[0] for sign, codes in users.items() if len(codes) == 1}
    return resolved | ({_SIGN_OF[preferred]: preferred} if preferred in _SIGN_OF else {})


def is_known_currency(currency: str) -> bool:
    """Whether it is a known code or sign; messages show no other cells, as those are data."""
    return currency in _MEANING
