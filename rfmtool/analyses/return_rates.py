"""Return rates: who ordered again in the days after a day, and shares with their limits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from rfmtool.arrays import Mask
from rfmtool.scoring.survival import Z_95

BACKTEST_DAYS: Final = 90
"""How many days are observed after each lookback day."""
MIN_HISTORY_DAYS: Final = 180
"""The least history before a lookback day."""
MAX_LOOKBACKS: Final = 4
"""The largest number of lookback days: together they cover the seasons of a year."""
MIN_GROUP_SIZE: Final = 30
"""Shares of fewer people are not compared."""


@dataclass(frozen=True)
class Share:
    """How many of some customers returned, with Wilson's interval (1927) around their share."""

    customers: int
    returned: int

    @classmethod
    def from_masks(cls, who: Mask, returned: Mask) -> Share:
        """The share of `who` that is in `returned` as well."""
        return cls(int(who.sum()), int((who & returned).sum()))

    @property
    def ratio(self) -> float | None:
        """The share, from 0 to 1; None without customers."""
        return self.returned / self.customers if self.customers else None

    @property
    def is_enough(self) -> bool:
        """Whether there are enough customers to compare the share."""
        return self.customers >= MIN_GROUP_SIZE

    @property
    def interval(self) -> tuple[float, float] | None:
        """The limits of the share at 95 %; None without customers."""
        if not self.customers:
            return None
        n, p = self.customers, self.returned / self.customers
        middle = p + Z_95**2 / (2 * n)
        spread = Z_95 * math.sqrt(p * (1 - p) / n + (Z_95 / (2 * n)) ** 2)
        scale = 1 + Z_95**2 / n
        # Exactly 0 and 1 at the ends, whatever the rounding.
        low = (middle - spread) / scale if self.returned else 0.0
        high = (middle + spread) / scale if self.returned < n else 1.0
        return low, high

    def as_data(self) -> dict[str, Any]:
        """The counts, their ratio and its limits; `of` is the number of customers."""
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
    """The lookback days, BACKTEST_DAYS apart, the latest first.

    Each lies at least MIN_HISTORY_DAYS after the first day with a counting order.
    """
    days = [as_of - timedelta(days=BACKTEST_DAYS * step) for step in range(1, MAX_LOOKBACKS + 1)]
    return [day for day in days if (day - first_order_on).days >= MIN_HISTORY_DAYS]


def backtest_date(first_order_on: date, as_of: date) -> date | None:
    """The day of the backtest; None if too little time passed since the first counting order."""
    if (as_of - first_order_on).days < MIN_HISTORY_DAYS:
        return None
    return as_of - timedelta(days=BACKTEST_DAYS)
