"""The past out of what each order moved on each day: customers as they stood, spend in periods."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Lock
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from rfmtool.arrays import Ints, Mask, group_starts, part_bounds
from rfmtool.engines import OrderEntries
from rfmtool.grouping.order_dates import DAY_LIMIT, OrderDates, owner_day_keys
from rfmtool.memory import CHUNK_ROWS, FILE_BACKED_ROWS, copy_to_file, release_file_pages, take_rows

_HEARD_OF: Final = {"contacts": "since_on", "referrals": "referred_on", "feedback": "given_on"}
"""The tables that make people known, and the day from which each row does."""
_MOVED: Final = frozenset({"sales", "refunds", "rows", "cost", "uncosted"})


@dataclass(frozen=True)
class OrderHistory:
    """What the orders of some customers moved, laid out so that any earlier day is soon told."""

    amounts: _Moves
    counting_spans: _Counted
    is_in_file: bool = False
    """Whether it takes no memory while nobody looks at it."""

    def to_file(self) -> OrderHistory:
        """The same in a file.

        Raises:
            OSError: there is no room for it, or files are in memory here or not to be had.
        """
        moves, counted = self.amounts, self.counting_spans
        owner, first, day, keys, from_day, before_day, *totals = copy_to_file(
            [
                *(moves.owner, moves.first, moves.day),
                *(counted.keys, counted.from_day, counted.before_day),
                *moves.totals.values(),
            ]
        )
        return OrderHistory(
            _Moves(owner, first, day, dict(zip(moves.totals, totals, strict=True))),
            _Counted(keys, from_day, before_day),
            is_in_file=True,
        )


@dataclass(frozen=True)
class _Moves:
    """What all customers moved, by customer and then by day, each column added up on the way."""

    owner: Ints
    """Each customer who moved anything."""
    first: Ints
    """Where what they moved begins, and after the last of them where it ends."""
    day: Ints
    totals: Mapping[str, Ints]
    """Of everything before each place, the end included."""

    def rows_by(self, day: int) -> Ints:
        """How many entries each `owner` had at the end of a day."""
        return np.diff(_running(self.day <= day)[self.first])

    def sums(self, begin: Ints, rows: Ints) -> dict[str, Ints]:
        """What each `owner` moved in some rows from places on."""
        end = begin + rows
        return {name: total[end] - total[begin] for name, total in self.totals.items()}


@dataclass(frozen=True)
class _Counted:
    """From which day until before which each order counts, by customer and by the order's day.

    An order whose amount changes is there once for each change.
    """

    keys: Ints
    """Of the customer and of the order's day."""
    from_day: npt.NDArray[np.int32]
    before_day: npt.NDArray[np.int32]

    def on(self, day: int) -> OrderDates:
        """The orders that count at the end of a day."""
        counts = (self.from_day <= day) & (day < self.before_day)
        return OrderDates.from_keys(self.keys[counts])


@dataclass(frozen=True)
class OrderHistories:
    """What each order moved on each day, laid out for some customers at a time."""

    entries: OrderEntries
    is_cached: bool
    """Whether all that was laid out is kept in memory.

    Else it is kept in files where there are many orders and room, and where not, the latest alone.
    """
    cached: dict[tuple[int, int], OrderHistory] = field(default_factory=dict)
    """Of the customers between two places."""
    lock: Lock = field(default_factory=Lock)
    """So that threads that want the same part have it laid out once."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled without its lock, which cannot be, and what is laid out, which need not."""
        return partial(OrderHistories, is_cached=self.is_cached), (self.entries,)

    def clear_cache(self) -> None:
        """Keep nothing that is laid out, until somebody asks again."""
        self.cached.clear()

    def slice(self, start: int, stop: int) -> OrderHistory:
        """That of the customers at these places, who are counted from 0."""
        with self.lock:
            if not self.is_cached:
                release_file_pages()
            if (past := self.cached.get((start, stop))) is None:
                for place in [*self.cached]:
                    if not (self.is_cached or self.cached[place].is_in_file):
                        del self.cached[place]
                part = self.entries.slice(start, stop)
                past = OrderHistory(_moves(part), _counted(part))
                if not self.is_cached and len(self.entries.day) > FILE_BACKED_ROWS:
                    with suppress(OSError):
                        past = past.to_file()
                self.cached[start, stop] = past
            return past


def customers_as_of(
    table: pa.Table, past: OrderHistory, until_day: int
) -> tuple[pa.Table, OrderDates]:
    """Some customers as if the export had ended on a day; their places stay as they are.

    An order given back later still counts. Who has no line by then has no order and no money.

    Args:
        table: engines.CUSTOMERS, and `rows`, `cost` and `uncosted` where these are known.
        past: what each order of these customers moved on each day.
        until_day: in days since 1970-01-01, included.

    Returns:
        The table, in which `rows` counts what an order moved on a day as one; and the days of the
        orders that count.
    """
    begin, rows = past.amounts.first[:-1], past.amounts.rows_by(until_day)
    by_then = {"rows": rows, **past.amounts.sums(begin, rows)}
    for name in _MOVED & {*table.column_names}:
        sums = np.zeros(len(table), dtype=np.int64)
        if name in by_then:
            sums[past.amounts.owner] = by_then[name]
        table = table.set_column(table.column_names.index(name), name, pa.array(sums))
    return table, past.counting_spans.on(until_day)


def spend_between(past: OrderHistory, after: int, until: int, customers: int) -> Ints:
    """What each of some customers spent after a day until another, refunds taken off; 1/10,000."""
    before, by_then = (past.amounts.rows_by(day) for day in (after, until))
    moved = past.amounts.sums(past.amounts.first[:-1] + before, by_then - before)
    spent = np.zeros(customers, dtype=np.int64)
    spent[past.amounts.owner] = moved["sales"] - moved["refunds"]
    return spent


