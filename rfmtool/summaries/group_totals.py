"""Totals of groups of people as plain data: count, revenue, average and median."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.money import exact_total, money_text
from rfmtool.rules import Action

_MONEY_KEYS: Final = frozenset({"revenue", "margin", "contact_cost", "reward", "own", "others",
                                "low", "high", "top_revenue", "referred_revenue"})  # fmt: skip


def money_as_text(row: Mapping[Any, Any]) -> dict[str, Any]:
    """The row with its money, which is in whole 1/10,000, as decimal text."""
    texts = dict(row)
    for key in _MONEY_KEYS.intersection(row):
        texts[key] = None if pd.isna(row[key]) else money_text(int(row[key]))
    return texts


def group_totals(frame: pd.DataFrame, column: str) -> list[dict[str, Any]]:
    """Size and revenue of each group with members, in the order of the rules."""
    total = exact_total(frame["monetary"])
    groups = []
    for name, money in frame.groupby(column, observed=True, sort=True)["monetary"]:
        revenue, middle = exact_total(money), [(len(money) - 1) // 2, len(money) // 2]
        double_median = sum(np.partition(money.to_numpy(), middle)[middle].tolist())
        groups.append(
            {
                "name": str(name),
                "customers": len(money),
                "share": len(money) / len(frame),
                "revenue": money_text(revenue),
                "revenue_share": revenue / total if total > 0 else None,
                "average": money_text(round(Fraction(revenue, len(money)))),
                "median": money_text(round(Fraction(double_median, 2))),
            }
        )
    return groups


def count_without_channel(frame: pd.DataFrame, playbook: Sequence[Action]) -> int:
    """How many people have an action that needs a channel, and no channel."""
    actions = {row.label for row in playbook if row.channels}
    has_none = frame["channel"].isna() | frame["channel"].eq("")
    return int((frame["action"].isin(actions) & has_none).sum())
