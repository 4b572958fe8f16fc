"""A batch of raw cells to exact lines, and a tally of where every row went.

A pure function of the batch, the reading and the question. Consecutive rows of one order become
one line: most exports list an order's rows together, and everything but the money is then looked
at once per order instead of once per row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.errors import InputError
from rfmtool.sources.batches import Batch
from rfmtool.sources.bins import (
    Cells,
    Odd,
    Places,
    Runs,
    bins_of_runs,
    count_by_run,
    counted,
    currencies_of,
    find_runs,
    in_other_currencies,
    is_blank,
    named_currencies,
    odd_rows,
    rejects_of,
    with_other_currencies,
)
from rfmtool.sources.dates import Days
from rfmtool.sources.layout import CONTACT_ROLES, KEPT, MONEY_ROLES, Question, Reading
from rfmtool.sources.ledger import CODES, Tally
from rfmtool.sources.numbers import Numbers, Units, read_numbers, to_units

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
_SAFE_SUM: Final = 2.0**62
_NO_COST: Final = 2**53
"""Nothing costs 900 billion: such a cell is no cost."""
# A control character that no shop's ids begin with, so a made-up one does not meet a real one.
_MADE_UP: Final = "\x1f"


@dataclass(frozen=True)
class Cleaned:
    """The used lines of a batch, in LINES, and where all its rows went."""

    lines: pa.RecordBatch
    tally: Tally


def lines_schema(roles: Collection[str], *, largest: bool = False) -> pa.Schema:
    """LINES and what an export with these roles has beside: category, cost, uncosted, texts.

    Texts are missing where a cell is empty. Contact columns go by their roles, kept ones by KEPT
    and their names.
    """
    texts = ["category", *CONTACT_ROLES, *sorted(role for role in roles if role.startswith(KEPT))]
    extras = {role: pa.string() for role in texts if role in roles}
    extras |= {LARGEST: pa.int64()} if largest else {}
    return pa.schema([*LINES, *pa.schema(extras | (_COSTS if "cost" in roles else {}))])


def clean(
    batch: Batch,
    reading: Reading,
    question: Question,
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
        return _nothing(batch, schema)
    numbers = _numbers(batch.cells, reading)
    runs = find_runs(batch.cells, question)
    days, bins, asked_for = bins_of_runs(runs.heads, reading, question)
    said = _currencies(numbers)
    exchange = _exchange(runs, days, said, question)
    others, rates = exchange.others, exchange.rates
    units, unread = to_units([*numbers.values(), *rates])
    units, back, unread = _less(units, unread, batch.cells, reading, rates)
    units[others] = back[others] = 0
    odd = odd_rows(batch, runs, bins, _amount_problems(numbers, unread))
    odd = with_other_currencies(odd, others, runs, bins)
    back[odd.rows] = 0
    sales, refunds = _sums(units, runs.starts)
    if back.any():
        refunds = refunds + _sums(back, runs.starts)[0]
    counts = runs.lengths - count_by_run(odd.rows, runs)
    used = (bins == CODES["used"]) & (counts > 0)
    anonymous = (bins == CODES["anonymous"]) & (counts > 0)
    order_ids = _order_ids(runs.heads, days, ordinal, question)
    columns = {
        "customer_id": runs.heads["customer_id"], "order_id": order_ids, "day": days,
        "sales": sales, "refunds": refunds, "rows": counts.astype(np.int32), "is_sale": used,
    }  # fmt: skip
    if LARGEST in schema.names:
        columns[LARGEST] = np.maximum.reduceat(units, runs.starts)
    if "cost" in schema.names:
        # Where the amount is a price times a quantity, so is the cost.
        factors = [numbers[role] for role in ("quantity",) if role in numbers]
        columns |= _costs(batch.cells, [*factors, *rates], reading, runs, odd)
    lines = _lines(columns, runs.heads, schema)
    # A line that is no sale goes along, to take the rest of its order with it.
    kept = used | ((bins == CODES["not_a_sale"]) & (counts > 0))
    reject_rows, reject_codes = rejects_of(batch, runs, bins, odd)
    seen = used | anonymous
    asked_for &= anonymous
    tally = Tally(
        records=batch.records,
        bins=counted(batch, bins, counts, odd),
        reject_rows=reject_rows,
        reject_codes=reject_codes,
        used_units=_total(sales[used]) - _total(refunds[used]),
        anonymous_units=_total(sales[asked_for]) - _total(refunds[asked_for]),
        last_day=int(days[seen].max()) if seen.any() else None,
        ids_end_in_point_zero=_all_end_in_point_zero(runs.heads["customer_id"]),
        has_marks=not reading.numbers.settled and _has_marks(batch.cells),
        currencies=currencies_of(runs, seen, said, odd),
        unrated=exchange.unrated(odd),
        footer_rows=batch.footer_rows,
    )
    return Cleaned(lines if kept.all() else lines.filter(pa.array(kept)), tally)


def _lines(
    columns: Mapping[str, pa.Array | npt.NDArray[np.generic]], heads: Cells, schema: pa.Schema
) -> pa.RecordBatch:
    """Put columns in order; those of the schema that are not among them are texts."""
    count = len(heads["customer_id"])
    arrays = [
        _arrow(columns[name]) if name in columns else _text(heads.get(name), count)
        for name in schema.names
    ]
    return pa.record_batch(arrays, schema=schema)


def _nothing(batch: Batch, schema: pa.Schema) -> Cleaned:
    none = np.empty(0, dtype=np.int64)
    no_bins = none.astype(np.uint8)
    rows, codes = rejects_of(batch, Runs({}, none, none), no_bins, Odd(none, no_bins))
    bins = counted(batch, no_bins, none, Odd(none, no_bins))
    return Cleaned(
        pa.RecordBatch.from_pylist([], schema=schema),
        Tally(batch.records, bins, rows, codes, footer_rows=batch.footer_rows),
    )


# Money -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Exchange:
    """What the money of each row is multiplied with, and which rows are in a currency not taken."""

    others: Places
    rates: tuple[Numbers, ...] = ()
    named: pa.Array | None = None

    def unrated(self, odd: Odd) -> frozenset[str]:
        """The currencies of the rows that are left out for want of a rate."""
        if self.named is None:
            return frozenset()
        rows = odd.rows[odd.codes == CODES["other_currency"]]
        return frozenset(pc.unique(self.named.take(pa.array(rows))).to_pylist()) - {None}


def _exchange(runs: Runs, days: Days, said: Sequence[pa.Array], question: Question) -> _Exchange:
    if question.rates is None:
        return _Exchange(in_other_currencies(said, question))
    named = named_currencies(runs, said)
    rate, lacking = question.rates.factors(named, np.repeat(days, runs.lengths))
    return _Exchange(np.flatnonzero(lacking), (rate,), named)


def _numbers(cells: Cells, reading: Reading) -> dict[str, Numbers]:
    roles = ("amount",) if "amount" in cells else ("quantity", "unit_price")
    return {role: read_numbers(cells[role], reading.numbers) for role in roles}


def _less(
    units: Units, unread: Places, cells: Cells, reading: Reading, rates: Sequence[Numbers]
) -> tuple[Units, Units, Places]:
    """Take off what is not paid, and read what was given back; an empty cell is nothing.

    Returns:
        What was paid; what was given back; and the rows in which one of them cannot be read.
    """
    less, back = units, np.zeros(len(units), dtype=np.int64)
    for role in ("unpaid", "refunded"):
        if role not in cells:
            continue
        column = read_numbers(cells[role], reading.numbers)
        found, places = to_units([column, *rates])
        bad = places if column.missing is None else places[~column.missing[places]]
        unread = np.union1d(unread, bad)
        if role == "unpaid":
            less = less - np.clip(found, 0, np.maximum(less, 0))
        else:
            back = np.abs(found)
    less[unread] = back[unread] = 0
    return less, back, unread


def _currencies(numbers: Mapping[str, Numbers]) -> list[pa.Array]:
    columns = (numbers[role].currencies for role in ("amount", "unit_price") if role in numbers)
    return [column for column in columns if column is not None]


def _amount_problems(numbers: Mapping[str, Numbers], unread: Places) -> Odd:
    codes = np.full(len(unread), CODES["bad_amount"], dtype=np.uint8)
    for role, reason in (("unit_price", "bad_price"), ("quantity", "bad_quantity")):
        if role in numbers:
            codes[~np.isfinite(numbers[role].values[unread])] = CODES[reason]
    for column in numbers.values():
        if column.missing is not None:
            codes[column.missing[unread]] = CODES["missing_amount"]
    return Odd(unread, codes)


def _sums(units: Units, starts: Places) -> tuple[Units, Units]:
    if float(np.abs(units).max()) * len(units) >= _SAFE_SUM:
        sums = np.add.reduceat(np.abs(units).astype(np.float64), starts)
        if sums.max() >= _SAFE_SUM:
            raise InputError("the money of one order is beyond 461 trillion", "Is it money?")
    positive = np.maximum(units, 0)
    return np.add.reduceat(positive, starts), np.add.reduceat(positive - units, starts)


def _costs(
    cells: Cells, factors: Sequence[Numbers], reading: Reading, runs: Runs, odd: Odd
) -> dict[str, Places]:
    """The cost of each run, and how many of its rows have none that can be read."""
    rows = len(cells["customer_id"])
    if "cost" not in cells:
        units, unknown = np.zeros(rows, dtype=np.int64), np.ones(rows, dtype=bool)
    else:
        units, unread = to_units([read_numbers(cells["cost"], reading.numbers), *factors])
        unknown = np.zeros(rows, dtype=bool)
        unknown[unread] = True
        unknown |= np.abs(units) >= _NO_COST
    counting = np.ones(rows, dtype=bool)
    counting[odd.rows] = False
    spent, back = _sums(np.where(counting & ~unknown, units, 0), runs.starts)
    uncosted = np.add.reduceat(unknown & counting, runs.starts, dtype=np.int32)
    return {"cost": spent - back, "uncosted": uncosted}


def _total(units: Units) -> int:
    if len(units) and float(units.max()) * len(units) >= _SAFE_SUM:
        return sum(units.tolist())
    return int(units.sum())


def _has_marks(cells: Cells) -> bool:
    """Whether a number has a point or comma in it, and so could be read in two ways."""
    columns = [cells[role] for role in MONEY_ROLES if role in cells]
    return any(
        pc.any(pc.match_substring(column, mark)).as_py() is True
        for column in columns
        if pa.types.is_string(column.type)
        for mark in ".,"
    )


# Ids ---------------------------------------------------------------------------------------------


def _order_ids(heads: Cells, days: Days, ordinal: int, question: Question) -> pa.Array:
    """Ids as written; without one an order is a customer's day, or a row of its own."""
    if question.order_per_row:
        rows = pc.cast(pa.array(np.arange(len(days))), pa.string())
        return pc.binary_join_element_wise(_MADE_UP, str(ordinal), rows, "-")
    written = heads.get("order_id")
    missing = None if written is None else is_blank(written)
    if written is not None and missing is not None and not missing.any():
        return written
    by_day = pc.binary_join_element_wise(_MADE_UP, pc.cast(pa.array(days), pa.string()), "")
    return by_day if written is None else pc.if_else(pa.array(missing), by_day, written)


def _text(cells: pa.Array | None, count: int) -> pa.Array:
    """Words without the white space around them; missing where nothing is left."""
    if cells is None:
        return pa.nulls(count, pa.string())
    trimmed = pc.utf8_trim_whitespace(cells)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _all_end_in_point_zero(ids: pa.Array) -> bool:
    return pc.all(pc.ends_with(ids, ".0")).as_py() is not False


def _arrow(column: pa.Array | npt.NDArray[np.generic]) -> pa.Array:
    return column if isinstance(column, pa.Array) else pa.array(column)
