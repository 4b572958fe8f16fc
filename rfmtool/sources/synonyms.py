"""The names that shops give their columns, by role."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice, product
from typing import Final

from rfmtool.documents import packaged_toml
from rfmtool.sources.cells.currencies import is_known_currency
from rfmtool.sources.names import normalized

_UNIT: Final = re.compile(
    r"[\s_]*(?:[(\[]\s*([^()\[\]]{1,12}?)\s*[)\]]|\bin\s+(\S{1,4})|(?<=\s)([A-Z]{3})|(?<=_)([A-Za-z]{3})"
    r"|(?<=\s)((?i:usd|eur|gbp|inr|brl|jpy|cny|rub|chf|pln|czk|huf|ron|sek|nok|dkk|aud|cad|mxn)))\s*$"
)
_CENTS: Final = re.compile(
    r"(?i)(?<=\w)(?:[\s_.,-]+[(\[]?|[(\[]|(?-i:(?<=[a-z])(?=[A-Z]))|(?<=amount)|(?<=total)|(?<=price))"
    r"\s*(?:in[\s_-]*|(?:en|em|w|i|в)[\s_-]+)?"
    r"(?:(?<!per)(?<!per[\s_-])cents?|centimes|c[eé]ntimos|centavos|pence|paise|minor(?:[\s_-]*units?)?|subunits?|"
    r"kopecks|коп(?:\.|еек|ейки|ейках)?|öre|øre|groszy|groszach|kuruş|haléře|haléřích)\s*[)\]]?\s*$"
    r"|[(\uff08]\s*分\s*[)\uff09]\s*$"
)
"""What stands behind the name of a column in hundredths of the currency unit."""
_DATE_FORMAT: Final = re.compile(r"(?i)[dmyjath年月日:/. -]+|.*date.*")
"""What may stand in brackets behind the name of a day."""

_NAMES: Final = packaged_toml(__package__, "names.toml")
_FEES: Final = frozenset(packaged_toml(__package__, "unused_columns.toml")["fees"])
_SHORT_ALONE: Final = ("amt", "cust")  # "Inv" alone may be an inventory

_WORDS: Final = re.compile(r"[^\W\d_]?[^\W\d_A-Z]+|[A-Z]+(?![^\W\d_A-Z])|\d+")


@cache
def synonyms() -> Mapping[str, Sequence[str]]:
    """Normalized column names by role, the likeliest first."""
    data = packaged_toml(__package__, "synonyms.toml")
    sections = ("otherwise", "of_anything")
    names = _by_role({role: names for role, names in data.items() if role not in sections})
    return {**names, "type": [*names["type"], *types_of_anything()]}


@cache
def types_of_anything() -> Sequence[str]:
    """Names of columns that are types of documents only if all of their words are."""
    return [*map(normalized, packaged_toml(__package__, "synonyms.toml")["of_anything"]["type"])]


@cache
def fallback_synonyms() -> Mapping[str, Sequence[str]]:
    """Further names, for exports without any other column of money."""
    return _by_role(packaged_toml(__package__, "synonyms.toml")["otherwise"])


def without_net_of_fees(
    header: Sequence[str], known_names: Mapping[str, Sequence[str]]
) -> Mapping[str, Sequence[str]]:
    """The names that are known, without amounts net of fees beside a column of fees."""
    if _FEES.isdisjoint(map(normalized, header)):
        return known_names
    amounts = [name for name in known_names["amount"] if name not in _NAMES["net_of_fees"]]
    return {**known_names, "amount": amounts}


def unit_behind(name: str) -> str:
    """The currency or the like behind a name, such as USD; empty where there is none."""
    match = _UNIT.search(name)
    unit: str = next(filter(None, match.groups()), "") if match else ""
    if match and normalized(name[: match.start()]) in synonyms()["ordered_at"]:
        return unit if _DATE_FORMAT.fullmatch(unit) or normalized(unit) in _NAMES["units"] else ""
    return unit if normalized(unit) in _NAMES["units"] or is_known_currency(unit.upper()) else ""


def is_in_cents(name: str) -> bool:
    """Whether a column is in hundredths of the currency unit by its name, as `total_cents` is."""
    return _CENTS.search(name) is not None


def without_units(header: Sequence[str]) -> list[str]:
    """The names without a currency, cents or the like behind them, where no other is called so."""
    bare = [_UNIT.sub("", name) if unit_behind(name) else _CENTS.sub("", name) for name in header]
    counts = Counter(map(normalized, bare))
    pairs = zip(bare, header, strict=True)
    return [new if counts[normalized(new)] == 1 else old for new, old in pairs]


def spelled_out(header: Sequence[str], known: Collection[str]) -> list[str]:
    """The names in one of their other spellings that is known, where that is new."""
    new = [next(filter(known.__contains__, spellings(name)), name) for name in header]
    counts = Counter(map(normalized, [*new, *header]))
    pairs = zip(new, header, strict=True)
    return [spelled if counts[normalized(spelled)] == 1 else name for spelled, name in pairs]


def spellings(name: str) -> Iterator[str]:
    """A name, and with its words in full, without those that link, its number as others say it."""
    yield normalized(name)
    words = [*map(normalized, _WORDS.findall(name.replace("#", " no ")))]
    inner = [word for word in words[1:-1] if word not in _NAMES["links"]]
    words = [*words[:1], *inner, *words[1:][-1:]]
    before, behind = _NAMES["numbers_before"], _NAMES["numbers_behind"]
    short = _NAMES["short"]
    if len(words) == 1:
        short = {word: short[word] for word in _SHORT_ALONE}
    for full in islice(product(*(short.get(word, [word]) for word in words)), 8):
        yield "".join(full)
        if full[1:-1] == ("of",):  # such as "date of order"
            yield full[2] + full[0]
        if len(full) > 1 and full[0] in before:
            rest = "".join(full[1:])
            yield from (number + rest for number in before)
            yield from (rest + number for number in behind)
        if len(full) > 1 and full[-1] in behind:
            yield from ("".join(full[:-1]) + number for number in behind)


def _by_role(data: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    return {
        role: [name if name.isascii() and name.isalnum() else normalized(name) for name in names]
        for role, names in data.items()
    }
