"""Type the raw cells of a batch of an evidence table, and tally its rows by bin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
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
from rfmtool.sources.consents import NOT_OUT, OPT_OUTS, OPTED_OUT, REFUSALS, matches_any
from rfmtool.sources.evidence.roles import EvidenceTable, Role
from rfmtool.sources.layout import FileLayout
from rfmtool.sources.ledger import CODES, Tally
from rfmtool.sources.names import normalized as normal_name
from rfmtool.sources.rows.bins import Codes, is_blank, tally_of_rows
from rfmtool.sources.rows.runs import Cells
from rfmtool.sources.statuses import words

_WORDY: Final = r"^[^0-9@]{2,24}$"
_SET: Final = r"[1-9\p{L}✓✔☑]"
"""What a cell that is set contains, unlike the date of zeros that databases write for null."""
_YES: Final = ("yes", "true", "1", "y", "1.0")
_NO: Final = ("no", "false", "0", "n", "0.0")


@dataclass(frozen=True)
class TableReading:
    """The formats of a table: one for each date column, and one for all numbers."""

    days: Mapping[str, DateFormat]
    numbers: NumberFormat
    currency: str | None = None
    """The only currency whose amounts are read; None for all."""


@dataclass(frozen=True)
class TypedColumn:
    """A typed column; `bad` marks the cells that cannot be read. An empty cell is null, not bad."""

    values: pa.Array
    bad: Mask
    currencies: pa.Array | None = None
    """The currencies marked at the amounts, if any is."""


def typed_rows(
    batch: Batch, layout: FileLayout, table: EvidenceTable, reading: TableReading
) -> tuple[pa.RecordBatch, Tally]:
    """The used rows, with columns of the table's roles and then attributes; the tally of all."""
    cells = {name: _typed_column(name, batch.cells[name], role, reading)
             for name, role in table.roles.items() if name in batch.cells}  # fmt: skip
    if table.joins:
        for name in cells.keys() & {*table.ids}:
            cells[name] = replace(cells[name], values=_without_anonymous_words(cells[name].values))
    if "rank" in table.roles:
        cells = _with_valid_ranks(cells)
    cells = _with_valid_ends(cells)
    bins = _bins(batch, cells, table)
    currencies = _currencies_of_amounts(cells)
    if reading.currency is not None:
        for column in currencies:
            is_other = is_other_currency(column, reading.currency) & (bins == CODES["used"])
            bins[is_other] = CODES["other_currency"]
    columns = {name: column.values for name, column in cells.items()}
    if table.attributes and (places := attribute_places(layout, table)):
        raw = batch.all_columns()
        texts = {name: display_text(raw[place]) for name, place in places.items()}
        attributes = {name: _blank_as_null(column) for name, column in texts.items()}
        if "consent" in table.roles:
            columns = _with_refusals(columns, attributes, table.roles["consent"])
        columns |= attributes
    is_used = pa.array(bins == CODES["used"])
    typed = pa.RecordBatch.from_pydict(columns)
    rows = typed.filter(is_used)
    if {"consent", "outcome"} & columns.keys():
        rows = pa.concat_batches([rows, _refusals_of_rejected(typed, bins)])
    used = [pc.unique(column.filter(is_used)).to_pylist() for column in currencies]
    codes = frozenset(chain.from_iterable(used)) - {None, ""}
    return rows, replace(tally_of_rows(batch, bins), currencies=codes)


# Cells -------------------------------------------------------------------------------------------


def _typed_column(name: str, cells: pa.Array, role: Role, reading: TableReading) -> TypedColumn:
    if role.kind in ("whole", "number", "money"):
        return _typed_numbers(cells, role, reading.numbers)
    if role.kind != "day":
        return _typed_texts(_blank_as_null(cells), role)
    days, unread = read_days(cells, reading.days[name])
    if unread is None:
        return TypedColumn(pa.array(days).cast(pa.date32()), np.zeros(len(days), dtype=bool))
    return TypedColumn(pa.array(days, mask=unread).cast(pa.date32()), unread & ~is_blank(cells))


