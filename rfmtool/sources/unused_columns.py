"""Notices on columns without a role that look as if they had one, by their names or cells.

They may hold refunds, cancellations or unpaid orders.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.documents import packaged_toml
from rfmtool.rules.presets import Preset
from rfmtool.sources.ambiguous_columns import CHECKED_ROLES, ambiguity_notices, currencies_in
from rfmtool.sources.cells.typed import trimmed
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
_DATA: Final = packaged_toml(__package__, "unused_columns.toml")
_PATTERNS: Final[Sequence[dict[str, Any]]] = [
    {**pattern, **{key: [*map(normalized, pattern.get(key, ()))] for key in ("stems", "names")}}
    for pattern in _DATA["like"]
]
"""Patterns of names that resemble those of roles."""
_NEGATIVE: Final = r"[-(\x{2212}]"


def unused_column_notices(sources: Sequence[Source], asked: Asked, preset: Preset) -> list[str]:
    """Sentences about the columns of an export that are not used but look as if they should be."""
    is_preset = bool(preset.columns)  # its author has chosen the columns of money
    notices: dict[str, str] = {}
    ambiguities: list[str] = []
    currencies: dict[str, set[str]] = {}
    step = -(-len(sources) // _MOST_FILES)
    for place, source in enumerate(sources):
        unused = _unused_names(source)
        cells, others = ({}, {}) if place % step else _sample(source, unused)
        named = [*_role_like_names(source, unused.values(), others, is_preset=is_preset)]
        named += _status_notices(source, cells, others)
        named += () if is_preset else _misfits(source, others)
        for name, notice in named:
            notices.setdefault(name, notice)
        if source is sources[0] and not is_preset:
            told = tuple(f"Column {name!r} " for name in notices)
            doubts = ambiguity_notices(source, cells, others, asked)
            ambiguities = [text for text in doubts if not text.startswith(told)]
        if "currency" not in source.layout.places:
            for name, codes in currencies_in(others).items():
                currencies.setdefault(name, set()).update(codes)
    ambiguities += [
        f"Column {name!r} names {len(codes)} currencies and is not used, so their money is added"
        " up: --column currency=NAME tells them apart."
        for name, codes in currencies.items()
        if len(codes) > 1
    ]
    return [*notices.values(), *ambiguities]


def _role_like_names(
    source: Source, names: Iterable[str], others: Cells, *, is_preset: bool
) -> Iterator[tuple[str, str]]:
    """Notices on columns whose names resemble those of a role: name and notice."""
    taken = {*source.layout.places}
    if "cancelled_on" in taken:
        taken.add("voided")  # the other column gives the reason
    for name in names:
        key, column = normalized(name), others.get(name)
        matches = (pattern for pattern in _PATTERNS if key in pattern["names"]
                   or any(stem in key for stem in pattern["stems"]))  # fmt: skip
        match = next(matches, None)
        if match is None or (is_preset and match.get("option") in (*taken, "unpaid")):
            continue
        if column is not None and not match.keys().isdisjoint(("unless_nothing", "if_nothing")):
            texts = distinct_texts(column).to_pylist()
            is_zero = [not text.strip("0.,") for text in texts]
            if all(is_zero) if "unless_nothing" in match else not any(is_zero):
                continue
        if "unless_all_yes" in match and column is not None and not trimmed(column).null_count:
            texts = distinct_texts(column).to_pylist()
            if {*map(normalized, texts)} <= words("yes"):
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


def _misfits(source: Source, others: Cells) -> Iterator[tuple[str, str]]:
    """Notices on columns with the name of a role that their cells do not fit: name and notice."""
    taken = source.layout.places
    has_status = not taken.keys().isdisjoint(("status", "payment_status"))
    # Beside the other columns of an address, "state" belongs to the address.
    has_address = not {*_DATA["addresses"]}.isdisjoint(map(normalized, source.layout.header))
    for name, column in others.items():
        key, words = normalized(name), distinct_texts(column).to_pylist()
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
            or key in _DATA["regions"]
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
    return trimmed(column).null_count > 0 and content_kind(distinct_texts(column)) == kind


def _advice(pattern: Mapping[str, Any], name: str, column: pa.Array | None, source: Source) -> str:
    """The option that would use a column, by its name and cells."""
    if "advice" in pattern:
        return f". {pattern['advice']}"
    role, layout = pattern["option"], source.layout
    stems = _DATA["quantities"]
    if role in ("refunded", "voided") and any(stem in normalized(name) for stem in stems):
        return ". If it counts pieces given back, take their money off in the export."
    amount = layout.header[layout.places["amount"]] if "amount" in layout.places else ""
    if role == "refunded" and normalized(amount) in NET_OF_REFUNDS:
        return (f": {amount!r} by its name has it taken off already, and --column {role}=NAME would"
                " take it off once more.")  # fmt: skip
    if column is not None:
        role = ROLE_BY_CONTENT.get(role, {}).get(content_kind(distinct_texts(column)), role)
    return f": --column {role}=NAME would."


def _sample(source: Source, unused: Mapping[int, str]) -> tuple[Cells, Cells]:
    """The first cells of CHECKED_ROLES, and of columns without a role by name."""
    taken = source.layout.places
    places = {KEPT_PREFIX + name: place for place, name in unused.items()}
    places |= {role: taken[role] for role in CHECKED_ROLES if role in taken}
    # A column without a role may hold lists, bytes or anything else.
    kinds: dict[str, Kind] = dict.fromkeys(places, "any")
    sampled = source.with_layout(places=places, kinds=kinds, fill_down=())
    if not sampled.layout.in_file.places:
        return {}, {}
    job = next(sampled.jobs(block_bytes=_SAMPLE_BYTES), None)
    cells = {} if job is None else dict(job().cells)
    others = {name: cells.pop(key) for name in unused.values()
              if (key := KEPT_PREFIX + name) in cells}  # fmt: skip
    return cells, others


def _status_notices(source: Source, cells: Cells, others: Cells) -> Iterator[tuple[str, str]]:
    """Notices on columns of few words, one of which marks orders as not sold: name and notice."""
    taken = source.layout.places
    for name, column in others.items():
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
                and any(stem in normalized(name) for stem in _DATA["parcels"]):  # fmt: skip
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
