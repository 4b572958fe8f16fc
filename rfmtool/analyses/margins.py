"""What is left after costs: by rung of the ladder, and by the number of the order."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.arrays import Ints, Mask, group_starts
from rfmtool.engines import OrderEntries
from rfmtool.grouping.order_history import sale_days
from rfmtool.money import exact_total

NUMBERED_ORDERS: Final = 5
"""Orders after these are taken together."""


def margins_by_stage(people: pd.DataFrame) -> list[dict[str, Any]]:
    """The margin of each rung with members, of those people whose every cost is known.

    Reads stage, monetary and margin (Int64, 1/10,000; missing: a cost is not known).

    Returns:
        Of each rung its name, how many people, and their revenue and margin in whole 1/10,000.
    """
    known = people[people["margin"].notna()]
    return [
        {"name": str(name), "many": len(rows), "revenue": exact_total(rows["monetary"]),
         "margin": exact_total(rows["margin"])}
        for name, rows in known.groupby("stage", observed=True, sort=True)
    ]  # fmt: skip


def margins_by_order(entries: OrderEntries) -> list[dict[str, Any]]:
    """The margin of first orders, second orders and so on, of counting orders with known costs.

    Orders are numbered by their day; those of one customer on one day by the engine's order. The
    rows are as in `margins_by_stage`.
    """
    if entries.cost is None or entries.uncosted is None or not len(entries.order):
        return []
    starts = group_starts(entries.order)
    net = np.add.reduceat(entries.sales - entries.refunds, starts)
    left = net - np.add.reduceat(entries.cost, starts)
    known = np.add.reduceat(entries.uncosted, starts) == 0
    number = _numbers(entries, starts, net > 0)
    found = []
    for one in range(1, NUMBERED_ORDERS + 2):
        rows = known & (number == one)
        if rows.any():
            name = str(one) if one <= NUMBERED_ORDERS else f"{one}+"
            revenue, margin = (exact_total(column[rows]) for column in (net, left))
            many = int(rows.sum())
            found.append({"name": name, "many": many, "revenue": revenue, "margin": margin})
    return found


def _numbers(entries: OrderEntries, starts: Ints, counts: Mask) -> Ints:
    """The number of each order among its customer's counting orders, at most one past the last."""
    day, owner = sale_days(entries, starts), entries.owner[starts]
    rows = np.flatnonzero(counts)
    rows = rows[np.lexsort((day[rows], owner[rows]))]
    first = group_starts(owner[rows])
    place = np.arange(len(rows)) - np.repeat(first, np.diff(first, append=len(rows)))
    number = np.zeros(len(starts), dtype=np.int64)
    number[rows] = np.minimum(place, NUMBERED_ORDERS) + 1
    return number