def _typed_numbers(cells: pa.Array, role: Role, reading: NumberFormat) -> TypedColumn:
    if pa.types.is_floating(cells.type):
        cells = pc.if_else(pc.is_nan(cells), None, cells)
    blank = is_blank(cells)
    numbers = replace(read_numbers(cells, reading), missing=blank)
    if role.kind == "money":
        units, unread = to_units([numbers])
        is_unread = mask_of_places(unread, len(units))
        return TypedColumn(pa.array(units, mask=is_unread), is_unread & ~blank, numbers.currencies)
    values, fits = numbers.values, np.isfinite(numbers.values)
    if role.kind == "number":
        return TypedColumn(pa.array(values, mask=~fits), ~fits & ~blank)
    low, high = role.range or (-(2**31), 2**31 - 1)
    with np.errstate(invalid="ignore"):
        fits &= (values >= low) & (values <= high)
    fits[fits] = values[fits] == np.rint(values[fits])
    integers = np.where(fits, values, 0).astype(np.int32)
    return TypedColumn(pa.array(integers, mask=~fits), ~fits & ~blank)


def _typed_texts(cells: pa.Array, role: Role) -> TypedColumn:
    if role.kind in ("id", "text"):
        return TypedColumn(cells, np.zeros(len(cells), dtype=bool))
    lowercase = pc.utf8_lower(pc.utf8_trim_whitespace(cells))
    if role.kind == "word":
        values, is_known = lowercase, pc.is_in(lowercase, pa.array(role.words))
    else:
        is_yes = pc.is_in(lowercase, pa.array(_YES))
        is_known = pc.or_(is_yes, pc.is_in(lowercase, pa.array(_NO)))
        values = pc.if_else(is_known, is_yes, None)
    return TypedColumn(values, mask_of(pc.and_(pc.invert(is_known), lowercase.is_valid())))


def _without_anonymous_words(ids: pa.Array) -> pa.Array:
    """Ids with null for words that stand for no customer, such as `anonymous` and `n/a`."""
    likely = ids.filter(pc.match_substring_regex(ids, _WORDY).fill_null(fill_value=False))
    known = [word for word in pc.unique(likely).to_pylist() if normal_name(word) in words("nobody")]
    return pc.if_else(pc.is_in(ids, pa.array(known, pa.string())), None, ids) if known else ids


def _with_refusals(columns: Cells, attributes: Cells, consent: Role) -> dict[str, pa.Array]:
    """The columns, with consent `no` where an attribute is a refusal or an opt-out."""
    refusals = []
    for name, cells in attributes.items():
        if normal_name(name) in OPTED_OUT:
            is_set = mask_of(pc.match_substring_regex(cells, _SET))
            refusals.append(is_set & ~matches_any(cells, NOT_OUT))
        elif normal_name(name) in consent.names:
            refusals.append(matches_any(cells, REFUSALS))
    if not refusals:
        return dict(columns)
    given = columns.get("consent", pa.nulls(len(refusals[0]), pa.string()))
    refuses = pa.array(np.logical_or.reduce(refusals))
    return {**columns, "consent": pc.if_else(refuses, "no", given)}


def _refusals_of_rejected(typed: pa.RecordBatch, bins: Codes) -> pa.RecordBatch:
    """Who refuses, and by what, of rejected rows: a refusal counts all the same, without a day."""
    not_rejected = [CODES[name] for name in ("used", "anonymous", "blank", "other_currency")]
    if "consent" in typed.schema.names:
        refuses, kept = matches_any(typed["consent"], REFUSALS), {"email", "consent"}
    else:
        refuses, kept = matches_any(typed["outcome"], REFUSALS), {"action", "channel", "outcome"}
    rows = typed.filter(pa.array(refuses & ~np.isin(bins, not_rejected)))
    columns = dict(zip(rows.schema.names, rows.columns, strict=True))
    for name in columns.keys() - {"customer_id", *kept}:
        columns[name] = pa.nulls(len(rows), columns[name].type)
    if "outcome" in columns:  # which may be unknown, as "opted out"
        columns["outcome"] = pa.repeat(OPT_OUTS[1], len(rows))
    return pa.RecordBatch.from_pydict(columns, schema=rows.schema)


