"""How long it takes until something happens, where some are still waiting: Kaplan & Meier (1958).

The estimator is a dozen lines over sorted days, so it is our own: every library that has one brings
far heavier ones along, and none rounds nor breaks ties otherwise.
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
_NEAR: Final = 0.9
"""A week belongs to the best ones while its hazard is this part of the highest."""
_LAST_BIT: Final = 1e-9
"""Shares that are equal but for the last bit of a double count as equal."""


@dataclass(frozen=True)
class SurvivalCurve:
    """The share still without the event after each day on which one happened.

    `se` is Greenwood's standard error (1926), NaN where the share is 0. `customers` were watched,
    the longest of them for `watched_days`.
    """

    day: Ints
    survival: Floats
    se: Floats
    customers: int
    watched_days: int
    at_risk_at_last_event: int = 0
    """How many were still waiting on the last day with an event."""

    def event_share(self, day: int) -> float:
        """The share with the event by a day; beyond the last event it stays as it was."""
        place = int(np.searchsorted(self.day, day, side="right")) - 1
        return float(1 - self.survival[place]) if place >= 0 else 0.0

    def event_share_limits(self, day: int) -> tuple[float, float]:
        """Limits of the share with the event by a day; before the first event both are 0."""
        place = int(np.searchsorted(self.day, day, side="right")) - 1
        if place < 0:
            return 0.0, 0.0
        low, high = self._limits()
        return float(low[place]), float(high[place])

    def quantile(self, share: float) -> int | None:
        """The first day by which at least this share has the event; None where it is not seen."""
        there = 1 - self.survival >= share * (1 - _LAST_BIT)
        return int(self.day[there.argmax()]) if there.any() else None

    def confidence_band(self) -> tuple[Floats, Floats]:
        """Limits of the share with the event, at 95 % for each day; NaN where `se` is.

        On the scale of log(-log S), so that they stay between 0 and 1 (Kalbfleisch & Prentice,
        1980).
        """
        known = ~np.isnan(self.se)
        inner = np.where(known, self.survival, 0.5)  # any share inside: its place is left empty
        spread = np.where(known, Z_95 * self.se / (inner * np.log(inner)), np.nan)
        low, high = 1 - inner ** np.exp(spread), 1 - inner ** np.exp(-spread)
        return low, high

    def quantile_limits(self, share: float) -> tuple[int | None, int | None]:
        """Limits of the day by which this share has the event (Brookmeyer & Crowley, 1982).

        None is not seen yet.
        """
        low, high = (limit >= share for limit in self._limits())
        first, last = (int(self.day[at.argmax()]) if at.any() else None for at in (high, low))
        return first, last

    def _limits(self) -> tuple[Floats, Floats]:
        """The band, and where everybody has had the event what those last waiting tell of all.

        Of so many of as many, Wilson's lower limit (1927); no lower than the limit of the day
        before.
        """
        low, high = self.confidence_band()
        if len(low) and np.isnan(low[-1]):
            before = low[-2] if len(low) > 1 else 0.0
            low[-1] = max(
                before, self.at_risk_at_last_event / (self.at_risk_at_last_event + Z_95**2)
            )
            high[-1] = 1.0
        return low, high


def survival_curve(times: Ints, events: Mask) -> SurvivalCurve:
    """Estimate the curve from days until the event, or until watching ended where none came."""
    watched = int(times.max()) if len(times) else 0
    on_day = np.bincount(times[events], minlength=watched + 1)
    days = np.flatnonzero(on_day)
    happened, at_risk = on_day[days], _at_risk(times)[days]
    survival = np.cumprod(1 - happened / at_risk).astype(np.float64)
    left = at_risk - happened  # nobody is left after the last event where all have had it
    spread = np.cumsum(happened / (at_risk * np.maximum(left, 1)))
    se = np.where(left > 0, survival * np.sqrt(spread), np.nan)
    last = int(at_risk[-1]) if len(days) else 0
    return SurvivalCurve(days, survival, se, len(times), watched, last)


def _at_risk(times: Ints) -> Ints:
    """How many are still watched on each day from 0 on, until nobody is."""
    return np.cumsum(np.bincount(times)[::-1])[::-1]


def weekly_hazard(times: Ints, events: Mask, weeks: int) -> Floats:
    """Events per 1,000 customer-days at risk in days 1-7, 8-14 and so on.

    Returns:
        A rate for each week; NaN where nobody was watched in it.
    """
    at_risk = np.zeros(weeks * _WEEK + 1, dtype=np.int64)
    watched = _at_risk(times)[: len(at_risk)]
    at_risk[: len(watched)] = watched
    at_risk = at_risk[1:].reshape(weeks, _WEEK).sum(axis=1)
    places = (times[events] - 1) // _WEEK
    happened = np.bincount(places[places < weeks], minlength=weeks)
    rates: Floats = np.where(
        at_risk > 0, _PER_CUSTOMERS * happened / np.maximum(at_risk, 1), np.nan
    )
    return rates


def best_weeks(rates: Floats) -> tuple[int, int] | None:
    """The run of weeks around the highest rate that stay at 90 % of it or more.

    Returns:
        The first and the last of them, counted from 1; None where nothing happened.
    """
    rates = np.nan_to_num(rates)
    if not rates.any():
        return None
    peak = int(rates.argmax())
    low = np.flatnonzero(rates < _NEAR * rates[peak])
    before, after = low[low < peak], low[low > peak]
    first = int(before[-1]) + 1 if len(before) else 0
    last = int(after[0]) - 1 if len(after) else len(rates) - 1
    return first + 1, last + 1
