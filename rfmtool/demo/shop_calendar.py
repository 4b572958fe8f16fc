"""Days as integers since the opening of the shop, and how busy they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from rfmtool.arrays import Floats, Ints

OPENING_DATE = np.datetime64("2021-01-01", "D")


def day_number(date: str) -> int:
    """Days from the opening of the shop to an ISO date."""
    return int((np.datetime64(date, "D") - OPENING_DATE).astype(int))


def iso_dates(days: Ints) -> NDArray[np.str_]:
    """ISO dates of day numbers."""
    return np.datetime_as_string(OPENING_DATE + days, unit="D")


# The shop is older than its export, as most are: some histories start before the first line.
EXPORT_BEGINS = day_number("2023-01-01")
EXPORT_ENDS = day_number("2025-12-31")

MONTHLY = np.array([1.0, 0.9, 0.9, 0.95, 0.9, 0.8, 0.75, 0.75, 0.95, 1.05, 1.4, 1.9])
AFTER_THE_LAST_POST = 0.6  # from 21 December on, too late for Christmas
MONDAY_TO_SUNDAY = np.array([1.25, 1.1, 1.05, 1.0, 0.95, 0.65, 0.85])
YEARLY_GROWTH = 1.2


def months(days: Ints) -> Ints:
    """Months of day numbers, January = 0."""
    return (OPENING_DATE + days).astype("datetime64[M]").astype(np.int64) % 12


def daily_activity(days: Ints) -> Floats:
    """How busy days are by month, weekday and last post before Christmas; 1 on average."""
    dates = OPENING_DATE + days
    day_of_month = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    weekday = (dates.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    month = months(days)
    too_late = (month == 11) & (day_of_month > 20)  # noqa: PLR2004  # 21-31 December
    busy = MONTHLY[month] * MONDAY_TO_SUNDAY[weekday]
    busy = np.where(too_late, busy * AFTER_THE_LAST_POST, busy)
    return np.asarray(busy / busy.mean(), dtype=np.float64)


class ActivityClock:
    """Time that runs faster on busy days: uniform steps on it crowd into Mondays and December."""

    def __init__(self, busy: Floats) -> None:
        """`busy` is the speed of each day since the opening, all above zero."""
        self._ends = np.concatenate([[0.0], np.cumsum(busy)])

    def from_days(self, days: NDArray[Any]) -> Floats:
        """Clock time at the start of days; zero before the opening."""
        readings: Floats = np.interp(days, np.arange(len(self._ends)), self._ends)
        return readings

    def to_days(self, readings: Floats) -> Ints:
        """The day of each clock time; below zero before the opening."""
        return np.searchsorted(self._ends, readings, side="right").astype(np.int64) - 1

    def draw_days(self, earliest: NDArray[Any], latest: NDArray[Any], rng: Generator) -> Ints:
        """One day per pair, from `earliest` to `latest` inclusive, busy days more often."""
        begin, end = self.from_days(earliest), self.from_days(latest + 1)
        drawn = self.to_days(begin + rng.random(len(begin)) * (end - begin))
        return np.asarray(np.minimum(drawn, latest), dtype=np.int64)


_DAYS = np.arange(EXPORT_ENDS + 1)
SEASONAL_CLOCK = ActivityClock(daily_activity(_DAYS))
GROWTH_CLOCK = ActivityClock(daily_activity(_DAYS) * YEARLY_GROWTH ** (_DAYS / 365.25))
