"""Concentration of revenue: how few customers bring how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.arrays import Ints
from rfmtool.money import exact_total, money_text

TOP_PERCENT: Final = (1, 5, 10, 20, 50)
_HEAVY_PERCENT: Final = 20
_MEDIUM_PERCENT: Final = 50
_LORENZ_POINTS: Final = 100
_PERCENT: Final = 100


@dataclass(frozen=True)
class Tier:
    """Buyers of similar spend; `least` and `most` are the smallest and largest, in 1/10,000."""

    name: str
    customers: int
    revenue: int
    least: int
    most: int


@dataclass(frozen=True)
class Concentration:
    """The answer; `gini` is None, `top` and `lorenz` are empty where the total is not above 0.

    Heavy buyers are the fifth who spent most, medium ones the next three tenths, light ones the
    other half; buyers of equal spend are in the same tier, the higher one.
    """

    as_of: date
    buyers: int
    revenue: int
    negative: int
    """How many buyers got back more than they paid: they push a Lorenz curve below 0."""
    gini: float | None
    top: dict[str, float]
    lorenz: tuple[tuple[float, float], ...]
    """Shares of customers and of revenue, from the smallest spend up."""
    tiers: tuple[Tier, ...]
    ranked: pd.DataFrame
    """Each buyer's customer_id, frequency and monetary, the largest spend first."""

    @cached_property
    def table(self) -> pd.DataFrame:
        """`ranked` with each buyer's tier."""
        table = self.ranked.copy()
        sizes = [tier.customers for tier in self.tiers]
        names = np.repeat([tier.name for tier in self.tiers], sizes)
        table.insert(1, "tier", pd.Series(names, dtype="str"))
        return table

    @property
    def notes(self) -> tuple[str, ...]:
        """Caveats in sentences."""
        if not self.buyers:
            return ("Nobody has an order that counts, so there is no revenue to divide.",)
        notes = []
        if self.revenue <= 0:
            notes.append("Buyers got back as much as they paid, so shares of revenue mean nothing.")
        if self.negative:
            notes.append(
                f"Of {self.buyers:,} buyers {self.negative:,} got back more than they paid; their"
                " spend counts as it is, below zero."
            )
        return tuple(notes)

    def as_data(self) -> dict[str, Any]:
        """Plain data; money is text, shares are from 0 to 1."""
        return {
            "as_of": self.as_of.isoformat(),
            "buyers": self.buyers,
            "revenue": money_text(self.revenue),
            "negative_spenders": self.negative,
            "gini": self.gini,
            "top": self.top,
            "tiers": [
                {
                    "name": tier.name,
                    "customers": tier.customers,
                    "share": tier.customers / self.buyers,
                    "revenue": money_text(tier.revenue),
                    "revenue_share": tier.revenue / self.revenue if self.revenue > 0 else None,
                    "least": money_text(tier.least) if tier.customers else None,
                    "most": money_text(tier.most) if tier.customers else None,
                }
                for tier in self.tiers
            ],
            "lorenz": [list(point) for point in self.lorenz],
            "notes": list(self.notes),
        }


def concentration(people: pd.DataFrame, as_of: date) -> Concentration:
    """Measure how unevenly buyers spend; reads customer_id, frequency and monetary of each."""
    buyers = people.loc[people["frequency"] > 0, ["customer_id", "frequency", "monetary"]]
    # The rows come sorted by id, and equal spends stay so.
    ranked = buyers.sort_values("monetary", ascending=False, kind="stable", ignore_index=True)
    spend = ranked["monetary"].to_numpy(dtype=np.int64)
    revenue = exact_total(spend)
    top = {}
    for percent in TOP_PERCENT if revenue > 0 else ():
        largest = spend[: top_count(percent, len(spend))]
        top[f"{percent / _PERCENT:g}"] = exact_total(largest) / revenue
    return Concentration(
        as_of=as_of,
        buyers=len(spend),
        revenue=revenue,
        negative=int((spend < 0).sum()),
        gini=gini(spend[::-1]) if revenue > 0 else None,
        top=top,
        lorenz=_lorenz(spend[::-1], revenue) if revenue > 0 else (),
        tiers=_tiers(spend),
        ranked=ranked,
    )


def gini(ascending: Ints) -> float:
    """Gini's coefficient of ascending values whose total is above zero.

    The mean difference of two customers over twice the mean (Gini, 1912): 0 where all spend the
    same, almost 1 where one spends all. Negative values can bring it above 1.
    """
    values = ascending.astype(np.float64)
    count = len(values)
    weights = 2 * np.arange(1, count + 1) - count - 1
    return float((weights * values).sum() / (count * values.sum()))


def top_count(percent: int, count: int) -> int:
    """How many of `count` customers are the top `percent`, rounded up."""
    return -(-percent * count // _PERCENT)


def _lorenz(ascending: Ints, revenue: int) -> tuple[tuple[float, float], ...]:
    """At most 101 points, each at a whole number of customers."""
    count = len(ascending)
    steps = min(count, _LORENZ_POINTS)
    numbers = [step * count // steps for step in range(steps + 1)]
    cumulated = np.concatenate([[0.0], np.cumsum(ascending.astype(np.float64))])
    return tuple((number / count, float(cumulated[number]) / revenue) for number in numbers)


def _tiers(descending: Ints) -> tuple[Tier, ...]:
    count = len(descending)
    if not count:
        return ()
    tops = [top_count(percent, count) for percent in (_HEAVY_PERCENT, _MEDIUM_PERCENT)]
    ends = [int((descending >= descending[top - 1]).sum()) for top in tops]
    tiers = []
    bounds = zip(("heavy", "medium", "light"), pairwise([0, *ends, count]), strict=True)
    for name, (start, end) in bounds:
        spend = descending[start:end]
        least, most = (int(spend[-1]), int(spend[0])) if len(spend) else (0, 0)
        tiers.append(Tier(name, len(spend), exact_total(spend), least, most))
    return tuple(tiers)
