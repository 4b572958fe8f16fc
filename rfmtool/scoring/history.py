"""The past out of what each order moved on each day: customers as they stood, spend in periods."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from rfmtool.engines import Entries
from rfmtool.scoring.customers import OrderDates

Ints = npt.NDArray[np.int64]

_LATE: Final = 1 << 23
"""Days since 1970 lie between plus and minus this."""


def standing(table: pa.Table, entries: Entries, until_day: int) -> tuple[pa.Table, OrderDates]:
    """The customers as if the export had ended on a day; their places stay as they are.

    An order given back later still counts. Who has no line by then has no order and no money.

    Args:
        table: engines.CUSTOMERS.
        entries: what each order moved on each day.
        until_day: in days since 1970-01-01, included.
    """
    by_then = ended(entries, until_day)
    sales = _sums(by_then.sales, by_then.owner, len(table))
    refunds = _sums(by_then.refunds, by_then.owner, len(table))
    names = table.column_names
    past = table.set_column(names.index("sales"), "sales", pa.array(sales))
    past = past.set_column(names.index("refunds"), "refunds", pa.array(refunds))
    return past, counting_orders(by_then)


def counting_orders(entries: Entries) -> OrderDates:
    """The days of the orders that net above zero: the earliest with a positive amount."""
    if not len(entries.order):
        return OrderDates(entries.owner, entries.day)
    starts = np.flatnonzero(np.diff(entries.order, prepend=entries.order[0] - 1))
    net = np.add.reduceat(entries.sales - entries.refunds, starts)
    sold_on = np.where(entries.sales > 0, entries.day, _LATE)
    day = np.minimum.reduceat(sold_on, starts)[net > 0]
    owner = entries.owner[starts][net > 0]
    order = np.lexsort((day, owner))
    return OrderDates(owner[order], day[order])


def spend_within(entries: Entries, periods: pd.DataFrame) -> Ints:
    """Net spend from `from_day` to `until_day`, both included; a missing day leaves that end open.

    Args:
        entries: what each order moved on each day.
        periods: owner, and from_day and until_day (Int64, days since 1970-01-01).
    """
    keys = _keys(entries.owner, entries.day)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    running = np.concatenate([[0], np.cumsum((entries.sales - entries.refunds)[order])])
    owner = periods["owner"].to_numpy(dtype=np.int64)
    first = periods["from_day"].to_numpy(dtype=np.int64, na_value=-_LATE)
    last = periods["until_day"].to_numpy(dtype=np.int64, na_value=_LATE - 1)
    begin = np.searchsorted(keys, _keys(owner, first), side="left")
    end = np.searchsorted(keys, _keys(owner, last), side="right")
    spent: Ints = running[np.maximum(end, begin)] - running[begin]
    return spent


def ended(entries: Entries, until_day: int) -> Entries:
    """What orders moved until a day, included; without costs."""
    kept = entries.day <= until_day
    return Entries(
        entries.owner[kept],
        entries.order[kept],
        entries.day[kept],
        entries.sales[kept],
        entries.refunds[kept],
    )


def moved(entries: Entries, places: Ints) -> Entries:
    """The entries of customers who now stand at other places, in the same order as before."""
    return replace(entries, owner=places[entries.owner])


def _keys(owner: Ints, day: Ints) -> Ints:
    return (owner << 24) + (day + _LATE)


def _sums(values: Ints, owner: Ints, count: int) -> Ints:
    """Sums by owner, of values sorted by owner."""
    sums = np.zeros(count, dtype=np.int64)
    if len(owner):
        starts = np.flatnonzero(np.diff(owner, prepend=owner[0] - 1))
        sums[owner[starts]] = np.add.reduceat(values, starts)
    return sums
