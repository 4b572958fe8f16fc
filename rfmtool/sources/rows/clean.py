"""A batch of raw cells to exact lines, and a tally of where every row went.

A pure function of the batch, the reading and the question. Consecutive rows of one order become
one line: most exports list an order's rows together, and everything but the money is then looked
at once per order instead of once per row.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, Places
from rfmtool.columns import CONTACT_COLUMNS
from rfmtool.sources.batches import Batch
from rfmtool.sources.cells.dates import Days
from rfmtool.sources.cells.ids import distinct_keys, is_scientific_notation
from rfmtool.sources.cells.numbers import Units
from rfmtool.sources.cells.typed import trimmed
from rfmtool.sources.layout import KEPT, Formats, LineOptions
from rfmtool.sources.ledger import CODES, REJECTED, Tally
from rfmtool.sources.rows.amounts import (
    Money,
    costs_of,
    has_marks,
    read_money,
    repeated_refunds,
    sums_of,
    total,
)
from rfmtool.sources.rows.bins import (
    Codes,
    RowBins,
    bin_counts,
    bins_of_runs,
    currencies_of,
    is_blank,
    rejects_of,
    row_bins_of,
    tally_of_rows,
)
from rfmtool.sources.rows.runs import Runs, find_runs
from rfmtool.sources.rows.sales import (
    STATUS_ROLES,
    credits_of,
    no_sales,
    of_no_sale_type,
    statuses_of,
)

LINES: Final = pa.schema(
    {
        "customer_id": pa.string(),
        "order_id": pa.string(),
        "day": pa.int32(),  # days since 1970-01-01
        "sales": pa.int64(),  # the positive amounts, in 1/10,000 of the currency unit
        "refunds": pa.int64(),  # the negative amounts, as a positive number
        "rows": pa.int32(),  # how many rows of the export
        "is_sale": pa.bool_(),  # False where the status says that there was none
    }
)
LARGEST: Final = "largest"
"""The column of the largest amount of a row."""
_COSTS: Final = {
    "cost": pa.int64(),  # of the rows whose cost is known, in 1/10,000
    "uncosted": pa.int32(),  # how many rows there are beside them
}
# A control character that no shop's ids begin with, so a made-up one does not meet a real one.
_MADE_UP: Final = "\x1f"

_LOOK: Final = 1 << 12
"""How many orders of a batch tell whether a closer look is worth its time."""

_Column: TypeAlias = "pa.Array | npt.NDArray[Any]"


@dataclass(frozen=True)
class Cleaned:
    """The used lines of a batch, in LINES, and where all its rows went."""

    lines: pa.RecordBatch
    tally: Tally
    reordered_header_row: int | None = None
    """The place of a row that holds the header in another order."""


def lines_schema(
    roles: Collection[str], *, largest: bool = False, by_status: bool = False
) -> pa.Schema:
    """LINES and what an export with these roles has beside: category, cost, uncosted, texts.

    The words of status columns only `by_status`.

    Texts are missing where a cell is empty. Contact columns go by their roles, kept ones by KEPT
    and their names.
    """
    texts = ["category", *CONTACT_COLUMNS, *sorted(role for role in roles if role.startswith(KEPT))]
    texts += STATUS_ROLES if by_status else ()
    extras = {role: pa.string() for role in texts if role in roles}
    extras |= {LARGEST: pa.int64()} if largest else {}
    return pa.schema([*LINES, *pa.schema(extras | (_COSTS if "cost" in roles else {}))])


def clean(
    batch: Batch,
    reading: Formats,
    question: LineOptions,
    ordinal: int = 0,
    schema: pa.Schema = LINES,
) -> Cleaned:
    """Type a batch and put every row into its bin.

    Args:
        batch: raw cells by role.
        reading: how dates and numbers are written.
        question: which readable lines are asked for.
        ordinal: the batch's number in the export; tells rows apart where each is an order.
        schema: of the lines, from `lines_schema`.

    Raises:
        InputError: the money of one order is beyond 461 trillion.
    """
    if not len(batch.cells["customer_id"]):
        nowhere = tally_of_rows(batch, np.empty(0, dtype=np.uint8))
        return Cleaned(
            pa.RecordBatch.from_pylist([], schema=schema),
            replace(nowhere, footer_rows=batch.footer_rows),
        )
    rows = _sorted(batch, reading, question)
    heads, ids = rows.runs.heads, rows.runs.heads.get("order_id")
    has_id = np.zeros(len(rows.days), dtype=bool) if ids is None else ~is_blank(ids)
    columns = _columns(rows, reading, question, schema) | {
        "order_id": _order_ids(ids, has_id, rows.days, ordinal, question)
    }
    no_text = pa.nulls(len(rows.days), pa.string())
    texts = {name: trimmed(heads.get(name, no_text)) for name in schema.names
             if name not in columns}  # fmt: skip
    arrays = [pa.array((columns | texts)[name]) for name in schema.names]
    lines = pa.record_batch(arrays, schema=schema)
    # A line that is no sale goes along, to take the rest of its order with it. What else somebody
    # bought on a day without an order's id is no part of that.
    goes_along = ~of_no_sale_type(heads, question) & has_id
    kept = rows.are("used") | (rows.are("not_a_sale") & goes_along)
    if question.with_anonymous:
        kept |= rows.are("anonymous") & rows.asked_for
    if question.all_with_status:
        kept = rows.counts > 0
        kept &= ~rows.are("blank")
    return Cleaned(
        lines if kept.all() else lines.filter(pa.array(kept)), _tally(rows, reading, question)
    )


@dataclass(frozen=True)
class _Sorted:
    """A batch with its rows in their bins, and the money of each run."""

    batch: Batch
    runs: Runs
    days: Days
    bins: Codes
    asked_for: Mask
    """The runs that no exclusion leaves out, whoever their customers are."""
    money: Money
    apart: RowBins
    counts: Places
    """How many rows of each run are in its bin."""
    sales: Units
    refunds: Units
    credit_signs: frozenset[int]
    """1, -1 or both: of the money of credit notes, as it is written."""

    def are(self, name: str) -> Mask:
        """The runs of a bin."""
        runs: Mask = (self.bins == CODES[name]) & (self.counts > 0)
        return runs


def _sorted(batch: Batch, reading: Formats, question: LineOptions) -> _Sorted:
    runs = find_runs(batch.cells, question)
    no_sale = no_sales(runs.heads, question)
    days, bins, asked_for = bins_of_runs(runs.heads, reading, question, no_sale)
    money = read_money(batch.cells, runs, days, reading, question)
    apart = row_bins_of(batch, runs, bins, money.problems, money.other_currency_rows)
    sales, refunds = sums_of(money, runs)
    given_back, signs = credits_of(runs.heads, question), frozenset[int]()
    if given_back is not None and given_back.any():
        # A credit note's money is given back, whatever the sign of a row, and whatever rows are by.
        sales, refunds = np.where(given_back, 0, sales), refunds + np.where(given_back, sales, 0)
        signs = frozenset(np.sign(money.paid[np.repeat(given_back, runs.lengths)]).tolist()) - {0}
    counts = runs.lengths - np.bincount(runs.run_indices(apart.rows), minlength=len(runs.starts))
    return _Sorted(batch, runs, days, bins, asked_for, money, apart, counts, sales, refunds, signs)


def _columns(
    rows: _Sorted, reading: Formats, question: LineOptions, schema: pa.Schema
) -> dict[str, _Column]:
    """The columns of the lines that are no text of the export's own, but for the order's id."""
    ids = rows.runs.heads["customer_id"]
    if question.with_anonymous:
        ids = pc.if_else(pa.array(rows.are("anonymous")), pa.scalar(None, pa.string()), ids)
    columns: dict[str, _Column] = {
        "customer_id": ids,
        "day": rows.days,
        "sales": rows.sales,
        "refunds": rows.refunds,
        "rows": rows.counts.astype(np.int32),
        "is_sale": rows.are("used"),
    }
    if LARGEST in schema.names:
        columns[LARGEST] = np.maximum.reduceat(rows.money.paid, rows.runs.starts)
    if "cost" in schema.names:
        columns |= costs_of(rows.batch.cells, rows.money, reading, rows.runs, rows.apart)
    return columns


def _tally(rows: _Sorted, reading: Formats, question: LineOptions) -> Tally:
    moved = rows.sales + rows.refunds
    used, anonymous, listed = (rows.are(name) for name in ("used", "anonymous", "suppressed"))
    asked_for, seen = anonymous & rows.asked_for, used | anonymous
    filled = np.where(rows.are("blank"), 0, rows.counts)
    ids = rows.runs.heads["customer_id"]
    suppressed = distinct_keys(ids.filter(pa.array(listed))) if listed.any() else frozenset()
    reject_rows, reject_codes = rejects_of(rows.batch, rows.runs.lengths, rows.bins, rows.apart)
    return Tally(
        records=rows.batch.records,
        bins=bin_counts(rows.batch, rows.bins, rows.counts, rows.apart),
        reject_rows=reject_rows,
        reject_codes=reject_codes,
        used_units=total(rows.sales[used]) - total(rows.refunds[used]),
        anonymous_units=total(rows.sales[asked_for]) - total(rows.refunds[asked_for]),
        moved_units=total(moved),
        rejected_units=total(moved[np.isin(rows.bins, REJECTED)]),
        statuses=statuses_of(rows.runs.heads, question, filled, rows.sales, rows.refunds),
        last_day=int(rows.days[seen].max()) if seen.any() else None,
        ids_end_in_point_zero=_end_in_point_zero(ids[:_LOOK]) and _end_in_point_zero(ids),
        shortened_orders=_shortened_orders(rows),
        repeated_refunds=repeated_refunds(rows.batch.cells, rows.money),
        credit_signs=rows.credit_signs,
        has_marks=not reading.numbers.is_decimal_mark_known and has_marks(rows.batch.cells),
        currencies=currencies_of(rows.runs, seen, rows.money.marked_currencies, rows.apart),
        unrated=rows.money.unrated(rows.apart),
        suppressed=suppressed,
        footer_rows=rows.batch.footer_rows,
    )


def _end_in_point_zero(ids: pa.Array) -> bool:
    return pc.all(pc.ends_with(ids, ".0")).as_py() is not False


def _shortened_orders(rows: _Sorted) -> int:
    """How many rows have an order id cut short; where none of the first has, it is none."""
    ids = rows.runs.heads.get("order_id")
    if ids is None or not is_scientific_notation(ids[:_LOOK]).any():
        return 0
    return int(rows.counts[is_scientific_notation(ids)].sum())


def _order_ids(
    written: pa.Array | None, has_id: Mask, days: Days, ordinal: int, question: LineOptions
) -> pa.Array:
    """Ids as written; without one an order is a customer's day, or a row of its own."""
    if question.order_per_row:
        rows = pc.cast(pa.array(np.arange(len(days))), pa.string())
        return pc.binary_join_element_wise(_MADE_UP, str(ordinal), rows, "-")
    if written is not None and has_id.all():
        return written
    by_day = pc.binary_join_element_wise(_MADE_UP, pc.cast(pa.array(days), pa.string()), "")
    return by_day if written is None else pc.if_else(pa.array(has_id), written, by_day)
