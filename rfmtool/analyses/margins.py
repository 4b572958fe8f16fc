"""Margins by rung of the ladder, and by the number of the order."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.arrays import Ints, Mask, group_starts
from rfmtool.engines import OrderEntries
from rfmtool.grouping.order_history import sale_days
from rfmtool.money import exact_total

NUMBERED_ORDERS: Final = 5
"""Later orders are counted together."""


def margins_by_stage(people: pd.DataFrame) -> list[dict[str, Any]]:
    """By rung, the number of people whose costs are all known, their revenue and margin (1/10,000).

    Reads stage, monetary and margin (Int64, 1/10,000; missing: a cost is not known).
    """
    known = people[people["margin"].notna()]
    return [
        {"name": str(name), "many": len(rows), "revenue": exact_total(rows["monetary"]),
         "margin": exact_total(rows["margin"])}
        for name, rows in known.groupby("stage", observed=True, sort=True)
    ]  # fmt: skip


def margins_by_order(entries: OrderEntries) -> list[dict[str, Any]]:
    """The same by number of the order, over counting orders with known costs.

    Orders are numbered by their day; those of one customer on one day by the engine's order.
    """
    if entries.cost is None or entries.uncosted is None or not len(entries.order):
        return []
    starts = group_starts(entries.order)
    net = np.add.reduceat(entries.sales - entries.refunds, starts)
    margin = net - np.add.reduceat(entries.cost, starts)
    known = np.add.reduceat(entries.uncosted, starts) == 0
    order_number = _order_numbers(entries, starts, net > 0)
    found = []
    for number in range(1, NUMBERED_ORDERS + 2):
        rows = known & (order_number == number)
        if rows.any():
            name = str(number) if number <= NUMBERED_ORDERS else f"{number}+"
            found.append({"name": name, "many": int(rows.sum()), "revenue": exact_total(net[rows]),
                          "margin": exact_total(margin[rows])})  # fmt: skip
    return found


def _order_numbers(entries: OrderEntries, starts: Ints, counts: Mask) -> Ints:
    """The number of each order among its customer's counting orders, at most one past the last."""
    day, owner = sale_days(entries, starts), entries.owner[starts]
    rows = np.flatnonzero(counts)
    rows = rows[np.lexsort((day[rows], owner[rows]))]
    index = pd.Series(rows).groupby(owner[rows], sort=False).cumcount().to_numpy()
    number = np.zeros(len(starts), dtype=np.int64)
    number[rows] = np.minimum(index, NUMBERED_ORDERS) + 1
    return number
