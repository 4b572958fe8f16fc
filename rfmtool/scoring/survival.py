"""Survival curves: the time until an event, with censored observations (Kaplan & Meier 1958).

The estimator is our own, since it is a dozen lines, and libraries with one depend on far larger
ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from rfmtool.arrays import Floats, Ints, Mask

Z_95: Final = 1.959963984540054
"""The normal quantile of a two-sided 95 % band."""
_WEEK: Final = 7
_PER_CUSTOMERS: Final = 1_000
_NEAR_PEAK: Final = 0.9
"""Weeks belong to the best ones while their hazard is at least this part of the highest."""
_TOLERANCE: Final = 1e-9
"""For shares that differ by rounding of floats only."""


@dataclass(frozen=True)
class SurvivalCurve:
    """The share without the event after each day with an event.

    `se` is Greenwood's standard error (1926), NaN where the share is 0. `customers` were observed,
    for `watched_days` at most.
    """

    day: Ints
    survival: Floats
    se: Floats
    customers: int
    watched_days: int
    at_risk_at_last_event: int = 0
    """How many were still without the event before the last day with one."""

    def event_share(self, day: int) -> float:
        """The share with the event by a day; constant after the last event."""
        place = int(np.searchsorted(self.day, day, side="right")) - 1
        return float(1 - self.survival[place]) if place >= 0 else 0.0

    def event_share_limits(self, day: int) -> tuple[float, float]:
        """Confidence limits of the share with the event by a day; 0 before the first event."""
        place = int(np.searchsorted(self.day, day, side="right")) - 1
        if place < 0:
            return 0.0, 0.0
        low, high = self._limits()
        return float(low[place]), float(high[place])

    def quantile(self, share: float) -> int | None:
        """The first day by which at least this share has the event; None if it is never reached."""
        is_reached = 1 - self.survival >= share * (1 - _TOLERANCE)
        return int(self.day[is_reached.argmax()]) if is_reached.any() else None

    def confidence_band(self) -> tuple[Floats, Floats]:
        """Pointwise 95 % limits of the share with the event for each day; NaN where `se` is.

        On the scale of log(-log S), so that they stay between 0 and 1 (Kalbfleisch & Prentice,
        1980).
        """
        known = ~np.isnan(self.se)
        inner = np.where(known, self.survival, 0.5)  # 0.5 avoids warnings; the result is NaN
        spread = np.where(known, Z_95 * self.se / (inner * np.log(inner)), np.nan)
        low, high = 1 - inner ** np.exp(spread), 1 - inner ** np.exp(-spread)
        return low, high

    def quantile_limits(self, share: float) -> tuple[int | None, int | None]:
        """Limits of the day by which this share has the event (Brookmeyer & Crowley, 1982).

        None if it is never reached.
        """
        low, high = (limit >= share for limit in self._limits())
        first, last = (int(self.day[mask.argmax()]) if mask.any() else None for mask in (high, low))
        return first, last

    def _limits(self) -> tuple[Floats, Floats]:
        """The confidence band, with limits for the last day if all have had the event by then.

        The lower one is Wilson's (1927) for n of n at risk, at least that of the day before.
        """
        low, high = self.confidence_band()
        if len(low) and np.isnan(low[-1]):
            before = low[-2] if len(low) > 1 else 0.0
            at_risk = self.at_risk_at_last_event
            low[-1] = max(before, at_risk / (at_risk + Z_95**2))
            high[-1] = 1.0
        return low, high


def survival_curve(times: Ints, events: Mask) -> SurvivalCurve:
    """Estimate the curve from days until the event, or until the end of observation without one."""
    watched = int(times.max()) if len(times) else 0
    events_by_day = np.bincount(times[events], minlength=watched + 1)
    days = np.flatnonzero(events_by_day)
    count, at_risk = events_by_day[days], _at_risk(times)[days]
    survival = np.cumprod(1 - count / at_risk).astype(np.float64)
    left = at_risk - count  # 0 after the last event if all have had it
    variance = np.cumsum(count / (at_risk * np.maximum(left, 1)))
    se = np.where(left > 0, survival * np.sqrt(variance), np.nan)
    last = int(at_risk[-1]) if len(days) else 0
    return SurvivalCurve(days, survival, se, len(times), watched, last)


def _at_risk(times: Ints) -> Ints:
    """How many are still observed on each day from 0 to the longest time."""
    return np.cumsum(np.bincount(times)[::-1])[::-1]


def weekly_hazard(times: Ints, events: Mask, weeks: int) -> Floats:
    """Events per 1,000 customer-days at risk in days 1-7, 8-14, ...; NaN if nobody was observed."""
    at_risk = np.zeros(weeks * _WEEK + 1, dtype=np.int64)
    observed = _at_risk(times)[: len(at_risk)]
    at_risk[: len(observed)] = observed
    at_risk = at_risk[1:].reshape(weeks, _WEEK).sum(axis=1)
    week = (times[events] - 1) // _WEEK
    count = np.bincount(week[week < weeks], minlength=weeks)
    return np.where(at_risk > 0, _PER_CUSTOMERS * count / np.maximum(at_risk, 1), np.nan)


def best_weeks(rates: Floats) -> tuple[int, int] | None:
    """The run of weeks around the highest rate with at least 90 % of it; None without events.

    The first and the last week, counted from 1.
    """
    rates = np.nan_to_num(rates)
    if not rates.any():
        return None
    peak = int(rates.argmax())
    low = np.flatnonzero(rates < _NEAR_PEAK * rates[peak])
    before, after = low[low < peak], low[low > peak]
    first = int(before[-1]) + 1 if len(before) else 0
    last = int(after[0]) - 1 if len(after) else len(rates) - 1
    return first + 1, last + 1
