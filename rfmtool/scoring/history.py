"""The past out of what each order moved on each day: customers as they stood, spend in periods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from rfmtool.engines import Entries
from rfmtool.scoring.customers import OrderDates

Ints = npt.NDArray[np.int64]

_DAY_BITS: Final = 24
_LATE: Final = 1 << (_DAY_BITS - 1)
"""Days since 1970 lie between plus and minus this."""
_HEARD_OF: Final = {"contacts": "since_on", "referrals": "referred_on", "feedback": "given_on"}
"""The tables that make people known, and the day from which each row does."""


def standing(table: pa.Table, entries: Entries, until_day: int) -> tuple[pa.Table, OrderDates]:
    """The customers as if the export had ended on a day; their places stay as they are.

    An order given back later still counts. Who has no line by then has no order and no money.

    Args:
        table: engines.CUSTOMERS, and `rows`, `cost` and `uncosted` where these are known.
        entries: what each order moved on each day.
        until_day: in days since 1970-01-01, included.

    Returns:
        The table, in which `rows` counts what an order moved on a day as one; and the days of the
        orders that count.
    """
    by_then = ended(entries, until_day)
    sums: dict[str, Ints | None] = {
        "sales": by_then.sales,
        "refunds": by_then.refunds,
        "rows": np.ones(len(by_then.day), dtype=np.int64),
        "cost": by_then.cost,
        "uncosted": by_then.uncosted,
    }
    for name, values in sums.items():
        if name in table.column_names and values is not None:
            added = pa.array(_sums(values, by_then.owner, len(table)))
            table = table.set_column(table.column_names.index(name), name, added)
    return table, counting_orders(by_then)


def known_by(
    entries: Entries, evidence: Mapping[str, pd.DataFrame], people: int, until_day: int
) -> npt.NDArray[np.bool_]:
    """Whom the shop had heard of by the end of a day: by a line, or by an event that is dated.

    Args:
        entries: what each order moved on each day.
        evidence: the tables by name; `owner` and `referred` are places among the people.
        people: how many there are.
        until_day: in days since 1970-01-01, included.
    """
    known = np.zeros(people, dtype=bool)
    known[entries.owner[entries.day <= until_day]] = True
    for name, day in _HEARD_OF.items():
        table = evidence.get(name, pd.DataFrame({day: []}))
        heard = table[table[day].le(until_day).fillna(value=False).to_numpy(dtype=bool)]
        for person in heard.columns.intersection(["owner", "referred"]):
            known[heard[person].to_numpy(dtype=np.int64)] = True
    return known


def counting_orders(entries: Entries) -> OrderDates:
    """The days of the orders that net above zero: the earliest with a positive amount."""
    if not len(entries.order):
        return OrderDates(entries.owner, entries.day)
    starts = np.flatnonzero(np.diff(entries.order, prepend=entries.order[0] - 1))
    net = np.add.reduceat(entries.sales - entries.refunds, starts)
    sold_on = np.where(entries.sales > 0, entries.day, _LATE)
    day = np.minimum.reduceat(sold_on, starts)[net > 0]
    # Exports list a customer's orders by day more often than not, which a stable sort is quick on.
    keys = np.sort(_keys(entries.owner[starts][net > 0], day), kind="stable")
    return OrderDates(keys >> _DAY_BITS, (keys & ((1 << _DAY_BITS) - 1)) - _LATE)


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
    """What orders moved until a day, included."""
    kept = entries.day <= until_day
    return Entries(
        entries.owner[kept],
        entries.order[kept],
        entries.day[kept],
        entries.sales[kept],
        entries.refunds[kept],
        None if entries.cost is None else entries.cost[kept],
        None if entries.uncosted is None else entries.uncosted[kept],
    )


def moved(entries: Entries, places: Ints) -> Entries:
    """The entries of customers who now stand at other places, in the same order as before."""
    return replace(entries, owner=places[entries.owner])


def _keys(owner: Ints, day: Ints) -> Ints:
    """One whole number for an owner and a day, ascending by both."""
    return (owner << _DAY_BITS) + (day + _LATE)


def _sums(values: Ints, owner: Ints, count: int) -> Ints:
    """Sums by owner, of values sorted by owner."""
    sums = np.zeros(count, dtype=np.int64)
    if len(owner):
        starts = np.flatnonzero(np.diff(owner, prepend=owner[0] - 1))
        sums[owner[starts]] = np.add.reduceat(values, starts)
    return sums
