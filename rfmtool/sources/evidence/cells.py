"""A batch of an evidence table's raw cells to typed columns, and a tally of where its rows went."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, Places, mask_of
from rfmtool.columns import REJECTIONS
from rfmtool.sources.batches import Batch
from rfmtool.sources.cells.currencies import normal, outside
from rfmtool.sources.cells.date_readings import DateReading
from rfmtool.sources.cells.dates import read_days
from rfmtool.sources.cells.numbers import NumberReading, Numbers, read_numbers, to_units
from rfmtool.sources.cells.typed import shown
from rfmtool.sources.evidence.roles import CellKind, EvidenceTable, Role
from rfmtool.sources.layout import FileLayout
from rfmtool.sources.ledger import CODES, Tally
from rfmtool.sources.rows.bins import Codes, Odd, counted, is_blank, rejects_of
from rfmtool.sources.rows.runs import Runs

_YES: Final = ("yes", "true", "1", "y", "1.0")
_NO: Final = ("no", "false", "0", "n", "0.0")


@dataclass(frozen=True)
class TableReading:
    """What a whole table says about how it is written: each date column, and all its numbers."""

    days: Mapping[str, DateReading]
    numbers: NumberReading
    currency: str | None = None
    """The currency whose amounts alone are asked for; None takes all."""


@dataclass(frozen=True)
class Cells:
    """A column typed; `bad` marks the cells that cannot be read. An empty cell is null, not bad."""

    values: pa.Array
    bad: Mask
    currencies: pa.Array | None = None
    """The currencies that stand beside amounts, where any does."""


def typed_rows(
    batch: Batch, layout: FileLayout, table: EvidenceTable, reading: TableReading
) -> tuple[pa.RecordBatch, Tally]:
    """Type a batch and put every row into its bin.

    Args:
        batch: raw cells by role.
        layout: how its file is laid out, for the columns without a role.
        table: what the table may hold.
        reading: how its dates and numbers are written.

    Returns:
        The used rows, a column per role of the table in its order and then the attributes; and
        where all rows went.
    """
    cells = {
        role: _read(role, batch.cells[role], what, reading)
        for role, what in table.roles.items()
        if role in batch.cells
    }
    if "rank" in table.roles:
        cells = _with_sound_ranks(cells, len(batch.rows()))
    if {"from_on", "until_on"} <= cells.keys():
        cells["until_on"] = _not_before(cells["until_on"], cells["from_on"])
    bins = _bins(batch, cells, table)
    named = _named_currencies(cells)
    if reading.currency is not None:
        for column in named:
            others = outside(column, reading.currency) & (bins == CODES["used"])
            bins[others] = CODES["other_currency"]
    columns = {role: column.values for role, column in cells.items()}
    if table.attributes:
        columns |= _attributes(batch, layout, table)
    kept = pa.array(bins == CODES["used"])
    rows = pa.RecordBatch.from_pydict(columns)
    return rows.filter(kept), replace(_tally(batch, bins), currencies=_distinct(named, kept))


# Cells -------------------------------------------------------------------------------------------


def _read(role: str, cells: pa.Array, what: Role, reading: TableReading) -> Cells:
    if what.kind == "day":
        return _days(cells, reading.days[role])
    if what.kind in _NUMBERS:
        return _NUMBERS[what.kind](_numbers(cells, reading.numbers), what)
    return _TEXTS[what.kind](_emptied(cells), what)


def _days(cells: pa.Array, reading: DateReading) -> Cells:
    days, unread = read_days(cells, reading)
    if unread is None:
        return Cells(pa.array(days).cast(pa.date32()), np.zeros(len(days), dtype=bool))
    return Cells(pa.array(days, mask=unread).cast(pa.date32()), unread & ~is_blank(cells))


def _emptied(cells: pa.Array) -> pa.Array:
    """Text in which white space alone is missing."""
    blank = is_blank(cells)
    return (
        pc.if_else(pa.array(blank), pa.scalar(None, pa.string()), cells) if blank.any() else cells
    )


def _as_written(cells: pa.Array, _: Role) -> Cells:
    return Cells(cells, np.zeros(len(cells), dtype=bool))


def _words(cells: pa.Array, what: Role) -> Cells:
    words = pc.utf8_lower(pc.utf8_trim_whitespace(cells))
    known = pc.is_in(words, pa.array(what.words))
    return Cells(words, mask_of(pc.and_(pc.invert(known), words.is_valid())))


def _yes_no(cells: pa.Array, _: Role) -> Cells:
    words = pc.utf8_lower(pc.utf8_trim_whitespace(cells))
    yes, no = pc.is_in(words, pa.array(_YES)), pc.is_in(words, pa.array(_NO))
    known = pc.or_(yes, no)
    truth = pc.if_else(known, yes, pa.scalar(None, pa.bool_()))
    return Cells(truth, mask_of(pc.and_(pc.invert(known), words.is_valid())))


def _numbers(cells: pa.Array, reading: NumberReading) -> Numbers:
    if pa.types.is_floating(cells.type):
        cells = pc.if_else(pc.is_nan(cells), pa.scalar(None, cells.type), cells)
    numbers = read_numbers(cells, reading)
    return replace(numbers, missing=is_blank(cells))


def _wholes(numbers: Numbers, what: Role) -> Cells:
    low, high = what.range or (-(2**31), 2**31 - 1)
    with np.errstate(invalid="ignore"):
        fits = (numbers.values >= low) & (numbers.values <= high)
    fits &= np.isfinite(numbers.values)
    fits[fits] = numbers.values[fits] == np.rint(numbers.values[fits])
    whole = np.where(fits, numbers.values, 0).astype(np.int32)
    return Cells(pa.array(whole, mask=~fits), ~fits & ~_missing(numbers))


def _doubles(numbers: Numbers, _: Role) -> Cells:
    fits = np.isfinite(numbers.values)
    return Cells(pa.array(numbers.values, mask=~fits), ~fits & ~_missing(numbers))


def _money(numbers: Numbers, _: Role) -> Cells:
    units, unread = to_units([numbers])
    none = np.zeros(len(units), dtype=bool)
    none[unread] = True
    bad = none & ~_missing(numbers)
    return Cells(pa.array(units, mask=none), bad, numbers.currencies)


def _missing(numbers: Numbers) -> Mask:
    none = np.zeros(len(numbers.values), dtype=bool)
    return none if numbers.missing is None else numbers.missing


_NUMBERS: Final[Mapping[CellKind, Callable[[Numbers, Role], Cells]]] = {
    "whole": _wholes,
    "number": _doubles,
    "money": _money,
}
_TEXTS: Final[Mapping[CellKind, Callable[[pa.Array, Role], Cells]]] = {
    "id": _as_written,
    "text": _as_written,
    "word": _words,
    "yes_no": _yes_no,
}


def _with_sound_ranks(cells: Mapping[str, Cells], rows: int) -> dict[str, Cells]:
    """Keep rank and brands where they count, which is where no wallet is known.

    There, a rank offered must lie between 1 and the number of brands.
    """
    found = dict(cells)
    rank, brands = found.pop("rank", None), found.pop("brands", None)
    if rank is None or brands is None:
        return found
    wallet = found.get("wallet")
    known = np.zeros(rows, dtype=bool) if wallet is None else mask_of(pc.greater(wallet.values, 0))
    offered = (
        mask_of(pc.or_(rank.values.is_valid(), brands.values.is_valid())) | rank.bad | brands.bad
    )
    sound = mask_of(
        pc.and_(pc.greater_equal(rank.values, 1), pc.less_equal(rank.values, brands.values))
    )
    kept = pa.array(sound & ~known)
    bad = offered & ~sound & ~known
    found["rank"] = Cells(pc.if_else(kept, rank.values, pa.scalar(None, pa.float64())), bad)
    found["brands"] = Cells(pc.if_else(kept, brands.values, pa.scalar(None, pa.int32())), bad)
    return found


def _named_currencies(cells: Mapping[str, Cells]) -> list[pa.Array]:
    """The currencies of the amounts, as marks beside them and as a column of its own say."""
    money = cells.get("wallet")
    if money is None:
        return []
    named = [money.currencies] if money.currencies is not None else []
    if "currency" in cells:
        of_amounts = pc.if_else(money.values.is_valid(), cells["currency"].values, None)
        named.append(normal(of_amounts))
    return named


def _distinct(named: Sequence[pa.Array], kept: pa.Array) -> frozenset[str]:
    every = (pc.unique(column.filter(kept)).to_pylist() for column in named)
    return frozenset(name for names in every for name in names) - {None, ""}


def _not_before(end: Cells, start: Cells) -> Cells:
    """The ends of periods, bad where they come before their starts."""
    return replace(end, bad=end.bad | mask_of(pc.less(end.values, start.values)))


def attribute_places(layout: FileLayout, table: EvidenceTable) -> dict[str, int]:
    """Where the columns without a role stand, by header name; of equal names, the first."""
    taken = {*layout.places.values()}
    places: dict[str, int] = {}
    for place, written in enumerate(layout.header):
        name = written.strip()
        if place not in taken and name and name not in table.roles:
            places.setdefault(name, place)
    return places


def _attributes(batch: Batch, layout: FileLayout, table: EvidenceTable) -> dict[str, pa.Array]:
    places = attribute_places(layout, table)
    if not places:
        return {}
    columns = batch.whole()
    return {name: _emptied(shown(columns[place])) for name, place in places.items()}


# Rows --------------------------------------------------------------------------------------------


def _bins(batch: Batch, cells: Mapping[str, Cells], table: EvidenceTable) -> Codes:
    needed = [role for role in table.ids if not table.roles[role].may_lack]
    unnamed = np.logical_or.reduce([mask_of(cells[role].values.is_null()) for role in needed])
    bins = np.where(unnamed, CODES["anonymous"], CODES["used"]).astype(np.uint8)
    # From the last reason to the first: the first that holds is written last.
    for reason in reversed(REJECTIONS):
        for role, column in cells.items():
            if table.roles[role].reason == reason:
                bins[column.bad] = CODES[reason]
    if unnamed.any():
        bins[_blank_rows(batch, unnamed)] = CODES["blank"]
    return bins


def _blank_rows(batch: Batch, candidates: Mask) -> Places:
    rows = np.flatnonzero(candidates)
    index = pa.array(rows)
    empty = [is_blank(column.take(index)) for column in batch.whole()]
    return rows[np.logical_and.reduce(empty)]


def _tally(batch: Batch, bins: Codes) -> Tally:
    ones: npt.NDArray[np.int64] = np.ones(len(bins), dtype=np.int64)
    none = np.empty(0, dtype=np.int64)
    odd = Odd(none, none.astype(np.uint8))
    rows, codes = rejects_of(batch, Runs({}, np.arange(len(bins)), ones), bins, odd)
    return Tally(batch.records, counted(batch, bins, ones, odd), rows, codes)
