"""Backtest: do the labels predict who orders again?

Customers are labelled by what was known at the end of each earlier day, and those who ordered in
the days after it are counted by label: the base rates without any lists of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.analyses.return_rates import BACKTEST_DAYS, MIN_GROUP_SIZE, MIN_HISTORY_DAYS, Share
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


def backtest(
    lookbacks: Sequence[Lookback], year_before: tuple[date, Share] | None = None
) -> dict[str, Any]:
    """Count who returned in the BACKTEST_DAYS after each of the days, the latest first, by label.

    `year_before` is the same season a year before: the day, and how many of its buyers returned.

    Returns:
        Plain data, as summary.json has it; `from` is the latest day.
    """
    groups = []
    for by in (name for name in BACKTEST_GROUPINGS if name in lookbacks[0].people):
        counts = [counts_by_label(lookback, by) for lookback in lookbacks]
        # In the order of the categories.
        for name in dict.fromkeys(name for labels in counts for name in labels):
            days = [labels.get(name, (Share(0, 0), 0)) for labels in counts]
            if any(share.customers for share, _ in days):
                groups.append({"by": by, "name": name, **_group_data(days)})
    shares = [lookback.buyer_return_share for lookback in lookbacks]
    spent = [exact_total(lookback.spent[lookback.is_buyer]) for lookback in lookbacks]
    all_buyers = _group_data([*zip(shares, spent, strict=True)])
    return {
        "from": lookbacks[0].day.isoformat(),
        "days": BACKTEST_DAYS,
        "looked_back": [*map(_day_data, (lookback.day for lookback in lookbacks), shares)],
        "year_before": None if year_before is None else _day_data(*year_before),
        "buyers": {"by": "all", "name": "buyers", **all_buyers},
        "segments_differ": _segments_differ(
            Share(group["latest_customers"], group["latest_returned"])
            for group in groups
            if group["by"] == "segment"
        ),
        "groups": groups,
    }


def counts_by_label(lookback: Lookback, by: str) -> dict[str, tuple[Share, int]]:
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


def _group_data(days: Sequence[tuple[Share, int]]) -> dict[str, Any]:
    """The customers with one label: who returned, and what they spent, on each day.

    `low` and `high` are of the latest day, `lowest` and `highest` of any day. The limits, the range
    and the average are missing where customers are too few.
    """
    shares, latest = [share for share, _ in days], days[0][0]
    customers = sum(share.customers for share in shares)
    enough = customers >= MIN_GROUP_SIZE and latest.customers > 0
    low, high = (latest.interval if enough else None) or (None, None)
    ratios = [share.ratio for share in shares if share.ratio is not None] if enough else []
    spent = sum(units for _, units in days)
    return {
        "customers": customers,
        "returned": sum(share.returned for share in shares),
        "latest_customers": latest.customers,
        "latest_returned": latest.returned,
        "low": low,
        "high": high,
        "lowest": min(ratios, default=None),
        "highest": max(ratios, default=None),
        "average_next": money_text(round(Fraction(spent, customers))) if enough else None,
        **({} if enough else {"note": TOO_FEW}),
    }


def _segments_differ(shares: Iterable[Share]) -> bool | None:
    """Whether the return shares of segments differ; None of too few segments.

    Pearson's chi-square at 5 %, its tail by the cube root (Wilson & Hilferty 1931).
    """
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


def _day_data(day: date, share: Share) -> dict[str, Any]:
    return {
        "from": day.isoformat(),
        "until": (day + timedelta(days=BACKTEST_DAYS)).isoformat(),
        "customers": share.customers,
        "returned": share.returned,
    }
