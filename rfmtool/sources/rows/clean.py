"""A batch of raw cells to exact lines and a tally, by a pure function.

Consecutive rows of one order become one line: most exports list an order's rows together, so that
everything but the money is parsed once per order instead of once per row.
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
from rfmtool.sources.cells.ids import NUMBER, distinct_keys, is_scientific_notation
from rfmtool.sources.cells.numbers import Units
from rfmtool.sources.cells.typed import trimmed
from rfmtool.sources.layout import KEPT_PREFIX, Formats, LineOptions
from rfmtool.sources.ledger import CODES, REJECTED, Tally
from rfmtool.sources.rows.amounts import (
    Money,
    has_marks,
    read_money,
    repeated_refunds,
    run_costs,
    run_sums,
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
from rfmtool.sources.rows.runs import Cells, Runs, find_runs
from rfmtool.sources.rows.sales import (
    STATUS_ROLES,
    credit_mask,
    excluded_type_mask,
    exclusion_masks,
    statuses_of,
)

LINES: Final = pa.schema({
    "customer_id": pa.string(),
    "order_id": pa.string(),
    "day": pa.int32(),  # days since 1970-01-01
    "sales": pa.int64(),  # the positive amounts, in 1/10,000 of the currency unit
    "refunds": pa.int64(),  # the negative amounts, as a positive number
    "rows": pa.int32(),  # the number of rows of the export
    "is_sale": pa.bool_(),  # False where a status column says that it was not sold
})  # fmt: skip
LARGEST: Final = "largest"
"""The column of the largest amount among the rows of a line."""
_COSTS: Final = {
    "cost": pa.int64(),  # of the rows whose cost is known, in 1/10,000
    "uncosted": pa.int32(),  # the number of the other rows
}
# A control character that no shop's ids begin with, so that generated ids never equal real ones.
_GENERATED: Final = "\x1f"
_PROBE_LINES: Final = 1 << 12
"""How many orders of a batch are probed before all are checked."""
_Column: TypeAlias = "pa.Array | npt.NDArray[Any]"


@dataclass(frozen=True)
class Cleaned:
    """The used lines of a batch, and the tally of all its rows."""

    lines: pa.RecordBatch
    tally: Tally
    reordered_header_row: int | None = None


def lines_schema(
    roles: Collection[str], *, largest: bool = False, by_status: bool = False
) -> pa.Schema:
    """LINES and further columns of an export with these roles: category, costs, contacts, kept.

    `largest` adds the largest amount, `by_status` the words of status columns. Kept columns are
    named KEPT_PREFIX + name. Texts are null where a cell is empty.
    """
    texts = [
        "category",
        *CONTACT_COLUMNS,
        *sorted(role for role in roles if role.startswith(KEPT_PREFIX)),
    ]
    texts += STATUS_ROLES if by_status else ()
    extras = {role: pa.string() for role in texts if role in roles}
    extras |= {LARGEST: pa.int64()} if largest else {}
    return pa.schema([*LINES, *pa.schema(extras | (_COSTS if "cost" in roles else {}))])


def clean(
    batch: Batch,
    formats: Formats,
    options: LineOptions,
    ordinal: int = 0,
    schema: pa.Schema = LINES,
) -> Cleaned:
    """Parse a batch and put every row into its bin.

    `ordinal` is the number of the batch in the export, which makes ids unique where each row is an
    order; `schema` are the columns of the lines, from `lines_schema`.
    """
    if not len(batch.cells["customer_id"]):
        tally = tally_of_rows(batch, np.empty(0, dtype=np.uint8))
        tally = replace(tally, footer_rows=batch.footer_rows)
        return Cleaned(pa.RecordBatch.from_pylist([], schema=schema), tally)
    binned = _binned(batch, formats, options)
    heads, ids = binned.runs.heads, binned.runs.heads.get("order_id")
    has_id = np.zeros(len(binned.days), dtype=bool) if ids is None else ~is_blank(ids)
    columns = _columns(binned, formats, options, schema)
    columns["order_id"] = _order_ids(ids, has_id, binned.days, ordinal, options)
    no_text = pa.nulls(len(binned.days), pa.string())
    for name in schema.names:
        if name not in columns:
            columns[name] = trimmed(heads.get(name, no_text))
    lines = pa.record_batch([pa.array(columns[name]) for name in schema.names], schema=schema)
    # A line that is not a sale is kept, as it excludes its whole order later. Without an order id
    # the other lines of the customer and day are not the same order.
    voids_order = ~excluded_type_mask(heads, options) & has_id
    kept = binned.in_bin("used") | (binned.in_bin("not_a_sale") & voids_order)
    if options.with_anonymous:
        kept |= binned.in_bin("anonymous") & binned.is_wanted
    if options.with_status_words:
        kept = binned.readable_counts > 0
    lines = lines if kept.all() else lines.filter(pa.array(kept))
    return Cleaned(lines, _tally(binned, formats, options))


@dataclass(frozen=True)
class _BinnedBatch:
    """A batch with its rows in bins, and the money of each run."""

    batch: Batch
    runs: Runs
    days: Days
    bins: Codes
    is_wanted: Mask
    """The runs to which no exclusion applies, with or without a customer."""
    money: Money
    row_bins: RowBins
    counts: Places
    """The number of rows of each run that are in its bin."""
    sales: Units
    refunds: Units
    credit_signs: frozenset[int]

    @property
    def readable_counts(self) -> Places:
        """The number of rows of each run that are neither blank nor rejected."""
        return np.where(np.isin(self.bins, [CODES["blank"], *REJECTED]), 0, self.counts)

    def in_bin(self, name: str) -> Mask:
        """The runs of a bin."""
        runs: Mask = (self.bins == CODES[name]) & (self.counts > 0)
        return runs


def _binned(batch: Batch, formats: Formats, options: LineOptions) -> _BinnedBatch:
    runs = find_runs(batch.cells, options)
    heads = runs.heads
    days, bins, is_wanted = bins_of_runs(heads, formats, options, exclusion_masks(heads, options))
    money = read_money(batch.cells, runs, days, formats, options)
    row_bins = row_bins_of(batch, runs, bins, money.problems, money.other_currency_places)
    sales, refunds = run_sums(money, runs)
    is_credit, signs = credit_mask(heads, options), frozenset[int]()
    if is_credit is not None and is_credit.any():
        # The money of a credit note is a refund, whatever its sign.
        sales, refunds = np.where(is_credit, 0, sales), refunds + np.where(is_credit, sales, 0)
        signs = frozenset(np.sign(money.paid[np.repeat(is_credit, runs.lengths)]).tolist()) - {0}
    in_other_bins = np.bincount(runs.run_places(row_bins.places), minlength=len(runs.starts))
    counts = runs.lengths - in_other_bins
    return _BinnedBatch(
        batch, runs, days, bins, is_wanted, money, row_bins, counts, sales, refunds, signs
    )


def _columns(
    binned: _BinnedBatch, formats: Formats, options: LineOptions, schema: pa.Schema
) -> dict[str, _Column]:
    """The columns of the lines but for the order id and plain texts."""
    ids = binned.runs.heads["customer_id"]
    if options.with_anonymous:
        ids = pc.if_else(pa.array(binned.in_bin("anonymous")), None, ids)
    columns: dict[str, _Column] = {
        "customer_id": ids,
        "day": binned.days,
        "sales": binned.sales,
        "refunds": binned.refunds,
        "rows": binned.counts.astype(np.int32),
        "is_sale": binned.in_bin("used"),
    }
    if LARGEST in schema.names:
        columns[LARGEST] = np.maximum.reduceat(binned.money.paid, binned.runs.starts)
    if "cost" in schema.names:
        columns |= run_costs(
            binned.batch.cells, binned.money, formats, binned.runs, binned.row_bins
        )
    return columns


def _tally(binned: _BinnedBatch, formats: Formats, options: LineOptions) -> Tally:
    batch, runs, money, bins = binned.batch, binned.runs, binned.money, binned.bins
    sales, refunds, turnover = binned.sales, binned.refunds, binned.sales + binned.refunds
    used, anonymous = binned.in_bin("used"), binned.in_bin("anonymous")
    wanted_anonymous, is_dated = anonymous & binned.is_wanted, used | anonymous
    ids, listed = runs.heads["customer_id"], binned.in_bin("suppressed")
    reject_rows, reject_codes = rejects_of(batch, runs.lengths, bins, binned.row_bins)
    return Tally(
        records=batch.records,
        bins=bin_counts(batch, bins, binned.counts, binned.row_bins),
        reject_rows=reject_rows,
        reject_codes=reject_codes,
        used_units=total(sales[used]) - total(refunds[used]),
        anonymous_units=total(sales[wanted_anonymous]) - total(refunds[wanted_anonymous]),
        turnover_units=total(turnover),
        rejected_units=total(turnover[np.isin(bins, REJECTED)]),
        statuses=statuses_of(runs.heads, options, binned.readable_counts, sales, refunds),
        last_day=int(binned.days[is_dated].max()) if is_dated.any() else None,
        ids_end_in_point_zero=_end_in_point_zero(ids[:_PROBE_LINES]) and _end_in_point_zero(ids),
        shortened_orders=_shortened_orders(binned),
        repeated_refunds=repeated_refunds(batch.cells, money),
        credit_signs=binned.credit_signs,
        has_marks=not formats.numbers.is_decimal_mark_known and has_marks(batch.cells),
        currencies=currencies_of(runs, is_dated, money.marked_currencies, binned.row_bins),
        unrated=money.unrated(binned.row_bins),
        suppressed=_suppressed(runs.heads, listed) if listed.any() else frozenset(),
        footer_rows=batch.footer_rows,
    )


def _suppressed(heads: Cells, listed: Mask) -> frozenset[str]:
    """The ids, e-mail addresses and numbers of the runs of suppressed people."""
    roles = [role for role in ("customer_id", "email", "phone") if role in heads]
    cells = {role: trimmed(heads[role].filter(pa.array(listed))) for role in roles}
    keys = {role: distinct_keys(column) for role, column in cells.items()}
    addresses = {key for key in keys.get("email", ()) if "@" in key}
    return keys["customer_id"] | addresses | {NUMBER + key for key in keys.get("phone", ())}


def _end_in_point_zero(ids: pa.Array) -> bool:
    return pc.all(pc.ends_with(ids, ".0")).as_py() is not False


def _shortened_orders(binned: _BinnedBatch) -> int:
    """The number of rows with a shortened order id; 0 if none of the probed lines has one."""
    ids = binned.runs.heads.get("order_id")
    if ids is None or not is_scientific_notation(ids[:_PROBE_LINES]).any():
        return 0
    return int(binned.counts[is_scientific_notation(ids)].sum())


def _order_ids(
    written: pa.Array | None, has_id: Mask, days: Days, ordinal: int, options: LineOptions
) -> pa.Array:
    """Ids as written; without one an order is all of a customer's day, or each row."""
    if options.order_per_row:
        rows = pc.cast(pa.array(np.arange(len(days))), pa.string())
        return pc.binary_join_element_wise(_GENERATED, str(ordinal), rows, "-")
    if written is not None and has_id.all():
        return written
    by_day = pc.binary_join_element_wise(_GENERATED, pc.cast(pa.array(days), pa.string()), "")
    return by_day if written is None else pc.if_else(pa.array(has_id), written, by_day)
