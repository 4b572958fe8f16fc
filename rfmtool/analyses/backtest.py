"""Backtest: do the labels predict who orders again?

Customers are labelled by what was known at the end of each earlier day, and those who ordered in
the days after it are counted by label: the base rates without any lists of ours.
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
    " returned, so no forecast is made."
)
"""The note where there is no backtest."""
_Z_95_ONE_SIDED: Final = 1.644854
"""The 95 % quantile of the normal distribution."""


@dataclass(frozen=True)
class Lookback:
    """Everybody known at the end of an earlier day, and what they ordered in the days after."""

    day: date
    people: pd.DataFrame
    """Labelled by what was known then: those of BACKTEST_GROUPINGS that exist, as categories;
    frequency, and for forecasts recency_score, frequency_score and monetary."""
    orders: Ints
    """The counting orders of each person in the BACKTEST_DAYS after."""
    spent: Ints
    """What each person spent in these days less refunds, in whole 1/10,000."""

    @property
    def returned(self) -> Mask:
        """Who ordered in the days after."""
        return np.asarray(self.orders > 0)

    @property
    def is_buyer(self) -> Mask:
        """Who had a counting order by then."""
        return np.asarray(self.people["frequency"].to_numpy() > 0)

    @property
    def buyer_return_share(self) -> Share:
        """How many of the buyers ordered again."""
        return Share.from_masks(self.is_buyer, self.returned)


@dataclass(frozen=True)
class BacktestGroup:
    """The customers with one label on the earlier days, and how many of them returned."""

    by: str
    name: str
    shares: tuple[Share, ...]
    """By day, the latest first; of no customers where nobody had the label."""
    spent: int
    """Their total spend in the days after, in whole 1/10,000."""

    @property
    def share(self) -> Share:
        """All days together."""
        return Share(
            sum(share.customers for share in self.shares),
            sum(share.returned for share in self.shares),
        )

    def as_data(self) -> dict[str, Any]:
        """Plain data; `low` and `high` are of the latest day, `lowest` and `highest` of any day.

        The limits, the range and the average are missing where customers are too few.
        """
        share, latest = self.share, self.shares[0]
        enough = share.is_enough and latest.customers > 0
        low, high = (latest.interval if enough else None) or (None, None)
        ratios = [day.ratio for day in self.shares if day.ratio is not None] if enough else []
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
            "lowest": min(ratios, default=None),
            "highest": max(ratios, default=None),
            "average_next": average,
            **({} if enough else {"note": TOO_FEW}),
        }


@dataclass(frozen=True)
class Backtest:
    """Who returned in the BACKTEST_DAYS after each of some earlier days."""

    lookbacks: tuple[Lookback, ...]
    """The latest day first."""
    groups: tuple[BacktestGroup, ...]
    year_before: tuple[date, Share] | None = None
    """The same season a year before: the day, and how many of its buyers returned."""

    def as_data(self) -> dict[str, Any]:
        """Plain data, as summary.json has it; `from` is the latest day."""
        shares = tuple(lookback.buyer_return_share for lookback in self.lookbacks)
        days = [lookback.day for lookback in self.lookbacks]
        spent = sum(exact_total(lookback.spent[lookback.is_buyer]) for lookback in self.lookbacks)
        return {
            "from": days[0].isoformat(),
            "days": BACKTEST_DAYS,
            "looked_back": [*map(_day_data, days, shares)],
            "year_before": None if self.year_before is None else _day_data(*self.year_before),
            "buyers": BacktestGroup("all", "buyers", shares, spent).as_data(),
            "segments_differ": self.segments_differ,
            "groups": [group.as_data() for group in self.groups],
        }

    @property
    def segments_differ(self) -> bool | None:
        """Whether return shares of segments differed on the latest day; None of too few segments.

        Pearson's chi-square at 5 %, its tail by the cube root (Wilson & Hilferty 1931).
        """
        shares = [group.shares[0] for group in self.groups if group.by == "segment"]
        shares = [share for share in shares if share.is_enough]
        customers = sum(share.customers for share in shares)
        returned = sum(share.returned for share in shares)
        if len(shares) < 2:  # noqa: PLR2004 - a comparison takes two
            return None
        if returned in (0, customers):
            return False
        ratio, freedom = returned / customers, len(shares) - 1
        chi = sum((part.returned - part.customers * ratio) ** 2 / part.customers for part in shares)
        unit = 2 / (9 * freedom)
        root = (chi / (ratio * (1 - ratio)) / freedom) ** (1 / 3)
        return bool((root - (1 - unit)) / unit**0.5 > _Z_95_ONE_SIDED)


def backtest(
    lookbacks: Sequence[Lookback], year_before: tuple[date, Share] | None = None
) -> Backtest:
    """Count who returned by label, on each of the days, the latest first."""
    groups = []
    for by in (name for name in BACKTEST_GROUPINGS if name in lookbacks[0].people):
        counts = [_counts_by_label(lookback, by) for lookback in lookbacks]
        # In the order of the categories.
        for name in dict.fromkeys(name for labels in counts for name in labels):
            days = [labels.get(name, (Share(0, 0), 0)) for labels in counts]
            shares = tuple(share for share, _ in days)
            if any(share.customers for share in shares):
                groups.append(BacktestGroup(by, name, shares, sum(spent for _, spent in days)))
    return Backtest(tuple(lookbacks), tuple(groups), year_before)


def _counts_by_label(lookback: Lookback, by: str) -> dict[str, tuple[Share, int]]:
    """For each label its customers, those who returned, and what they spent in the days after."""
    labels = lookback.people[by].cat
    names, codes = labels.categories, labels.codes.to_numpy() + np.intp(1)  # 0 where it is missing
    customers, returned = (
        np.bincount(rows, minlength=len(names) + 1)[1:].tolist()
        for rows in (codes, codes[lookback.returned])
    )
    spent = exact_totals(codes, lookback.spent, len(names) + 1)[1:]
    return {
        str(name): (Share(total, back), units)
        for name, total, back, units in zip(names, customers, returned, spent, strict=True)
    }


def _day_data(day: date, share: Share) -> dict[str, Any]:
    return {
        "from": day.isoformat(),
        "until": (day + timedelta(days=BACKTEST_DAYS)).isoformat(),
        "customers": share.customers,
        "returned": share.returned,
    }
