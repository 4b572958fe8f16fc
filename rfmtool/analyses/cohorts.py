"""Customers by the month of their first order: who still comes, and for how much."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmtool.arrays import Ints, is_group_start, part_bounds
from rfmtool.engines import OrderEntries
from rfmtool.memory import release_file_pages
from rfmtool.money import money_text
from rfmtool.scoring.timing import OrderDays

_SAFE_SUM: Final = 2.0**62
_NONE: Final = -1

Money = npt.NDArray[Any]  # whole 1/10,000, as Python's numbers where 64 bits may not do


@dataclass(frozen=True)
class Cohort:
    """Those who first ordered in one month; `active` and `revenue` begin with that month."""

    name: str
    size: int
    active: tuple[int, ...]
    """Distinct customers with a counting order, month by month until that of as_of."""
    revenue: tuple[int, ...]
    """What they moved, refunds taken off, in whole 1/10,000; money from before their first order
    is in the first month."""


@dataclass(frozen=True)
class Cohorts:
    """The answer: a cohort for each month in which somebody first ordered."""

    as_of: date
    cohorts: tuple[Cohort, ...]

    @property
    def last_month_is_over(self) -> bool:
        """Whether as_of is the last day of its month; if not, there may be more to come in it."""
        return self.as_of.day == monthrange(self.as_of.year, self.as_of.month)[1]

    @property
    def table(self) -> pd.DataFrame:
        """A row for each cohort and month; `month` counts from 0, `revenue` is in 1/10,000."""
        rows = [
            (one.name, one.size, month, active, round(active / one.size, 6), revenue)
            for one in self.cohorts
            for month, (active, revenue) in enumerate(zip(one.active, one.revenue, strict=True))
        ]
        return pd.DataFrame(rows, columns=["cohort", "size", "month", "active", "share", "revenue"])

    @property
    def notes(self) -> tuple[str, ...]:
        """What to bear in mind."""
        if not self.cohorts:
            return ("Nobody has an order that counts, so there is no month to begin with.",)
        first = self.cohorts[0]
        before = f"The first cohort, {first.name}, may hold customers from before the export."
        alone = "There is only one month yet, so nobody can have stayed."
        return (before, alone) if len(first.active) == 1 else (before,)

    def as_data(self) -> list[dict[str, Any]]:
        """Plain data; money is text."""
        return [
            {
                "cohort": one.name,
                "size": one.size,
                "active": list(one.active),
                "revenue": [money_text(units) for units in one.revenue],
            }
            for one in self.cohorts
        ]


def cohorts(days: OrderDays, entries: OrderEntries, as_of: date) -> Cohorts:
    """Follow the customers of each first-order month.

    Args:
        days: the order days.
        entries: what each order moved on each day; `owner` as in days.
        as_of: the day of the answer; its month is the last one.
    """
    if not len(days.day):
        return Cohorts(as_of, ())
    last = (as_of.year - 1970) * 12 + as_of.month - 1
    # By customer and day, so the first of each customer is the earliest.
    starts, cohort = np.unique(_months(days.day[days.starts]), return_inverse=True)
    customers = int(max(days.owner.max(), entries.owner.max())) + 1
    rows = np.full(customers, _NONE, dtype=np.int64)
    rows[days.owner[days.starts]] = cohort
    return Cohorts(as_of, _follow(rows, starts, days, entries, last))


def _follow(
    rows: Ints, starts: Ints, days: OrderDays, entries: OrderEntries, last: int
) -> tuple[Cohort, ...]:
    """The cohorts that begin in the months `starts`, followed until the month `last`.

    Months count from 1970-01, and dates may lie before; `rows` is the place in `starts` of each
    customer, _NONE without an order that counts.
    """
    months = last - int(starts[0]) + 1
    size = len(starts) * months
    active = np.zeros(size, dtype=np.int64)
    # Python's numbers where a sum might not fit into 64 bits.
    largest = max(float(entries.sales.max(initial=0)), float(entries.refunds.max(initial=0)))
    is_safe = largest * len(entries.day) < _SAFE_SUM
    revenue: Money = np.zeros(size, dtype=np.int64 if is_safe else object)
    for begin, end in part_bounds(len(rows)):
        theirs = rows[begin:end]
        visited, moved = days.slice(begin, end), entries.slice(begin, end)
        visits = visited.owner.astype(np.int64) * months + _months(visited.day) - starts[0]
        visits = visits[is_group_start(visits)]  # each month once, for days come in order
        row, month = theirs[visits // months], visits % months + starts[0]
        active += np.bincount(row * months + month - starts[row], minlength=size)
        row = theirs[moved.owner]
        known = row != _NONE
        row, net = row[known], (moved.sales - moved.refunds)[known]
        # Refunds may come after as_of, if it is the last order's day: they stay in the last month.
        month = np.minimum(_months(moved.day[known]), last)
        np.add.at(revenue, row * months + np.maximum(month - starts[row], 0), net)
        release_file_pages()
    found = []
    for place, start in enumerate(starts.tolist()):
        name, cell = str(np.datetime64(start, "M")), place * months
        until = cell + last - start + 1
        came, spent = active[cell:until].tolist(), revenue[cell:until].tolist()
        found.append(Cohort(name, came[0], tuple(came), tuple(spent)))
    return tuple(found)


def _months(days: Ints) -> Ints:
    """The months of days since 1970-01-01, counted from 1970-01."""
    if not len(days):
        return days
    # There are far fewer days in a calendar than orders.
    start = int(days.min())
    calendar = np.arange(start, int(days.max()) + 1).astype("datetime64[D]")
    return calendar.astype("datetime64[M]").astype(np.int64)[days - start]


def first_order_months(people: pd.DataFrame) -> pd.Series[str]:
    """The month of each customer's first order, as 2010-12; missing where no order counts."""
    months = people["first_order_on"].to_numpy().astype("datetime64[M]")
    distinct, places = np.unique(months, return_inverse=True)
    names = pd.Series(np.datetime_as_string(distinct), dtype="str").mask(np.isnat(distinct))
    return names.iloc[places].set_axis(people.index)
