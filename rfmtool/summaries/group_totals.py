"""Sums over groups of people as plain data: how many, how much, the middle one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.money import exact_total, money_text
from rfmtool.rules import Action

_MONEY: Final = ("revenue", "margin", "contact_cost", "reward", "own", "others", "low", "high",
                 "top_revenue", "referred_revenue")  # fmt: skip


def money_as_text(row: Mapping[Any, Any]) -> dict[str, Any]:
    """The same with its money, which is in whole 1/10,000, as decimal text."""
    return {
        name: value if name not in _MONEY else None if pd.isna(value) else money_text(int(value))
        for name, value in row.items()
    }


def group_totals(frame: pd.DataFrame, column: str) -> list[dict[str, Any]]:
    """Size and money of each group that has members, in the order of the rules."""
    total = exact_total(frame["monetary"])
    grouped = frame.groupby(column, observed=True, sort=True)["monetary"]
    groups = []
    for name, money in grouped:
        revenue, middle = exact_total(money), [(len(money) - 1) // 2, len(money) // 2]
        twice_the_median = sum(np.partition(money.to_numpy(), middle)[middle].tolist())
        groups.append(
            {
                "name": str(name),
                "customers": len(money),
                "share": len(money) / len(frame),
                "revenue": money_text(revenue),
                "revenue_share": revenue / total if total else None,
                "average": money_text(round(Fraction(revenue, len(money)))),
                "median": money_text(round(Fraction(twice_the_median, 2))),
            }
        )
    return groups


def count_without_channel(frame: pd.DataFrame, playbook: Sequence[Action]) -> int:
    """How many have something to be told and no channel to be told it by."""
    told = {row.label for row in playbook if row.channels}
    closed = frame["channel"].isna() | frame["channel"].eq("")
    return int((frame["action"].isin(told) & closed).sum())
