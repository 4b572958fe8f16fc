"""Notices on columns without a role that look as if they had one, by their names or cells.

They may hold refunds, cancellations or unpaid orders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.documents import packaged_toml
from rfmtool.rules.presets import Preset
from rfmtool.sources.ambiguous_columns import CHECKED_ROLES, ambiguity_notices, currencies_in
from rfmtool.sources.layout import KEPT_PREFIX, Asked, Kind
from rfmtool.sources.names import normalized
from rfmtool.sources.roles import NET_OF_REFUNDS
from rfmtool.sources.roles_by_cells import (
    AMBIGUOUS_NAMES,
    CONTENT_CHECKED_ROLES,
    ROLE_BY_CONTENT,
    content_kind,
    distinct_texts,
)
from rfmtool.sources.rows.runs import Cells
from rfmtool.sources.source import Source
from rfmtool.sources.statuses import is_in_group, role_from_words, words
from rfmtool.sources.synonyms import synonyms

_SAMPLE_BYTES: Final = 1 << 18
_MOST_FILES: Final = 4
_MOST_WORDS: Final = 30
"""A column of more holds names or texts, in which any word may occur."""
_MOST_STATES: Final = 12
_REGION_LETTERS: Final = 3
_REGIONS: Final = frozenset({"state", "stage", "result"})
"""Names that in most exports are not those of an order's status."""
_NEGATIVE: Final = r"[-(\x{2212}]"


