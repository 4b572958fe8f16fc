"""Roles that a column's name only suggests, settled by what its first cells hold.

"Refunded" may be money, a yes or no, or a day; "Type" may say which rows are credit notes, or
which customers are retail. What then looks like money given back and plays no role is said.
"""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any, Final, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import mask_of
from rfmtool.rules.presets import Preset
from rfmtool.sources.cells.date_readings import READINGS
from rfmtool.sources.cells.dates import read_days
from rfmtool.sources.cells.numbers import DecimalMark, NumberReading, plain_numbers
from rfmtool.sources.layout import Asked
from rfmtool.sources.names import normal
from rfmtool.sources.roles import synonyms
from rfmtool.sources.source import Source
from rfmtool.sources.statuses import Statuses, words

_FILE: Final = "unplayed.toml"
_SAMPLE_BYTES: Final = 1 << 16
_ROLES: Final = (
    "status", "payment_status", "type", "refunded", "cancelled_on", "voided", "is_test", "captured",
)  # fmt: skip
_WEAK: Final = frozenset({"etat", "estado", "stato", "situacao", "stav", "durum", "type"})
"""Names that are as often of something else, such as a region."""
_BECOMES: Final = {
    "refunded": {
        "number": "refunded", "empty": "refunded", "flag": "voided", "day": "cancelled_on",
    },
    "voided": {"flag": "voided", "empty": "voided", "day": "cancelled_on"},
    "is_test": {"flag": "is_test", "empty": "is_test"},
    "cancelled_on": {"day": "cancelled_on", "empty": "cancelled_on", "flag": "voided"},
    "captured": {"flag": "captured"},
}  # fmt: skip
_MOST: Final = 0.9
Kind = Literal["empty", "flag", "number", "day", "words"]


def settled(sources: Sequence[Source], asked: Asked, preset: Preset) -> list[Source]:
    """The same sources, with the roles found by name that their cells bear out."""
    found = {role for source in sources for role in source.layout.places}
    doubtful = [role for role in _ROLES if role in found and role not in asked.columns]
    if not doubtful or preset.columns:
        return list(sources)
    changes: dict[str, str | None] = {}
    for role in doubtful:
        names = {normal(source.layout.header[source.layout.places[role]])
                 for source in sources if role in source.layout.places}  # fmt: skip
        changes[role] = _becomes(role, _cells(sources, role), weak=bool(names & _WEAK))
    for name, wanted in list(changes.items()):
        if wanted != name and wanted in {*found, *(changes[one] for one in changes if one != name)}:
            changes[name] = None
    return [_changed(source, changes) for source in sources]


def _changed(source: Source, changes: dict[str, str | None]) -> Source:
    places = {changes.get(role, role): place for role, place in source.layout.places.items()}
    kept = {role: place for role, place in places.items() if role is not None}
    return source.with_layout(replace(source.layout, places=kept))


def _cells(sources: Sequence[Source], role: str) -> pa.Array:
    """The distinct filled cells of a column in the first rows of each file, as text."""
    columns = [pa.array([], pa.string())]
    for source in sources:
        if role not in source.layout.places:
            continue
        if role not in source.layout.in_file.places:  # it stands in the name of a folder
            columns.append(pa.array([source.layout.key_of(role)], pa.string()))
            continue
        alone = replace(source.layout, places={role: source.layout.places[role]}, carry_down=())
        jobs = source.with_layout(alone).jobs(block_bytes=_SAMPLE_BYTES)
        columns += [pc.cast(job().cells[role], pa.string()) for job in itertools.islice(jobs, 1)]
    texts = pc.utf8_trim_whitespace(pc.unique(pa.concat_arrays(columns)))
    return pc.drop_null(texts.filter(pc.not_equal(texts, "")))


def _becomes(role: str, cells: pa.Array, *, weak: bool) -> str | None:
    if role in _BECOMES:
        return _BECOMES[role].get(_kind(cells))
    meanings = [Statuses().meaning(word, of_type=role == "type") for word in cells.to_pylist()]
    known = len(meanings) - meanings.count("unknown")
    if role == "type":
        return role if "credit" in meanings or 2 * known > len(meanings) else None
    if role == "payment_status":
        return role if known or not meanings else None
    return role if known or not weak else None


def _kind(cells: pa.Array) -> Kind:
    if not len(cells):
        return "empty"
    found = {normal(word) for word in cells.to_pylist()}
    if found <= words("yes") | words("no") and found != {"0"}:
        return "flag"
    for mark in get_args(DecimalMark):
        numbers, _ = plain_numbers(cells, NumberReading(mark))
        if np.mean(mask_of(numbers.is_valid())) >= _MOST:
            return "number"
    for reading in READINGS:
        _, unread = read_days(cells, reading)
        if unread is None or np.mean(~unread) >= _MOST:
            return "day"
    return "words"


@cache
def _likenesses() -> Sequence[dict[str, Any]]:
    text = resources.files(__package__).joinpath(_FILE).read_text("utf-8")
    likenesses: list[dict[str, Any]] = tomllib.loads(text)["like"]
    return likenesses


def unplayed(sources: Sequence[Source], asked: Asked, preset: Preset) -> tuple[str, ...]:
    """Sentences about the columns that play no role and look as if they should."""
    known = preset.columns  # whoever wrote the preset knew what is owed, and which amount to take
    found: dict[str, str] = {}
    for source in sources:
        played = {*source.layout.places.values()}
        others = [name.strip() for place, name in enumerate(source.layout.header)
                  if place not in played]  # fmt: skip
        for name in others:
            key = normal(name)
            like = next((one for one in _likenesses()
                         if any(normal(stem) in key for stem in one["stems"])
                         and not (known and one["option"] == "unpaid")), None)  # fmt: skip
            if like:
                found.setdefault(name, f"Column {name!r} looks like {like['what']} and is not used:"
                                       f" --column {like['option']}=NAME would.")  # fmt: skip
    return (*found.values(), *(() if known else _other_amounts(sources[0], asked)))


def _other_amounts(source: Source, asked: Asked) -> Iterator[str]:
    layout = source.layout
    if "amount" in asked.columns or "amount" not in layout.places:
        return
    known = set(synonyms()["amount"])
    others = [name.strip() for place, name in enumerate(layout.header)
              if normal(name) in known and place not in layout.places.values()]  # fmt: skip
    if others:
        taken = layout.header[layout.places["amount"]].strip()
        names = ", ".join(repr(name) for name in others)
        yield f"Money is read from {taken!r}; {names} could be it too: see --column amount=NAME."
