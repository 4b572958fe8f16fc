"""Who came back in the days after a day, and how sure a share of them is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from rfmtool.arrays import Mask
from rfmtool.scoring.survival import Z_95
from rfmtool.scoring.timing import OrderDays

BACKTEST_DAYS: Final = 90
"""How far a look back goes."""
MIN_HISTORY_DAYS: Final = 180
"""With less there is too little before the day that one would look back from."""
LOOK_BACKS: Final = 4
"""From so many days at most: together a year, so that no season alone speaks."""
MIN_GROUP_SIZE: Final = 30
"""A share of fewer people says nothing: they are counted, and not compared."""


@dataclass(frozen=True)
class Share:
    """So many of so many customers, and Wilson's interval (1927) around their share."""

    customers: int
    returned: int

    @classmethod
    def from_masks(cls, who: Mask, returned: Mask) -> Share:
        """So many of some people returned, or did whatever else is asked of them."""
        return cls(int(who.sum()), int((who & returned).sum()))

    @property
    def ratio(self) -> float | None:
        """The share, from 0 to 1; None of nobody."""
        return self.returned / self.customers if self.customers else None

    @property
    def is_enough(self) -> bool:
        """Whether there are enough of them for the share to say anything."""
        return self.customers >= MIN_GROUP_SIZE

    @property
    def interval(self) -> tuple[float, float] | None:
        """The limits of the share at 95 %; None of nobody."""
        if not self.customers:
            return None
        whole, part = self.customers, self.returned / self.customers
        middle = part + Z_95**2 / (2 * whole)
        spread = Z_95 * math.sqrt(part * (1 - part) / whole + (Z_95 / (2 * whole)) ** 2)
        scale = 1 + Z_95**2 / whole
        # None and all are limits themselves, to the last bit.
        low = (middle - spread) / scale if self.returned else 0.0
        high = (middle + spread) / scale if self.returned < whole else 1.0
        return low, high

    def as_data(self) -> dict[str, Any]:
        """The two counts, their ratio and its limits; `of` counts those who could have."""
        low, high = self.interval or (None, None)
        return {
            "people": self.returned,
            "of": self.customers,
            "share": self.ratio,
            "low": low,
            "high": high,
            "too_few": not self.is_enough,
        }


def lookback_dates(first_order_on: date, as_of: date) -> list[date]:
    """The days to look back from, BACKTEST_DAYS apart, the latest first.

    Each lies MIN_HISTORY_DAYS after the first day with a counting order.
    """
    days = [as_of - timedelta(days=BACKTEST_DAYS * step) for step in range(1, LOOK_BACKS + 1)]
    return [day for day in days if (day - first_order_on).days >= MIN_HISTORY_DAYS]


def backtest_date(first_order_on: date, as_of: date) -> date | None:
    """The day to look back from; None where there is too little since the first counting order."""
    if (as_of - first_order_on).days < MIN_HISTORY_DAYS:
        return None
    return as_of - timedelta(days=BACKTEST_DAYS)


def returned_between(days: OrderDays, customers: int, after: int, until: int) -> Mask:
    """Who of all customers has an order day later than `after` and not later than `until`."""
    within = (days.day > after) & (days.day <= until)
    return np.bincount(days.owner[within], minlength=customers) > 0


def order_days_until(days: OrderDays, last: int) -> OrderDays:
    """The order days as they were known at the end of a day."""
    known = days.day <= last
    return OrderDays(days.owner[known], days.day[known])
