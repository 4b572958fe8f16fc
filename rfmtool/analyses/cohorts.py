"""Cohorts of customers by the month of their first order: how many still order, and how much."""

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
_NO_COHORT: Final = -1

Money = npt.NDArray[Any]  # whole 1/10,000, as Python integers where 64 bits may not do


@dataclass(frozen=True)
class Cohort:
    """Customers who first ordered in one month; `active` and `revenue` begin with that month."""

    name: str
    size: int
    active: tuple[int, ...]
    """Distinct customers with a counting order, month by month until that of as_of."""
    revenue: tuple[int, ...]
    """Sales less refunds, in whole 1/10,000; money from before their first order is in the first
    month."""


@dataclass(frozen=True)
class Cohorts:
    """The answer: a cohort for each month with first orders."""

    as_of: date
    cohorts: tuple[Cohort, ...]

    @property
    def last_month_is_over(self) -> bool:
        """Whether as_of is the last day of its month."""
        return self.as_of.day == monthrange(self.as_of.year, self.as_of.month)[1]

    @property
    def table(self) -> pd.DataFrame:
        """A row for each cohort and month; `month` counts from 0, `revenue` is in 1/10,000."""
        rows = [
            (group.name, group.size, month, active, round(active / group.size, 6), revenue)
            for group in self.cohorts
            for month, (active, revenue) in enumerate(zip(group.active, group.revenue, strict=True))
        ]
        return pd.DataFrame(rows, columns=["cohort", "size", "month", "active", "share", "revenue"])

    @property
    def notes(self) -> tuple[str, ...]:
        """Caveats in sentences."""
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
                "cohort": cohort.name,
                "size": cohort.size,
                "active": list(cohort.active),
                "revenue": [money_text(units) for units in cohort.revenue],
            }
            for cohort in self.cohorts
        ]


def cohorts(days: OrderDays, entries: OrderEntries, as_of: date) -> Cohorts:
    """Follow the customers of each first-order month until the month of as_of."""
    if not len(days.day):
        return Cohorts(as_of, ())
    last_month = (as_of.year - 1970) * 12 + as_of.month - 1
    # Days are sorted by customer and day, so the first of each customer is the earliest.
    first_months, index = np.unique(_months(days.day[days.starts]), return_inverse=True)
    customers = int(max(days.owner.max(), entries.owner.max())) + 1
    cohort_index = np.full(customers, _NO_COHORT, dtype=np.int64)
    cohort_index[days.owner[days.starts]] = index
    active, revenue = _totals(cohort_index, first_months, days, entries, last_month)
    found = []
    for first_month, *totals in zip(first_months.tolist(), active, revenue, strict=True):
        counts, units = (tuple(row[: last_month - first_month + 1]) for row in totals)
        found.append(Cohort(str(np.datetime64(first_month, "M")), counts[0], counts, units))
    return Cohorts(as_of, tuple(found))


def _totals(
    cohort_index: Ints, first_months: Ints, days: OrderDays, entries: OrderEntries, last_month: int
) -> tuple[list[list[int]], list[list[int]]]:
    """Active customers and revenue, by cohort and months since its first month.

    Months are counted from 1970-01, and dates may lie before; `cohort_index` gives each customer's
    index in `first_months`, _NO_COHORT without a counting order.
    """
    width = last_month - int(first_months[0]) + 1
    size = len(first_months) * width
    active = np.zeros(size, dtype=np.int64)
    # Python integers where a sum might not fit into 64 bits.
    largest = max(float(entries.sales.max(initial=0)), float(entries.refunds.max(initial=0)))
    is_safe = largest * len(entries.day) < _SAFE_SUM
    revenue: Money = np.zeros(size, dtype=np.int64 if is_safe else object)
    for begin, end in part_bounds(len(cohort_index)):
        index = cohort_index[begin:end]
        part_days, amounts = days.slice(begin, end), entries.slice(begin, end)
        visits = part_days.owner.astype(np.int64) * width + _months(part_days.day) - first_months[0]
        visits = visits[is_group_start(visits)]  # each month once, since days are sorted
        row, month = index[visits // width], visits % width + first_months[0]
        active += np.bincount(row * width + month - first_months[row], minlength=size)
        row = index[amounts.owner]
        known = row != _NO_COHORT
        row, net = row[known], (amounts.sales - amounts.refunds)[known]
        # Refunds may come after as_of, if it is the last order's day: they stay in the last month.
        month = np.minimum(_months(amounts.day[known]), last_month)
        np.add.at(revenue, row * width + np.maximum(month - first_months[row], 0), net)
        release_file_pages()
    return active.reshape(-1, width).tolist(), revenue.reshape(-1, width).tolist()


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
    distinct, codes = np.unique(months, return_inverse=True)
    names = pd.Series(np.datetime_as_string(distinct), dtype="str").mask(np.isnat(distinct))
    return names.iloc[codes].set_axis(people.index)