def _blank_as_null(cells: pa.Array) -> pa.Array:
    blank = is_blank(cells)
    return pc.if_else(pa.array(blank), None, cells) if blank.any() else cells


def _with_valid_ranks(cells: Mapping[str, TypedColumn]) -> dict[str, TypedColumn]:
    """Keep rank and brands only where the wallet is unknown; there, rank must be 1 to brands."""
    columns = dict(cells)
    rank, brands = columns.pop("rank", None), columns.pop("brands", None)
    if rank is None or brands is None:
        return columns
    lacks_wallet = np.ones(len(rank.bad), dtype=bool)
    if "wallet" in columns:
        lacks_wallet = ~mask_of(pc.greater(columns["wallet"].values, 0))
    has_value = mask_of(pc.or_(rank.values.is_valid(), brands.values.is_valid()))
    is_at_most_brands = pc.less_equal(rank.values, brands.values)
    is_valid = mask_of(pc.and_(pc.greater_equal(rank.values, 1), is_at_most_brands))
    bad = (has_value | rank.bad | brands.bad) & ~is_valid & lacks_wallet
    kept = pa.array(is_valid & lacks_wallet)
    for name, column in (("rank", rank), ("brands", brands)):
        columns[name] = TypedColumn(pc.if_else(kept, column.values, None), bad)
    return columns


def _with_valid_ends(cells: Mapping[str, TypedColumn]) -> dict[str, TypedColumn]:
    """Mark periods that end before they start as bad; clear resolutions before the complaint.

    Days such as 1970-01-01 or 1900-01-01 are how programs write that there is no resolution yet.
    """
    columns = dict(cells)
    if {"from_on", "until_on"} <= cells.keys():
        start, end = cells["from_on"], cells["until_on"]
        is_reversed = mask_of(pc.less(end.values, start.values))
        columns["until_on"] = replace(end, bad=end.bad | is_reversed)
    if {"given_on", "resolved_on"} <= cells.keys():
        given, resolved = cells["given_on"].values, cells["resolved_on"].values
        valid = pc.if_else(pa.array(mask_of(pc.less(resolved, given))), None, resolved)
        columns["resolved_on"] = replace(cells["resolved_on"], values=valid)
    return columns


def _currencies_of_amounts(cells: Mapping[str, TypedColumn]) -> list[pa.Array]:
    """The currencies of the amounts, from marks next to them and from the currency column."""
    money = cells.get("wallet")
    if money is None:
        return []
    currencies = [] if money.currencies is None else [money.currencies]
    if "currency" in cells:
        of_amounts = pc.if_else(money.values.is_valid(), cells["currency"].values, None)
        currencies.append(normalized_currencies(of_amounts))
    return currencies


def attribute_places(layout: FileLayout, table: EvidenceTable) -> dict[str, int]:
    """The places of the columns without a role, by name; of equal names the first."""
    taken = {*layout.places.values()}
    places: dict[str, int] = {}
    for place, title in enumerate(layout.header):
        name = title.strip()
        if place not in taken and name and name not in table.roles:
            places.setdefault(name, place)
    return places


# Rows --------------------------------------------------------------------------------------------


def _bins(batch: Batch, cells: Mapping[str, TypedColumn], table: EvidenceTable) -> Codes:
    needed = [name for name in table.ids if not table.roles[name].may_lack]
    lacks_id = np.logical_or.reduce([mask_of(cells[name].values.is_null()) for name in needed])
    bins = np.where(lacks_id, CODES["anonymous"], CODES["used"]).astype(np.uint8)
    # In reverse, as the first reason that applies is to be written last.
    for reason in reversed(REJECTIONS):
        for name, column in cells.items():
            if table.roles[name].reason == reason:
                bins[column.bad] = CODES[reason]
    if lacks_id.any():
        rows = np.flatnonzero(lacks_id)
        empty = [is_blank(column.take(pa.array(rows))) for column in batch.all_columns()]
        bins[rows[np.logical_and.reduce(empty)]] = CODES["blank"]
    return bins
