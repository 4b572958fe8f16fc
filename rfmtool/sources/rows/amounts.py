"""What the rows of a batch moved: money read, exchanged, and added up by run."""

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
"""Nothing costs 900 billion: such a cell is no cost."""


@dataclass(frozen=True)
class Money:
    """What each row moved, in 1/10,000, and of which rows that cannot be said."""

    paid: Units
    later_refunds: Units
    """What was given back later, by a column of its own."""
    problems: RowBins
    marked_currencies: Sequence[pa.Array]
    """The currencies that stand beside the amounts."""
    other_currency_rows: Places
    """The rows in a currency that is not taken."""
    row_currencies: pa.Array | None
    """The currency of each row, where money is converted."""
    factors: Sequence[Numbers]
    """What a cost is multiplied with, as the amounts were: the quantity, a rate."""

    def unrated(self, apart: RowBins) -> frozenset[str]:
        """The currencies of the rows that are left out for want of a rate."""
        if self.row_currencies is None:
            return frozenset()
        rows = apart.rows[apart.codes == CODES["other_currency"]]
        return frozenset(pc.unique(self.row_currencies.take(pa.array(rows))).to_pylist()) - {None}


def read_money(
    cells: Cells, runs: Runs, days: Days, reading: Formats, question: LineOptions
) -> Money:
    """Read what each row moved; money in a currency that is not taken is none."""
    roles = ("amount",) if "amount" in cells else ("quantity", "unit_price")
    written = {"quantity": reading.quantities or reading.numbers}
    numbers = {
        role: read_numbers(cells[role], written.get(role, reading.numbers)) for role in roles
    }
    said = [numbers[role].currencies for role in ("amount", "unit_price") if role in numbers]
    said = [column for column in said if column is not None]
    named, rates = None, []
    if question.rates is None:
        others = in_other_currencies(said, question)
    else:
        named = named_currencies(runs, said)
        rate, lacking = question.rates.factors(named, np.repeat(days, runs.lengths))
        others, rates = np.flatnonzero(lacking), [rate]
    units, unread = to_units([*numbers.values(), *rates])
    huge = np.abs(units) >= _SAFE_SUM
    if huge.any():  # what no order can be the sum of is no amount
        units[huge] = 0
        unread = np.union1d(unread, np.flatnonzero(huge))
    paid, back, unread = _less(units, unread, cells, reading, rates)
    paid[others] = back[others] = 0
    factors = [numbers[role] for role in ("quantity",) if role in numbers]
    problems = _amount_problems(numbers, unread)
    return Money(paid, back, problems, said, others, named, [*factors, *rates])


def sums_of(money: Money, runs: Runs) -> tuple[Units, Units]:
    """The sales and the refunds of each run.

    Raises:
        InputError: those of one are beyond 461 trillion.
    """
    sales, refunds = _sums(money.paid, runs.starts)
    if money.later_refunds.any():
        refunds = refunds + _sums(money.later_refunds, runs.starts)[0]
    return sales, refunds


def _less(
    units: Units, unread: Places, cells: Cells, reading: Formats, rates: Sequence[Numbers]
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


def _amount_problems(numbers: Mapping[str, Numbers], unread: Places) -> RowBins:
    codes = np.full(len(unread), CODES["bad_amount"], dtype=np.uint8)
    for role, reason in (("unit_price", "bad_price"), ("quantity", "bad_quantity")):
        if role in numbers:
            codes[~np.isfinite(numbers[role].values[unread])] = CODES[reason]
    for column in numbers.values():
        if column.missing is not None:
            codes[column.missing[unread]] = CODES["missing_amount"]
    return RowBins(unread, codes)


def repeated_refunds(cells: Cells, money: Money) -> int:
    """How many rows repeat the refund of the row before them, which is of the same order.

    Rows of other amounts are hardly given back alike, and none is by more than it is worth: it is
    what was given back of the order, and is taken off more than once.
    """
    if "order_id" not in cells or not money.later_refunds.any():
        return 0
    back, paid = money.later_refunds, money.paid
    rows = np.flatnonzero(back)
    first, second = rows[:-1], rows[1:]
    likely = (second == first + 1) & (back[first] == back[second])
    likely &= (paid[first] != paid[second]) | (back[first] > np.maximum(paid[first], 0))
    first, second = pa.array(first[likely]), pa.array(second[likely])
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
    """The sum of each run; what is beyond 64 bits in totals on the way goes out again."""
    ends = np.append(starts[1:], len(units)) - 1
    sums: Units = np.diff(np.cumsum(units)[ends], prepend=0)
    return sums


def costs_of(
    cells: Cells, money: Money, reading: Formats, runs: Runs, apart: RowBins
) -> dict[str, Places]:
    """The cost of each run, and how many of its rows have none that can be read."""
    rows = len(cells["customer_id"])
    if "cost" not in cells:
        units, unknown = np.zeros(rows, dtype=np.int64), np.ones(rows, dtype=bool)
    else:
        units, unread = to_units([read_numbers(cells["cost"], reading.numbers), *money.factors])
        unknown = mask_of_places(unread, rows) | (np.abs(units) >= _NO_COST)
    counting = np.ones(rows, dtype=bool)
    counting[apart.rows] = False
    spent, back = _sums(np.where(counting & ~unknown, units, 0), runs.starts)
    uncosted = np.add.reduceat(unknown & counting, runs.starts, dtype=np.int32)
    return {"cost": spent - back, "uncosted": uncosted}


def total(units: Units) -> int:
    """The sum, however large."""
    if len(units) and float(units.max()) * len(units) >= _SAFE_SUM:
        return sum(units.tolist())
    return int(units.sum())


def has_marks(cells: Cells) -> bool:
    """Whether a number has a point or comma in it, and so could be read in two ways."""
    columns = [cells[role] for role in MONEY_ROLES if role in cells]
    return any(
        pc.any(pc.match_substring(column, mark)).as_py() is True
        for column in columns
        if pa.types.is_string(column.type)
        for mark in ".,"
    )
