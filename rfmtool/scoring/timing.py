"""Usual times between orders: when second orders come, and the usual gap of each regular.

Second orders are timed with Kaplan & Meier's estimator (1958), so that customers who have not come
back yet count as censored. Regulars are compared with their own gaps.
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
"""How many gaps of the overall median a customer's own gaps are averaged with."""
_DEFAULT_LIMITS: Final = (2.0, 4.0)
_LIMIT_QUANTILES: Final = (0.80, 0.95)


@dataclass(frozen=True)
class Windows:
    """The days by which 25, 50, 80 and 95 % of all observed second orders have come."""

    w25: int = 30
    w50: int = 60
    w80: int = 180
    w95: int = 365
    is_fitted: bool = False


@dataclass(frozen=True)
class Timing:
    """The usual timing of this shop: second orders, gaps between order days, and their limits.

    A regular is overdue, or lapsed, if the days since the last order are more than `overdue_ratio`,
    or `lapsed_ratio`, times their usual gap.
    """

    windows: Windows
    median_gap_days: float
    overdue_ratio: float
    lapsed_ratio: float
    limits_are_fitted: bool

    def as_data(self) -> dict[str, Any]:
        """Plain data for scales.json."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Timing:
        """Parse the data of `as_data`.

        Raises:
            TypeError: a key is missing or unknown, or a value is not of its type.
            ValueError: a value is out of order.
        """
        windows = Windows(**data["windows"])
        timing = cls(**{**data, "windows": windows})
        days = [windows.w25, windows.w50, windows.w80, windows.w95]
        numbers = [timing.median_gap_days, timing.overdue_ratio, timing.lapsed_ratio]
        flags = [windows.is_fitted, timing.limits_are_fitted]
        # `type`, because isinstance(True, int).
        are_integers = all(type(value) is int for value in days)
        are_finite = all(type(value) in (int, float) and math.isfinite(value) for value in numbers)
        if not are_integers or not are_finite or not all(type(value) is bool for value in flags):
            raise TypeError("a value is not of its type")
        if days != sorted(days) or not 0 < timing.overdue_ratio <= timing.lapsed_ratio:
            raise ValueError("limits must ascend")
        if timing.median_gap_days <= 0:
            raise ValueError("a gap is longer than nothing")
        return timing


@dataclass(frozen=True)
class OrderDays:
    """The distinct days with a counting order, sorted by customer and day, and the gaps between.

    `owner` and `day` have an entry for each order day; `gap_owner` and `gap_days` one for each but
    a customer's first.
    """

    owner: Ints
    day: Ints

    def slice(self, start: int, stop: int) -> OrderDays:
        """The days of the customers `start` to `stop`, renumbered from 0."""
        rows = owner_slice(self.owner, start, stop)
        return OrderDays(self.owner[rows] - self.owner.dtype.type(start), self.day[rows])

    @property
    def customer_count(self) -> int:
        """How many customers there are up to the last one with an order day."""
        return int(self.owner[-1]) + 1 if len(self.owner) else 0

    def parts(self) -> Iterator[OrderDays]:
        """The days in parts of customers, to limit memory; at least one part."""
        for start, stop in part_bounds(self.customer_count):
            yield self if stop - start == self.customer_count else self.slice(start, stop)

    @cached_property
    def starts(self) -> Ints:
        """Where the days of each customer with order days begin."""
        return group_starts(self.owner)

    @cached_property
    def counts(self) -> Ints:
        """How many order days each customer with order days has."""
        return np.diff(self.starts, append=len(self.owner))

    @cached_property
    def gap_owner(self) -> Ints:
        """The customer of each gap."""
        return self.owner[1:][self._is_gap]

    @cached_property
    def gap_days(self) -> Ints:
        """The length of each gap."""
        return np.diff(self.day)[self._is_gap]

    @cached_property
    def _is_gap(self) -> Mask:
        """Whether each day but the first is of the same customer as the one before."""
        return np.asarray(self.owner[1:] == self.owner[:-1])

    @cached_property
    def gap_logs(self) -> Floats:
        """The logarithm of each gap in integer millionths, so that sums are equal in any order."""
        longest = int(self.gap_days.max()) if len(self.gap_days) else 1
        table = np.rint(np.log(np.arange(1, longest + 1)) * MILLION)
        return np.asarray(table[self.gap_days - 1])

    @cached_property
    def sums_of_logs(self) -> tuple[Floats, Ints]:
        """The sum of `gap_logs` and the number of gaps of each of `customer_count` customers."""
        total, count = np.zeros(self.customer_count), np.zeros(self.customer_count, dtype=np.int64)
        for (start, stop), part in zip(part_bounds(self.customer_count), self.parts(), strict=True):
            owner, size = part.gap_owner, stop - start
            total[start:stop] = np.bincount(owner, weights=part.gap_logs, minlength=size)
            count[start:stop] = np.bincount(owner, minlength=size)
        return total, count


@dataclass(frozen=True)
class WaitingTimes:
    """Days from an order day to the next, or, where not `ended`, to the end of observation."""

    owner: Ints
    days: Ints
    ended: Mask


def distinct_order_days(dates: OrderDates) -> OrderDays:
    """The distinct days of order dates."""
    return OrderDays(dates.distinct_days.owner, dates.distinct_days.day)


def fit_timing(days: OrderDays, as_of_day: int) -> Timing:
    """Fit windows and limits; defaults where there is too little data.

    Customers are observed until as_of_day, in days since 1970-01-01.
    """
    second = waiting_times(days, as_of_day)
    windows = fit_windows(second.days, second.ended)
    span = int(np.ptp(days.day)) + 1 if len(days.day) else 1
    gap_counts = sum(
        (np.bincount(part.gap_days, minlength=span) for part in days.parts()),
        start=np.zeros(span, dtype=np.int64),
    )
    gaps = int(gap_counts.sum())
    median_gap = _median(gap_counts) if gaps else float(windows.w50)
    ratios, filled = np.empty(gaps), 0
    for part in days.parts():
        # Each gap of a regular, relative to the usual gap by their other gaps.
        owner, (total, count) = part.gap_owner, part.sums_of_logs
        usual = _geometric_mean(total[owner] - part.gap_logs, count[owner] - 1, median_gap)
        part_ratios = (part.gap_days / usual)[(count + 1 >= REGULAR_ORDER_DAYS)[owner]]
        ratios[filled : filled + len(part_ratios)] = part_ratios
        filled += len(part_ratios)
    is_fitted = filled >= MIN_GAPS
    if is_fitted:
        limits = np.quantile(ratios[:filled], _LIMIT_QUANTILES, overwrite_input=True).tolist()
    else:
        limits = _DEFAULT_LIMITS
    overdue, lapsed = limits
    # Two decimals, so that the limit printed is the limit in force.
    return Timing(windows, median_gap, round(overdue, 2), round(lapsed, 2), is_fitted)


def _median(counts: Ints) -> float:
    """The median of integers from 0 on, given how often each occurs."""
    totals = np.cumsum(counts)
    places = [(totals[-1] - 1) // 2, totals[-1] // 2]
    below, above = np.searchsorted(totals, places, side="right").tolist()
    return float(below + above) / 2


def waiting_times(days: OrderDays, as_of_day: int, number: int = 1) -> WaitingTimes:
    """Days from each customer's order day `number` (from 1) to the next, or to as_of_day.

    Customers with fewer order days are left out.
    """
    has_reached = days.counts >= number
    begin = days.starts[has_reached] + number - 1
    ended = days.counts[has_reached] > number
    following = np.minimum(begin + 1, len(days.owner) - 1)
    end_day = np.where(ended, days.day[following], as_of_day)
    return WaitingTimes(days.owner[begin], end_day - days.day[begin], ended)


def fit_windows(times: Ints, events: Mask) -> Windows:
    """Fit the windows of the second order; defaults for fewer than 30 second orders."""
    if events.sum() < MIN_SECOND_ORDERS:
        return Windows()
    curve = survival_curve(times, events)
    total = curve.event_share(curve.watched_days)
    w25, w50, w80, w95 = (curve.quantile(share * total) or 0 for share in (0.25, 0.50, 0.80, 0.95))
    return Windows(w25, w50, w80, w95, is_fitted=True)


def usual_gaps(days: OrderDays, customers: int, median_gap_days: float) -> tuple[Floats, Mask]:
    """The usual gap of each customer: the geometric mean of their gaps and three of the median.

    In days, with a mask of who is a regular: has three order days or more.
    """
    sums, counts = days.sums_of_logs
    total, count = np.zeros(customers), np.zeros(customers, dtype=np.int64)
    total[: len(sums)], count[: len(counts)] = sums, counts
    usual = _geometric_mean(total, count, median_gap_days)
    return usual, count + 1 >= REGULAR_ORDER_DAYS


def add_usual_gaps(customers: pd.DataFrame, days: OrderDays, timing: Timing) -> pd.DataFrame:
    """Add usual_gap_days and overdue_ratio, both missing with fewer than three order days.

    Reads recency_days.
    """
    usual, is_regular = usual_gaps(days, len(customers), timing.median_gap_days)
    recency = customers["recency_days"].to_numpy(dtype=np.float64, na_value=np.nan)
    added = {
        "usual_gap_days": np.where(is_regular, np.round(usual, 4), np.nan),
        "overdue_ratio": np.where(is_regular, np.round(recency / usual, 6), np.nan),
    }
    return with_columns(customers, added)


def _geometric_mean(total: Floats, count: Ints, median_gap_days: float) -> Floats:
    prior = _PRIOR_GAPS * np.rint(np.log(median_gap_days) * MILLION)
    # In place, because allocating arrays as long as the gaps takes longer than computing.
    mean: Floats = prior + total
    mean /= MILLION
    mean /= _PRIOR_GAPS + count
    np.exp(mean, out=mean)
    return mean