def are_known_by_day(
    entries: OrderEntries, people: int, evidence: Mapping[str, pd.DataFrame], until_day: int
) -> Mask:
    """Whom the shop had heard of by the end of a day: by a line, or by an event that is dated.

    Args:
        entries: what each order moved on each day.
        people: how many there are.
        evidence: the tables by name; `owner` and `referred` are places among the people.
        until_day: in days since 1970-01-01, included.
    """
    known = np.zeros(people, dtype=bool)
    for start in range(0, len(entries.day), CHUNK_ROWS):
        rows = slice(start, start + CHUNK_ROWS)
        known[entries.owner[rows][entries.day[rows] <= until_day]] = True
        release_file_pages()
    for name in _HEARD_OF.keys() & evidence.keys():
        table, day = evidence[name], _HEARD_OF[name]
        heard = table[day].le(until_day).fillna(value=False).to_numpy(dtype=bool)
        for person in table.columns.intersection(["owner", "referred"]):
            known[table[person].to_numpy(dtype=np.int64)[heard]] = True
    return known


def counting_order_dates(entries: OrderEntries) -> OrderDates:
    """The days of the orders that net above zero: the earliest with a positive amount."""
    customers = int(entries.owner[-1]) + 1 if len(entries.owner) else 0
    dates = (
        _counting(entries.slice(start, stop)).shifted(start)
        for start, stop in part_bounds(customers)
    )
    return OrderDates.concatenated(dates, len(entries.day))


def _counting(entries: OrderEntries) -> OrderDates:
    starts = group_starts(entries.order)
    if not len(starts):
        return OrderDates(entries.owner, entries.day)
    counts = np.add.reduceat(entries.sales - entries.refunds, starts) > 0
    keys = owner_day_keys(entries.owner[starts], sale_days(entries, starts))[counts]
    keys.sort(kind="stable")
    return OrderDates.from_keys(keys)


def sale_days(entries: OrderEntries, starts: Ints) -> Ints:
    """The day of each order that begins at these places: the earliest with a positive amount."""
    return np.minimum.reduceat(np.where(entries.sales > 0, entries.day, DAY_LIMIT), starts)


def _moves(entries: OrderEntries) -> _Moves:
    keys = owner_day_keys(entries.owner, entries.day)
    order = np.argsort(keys, kind="stable")
    columns = {
        "sales": entries.sales,
        "refunds": entries.refunds,
        "cost": entries.cost,
        "uncosted": entries.uncosted,
    }
    totals = {
        name: _running(column[order]) for name, column in columns.items() if column is not None
    }
    starts = group_starts(entries.owner)
    first = np.append(starts, len(keys))
    return _Moves(entries.owner[starts], first, entries.day[order], totals)


def _counted(entries: OrderEntries) -> _Counted:
    """Follow each order from entry to entry."""
    if not len(entries.order):
        no_days = np.empty(0, dtype=np.int32)
        return _Counted(entries.owner, no_days, no_days)
    starts = group_starts(entries.order)
    running = _running(entries.sales - entries.refunds)
    found = running[1:] - running[starts][entries.order] > 0
    day = entries.day.astype(np.int32)
    before = np.append(day[1:], np.int32(DAY_LIMIT))
    before[starts[1:] - 1] = DAY_LIMIT
    keys = owner_day_keys(entries.owner, sale_days(entries, starts)[entries.order])[found]
    # Exports list a customer's orders by day more often than not, which a stable sort is quick on.
    order = np.argsort(keys, kind="stable")
    return _Counted(keys[order], day[found][order], before[found][order])


def spend_in_periods(entries: OrderEntries, periods: pd.DataFrame) -> Ints:
    """Net spend from `from_day` to `until_day`, both included; a missing day leaves that end open.

    Args:
        entries: what each order moved on each day.
        periods: owner, and from_day and until_day (Int64, days since 1970-01-01).
    """
    keys = owner_day_keys(entries.owner, entries.day)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    running = _running((entries.sales - entries.refunds)[order])
    owner = periods["owner"].to_numpy(dtype=np.int64)
    first = periods["from_day"].to_numpy(dtype=np.int64, na_value=-DAY_LIMIT)
    last = periods["until_day"].to_numpy(dtype=np.int64, na_value=DAY_LIMIT - 1)
    begin = np.searchsorted(keys, owner_day_keys(owner, first), side="left")
    end = np.searchsorted(keys, owner_day_keys(owner, last), side="right")
    spent: Ints = running[np.maximum(end, begin)] - running[begin]
    return spent


def entries_until(entries: OrderEntries, until_day: int) -> OrderEntries:
    """What orders moved until a day, included."""
    kept = entries.day <= until_day
    return OrderEntries(
        entries.owner[kept],
        entries.order[kept],
        entries.day[kept],
        entries.sales[kept],
        entries.refunds[kept],
        None if entries.cost is None else entries.cost[kept],
        None if entries.uncosted is None else entries.uncosted[kept],
    )


def with_owners(entries: OrderEntries, places: Ints) -> OrderEntries:
    """The entries of customers who now stand at other places, in the same order as before."""
    return replace(entries, owner=take_rows(places, entries.owner))


def _running(values: npt.NDArray[Any]) -> Ints:
    """The sum of all before each place, and of all.

    It may be more than 64 bits hold; what lies between two places never is, and comes out right.
    """
    sums = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=sums[1:])
    return sums
