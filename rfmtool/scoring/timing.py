"""When a second order usually comes, and how long each regular usually waits: fitted from the data.

The second order is timed by Kaplan & Meier's estimator (1958), in which those who have not come
back yet count for as long as they have been watched. A regular is measured against their own habit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.arrays import Floats, Ints, Mask, group_starts, owner_slice, part_bounds
from rfmtool.columns import MILLION
from rfmtool.frames import with_columns
from rfmtool.grouping.order_dates import OrderDates
from rfmtool.scoring.survival import survival_curve

MIN_SECOND_ORDERS: Final = 30
MIN_GAPS: Final = 100
REGULAR_ORDER_DAYS: Final = 3
_PRIOR_GAPS: Final = 3
"""How many gaps of everyone's median a customer's own gaps are averaged with."""
_DEFAULT_LIMITS: Final = (2.0, 4.0)
_LIMIT_QUANTILES: Final = (0.80, 0.95)


@dataclass(frozen=True)
class Windows:
    """The days by which 25, 50, 80 and 95 % of all second orders that are ever seen have come."""

    w25: int = 30
    w50: int = 60
    w80: int = 180
    w95: int = 365
    is_fitted: bool = False


@dataclass(frozen=True)
class Timing:
    """What is usual in this shop: second orders, the gap between order days, and its limits.

    A customer is overdue, or lapsed, when the days since the last order are more than this many of
    their usual gaps.
    """

    windows: Windows
    median_gap_days: float
    overdue_ratio: float
    lapsed_ratio: float
    limits_are_fitted: bool

    def as_data(self) -> dict[str, Any]:
        """The timing as scales.json has it."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Timing:
        """Read back what `as_data` gave.

        Raises:
            TypeError: a key is missing or unknown, or a value is not of its type.
            ValueError: a value is out of order.
        """
        windows = Windows(**data["windows"])
        timing = cls(**{**data, "windows": windows})
        days = [windows.w25, windows.w50, windows.w80, windows.w95]
        numbers = [timing.median_gap_days, timing.overdue_ratio, timing.lapsed_ratio]
        flags = [windows.is_fitted, timing.limits_are_fitted]
        # By `type`, because True is an int too.
        whole = all(type(value) is int for value in days)
        finite = all(type(value) in (int, float) and math.isfinite(value) for value in numbers)
        if not whole or not finite or not all(type(value) is bool for value in flags):
            raise TypeError("a value is not of its type")
        if days != sorted(days) or not 0 < timing.overdue_ratio <= timing.lapsed_ratio:
            raise ValueError("limits must ascend")
        if timing.median_gap_days <= 0:
            raise ValueError("a gap is longer than nothing")
        return timing


@dataclass(frozen=True)
class OrderDays:
    """The distinct days with a counting order, by customer and then by day, and the gaps between.

    `owner` and `day` have an entry for each order day; `gap_owner` and `gap_days` one for each but
    a customer's first.
    """

    owner: Ints
    day: Ints

    def slice(self, start: int, stop: int) -> OrderDays:
        """The days of the customers at these places, who are counted from 0."""
        theirs = owner_slice(self.owner, start, stop)
        return OrderDays(self.owner[theirs] - self.owner.dtype.type(start), self.day[theirs])

    @property
    def customer_count(self) -> int:
        """How many customers there are until the last who has a day."""
        return int(self.owner[-1]) + 1 if len(self.owner) else 0

    def parts(self) -> Iterator[OrderDays]:
        """The days of some customers at a time, for what takes much memory; one part at least."""
        for start, stop in part_bounds(self.customer_count):
            yield self if stop - start == self.customer_count else self.slice(start, stop)

    @cached_property
    def starts(self) -> Ints:
        """Where the days of each customer begin who has any."""
        return group_starts(self.owner)

    @cached_property
    def counts(self) -> Ints:
        """How many days each customer has who has any."""
        return np.diff(self.starts, append=len(self.owner))

    @cached_property
    def gap_owner(self) -> Ints:
        """Whose each gap is."""
        return self.owner[1:][self._is_gap]

    @cached_property
    def gap_days(self) -> Ints:
        """How long each gap is."""
        return np.diff(self.day)[self._is_gap]

    @cached_property
    def _is_gap(self) -> Mask:
        """Whether each day but the first is of the same customer as the one before."""
        return np.asarray(self.owner[1:] == self.owner[:-1])

    @cached_property
    def gap_logs(self) -> Floats:
        """The logarithm of each gap in whole millionths: their sums are equal in any order."""
        longest = int(self.gap_days.max()) if len(self.gap_days) else 1
        table = np.rint(np.log(np.arange(1, longest + 1)) * MILLION)
        logs: Floats = table[self.gap_days - 1]
        return logs

    @cached_property
    def sums_of_logs(self) -> tuple[Floats, Ints]:
        """Of each customer's gaps: the sum of their `gap_logs`, and how many; of `customers`."""
        total, count = np.zeros(self.customer_count), np.zeros(self.customer_count, dtype=np.int64)
        for (start, stop), part in zip(part_bounds(self.customer_count), self.parts(), strict=True):
            owner, many = part.gap_owner, stop - start
            total[start:stop] = np.bincount(owner, weights=part.gap_logs, minlength=many)
            count[start:stop] = np.bincount(owner, minlength=many)
        return total, count