def unused_column_notices(sources: Sequence[Source], asked: Asked, preset: Preset) -> list[str]:
    """Sentences about the columns of an export that are not used but look as if they should be."""
    is_preset = bool(preset.columns)  # its author has chosen the columns of money
    notices: dict[str, str] = {}
    ambiguities: list[str] = []
    currencies: dict[str, set[str]] = {}
    step = -(-len(sources) // _MOST_FILES)
    for place, source in enumerate(sources):
        cells = {} if place % step else _sample(source)
        named = [*_role_like_names(source, cells, is_preset=is_preset)]
        named += _status_notices(source, cells)
        named += () if is_preset else _misfits(source, cells)
        for name, notice in named:
            notices.setdefault(name, notice)
        if source is sources[0] and not is_preset:
            told = tuple(f"Column {name!r} " for name in notices)
            doubts = ambiguity_notices(source, cells, asked)
            ambiguities = [text for text in doubts if not text.startswith(told)]
        if "currency" not in source.layout.places:
            for name, codes in currencies_in(cells).items():
                currencies.setdefault(name, set()).update(codes)
    ambiguities += [
        f"Column {name!r} names {len(codes)} currencies and is not used, so their money is added"
        " up: --column currency=NAME tells them apart."
        for name, codes in currencies.items()
        if len(codes) > 1
    ]
    return [*notices.values(), *ambiguities]


def _role_like_names(source: Source, cells: Cells, *, is_preset: bool) -> Iterator[tuple[str, str]]:
    """Notices on columns whose names resemble those of a role: name and notice."""
    taken = {*source.layout.places}
    if "cancelled_on" in taken:
        taken.add("voided")  # the other column gives the reason
    for name in _unused_names(source).values():
        key, column = normalized(name), cells.get(KEPT_PREFIX + name)
        matches = (pattern for pattern in _name_patterns() if key in pattern["names"]
                   or any(stem in key for stem in pattern["stems"]))  # fmt: skip
        match = next(matches, None)
        if match is None or (is_preset and match.get("option") in (*taken, "unpaid")):
            continue
        if column is not None and not match.keys().isdisjoint(("unless_nothing", "if_nothing")):
            texts = distinct_texts(pc.cast(column, pa.string())).to_pylist()
            is_zero = [not text.strip("0.,") for text in texts]
            if all(is_zero) if "unless_nothing" in match else not any(is_zero):
                continue
        is_free = source.layout.places.keys().isdisjoint(match.get("unless", ()))
        if is_free and ("cells" not in match or _is_partly(match["cells"], column)):
            yield name, (f"Column {name!r} looks like {match['what']} and is not used"
                         f"{_advice(match, name, column, source)}")  # fmt: skip


def _unused_names(source: Source) -> dict[int, str]:
    """The names of columns without a role, including kept ones, by place."""
    taken = {
        place for role, place in source.layout.places.items() if not role.startswith(KEPT_PREFIX)
    }
    header = enumerate(source.layout.header)
    return {place: name.strip() for place, name in header if place not in taken}


@cache
def _name_patterns() -> Sequence[dict[str, Any]]:
    """Patterns of names that resemble those of roles, with normalized stems and names."""
    return [
        {**pattern, **{key: [*map(normalized, pattern.get(key, ()))] for key in ("stems", "names")}}
        for pattern in packaged_toml(__package__, "unused_columns.toml")["like"]
    ]


def _misfits(source: Source, cells: Cells) -> Iterator[tuple[str, str]]:
    """Notices on columns with the name of a role that their cells do not fit: name and notice."""
    taken = source.layout.places
    has_status = not taken.keys().isdisjoint(("status", "payment_status"))
    # Beside the other columns of an address, "state" belongs to the address.
    addresses = packaged_toml(__package__, "unused_columns.toml")["addresses"]
    has_address = not {*addresses}.isdisjoint(map(normalized, source.layout.header))
    for name in _unused_names(source).values():
        key, column = normalized(name), cells.get(KEPT_PREFIX + name)
        words = [] if column is None else distinct_texts(column).to_pylist()
        roles = [role for role in CONTENT_CHECKED_ROLES if key in synonyms()[role]]
        role, notice = next((role for role in roles if role not in taken), ""), ""
        if not words or role in ("", "type", "is_test"):  # types have notices of their own
            continue
        if role == "captured":
            if not has_status and any(not word.strip("0.,") for word in words):
                notice = "by its name says what is paid, and is 0 in rows that count."
        elif key not in AMBIGUOUS_NAMES:
            notice = (f"by its name is {role}, and is not used because of what it holds: --column"
                      f" {role}=NAME would.")  # fmt: skip
        elif 1 < len(words) <= _MOST_STATES and not (
            has_address
            or key in _REGIONS
            or all(word.isalpha() and len(word) <= _REGION_LETTERS for word in words)
        ):
            notice = (f"may say how orders stand, and is not used: --column {role}=NAME asks what"
                      " its words mean.")  # fmt: skip
        if notice:
            yield name, f"Column {name!r} {notice}"


def _is_partly(kind: str, column: pa.Array | None) -> bool:
    """Whether some cells of a column are of a kind, and the others empty."""
    if column is None:
        return False
    texts = pc.utf8_trim_whitespace(pc.cast(column, pa.string()).fill_null(""))
    has_empty = pc.any(pc.equal(texts, "")).as_py() is True
    return has_empty and content_kind(distinct_texts(column)) == kind


def _advice(pattern: Mapping[str, Any], name: str, column: pa.Array | None, source: Source) -> str:
    """The option that would use a column, by its name and cells."""
    if "advice" in pattern:
        return f". {pattern['advice']}"
    role, layout = pattern["option"], source.layout
    quantities = packaged_toml(__package__, "unused_columns.toml")["quantities"]
    if role in ("refunded", "voided") and any(stem in normalized(name) for stem in quantities):
        return ". If it counts pieces given back, take their money off in the export."
    amount = layout.header[layout.places["amount"]] if "amount" in layout.places else ""
    if role == "refunded" and normalized(amount) in NET_OF_REFUNDS:
        return (f": {amount!r} by its name has it taken off already, and --column {role}=NAME would"
                " take it off once more.")  # fmt: skip
    if column is not None:
        role = ROLE_BY_CONTENT.get(role, {}).get(content_kind(distinct_texts(column)), role)
    return f": --column {role}=NAME would."


def _sample(source: Source) -> Cells:
    """The first cells of CHECKED_ROLES, and by KEPT_PREFIX + name of columns without a role."""
    taken = source.layout.places
    places = {KEPT_PREFIX + name: place for place, name in _unused_names(source).items()}
    places |= {role: taken[role] for role in CHECKED_ROLES if role in taken}
    # A column without a role may hold lists, bytes or anything else.
    kinds: dict[str, Kind] = dict.fromkeys(places, "any")
    layout = replace(source.layout, places=places, kinds=kinds, fill_down=())
    if not layout.in_file.places:
        return {}
    jobs = source.with_layout(layout).jobs(block_bytes=_SAMPLE_BYTES)
    first = next(jobs, None)
    return {} if first is None else first().cells


def _status_notices(source: Source, cells: Cells) -> Iterator[tuple[str, str]]:
    """Notices on columns of few words, one of which marks orders as not sold: name and notice."""
    taken = source.layout.places
    parcels: list[str] = packaged_toml(__package__, "unused_columns.toml")["parcels"]
    for key, column in cells.items():
        name = key.removeprefix(KEPT_PREFIX)
        if key in CHECKED_ROLES or not pa.types.is_string(column.type):
            continue
        texts = distinct_texts(column)
        found = role_from_words(texts.to_pylist()) if len(texts) <= _MOST_WORDS else None
        if found and "amount" in cells:
            amounts = pc.cast(cells["amount"], pa.string())
            is_counted = [not _is_subtracted(text, column, amounts) for text in texts]
            found = role_from_words(texts.filter(pa.array(is_counted)).to_pylist())
        if found is None:
            continue
        role, word = found
        if "status" in taken and is_in_group(word, "not_a_sale", "unpaid") \
                and any(stem in normalized(name) for stem in parcels):  # fmt: skip
            continue
        # A second status of an order is that of its payment; there is no second type.
        roles = {role} if role == "type" else {role, "payment_status"}
        free = roles - taken.keys()
        option = f": --column {max(free)}=NAME would" if free else ""
        yield name, (f"Column {name!r} says {word!r}, as of orders that are no sales, and is not"
                     f" used{option}.")  # fmt: skip


def _is_subtracted(word: pa.Scalar, column: pa.Array, amounts: pa.Array) -> bool:
    """Whether all amounts of a word are negative, and so subtracted already; payments are not."""
    is_word = pc.equal(pc.utf8_trim_whitespace(column), word)
    are_negative = pc.all(pc.match_substring_regex(amounts.filter(is_word), _NEGATIVE)).as_py()
    return are_negative is True and normalized(word.as_py()) not in words("payments")
