"""Roles that a column's name only suggests, decided by its cells.

"Refunded" may be money, a yes or no, or a day; "Type" may say which rows are credit notes, or
which customers are retail.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Final, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import mask_of
from rfmtool.documents import packaged_toml
from rfmtool.errors import InputError
from rfmtool.rules.presets import Preset
from rfmtool.sources.cells.date_formats import DATE_FORMATS
from rfmtool.sources.cells.dates import read_days
from rfmtool.sources.cells.number_texts import DecimalMark, plain_numbers
from rfmtool.sources.cells.typed import trimmed
from rfmtool.sources.layout import KEPT_PREFIX, SUGGESTED_ROLES, Asked
from rfmtool.sources.names import normalized
from rfmtool.sources.roles import Roles
from rfmtool.sources.source import Source, TableSource
from rfmtool.sources.statuses import (
    Statuses,
    credits_as_payments,
    is_in_group,
    is_type_code,
    words,
)
from rfmtool.sources.synonyms import types_of_anything

_SAMPLE_BYTES: Final = 1 << 16
_SAMPLE_ROWS, _LEAST_ROWS = 1 << 13, 1 << 10
"""How many rows decide, the same in any format, and how many of each further file do."""
CONTENT_CHECKED_ROLES: Final = ("status", *(role for role in SUGGESTED_ROLES if role != "unpaid"))
AMBIGUOUS_NAMES: Final = frozenset(packaged_toml(__package__, "names.toml")["ambiguous"])
"""Names that as often mean something else, such as a region."""
ROLE_BY_CONTENT: Final = {
    "refunded": {
        "number": "refunded", "empty": "refunded", "flag": "voided", "day": "cancelled_on",
    },
    "voided": {"flag": "voided", "empty": "voided", "day": "cancelled_on"},
    "is_test": {"flag": "is_test", "empty": "is_test"},
    "cancelled_on": {"day": "cancelled_on", "empty": "cancelled_on", "flag": "voided"},
    "captured": {"flag": "captured", "day": "paid_at"},
}  # fmt: skip
"""The role of a column, by the role its name suggests and the kind of its cells."""
_MOST: Final = 0.9
_VOID: Final = ("cancelled", "refunded", "voided", "test")
"""Groups of words for what is no sale, whoever pays."""
Kind = Literal["empty", "flag", "number", "day", "words"]


def with_filled_columns(
    sources: Sequence[Source], asked: Asked, roles: Roles
) -> tuple[list[Source], list[str]]:
    """The same sources, with another column for customers or orders if theirs is empty; notices.

    Shops keep columns that they do not fill, such as addresses that a marketplace does not tell.
    """
    filled, notices = list(sources), list[str]()
    empty: tuple[str, ...] = ()
    for role in ("customer_id", "order_id"):
        if role in asked.columns or not all(_is_empty(source, role) for source in sources):
            continue
        try:
            others = [_without(source, (*empty, role), asked, roles) for source in sources]
        except InputError:  # there is no other
            continue
        if all(role in source.layout.places for source in others) and not all(
            _is_empty(source, role) for source in others
        ):
            old, new = (table.layout.header[table.layout.places[role]]
                        for table in (sources[0], others[0]))  # fmt: skip
            filled, empty = others, (*empty, role)
            notices.append(f"Column {old!r} is empty, and {new!r} is read in its place:"
                           f" --column {role}=NAME takes another.")  # fmt: skip
    return filled, notices


def _is_empty(source: Source, role: str) -> bool:
    """Whether a source has rows, but nothing in the column of a role."""
    if role not in source.layout.in_file.places or isinstance(source, TableSource):
        return False
    rows, raw = 0, source.with_layout(fill_down=())
    # The first rows mostly show that it is filled; else a shop may have begun later.
    for job in chain(islice(raw.jobs(block_bytes=_SAMPLE_BYTES), 1), raw.jobs()):
        cells = job().cells[role]
        if len(distinct_texts(pc.cast(cells, pa.string()))):
            return False
        rows += len(cells)
    return rows > 0


def _without(source: Source, roles_left: Iterable[str], asked: Asked, roles: Roles) -> Source:
    """The source with its roles as if the columns of `roles_left` had no names."""
    layout = source.layout
    header = list(layout.header)
    for role in roles_left:
        header[layout.places[role]] = ""
    places = roles.find(header, asked.columns, source.name)
    kept = {role: at for role, at in layout.places.items() if role.startswith(KEPT_PREFIX)}
    return source.with_layout(places=places | kept)


def with_roles_checked(sources: Sequence[Source], asked: Asked, preset: Preset) -> list[Source]:
    """The same sources, without the roles found by name that do not fit their cells."""
    present = {role for source in sources for role in source.layout.places}
    found = present - asked.columns.keys()
    suggested = [role for role in CONTENT_CHECKED_ROLES if role in found]
    if not suggested or preset.columns:
        return list(sources)
    changes: dict[str, str | None] = {}
    for role in suggested:
        names = {normalized(source.layout.header[source.layout.places[role]])
                 for source in sources if role in source.layout.places}  # fmt: skip
        changes[role] = _checked_role(role, _cells(sources, role), names)
        if changes[role] == "paid_at" and present & {"status", "payment_status"}:
            changes[role] = None  # an order that is not paid out yet may be a sale
    for old, new in list(changes.items()):
        others = {changes[other] for other in changes if other != old}
        if new != old and new in present | others:
            changes[old] = None
    checked = []
    for source in sources:
        places = {changes.get(role, role): place for role, place in source.layout.places.items()}
        kept = {role: place for role, place in places.items() if role is not None}
        checked.append(source.with_layout(places=kept))
    return checked


def _cells(sources: Sequence[Source], role: str) -> pa.Array:
    """The distinct filled cells of a column in the first rows, and those of each file, as text."""
    columns, rows = [pa.array([], pa.string())], 0
    for source in sources:
        if role not in source.layout.places:
            continue
        if role not in source.layout.in_file.places:  # it is in the name of a folder
            columns.append(pa.array([source.layout.partition_value(role)], pa.string()))
            continue
        # With all roles, as a row with nothing in one may look like the gap between two tables.
        raw = source.with_layout(fill_down=())
        for job in raw.jobs(block_bytes=_SAMPLE_BYTES):
            cells = job().cells[role].slice(0, max(_SAMPLE_ROWS - rows, _LEAST_ROWS))
            columns.append(pc.unique(pc.cast(cells, pa.string())))
            rows += len(cells)
            if rows >= _SAMPLE_ROWS:
                break
    return distinct_texts(pa.concat_arrays(columns))


def distinct_texts(cells: pa.Array) -> pa.Array:
    """The distinct trimmed texts of a column, without empty ones."""
    return pc.drop_null(pc.unique(trimmed(pc.unique(cells))))


def _checked_role(role: str, cells: pa.Array, names: set[str]) -> str | None:
    """The role that fits the distinct cells of columns of these names; None if there is none."""
    texts = cells.to_pylist()
    if role in ROLE_BY_CONTENT:
        kind, found = content_kind(cells), {*map(Statuses().meaning, texts)}
        # Completed alone may be said of the refund.
        is_void = any(is_in_group(word, "not_a_sale", group) for word in texts for group in _VOID)
        says_more = is_void or (role == "captured" and len(found) > 1)
        is_status = kind == "words" and "unknown" not in found and says_more
        return "status" if is_status else ROLE_BY_CONTENT[role].get(kind)
    meanings = [Statuses().meaning(word, of_type=role == "type") for word in texts]
    is_sure = "unknown" not in meanings and {"sale", "credit"} <= {*meanings}
    if role == "type":
        doubtful = credits_as_payments(map(normalized, texts))
        if not is_sure:  # short words as often mean something else
            doubtful |= {normalized(text) for text in texts if is_type_code(text)}
        meanings = ["unknown" if normalized(text) in doubtful else meaning
                    for text, meaning in zip(texts, meanings, strict=True)]  # fmt: skip
    known = len(meanings) - meanings.count("unknown")
    if role == "type":
        if not names.isdisjoint(types_of_anything()):
            return role if "unknown" not in meanings else None
        return role if "credit" in meanings or 2 * known > len(meanings) else None
    if role == "payment_status":
        return role if known or not meanings else None
    return role if known or not names & AMBIGUOUS_NAMES else None


def content_kind(cells: pa.Array) -> Kind:
    """What the `distinct_texts` of a column are."""
    if not len(cells):
        return "empty"
    texts = {normalized(text) for text in cells.to_pylist()}
    if texts <= words("yes") | words("no") and texts != {"0"}:
        return "flag"
    for mark in get_args(DecimalMark):
        if np.mean(mask_of(plain_numbers(cells, mark).is_valid())) >= _MOST:
            return "number"
    for date_format in DATE_FORMATS:
        _, unread = read_days(cells, date_format)
        if unread is None or np.mean(~unread) >= _MOST:
            return "day"
    return "words"
