"""Roles that a column's name only suggests, settled by what its first cells hold.

"Refunded" may be money, a yes or no, or a day; "Type" may say which rows are credit notes, or
which customers are retail.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import mask_of
from rfmtool.rules.presets import Preset
from rfmtool.sources.cells.date_formats import DATE_FORMATS
from rfmtool.sources.cells.dates import read_days
from rfmtool.sources.cells.numbers import (
    DecimalMark,
    NumberFormat,
    normalized_number_text,
    parse_number_text,
)
from rfmtool.sources.cells.typed import trimmed
from rfmtool.sources.layout import Asked
from rfmtool.sources.names import normalized
from rfmtool.sources.source import Source
from rfmtool.sources.statuses import Statuses, is_type_code, words

_SAMPLE_BYTES: Final = 1 << 16
CONTENT_CHECKED_ROLES: Final = (
    "status", "payment_status", "type", "refunded", "cancelled_on", "voided", "is_test", "captured",
)  # fmt: skip
AMBIGUOUS_NAMES: Final = frozenset({
    "etat", "estado", "stato", "situacao", "stav", "durum", "state", "stage", "result", "type",
    "typ", "kind",
})  # fmt: skip
"""Names that are as often of something else, such as a region."""
ROLE_BY_CONTENT: Final = {
    "refunded": {
        "number": "refunded", "empty": "refunded", "flag": "voided", "day": "cancelled_on",
    },
    "voided": {"flag": "voided", "empty": "voided", "day": "cancelled_on"},
    "is_test": {"flag": "is_test", "empty": "is_test"},
    "cancelled_on": {"day": "cancelled_on", "empty": "cancelled_on", "flag": "voided"},
    "captured": {"flag": "captured", "day": "paid_at"},
}  # fmt: skip
"""What a column is, by what its name says and by what it holds."""
_MOST: Final = 0.9
Kind = Literal["empty", "flag", "number", "day", "words"]


def with_roles_checked(sources: Sequence[Source], asked: Asked, preset: Preset) -> list[Source]:
    """The same sources, with the roles found by name that their cells bear out."""
    found = {role for source in sources for role in source.layout.places}
    doubtful = [
        role for role in CONTENT_CHECKED_ROLES if role in found and role not in asked.columns
    ]
    if not doubtful or preset.columns:
        return list(sources)
    changes: dict[str, str | None] = {}
    for role in doubtful:
        names = {normalized(source.layout.header[source.layout.places[role]])
                 for source in sources if role in source.layout.places}  # fmt: skip
        changes[role] = _becomes(role, _cells(sources, role), weak=bool(names & AMBIGUOUS_NAMES))
        if changes[role] == "paid_at" and found & {"status", "payment_status"}:
            changes[role] = None  # what is not paid out yet may well be sold
    for name, wanted in list(changes.items()):
        if wanted != name and wanted in {*found, *(changes[one] for one in changes if one != name)}:
            changes[name] = None
    changed = []
    for source in sources:
        places = {changes.get(role, role): place for role, place in source.layout.places.items()}
        kept = {role: place for role, place in places.items() if role is not None}
        changed.append(source.with_layout(replace(source.layout, places=kept)))
    return changed


def _cells(sources: Sequence[Source], role: str) -> pa.Array:
    """The distinct filled cells of a column in the first rows of each file, as text."""
    columns = [pa.array([], pa.string())]
    for source in sources:
        if role not in source.layout.places:
            continue
        if role not in source.layout.in_file.places:  # it stands in the name of a folder
            columns.append(pa.array([source.layout.folder_value(role)], pa.string()))
            continue
        alone = replace(source.layout, places={role: source.layout.places[role]}, carry_down=())
        jobs = source.with_layout(alone).jobs(block_bytes=_SAMPLE_BYTES)
        columns += [pc.cast(job().cells[role], pa.string()) for job in itertools.islice(jobs, 1)]
    return distinct_texts(pa.concat_arrays(columns))


def distinct_texts(cells: pa.Array) -> pa.Array:
    """The distinct texts of a column without the white space around them, but for empty ones."""
    return pc.drop_null(pc.unique(trimmed(pc.unique(cells))))


def _becomes(role: str, cells: pa.Array, *, weak: bool) -> str | None:
    if role in ROLE_BY_CONTENT:
        return ROLE_BY_CONTENT[role].get(content_kind(cells))
    words = cells.to_pylist()
    meanings = [Statuses().meaning(word, of_type=role == "type") for word in words]
    if role == "type" and (weak or not {"sale", "credit"} <= {*meanings} <= {"sale", "credit"}):
        # Short words are as often of much else.
        meanings = ["unknown" if is_type_code(word) else meaning
                    for word, meaning in zip(words, meanings, strict=True)]  # fmt: skip
    known = len(meanings) - meanings.count("unknown")
    if role == "type":
        return role if "credit" in meanings or 2 * known > len(meanings) else None
    if role == "payment_status":
        return role if known or not meanings else None
    return role if known or not weak else None


def content_kind(cells: pa.Array) -> Kind:
    """What the `filled_words` of a column are."""
    if not len(cells):
        return "empty"
    found = {normalized(word) for word in cells.to_pylist()}
    if found <= words("yes") | words("no") and found != {"0"}:
        return "flag"
    for mark in get_args(DecimalMark):
        numbers, _ = parse_number_text(normalized_number_text(cells), NumberFormat(mark))
        if np.mean(mask_of(numbers.is_valid())) >= _MOST:
            return "number"
    for reading in DATE_FORMATS:
        _, unread = read_days(cells, reading)
        if unread is None or np.mean(~unread) >= _MOST:
            return "day"
    return "words"
