"""Columns that play no role and look as if they should, by what they are called or hold.

What money given back, orders called off or orders not paid hide behind is said aloud.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.documents import packaged_toml
from rfmtool.rules.presets import Preset
from rfmtool.sources.ambiguous_columns import CHECKED_ROLES, ambiguity_notices, currencies_in
from rfmtool.sources.layout import KEPT, Asked, Kind
from rfmtool.sources.names import normalized
from rfmtool.sources.roles import NET_OF_REFUNDS
from rfmtool.sources.roles_by_cells import (
    AMBIGUOUS_NAMES,
    CONTENT_CHECKED_ROLES,
    ROLE_BY_CONTENT,
    content_kind,
    distinct_texts,
)
from rfmtool.sources.source import Source
from rfmtool.sources.statuses import is_in_group, role_from_words
from rfmtool.sources.synonyms import synonyms

_SAMPLE_BYTES: Final = 1 << 18
_MOST_FILES: Final = 4
_MOST_WORDS: Final = 30
"""A column of more is of names or texts, in which any word may stand."""
_MOST_STATES: Final = 12
_REGION_LETTERS: Final = 3
_REGIONS: Final = frozenset({"state", "stage", "result"})
"""Names that in most exports are of something else than how an order stands."""
_AMOUNT: Final = "amount"
_TAKEN_OFF: Final = r"[-(\x{2212}]"


def unused_column_notices(
    sources: Sequence[Source], asked: Asked, preset: Preset
) -> tuple[str, ...]:
    """Sentences about the columns that play no role and look as if they should."""
    known = bool(preset.columns)  # whoever wrote it knew what is owed, and which amount to take
    found: dict[str, str] = {}
    doubts: list[str] = []
    currencies: dict[str, set[str]] = {}
    parcels: list[str] = packaged_toml(__package__, "unplayed.toml")["parcels"]
    step = -(-len(sources) // _MOST_FILES)
    for place, source in enumerate(sources):
        cells = {} if place % step else _sample(source)
        for name, said in _alike(source, cells, known=known):
            found.setdefault(name, said)
        for name, (role, word) in _telling(cells).items():
            if "status" in source.layout.places and is_in_group(word, "not_a_sale", "unpaid") \
                    and any(one in normalized(name) for one in parcels):  # fmt: skip
                continue
            # A second status of an order is that of its payment; there is no second type.
            free = {role, *(("payment_status",) if role != "type" else ())} - {
                *source.layout.places
            }
            option = f": --column {max(free)}=NAME would" if free else ""
            found.setdefault(name, f"Column {name!r} says {word!r}, as of orders that are no sales,"
                                   f" and is not used{option}.")  # fmt: skip
        if not known:
            for name, said in _dropped(source, cells):
                found.setdefault(name, said)
        if source is sources[0] and not known:
            doubts = [*ambiguity_notices(source, cells, asked)]
        if "currency" not in source.layout.places:
            for name, words in currencies_in(cells).items():
                currencies.setdefault(name, set()).update(words)
    doubts += [
        f"Column {name!r} names {len(words)} currencies and is not used, so their money is added"
        " up: --column currency=NAME tells them apart."
        for name, words in currencies.items()
        if len(words) > 1
    ]
    return (*found.values(), *doubts)


def _alike(
    source: Source, cells: Mapping[str, pa.Array], *, known: bool
) -> Iterator[tuple[str, str]]:
    """What to say of columns whose names are like those of roles, by name."""
    played = {*source.layout.places}
    if "cancelled_on" in played:
        played.add("voided")  # and another column says why
    for name in _others(source).values():
        key, column = normalized(name), cells.get(KEPT + name)
        alike = (one for one in _likenesses()
                 if key in one["names"] or any(stem in key for stem in one["stems"]))  # fmt: skip
        like = next(alike, None)
        if like is None or (known and like.get("option") in (*played, "unpaid")):
            continue
        if like.get("unless_nothing") and column is not None and not _has_something(column):
            continue
        is_free = source.layout.places.keys().isdisjoint(like.get("unless", ()))
        if is_free and ("cells" not in like or _is_partly(like["cells"], column)):
            yield name, (f"Column {name!r} looks like {like['what']} and is not used"
                         f"{_advice(like, column, source)}")  # fmt: skip


def _others(source: Source) -> dict[int, str]:
    """The columns without a role, by place; those that are only carried through are such, too."""
    played = {place for role, place in source.layout.places.items() if not role.startswith(KEPT)}
    header = enumerate(source.layout.header)
    return {place: name.strip() for place, name in header if place not in played}


@cache
def _likenesses() -> Sequence[dict[str, Any]]:
    """What names are like; their stems and names as `normal` writes them."""
    return [
        {**one, **{key: [*map(normalized, one.get(key, ()))] for key in ("stems", "names")}}
        for one in packaged_toml(__package__, "unplayed.toml")["like"]
    ]


def _dropped(source: Source, cells: Mapping[str, pa.Array]) -> Iterator[tuple[str, str]]:
    """What to say of columns whose names are of roles, and whose cells do not bear it out."""
    played = source.layout.places
    has_status = not played.keys().isdisjoint(("status", "payment_status"))
    # Beside them such a column is a part of an address.
    addresses = packaged_toml(__package__, "unplayed.toml")["addresses"]
    has_address = not {*addresses}.isdisjoint(map(normalized, source.layout.header))
    for name in _others(source).values():
        key, column = normalized(name), cells.get(KEPT + name)
        words = [] if column is None else distinct_texts(column).to_pylist()
        named = (
            one for one in CONTENT_CHECKED_ROLES if one not in played and key in synonyms()[one]
        )
        role, said = next(named, ""), ""
        if not words or role in ("", "type", "is_test"):  # types are doubted apart
            continue
        if role == "captured":
            if not has_status and any(not word.strip("0.,") for word in words):
                said = "by its name says what is paid, and is 0 in rows that count."
        elif key not in AMBIGUOUS_NAMES:
            said = (f"by its name is {role}, and is not used because of what it holds: --column"
                    f" {role}=NAME would.")  # fmt: skip
        elif (
            not (has_address or key in _REGIONS or max(map(len, words)) <= _REGION_LETTERS)
            and 1 < len(words) <= _MOST_STATES
        ):
            said = (f"may say how orders stand, and is not used: --column {role}=NAME asks what its"
                    " words mean.")  # fmt: skip
        if said:
            yield name, f"Column {name!r} {said}"


def _is_partly(kind: str, column: pa.Array | None) -> bool:
    """Whether some cells of a column are of a kind, and the others empty."""
    if column is None:
        return False
    texts = pc.utf8_trim_whitespace(pc.cast(column, pa.string()).fill_null(""))
    has_empty = pc.any(pc.equal(texts, "")).as_py() is True
    return has_empty and content_kind(distinct_texts(column)) == kind


def _has_something(column: pa.Array) -> bool:
    """Whether any cell is neither empty nor zero."""
    return any(
        word.strip("0.,") for word in distinct_texts(pc.cast(column, pa.string())).to_pylist()
    )


def _advice(like: Mapping[str, Any], column: pa.Array | None, source: Source) -> str:
    """Which option would use a column, by what it holds."""
    if "advice" in like:
        return f". {like['advice']}"
    role, layout = like["option"], source.layout
    amount = layout.header[layout.places["amount"]] if "amount" in layout.places else ""
    if role == "refunded" and normalized(amount) in NET_OF_REFUNDS:
        return (f": {amount!r} by its name has it taken off already, and --column {role}=NAME would"
                " take it off once more.")  # fmt: skip
    if column is not None:
        role = ROLE_BY_CONTENT.get(role, {}).get(content_kind(distinct_texts(column)), role)
    return f": --column {role}=NAME would."


def _sample(source: Source) -> Mapping[str, pa.Array]:
    """The first cells of the columns without a role, by KEPT and name, and of DOUBTED ones."""
    others, played = _others(source), source.layout.places
    places = {KEPT + name: place for place, name in others.items()}
    places |= {role: played[role] for role in CHECKED_ROLES if role in played}
    # A column without a role may hold lists, bytes or anything else.
    kinds: dict[str, Kind] = dict.fromkeys(places, "any")
    layout = replace(source.layout, places=places, kinds=kinds, carry_down=())
    if not layout.in_file.places:
        return {}
    jobs = source.with_layout(layout).jobs(block_bytes=_SAMPLE_BYTES)
    for job in itertools.islice(jobs, 1):
        return job().cells
    return {}


def _telling(cells: Mapping[str, pa.Array]) -> dict[str, tuple[str, str]]:
    """The role and the word of columns of few words, one of orders that are no sales, by name."""
    found = {}
    for name, column in cells.items():
        if name in CHECKED_ROLES or not pa.types.is_string(column.type):
            continue
        words = distinct_texts(column)
        told = role_from_words(words.to_pylist()) if len(words) <= _MOST_WORDS else None
        if told and _AMOUNT in cells:
            # Where all rows of the word have money below zero already, they are taken off.
            of_word = pc.equal(pc.utf8_trim_whitespace(column), told[1])
            written = pc.cast(cells[_AMOUNT], pa.string()).filter(of_word)
            if pc.all(pc.match_substring_regex(written, _TAKEN_OFF)).as_py() is True:
                continue
        if told:
            found[name.removeprefix(KEPT)] = told
    return found