@dataclass(frozen=True)
class WaitingTimes:
    """How long customers waited from an order day to the next, or have been waiting so far."""

    owner: Ints
    days: Ints
    ended: Mask


def distinct_order_days(dates: OrderDates) -> OrderDays:
    """Reduce order dates to distinct days."""
    return OrderDays(dates.distinct_days.owner, dates.distinct_days.day)


def fit_timing(days: OrderDays, as_of_day: int) -> Timing:
    """Fit windows and limits; where there is too little data, round numbers instead.

    Customers were watched until as_of_day, in days since 1970-01-01.
    """
    second = waiting_times(days, as_of_day)
    windows = fit_windows(second.days, second.ended)
    span = int(np.ptp(days.day)) + 1 if len(days.day) else 1
    lengths = sum(
        (np.bincount(part.gap_days, minlength=span) for part in days.parts()),
        start=np.zeros(span, dtype=np.int64),
    )
    gaps = int(lengths.sum())
    median_gap = _median(lengths) if gaps else float(windows.w50)
    ratios, filled = np.empty(gaps), 0
    for part in days.parts():
        # Each completed gap of a regular against the usual gap that their other gaps give.
        owner, (total, count) = part.gap_owner, part.sums_of_logs
        others = _geometric_mean(total[owner] - part.gap_logs, count[owner] - 1, median_gap)
        found = (part.gap_days / others)[(count + 1 >= REGULAR_ORDER_DAYS)[owner]]
        ratios[filled : filled + len(found)] = found
        filled += len(found)
    fitted = filled >= MIN_GAPS
    if fitted:
        limits = np.quantile(ratios[:filled], _LIMIT_QUANTILES, overwrite_input=True).tolist()
    else:
        limits = _DEFAULT_LIMITS
    overdue, lapsed = limits
    # Two decimals, so that the limit that is printed is the limit in force.
    return Timing(windows, median_gap, round(overdue, 2), round(lapsed, 2), fitted)


def _median(counts: Ints) -> float:
    """The median of whole numbers from 0 on, of which there are so many each."""
    totals = np.cumsum(counts)
    places = [(totals[-1] - 1) // 2, totals[-1] // 2]
    below, above = np.searchsorted(totals, places, side="right").tolist()
    return float(below + above) / 2


def waiting_times(days: OrderDays, as_of_day: int, number: int = 1) -> WaitingTimes:
    """Days from an order day to the next, or to as_of_day for those without a next one.

    Order days are counted from 1; who has not reached that `number` is left out.
    """
    is_reached = days.counts >= number
    reached = days.starts[is_reached] + number - 1
    ended = days.counts[is_reached] > number
    following = np.minimum(reached + 1, len(days.owner) - 1)
    end = np.where(ended, days.day[following], as_of_day)
    return WaitingTimes(days.owner[reached], end - days.day[reached], ended)


def fit_windows(times: Ints, events: Mask) -> Windows:
    """Fit the windows of the second order; fixed ones under 30 second orders."""
    if events.sum() < MIN_SECOND_ORDERS:
        return Windows()
    curve = survival_curve(times, events)
    ever = curve.event_share(curve.watched_days)
    w25, w50, w80, w95 = (curve.quantile(part * ever) or 0 for part in (0.25, 0.50, 0.80, 0.95))
    return Windows(w25, w50, w80, w95, is_fitted=True)


def usual_gaps(days: OrderDays, customers: int, median_gap_days: float) -> tuple[Floats, Mask]:
    """The usual gap of each customer: the geometric mean of their gaps and three of the median.

    Args:
        days: the order days.
        customers: how many customers there are.
        median_gap_days: the median of everyone's gaps.

    Returns:
        The gap in days of each customer, and who is a regular: has three order days or more.
    """
    known, counted = days.sums_of_logs
    total, count = np.zeros(customers), np.zeros(customers, dtype=np.int64)
    total[: len(known)], count[: len(counted)] = known, counted
    usual = _geometric_mean(total, count, median_gap_days)
    return usual, count + 1 >= REGULAR_ORDER_DAYS


def add_usual_gaps(customers: pd.DataFrame, days: OrderDays, timing: Timing) -> pd.DataFrame:
    """Add usual_gap_days and overdue_ratio, both missing for those with under three order days.

    Reads recency_days.
    """
    usual, regular = usual_gaps(days, len(customers), timing.median_gap_days)
    recency = customers["recency_days"].to_numpy(dtype=np.float64, na_value=np.nan)
    added = {
        "usual_gap_days": np.where(regular, np.round(usual, 4), np.nan),
        "overdue_ratio": np.where(regular, np.round(recency / usual, 6), np.nan),
    }
    return with_columns(customers, added)


def _geometric_mean(total: Floats, count: Ints, median_gap_days: float) -> Floats:
    prior = _PRIOR_GAPS * np.rint(np.log(median_gap_days) * MILLION)
    # In place, because there are as many as gaps, and new memory takes longer than the sums.
    mean: Floats = prior + total
    mean /= MILLION
    mean /= _PRIOR_GAPS + count
    np.exp(mean, out=mean)
    return mean
