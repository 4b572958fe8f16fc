"""When a second order usually comes, and how long each regular usually waits: fitted from the data.

The second order is timed by Kaplan & Meier's estimator (1958), in which those who have not come
back yet count for as long as they have been watched. A regular is measured against their own habit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmtool.scoring.customers import OrderDates
from rfmtool.scoring.survival import survival_curve

MIN_SECOND_ORDERS: Final = 30
MIN_GAPS: Final = 100
REGULAR_ORDER_DAYS: Final = 3
_PRIOR_GAPS: Final = 3
"""How many gaps of everyone's median a customer's own gaps are averaged with."""
_MILLION: Final = 1_000_000
_DEFAULT_LIMITS: Final = (2.0, 4.0)
_LIMIT_QUANTILES: Final = (0.80, 0.95)

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


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
    gap_owner: Ints
    gap_days: Ints


@dataclass(frozen=True)
class Waits:
    """How long customers waited from an order day to the next, or have been waiting so far."""

    owner: Ints
    days: Ints
    ended: npt.NDArray[np.bool_]


def order_days(dates: OrderDates) -> OrderDays:
    """Reduce order dates to distinct days."""
    new = np.ones(len(dates.day), dtype=bool)
    new[1:] = (np.diff(dates.owner) != 0) | (np.diff(dates.day) != 0)
    owner, day = dates.owner[new], dates.day[new]
    same = np.diff(owner) == 0
    return OrderDays(owner, day, owner[1:][same], np.diff(day)[same])


def fit_timing(days: OrderDays, as_of_day: int) -> Timing:
    """Fit windows and limits; where there is too little data, round numbers instead.

    Args:
        days: the order days of all customers.
        as_of_day: until when customers were watched, in days since 1970-01-01.
    """
    second = waits(days, as_of_day)
    windows = fit_windows(second.days, second.ended)
    gaps = days.gap_days
    median_gap = float(np.median(gaps)) if len(gaps) else float(windows.w50)
    ratios = _leave_one_out_ratios(days, median_gap)
    fitted = len(ratios) >= MIN_GAPS
    overdue, lapsed = np.quantile(ratios, _LIMIT_QUANTILES).tolist() if fitted else _DEFAULT_LIMITS
    # Two decimals, so that the limit that is printed is the limit in force.
    return Timing(windows, median_gap, round(overdue, 2), round(lapsed, 2), fitted)


def waits(days: OrderDays, as_of_day: int, number: int = 1) -> Waits:
    """Days from one order day to the next, or to as_of for those without a next one.

    Args:
        days: the order days.
        as_of_day: until when customers were watched, in days since 1970-01-01.
        number: from which order day, counted from 1; those with fewer are left out.
    """
    is_first = np.ones(len(days.owner), dtype=bool)
    is_first[1:] = np.diff(days.owner) != 0
    first = np.flatnonzero(is_first)
    counts = np.diff(first, append=len(days.owner))
    reached = first[counts >= number] + number - 1
    ended = counts[counts >= number] > number
    following = np.minimum(reached + 1, len(days.owner) - 1)
    end = np.where(ended, days.day[following], as_of_day)
    return Waits(days.owner[reached], end - days.day[reached], ended)


def fit_windows(times: Ints, events: npt.NDArray[np.bool_]) -> Windows:
    """Fit the windows of the second order; fixed ones under 30 second orders."""
    if events.sum() < MIN_SECOND_ORDERS:
        return Windows()
    curve = survival_curve(times, events)
    ever = curve.share_ever
    w25, w50, w80, w95 = (curve.reached(part * ever) or 0 for part in (0.25, 0.50, 0.80, 0.95))
    return Windows(w25, w50, w80, w95, is_fitted=True)


def usual_gaps(
    days: OrderDays, customers: int, median_gap_days: float
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The usual gap of each customer: the geometric mean of their gaps and three of the median.

    Args:
        days: the order days.
        customers: how many customers there are.
        median_gap_days: the median of everyone's gaps.

    Returns:
        The gap in days of each customer, and who is a regular: has three order days or more.
    """
    total, count = _sums_of_logs(days, customers)
    usual = _geometric_mean(total, count, median_gap_days)
    return usual, count + 1 >= REGULAR_ORDER_DAYS


def add_usual_gaps(people: pd.DataFrame, days: OrderDays, timing: Timing) -> pd.DataFrame:
    """Add usual_gap_days and overdue_ratio, both missing for those with under three order days.

    Reads recency_days.
    """
    usual, regular = usual_gaps(days, len(people), timing.median_gap_days)
    recency = people["recency_days"].to_numpy(dtype=np.float64, na_value=np.nan)
    return people.assign(
        usual_gap_days=np.where(regular, np.round(usual, 4), np.nan),
        overdue_ratio=np.where(regular, np.round(recency / usual, 6), np.nan),
    )


def _leave_one_out_ratios(days: OrderDays, median_gap_days: float) -> Floats:
    """Each completed gap of a regular against the usual gap that their other gaps give."""
    customers = int(days.owner[-1]) + 1 if len(days.owner) else 0
    logs = _log_millionths(days.gap_days)
    total, count = _sums_of_logs(days, customers)
    regular = (count + 1 >= REGULAR_ORDER_DAYS)[days.gap_owner]
    owner, gaps, logs = days.gap_owner[regular], days.gap_days[regular], logs[regular]
    return gaps / _geometric_mean(total[owner] - logs, count[owner] - 1, median_gap_days)


def _sums_of_logs(days: OrderDays, customers: int) -> tuple[Floats, Ints]:
    """Of each customer's gaps: the sum of their logarithms in millionths, and how many."""
    logs = _log_millionths(days.gap_days)
    total = np.bincount(days.gap_owner, weights=logs, minlength=customers).astype(np.float64)
    return total, np.bincount(days.gap_owner, minlength=customers).astype(np.int64)


def _geometric_mean(total: Floats, count: Ints, median_gap_days: float) -> Floats:
    prior = _PRIOR_GAPS * np.rint(np.log(median_gap_days) * _MILLION)
    mean: Floats = np.exp((prior + total) / _MILLION / (_PRIOR_GAPS + count))
    return mean


def _log_millionths(days: Ints) -> Floats:
    """Natural logarithms in whole millionths: their sums are equal in any order."""
    longest = int(days.max()) if len(days) else 1
    table = np.rint(np.log(np.arange(1, longest + 1)) * _MILLION)
    logs: Floats = table[days - 1]
    return logs
