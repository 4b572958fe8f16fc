"""The money of a batch: amounts read, converted, and summed by run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Places, mask_of_places
from rfmtool.errors import InputError
from rfmtool.sources.cells.dates import Days
from rfmtool.sources.cells.numbers import Numbers, Units, read_numbers, to_units
from rfmtool.sources.layout import MONEY_ROLES, Formats, LineOptions
from rfmtool.sources.ledger import CODES
from rfmtool.sources.rows.bins import RowBins, in_other_currencies, named_currencies
from rfmtool.sources.rows.runs import Cells, Runs

_SAFE_SUM: Final = 2.0**62
_NO_COST: Final = 2**53
"""A cost of 900 billion is not a cost."""


@dataclass(frozen=True)
class Money:
    """The amount of each row, in 1/10,000, and the rows without a readable one."""

    paid: Units
    later_refunds: Units
    """Refunds from a column of their own."""
    problems: RowBins
    marked_currencies: Sequence[pa.Array]
    """The currencies written next to the amounts."""
    other_currency_places: Places
    """The rows in a currency that is not wanted, or has no rate."""
    row_currencies: pa.Array | None
    """The currency of each row, where money is converted."""
    factors: Sequence[Numbers]
    """The quantities and rates that costs are multiplied by, as the amounts were."""

    def unrated(self, row_bins: RowBins) -> frozenset[str]:
        """The currencies of the rows that are excluded because there is no rate."""
        if self.row_currencies is None:
            return frozenset()
        places = row_bins.places[row_bins.codes == CODES["other_currency"]]
        unrated = self.row_currencies.take(pa.array(places))
        return frozenset(pc.unique(unrated).to_pylist()) - {None}


def read_money(
    cells: Cells, runs: Runs, days: Days, formats: Formats, options: LineOptions
) -> Money:
    """Read the amount of each row; it is 0 in a currency that is not wanted."""
    factors: list[Numbers] = []
    if "amount" in cells:
        numbers = {"amount": read_numbers(cells["amount"], formats.numbers)}
    else:
        quantities = read_numbers(cells["quantity"], formats.quantities or formats.numbers)
        prices = read_numbers(cells["unit_price"], formats.numbers)
        numbers, factors = {"quantity": quantities, "unit_price": prices}, [quantities]
    marked = [column.currencies for role, column in numbers.items()
              if role != "quantity" and column.currencies is not None]  # fmt: skip
    row_currencies, rates = None, []
    if options.rates is None:
        others = in_other_currencies(marked, options)
    else:
        row_currencies = named_currencies(runs, marked)
        rate, lacking = options.rates.factors(row_currencies, np.repeat(days, runs.lengths))
        others, rates = np.flatnonzero(lacking), [rate]
    scales = [scale for role in numbers for scale in _hundredth(role, cells, formats)]
    units, unread = to_units([*numbers.values(), *rates, *scales])
    is_huge = np.abs(units) >= _SAFE_SUM
    if is_huge.any():
        units[is_huge] = 0
        unread = np.union1d(unread, np.flatnonzero(is_huge))
    paid, refunds, unread = _deducted(units, unread, cells, formats, rates)
    paid[others] = refunds[others] = 0
    problems = _amount_problems(numbers, unread, formats.preset.unpriced or "missing_amount")
    return Money(paid, refunds, problems, marked, others, row_currencies, [*factors, *rates])


def _hundredth(role: str, cells: Cells, formats: Formats) -> list[Numbers]:
    """The factor that makes currency units of a role in cents; none for other roles."""
    if role not in formats.in_cents:
        return []
    rows = len(cells[role])
    return [Numbers(np.full(rows, 0.01), pa.repeat("0.01", rows), None)]


def run_sums(money: Money, runs: Runs) -> tuple[Units, Units]:
    """The sales and the refunds of each run."""
    sales, refunds = _sums(money.paid, runs.starts)
    if money.later_refunds.any():
        refunds = refunds + _sums(money.later_refunds, runs.starts)[0]
    return sales, refunds


def _deducted(
    units: Units, unread: Places, cells: Cells, formats: Formats, rates: Sequence[Numbers]
) -> tuple[Units, Units, Places]:
    """The paid amounts, the refunds, and the rows where one cannot be read; empty cells are 0."""
    paid, refunds = units, np.zeros(len(units), dtype=np.int64)
    for role in ("unpaid", "refunded"):
        if role not in cells:
            continue
        column = read_numbers(cells[role], formats.numbers)
        deductions, bad = to_units([column, *rates, *_hundredth(role, cells, formats)])
        bad = bad if column.missing is None else bad[~column.missing[bad]]
        unread = np.union1d(unread, bad)
        if role == "unpaid":
            paid = paid - np.clip(deductions, 0, np.maximum(paid, 0))
        else:
            refunds = np.abs(deductions)
    paid[unread] = refunds[unread] = 0
    return paid, refunds, unread


def _amount_problems(numbers: Mapping[str, Numbers], unread: Places, without: str) -> RowBins:
    codes = np.full(len(unread), CODES["bad_amount"], dtype=np.uint8)
    for role, reason in (("unit_price", "bad_price"), ("quantity", "bad_quantity")):
        if role in numbers:
            codes[~np.isfinite(numbers[role].values[unread])] = CODES[reason]
    for column in numbers.values():
        if column.missing is not None:
            codes[column.missing[unread]] = CODES[without]
    return RowBins(unread, codes)


def repeated_refunds(cells: Cells, money: Money) -> int:
    """The number of rows that repeat the refund of the row before, in the same order.

    Rows of different amounts rarely have equal refunds, and no refund exceeds its row: such a
    refund is that of the order, and is subtracted more than once.
    """
    if "order_id" not in cells or not money.later_refunds.any():
        return 0
    refunds, paid = money.later_refunds, money.paid
    places = np.flatnonzero(refunds)
    first, second = places[:-1], places[1:]
    repeats = (second == first + 1) & (refunds[first] == refunds[second])
    repeats &= (paid[first] != paid[second]) | (refunds[first] > np.maximum(paid[first], 0))
    first, second = pa.array(first[repeats]), pa.array(second[repeats])
    ids = cells["order_id"]
    return int(pc.sum(pc.equal(ids.take(first), ids.take(second))).as_py() or 0)


def _sums(units: Units, starts: Places) -> tuple[Units, Units]:
    if float(np.abs(units).max()) * len(units) >= _SAFE_SUM:
        sums = np.add.reduceat(np.abs(units).astype(np.float64), starts)
        if sums.max() >= _SAFE_SUM:
            raise InputError("the money of one order is beyond 461 trillion", "Is it money?")
    net = _by_run(units, starts)
    sales = net if units.min() >= 0 else _by_run(np.maximum(units, 0), starts)
    return sales, sales - net


def _by_run(units: Units, starts: Places) -> Units:
    """The sum of each run; differences are right even if the running total overflows 64 bits."""
    ends = np.append(starts[1:], len(units)) - 1
    sums: Units = np.diff(np.cumsum(units)[ends], prepend=0)
    return sums


def run_costs(
    cells: Cells, money: Money, formats: Formats, runs: Runs, row_bins: RowBins
) -> dict[str, Places]:
    """The cost of each run, and the number of its rows without a readable one."""
    rows = len(cells["customer_id"])
    if "cost" not in cells:
        units, unknown = np.zeros(rows, dtype=np.int64), np.ones(rows, dtype=bool)
    else:
        costs = read_numbers(cells["cost"], formats.numbers)
        scale = _hundredth("cost", cells, formats)
        units, unread = to_units([costs, *money.factors, *scale])
        unknown = mask_of_places(unread, rows) | (np.abs(units) >= _NO_COST)
    is_counted = np.ones(rows, dtype=bool)
    is_counted[row_bins.places] = False
    spent, refunded = _sums(np.where(is_counted & ~unknown, units, 0), runs.starts)
    uncosted = np.add.reduceat(unknown & is_counted, runs.starts, dtype=np.int32)
    return {"cost": spent - refunded, "uncosted": uncosted}


def total(units: Units) -> int:
    """The sum, which may exceed 64 bits."""
    if len(units) and float(units.max()) * len(units) >= _SAFE_SUM:
        return sum(units.tolist())
    return int(units.sum())


def has_marks(cells: Cells) -> bool:
    """Whether a number contains a point or comma, and so could be read in two ways."""
    columns = [cells[role] for role in MONEY_ROLES if role in cells]
    return any(
        pc.any(pc.match_substring(column, mark)).as_py() is True
        for column in columns
        if pa.types.is_string(column.type)
        for mark in ".,"
    )
