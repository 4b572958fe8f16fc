"""A batch of an evidence table's raw cells to typed columns, and a tally of where its rows went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, mask_of, mask_of_places
from rfmtool.columns import REJECTIONS
from rfmtool.sources.batches import Batch
from rfmtool.sources.cells.currencies import is_other_currency, normalized_currencies
from rfmtool.sources.cells.date_formats import DateFormat
from rfmtool.sources.cells.dates import read_days
from rfmtool.sources.cells.numbers import NumberFormat, read_numbers, to_units
from rfmtool.sources.cells.typed import display_text
from rfmtool.sources.consents import OPTED_OUT, REFUSALS, matches_any
from rfmtool.sources.evidence.roles import EvidenceTable, Role
from rfmtool.sources.layout import FileLayout
from rfmtool.sources.ledger import CODES, Tally
from rfmtool.sources.names import normalized as normal_name
from rfmtool.sources.rows.bins import Codes, is_blank, tally_of_rows
from rfmtool.sources.statuses import words

_WORDY: Final = r"^[^0-9@]{2,24}$"
_NOT_OUT: Final = (
    "no", "false", "0", "0.0", "n", "f", "nein", "non", "nee", "nie", "falsch", "faux", "falso",
    "none", "null", "n/a", "_", "never",
)  # fmt: skip
"""What a column of who opted out says of the others."""
_SET: Final = r"[1-9\p{L}✓✔☑]"
"""Not a day of noughts, as databases write none."""
_YES: Final = ("yes", "true", "1", "y", "1.0")
_NO: Final = ("no", "false", "0", "n", "0.0")


@dataclass(frozen=True)
class TableReading:
    """What a whole table says about how it is written: each date column, and all its numbers."""

    days: Mapping[str, DateFormat]
    numbers: NumberFormat
    currency: str | None = None
    """The currency whose amounts alone are asked for; None takes all."""


@dataclass(frozen=True)
class TypedColumn:
    """A column typed; `bad` marks the cells that cannot be read. An empty cell is null, not bad."""

    values: pa.Array
    bad: Mask
    currencies: pa.Array | None = None
    """The currencies that stand beside amounts, where any does."""


def typed_rows(
    batch: Batch, layout: FileLayout, table: EvidenceTable, reading: TableReading
) -> tuple[pa.RecordBatch, Tally]:
    """Type a batch and put every row into its bin.

    Returns:
        The used rows, a column per role of the table in its order and then the attributes; and
        where all rows went.
    """
    cells = {
        role: _read(role, batch.cells[role], what, reading)
        for role, what in table.roles.items()
        if role in batch.cells
    }
    if table.joins:  # nobody is no customer
        for role in cells.keys() & {*table.ids}:
            cells[role] = replace(cells[role], values=_without_nobody(cells[role].values))
    if "rank" in table.roles:
        cells = _with_sound_ranks(cells, len(batch.rows()))
    cells = _with_sound_ends(cells)
    bins = _bins(batch, cells, table)
    named = _named_currencies(cells)
    if reading.currency is not None:
        for column in named:
            others = is_other_currency(column, reading.currency) & (bins == CODES["used"])
            bins[others] = CODES["other_currency"]
    columns = {role: column.values for role, column in cells.items()}
    if table.attributes and (places := attribute_places(layout, table)):
        whole = batch.all_columns()
        others = {name: _emptied(display_text(whole[place])) for name, place in places.items()}
        if "consent" in table.roles:
            columns = _with_refusals(columns, others, table.roles["consent"])
        columns |= others
    kept = pa.array(bins == CODES["used"])
    typed = pa.RecordBatch.from_pydict(columns)
    rows = typed.filter(kept)
    if "consent" in columns:
        rows = pa.concat_batches([rows, _refusals_of_rejected(typed, bins)])
    names = {name for column in named for name in pc.unique(column.filter(kept)).to_pylist()}
    return rows, replace(tally_of_rows(batch, bins), currencies=frozenset(names - {None, ""}))


# Cells -------------------------------------------------------------------------------------------


def _read(role: str, cells: pa.Array, what: Role, reading: TableReading) -> TypedColumn:
    if what.kind in ("whole", "number", "money"):
        return _numbers(cells, what, reading.numbers)
    if what.kind != "day":
        return _texts(_emptied(cells), what)
    days, unread = read_days(cells, reading.days[role])
    if unread is None:
        return TypedColumn(pa.array(days).cast(pa.date32()), np.zeros(len(days), dtype=bool))
    return TypedColumn(pa.array(days, mask=unread).cast(pa.date32()), unread & ~is_blank(cells))


def _numbers(cells: pa.Array, what: Role, reading: NumberFormat) -> TypedColumn:
    if pa.types.is_floating(cells.type):
        cells = pc.if_else(pc.is_nan(cells), pa.scalar(None, cells.type), cells)
    blank = is_blank(cells)
    numbers = replace(read_numbers(cells, reading), missing=blank)
    if what.kind == "money":
        units, unread = to_units([numbers])
        none = mask_of_places(unread, len(units))
        return TypedColumn(pa.array(units, mask=none), none & ~blank, numbers.currencies)
    values, fits = numbers.values, np.isfinite(numbers.values)
    if what.kind == "number":
        return TypedColumn(pa.array(values, mask=~fits), ~fits & ~blank)
    low, high = what.range or (-(2**31), 2**31 - 1)
    with np.errstate(invalid="ignore"):
        fits &= (values >= low) & (values <= high)
    fits[fits] = values[fits] == np.rint(values[fits])
    whole = np.where(fits, values, 0).astype(np.int32)
    return TypedColumn(pa.array(whole, mask=~fits), ~fits & ~blank)


def _texts(cells: pa.Array, what: Role) -> TypedColumn:
    if what.kind in ("id", "text"):
        return TypedColumn(cells, np.zeros(len(cells), dtype=bool))
    bare = pc.utf8_lower(pc.utf8_trim_whitespace(cells))
    if what.kind == "word":
        values, known = bare, pc.is_in(bare, pa.array(what.words))
    else:  # yes or no
        yes, no = pc.is_in(bare, pa.array(_YES)), pc.is_in(bare, pa.array(_NO))
        known = pc.or_(yes, no)
        values = pc.if_else(known, yes, pa.scalar(None, pa.bool_()))
    return TypedColumn(values, mask_of(pc.and_(pc.invert(known), bare.is_valid())))


def _without_nobody(ids: pa.Array) -> pa.Array:
    """Ids without the words for somebody unknown, such as `anonymous` and `n/a`."""
    likely = ids.filter(pc.match_substring_regex(ids, _WORDY).fill_null(fill_value=False))
    found = [one for one in pc.unique(likely).to_pylist() if normal_name(one) in words("nobody")]
    return pc.if_else(pc.is_in(ids, pa.array(found, pa.string())), None, ids) if found else ids


def _with_refusals(
    columns: Mapping[str, pa.Array], others: Mapping[str, pa.Array], consent: Role
) -> dict[str, pa.Array]:
    """The columns, with a consent of `no` where another column of consent or opting out says so."""
    refusing = []
    for name, cells in others.items():
        if normal_name(name) in OPTED_OUT:
            is_set = mask_of(pc.match_substring_regex(cells, _SET))
            refusing.append(is_set & ~matches_any(cells, _NOT_OUT))
        elif normal_name(name) in consent.names:
            refusing.append(matches_any(cells, REFUSALS))
    if not refusing:
        return dict(columns)
    said = columns.get("consent", pa.nulls(len(refusing[0]), pa.string()))
    refused = pa.array(np.logical_or.reduce(refusing))
    return {**columns, "consent": pc.if_else(refused, "no", said)}


def _refusals_of_rejected(typed: pa.RecordBatch, bins: Codes) -> pa.RecordBatch:
    """Of the rows that cannot be read for another cell who refuses, which holds all the same."""
    asides = [CODES[name] for name in ("used", "anonymous", "blank", "other_currency")]
    refusing = ~np.isin(bins, asides) & matches_any(typed.column("consent"), REFUSALS)
    rows = typed.filter(pa.array(refusing))
    told = ("customer_id", "email", "consent")
    return pa.RecordBatch.from_arrays(
        [
            column if name in told else pa.nulls(len(rows), column.type)
            for name, column in zip(rows.schema.names, rows.columns, strict=True)
        ],
        schema=rows.schema,
    )


def _emptied(cells: pa.Array) -> pa.Array:
    """Text in which white space alone is missing."""
    blank = is_blank(cells)
    return (
        pc.if_else(pa.array(blank), pa.scalar(None, pa.string()), cells) if blank.any() else cells
    )


def _with_sound_ranks(cells: Mapping[str, TypedColumn], rows: int) -> dict[str, TypedColumn]:
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
    found["rank"] = TypedColumn(pc.if_else(kept, rank.values, pa.scalar(None, pa.float64())), bad)
    found["brands"] = TypedColumn(pc.if_else(kept, brands.values, pa.scalar(None, pa.int32())), bad)
    return found


def _with_sound_ends(cells: Mapping[str, TypedColumn]) -> dict[str, TypedColumn]:
    """No period ends before it starts; no complaint is put right before it came.

    Such a day of the latter, as 1970-01-01 or 1900-01-01, is how programs write none.
    """
    found = dict(cells)
    if {"from_on", "until_on"} <= cells.keys():
        start, end = cells["from_on"], cells["until_on"]
        turned = mask_of(pc.less(end.values, start.values))
        found["until_on"] = replace(end, bad=end.bad | turned)
    if {"given_on", "resolved_on"} <= cells.keys():
        given, resolved = cells["given_on"].values, cells["resolved_on"].values
        ended = pc.if_else(pa.array(mask_of(pc.less(resolved, given))), None, resolved)
        found["resolved_on"] = replace(cells["resolved_on"], values=ended)
    return found


def _named_currencies(cells: Mapping[str, TypedColumn]) -> list[pa.Array]:
    """The currencies of the amounts, as marks beside them and as a column of its own say."""
    money = cells.get("wallet")
    if money is None:
        return []
    named = [money.currencies] if money.currencies is not None else []
    if "currency" in cells:
        of_amounts = pc.if_else(money.values.is_valid(), cells["currency"].values, None)
        named.append(normalized_currencies(of_amounts))
    return named


def attribute_places(layout: FileLayout, table: EvidenceTable) -> dict[str, int]:
    """Where the columns without a role stand, by header name; of equal names, the first."""
    taken = {*layout.places.values()}
    places: dict[str, int] = {}
    for place, written in enumerate(layout.header):
        name = written.strip()
        if place not in taken and name and name not in table.roles:
            places.setdefault(name, place)
    return places


# Rows --------------------------------------------------------------------------------------------


def _bins(batch: Batch, cells: Mapping[str, TypedColumn], table: EvidenceTable) -> Codes:
    needed = [role for role in table.ids if not table.roles[role].may_lack]
    unnamed = np.logical_or.reduce([mask_of(cells[role].values.is_null()) for role in needed])
    bins = np.where(unnamed, CODES["anonymous"], CODES["used"]).astype(np.uint8)
    # From the last reason to the first: the first that holds is written last.
    for reason in reversed(REJECTIONS):
        for role, column in cells.items():
            if table.roles[role].reason == reason:
                bins[column.bad] = CODES[reason]
    if unnamed.any():
        rows = np.flatnonzero(unnamed)
        empty = [is_blank(column.take(pa.array(rows))) for column in batch.all_columns()]
        bins[rows[np.logical_and.reduce(empty)]] = CODES["blank"]
    return bins
