"""Whether the labels predict anything: placed as of earlier days, who came back since?

Customers are placed by what was known at the end of each earlier day, and who ordered in the days
after it is counted by label: what happened without lists of ours, as far as we know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.analyses.return_rates import BACKTEST_DAYS, MIN_HISTORY_DAYS, Share
from rfmtool.arrays import Ints, Mask
from rfmtool.money import exact_total, exact_totals, money_text

BACKTEST_GROUPINGS: Final = ("segment", "stage", "activity", "action")
TOO_FEW: Final = "too few"
SHORT_HISTORY_NOTE: Final = (
    f"Under {MIN_HISTORY_DAYS + BACKTEST_DAYS} days of history: too short to look back at who"
    " returned, so nothing is foretold."
)
"""What to say where there is no backtest."""
_ALIKE_Z: Final = 1.644854
"""The 95 % quantile of the normal distribution."""


@dataclass(frozen=True)
class Lookback:
    """Everybody known at the end of an earlier day, and what became of them in the days after."""

    day: date
    people: pd.DataFrame
    """Placed by what was known then: the GROUPINGS as categories, as far as there are such columns;
    frequency, and for forecasts recency_score, frequency_score and monetary."""
    orders: Ints
    """Of each of them, the orders that count in the BACKTEST_DAYS after."""
    spent: Ints
    """What each spent in these days, refunds taken off, in whole 1/10,000."""

    @property
    def returned(self) -> Mask:
        """Who ordered in the days after."""
        return np.asarray(self.orders > 0)

    @property
    def is_buyer(self) -> Mask:
        """Who had an order that counts by then."""
        return np.asarray(self.people["frequency"].to_numpy() > 0)

    @property
    def buyer_return_share(self) -> Share:
        """How many of those who had bought came back."""
        return Share.from_masks(self.is_buyer, self.returned)


@dataclass(frozen=True)
class BacktestGroup:
    """The customers with one label on the earlier days, and what became of them."""

    by: str
    name: str
    shares: tuple[Share, ...]
    """Of each day, the latest first; of nobody where nobody had the label."""
    spent: int
    """What all of them spent in the days after, in whole 1/10,000."""

    @property
    def share(self) -> Share:
        """All days together."""
        return Share(
            sum(one.customers for one in self.shares), sum(one.returned for one in self.shares)
        )

    def as_data(self) -> dict[str, Any]:
        """Plain data; `low` and `high` are of the latest day, `lowest` and `highest` of any day.

        The limits, the range and the average are missing where customers are too few.
        """
        share, latest = self.share, self.shares[0]
        enough = share.is_enough and latest.customers > 0
        low, high = (latest.interval if enough else None) or (None, None)
        parts = [one.ratio for one in self.shares if one.ratio is not None] if enough else []
        average = money_text(round(Fraction(self.spent, share.customers))) if enough else None
        return {
            "by": self.by,
            "name": self.name,
            "customers": share.customers,
            "returned": share.returned,
            "latest_customers": latest.customers,
            "latest_returned": latest.returned,
            "low": low,
            "high": high,
            "lowest": min(parts, default=None),
            "highest": max(parts, default=None),
            "average_next": average,
            **({} if enough else {"note": TOO_FEW}),
        }


@dataclass(frozen=True)
class Backtest:
    """What became of the customers of earlier days in the BACKTEST_DAYS after each."""

    lookbacks: tuple[Lookback, ...]
    """The latest day first."""
    groups: tuple[BacktestGroup, ...]
    year_before: tuple[date, Share] | None = None
    """Of the same season a year before: the day, and how many of its buyers came back."""

    def as_data(self) -> dict[str, Any]:
        """Plain data, as summary.json has it; `from` is the latest day."""
        days = [_day_data(look.day, look.buyer_return_share) for look in self.lookbacks]
        spent = sum(exact_total(look.spent[look.is_buyer]) for look in self.lookbacks)
        whole = BacktestGroup(
            "all", "buyers", tuple(look.buyer_return_share for look in self.lookbacks), spent
        )
        return {
            "from": self.lookbacks[0].day.isoformat(),
            "days": BACKTEST_DAYS,
            "looked_back": days,
            "year_before": None if self.year_before is None else _day_data(*self.year_before),
            "buyers": whole.as_data(),
            "segments_differ": self.segments_differ,
            "groups": [group.as_data() for group in self.groups],
        }

    @property
    def segments_differ(self) -> bool | None:
        """Whether segments came back unlike each other on the latest day; None where few can say.

        Pearson's chi-square at 5 %, its tail by the cube root (Wilson & Hilferty 1931).
        """
        shares = [one.shares[0] for one in self.groups if one.by == "segment"]
        shares = [one for one in shares if one.is_enough]
        people, back = (sum(one.customers for one in shares), sum(one.returned for one in shares))
        if len(shares) < 2:  # noqa: PLR2004 - one has nothing to differ from
            return None
        if back in (0, people):
            return False
        part = back / people
        spread = part * (1 - part)
        chi = sum((one.returned - one.customers * part) ** 2 / one.customers for one in shares)
        unit = 2 / (9 * (len(shares) - 1))
        root = (chi / spread / (len(shares) - 1)) ** (1 / 3)
        return bool((root - (1 - unit)) / unit**0.5 > _ALIKE_Z)


def backtest(looks: Sequence[Lookback], year_before: tuple[date, Share] | None = None) -> Backtest:
    """Count who came back, by each label that they had, all days together, the latest first."""
    groups = []
    for by in (name for name in BACKTEST_GROUPINGS if name in looks[0].people):
        counted = [_counted(look, by) for look in looks]
        # In the order of the categories, those that somebody had.
        for name in dict.fromkeys(name for labels in counted for name in labels):
            had = [labels.get(name, (Share(0, 0), 0)) for labels in counted]
            shares = tuple(share for share, _ in had)
            if any(share.customers for share in shares):
                groups.append(BacktestGroup(by, name, shares, sum(spent for _, spent in had)))
    return Backtest(tuple(looks), tuple(groups), year_before)


def _counted(look: Lookback, by: str) -> dict[str, tuple[Share, int]]:
    """Of each label: how many had it and came back, and what they spent in the days after."""
    labels = look.people[by].cat
    names, label = labels.categories, labels.codes.to_numpy() + np.intp(1)  # 0 where it is missing
    had, back = (
        np.bincount(rows, minlength=len(names) + 1)[1:].tolist()
        for rows in (label, label[look.returned])
    )
    spent = exact_totals(label, look.spent, len(names) + 1)[1:]
    return {
        str(name): (Share(many, returned), units)
        for name, many, returned, units in zip(names, had, back, spent, strict=True)
    }


def _day_data(day: date, share: Share) -> dict[str, Any]:
    return {
        "from": day.isoformat(),
        "until": (day + timedelta(days=BACKTEST_DAYS)).isoformat(),
        "customers": share.customers,
        "returned": share.returned,
    }
