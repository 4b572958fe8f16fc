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

from rfmtool.arrays import Ints, Mask, parts_of, starts_of
from rfmtool.engines import Entries
from rfmtool.grouping.order_days import LATE, OrderDates, owner_days
from rfmtool.heap import LONG, ROWS_AT_A_TIME, filed, put_away, taken

_HEARD_OF: Final = {"contacts": "since_on", "referrals": "referred_on", "feedback": "given_on"}
"""The tables that make people known, and the day from which each row does."""
_MOVED: Final = frozenset({"sales", "refunds", "rows", "cost", "uncosted"})


@dataclass(frozen=True)
class Past:
    """What the orders of some customers moved, laid out so that any earlier day is soon told."""

    moves: _Moves
    counted: _Counted
    is_in_file: bool = False
    """Whether it takes no memory while nobody looks at it."""

    def in_file(self) -> Past:
        """The same in a file.

        Raises:
            OSError: there is no room for it, or files are in memory here or not to be had.
        """
        moves, counted = self.moves, self.counted
        owner, first, day, keys, from_day, before_day, *totals = filed(
            [
                *(moves.owner, moves.first, moves.day),
                *(counted.keys, counted.from_day, counted.before_day),
                *moves.totals.values(),
            ]
        )
        return Past(
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
        return OrderDates.of(self.keys[counts])


@dataclass(frozen=True)
class Pasts:
    """What each order moved on each day, laid out for some customers at a time."""

    entries: Entries
    is_kept: bool
    """Whether all that was laid out is kept in memory.

    Else it is kept in files where there are many orders and room, and where not, the latest alone.
    """
    laid_out: dict[tuple[int, int], Past] = field(default_factory=dict)
    """Of the customers between two places."""
    lock: Lock = field(default_factory=Lock)
    """So that threads that want the same part have it laid out once."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled without its lock, which cannot be, and what is laid out, which need not."""
        return partial(Pasts, is_kept=self.is_kept), (self.entries,)

    def let_go(self) -> None:
        """Keep nothing that is laid out, until somebody asks again."""
        self.laid_out.clear()

    def between(self, start: int, stop: int) -> Past:
        """That of the customers at these places, who are counted from 0."""
        with self.lock:
            if not self.is_kept:
                put_away()
            if (past := self.laid_out.get((start, stop))) is None:
                for place in [*self.laid_out]:
                    if not (self.is_kept or self.laid_out[place].is_in_file):
                        del self.laid_out[place]
                part = self.entries.between(start, stop)
                past = Past(_moves(part), _counted(part))
                if not self.is_kept and len(self.entries.day) > LONG:
                    with suppress(OSError):
                        past = past.in_file()
                self.laid_out[start, stop] = past
            return past


def standing(table: pa.Table, past: Past, until_day: int) -> tuple[pa.Table, OrderDates]:
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
    begin, rows = past.moves.first[:-1], past.moves.rows_by(until_day)
    by_then = {"rows": rows, **past.moves.sums(begin, rows)}
    for name in _MOVED & {*table.column_names}:
        sums = np.zeros(len(table), dtype=np.int64)
        if name in by_then:
            sums[past.moves.owner] = by_then[name]
        table = table.set_column(table.column_names.index(name), name, pa.array(sums))
    return table, past.counted.on(until_day)


def spent_between(past: Past, after: int, until: int, customers: int) -> Ints:
    """What each of some customers spent after a day until another, refunds taken off; 1/10,000."""
    before, by_then = (past.moves.rows_by(day) for day in (after, until))
    moved = past.moves.sums(past.moves.first[:-1] + before, by_then - before)
    spent = np.zeros(customers, dtype=np.int64)
    spent[past.moves.owner] = moved["sales"] - moved["refunds"]
    return spent


def known_by(
    entries: Entries, people: int, evidence: Mapping[str, pd.DataFrame], until_day: int
) -> Mask:
    """Whom the shop had heard of by the end of a day: by a line, or by an event that is dated.

    Args:
        entries: what each order moved on each day.
        people: how many there are.
        evidence: the tables by name; `owner` and `referred` are places among the people.
        until_day: in days since 1970-01-01, included.
    """
    known = np.zeros(people, dtype=bool)
    for start in range(0, len(entries.day), ROWS_AT_A_TIME):
        rows = slice(start, start + ROWS_AT_A_TIME)
        known[entries.owner[rows][entries.day[rows] <= until_day]] = True
        put_away()
    for name in _HEARD_OF.keys() & evidence.keys():
        table, day = evidence[name], _HEARD_OF[name]
        heard = table[day].le(until_day).fillna(value=False).to_numpy(dtype=bool)
        for person in table.columns.intersection(["owner", "referred"]):
            known[table[person].to_numpy(dtype=np.int64)[heard]] = True
    return known


def counting_orders(entries: Entries) -> OrderDates:
    """The days of the orders that net above zero: the earliest with a positive amount."""
    customers = int(entries.owner[-1]) + 1 if len(entries.owner) else 0
    dates = (
        _counting(entries.between(start, stop)).moved(start) for start, stop in parts_of(customers)
    )
    return OrderDates.joined(dates, len(entries.day))


def _counting(entries: Entries) -> OrderDates:
    starts = starts_of(entries.order)
    if not len(starts):
        return OrderDates(entries.owner, entries.day)
    counts = np.add.reduceat(entries.sales - entries.refunds, starts) > 0
    keys = owner_days(entries.owner[starts], sold_on(entries, starts))[counts]
    keys.sort(kind="stable")
    return OrderDates.of(keys)


def sold_on(entries: Entries, starts: Ints) -> Ints:
    """The day of each order that begins at these places: the earliest with a positive amount."""
    return np.minimum.reduceat(np.where(entries.sales > 0, entries.day, LATE), starts)


def _moves(entries: Entries) -> _Moves:
    keys = owner_days(entries.owner, entries.day)
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
    starts = starts_of(entries.owner)
    first = np.append(starts, len(keys))
    return _Moves(entries.owner[starts], first, entries.day[order], totals)


def _counted(entries: Entries) -> _Counted:
    """Follow each order from entry to entry."""
    if not len(entries.order):
        no_days = np.empty(0, dtype=np.int32)
        return _Counted(entries.owner, no_days, no_days)
    starts = starts_of(entries.order)
    running = _running(entries.sales - entries.refunds)
    found = running[1:] - running[starts][entries.order] > 0
    day = entries.day.astype(np.int32)
    before = np.append(day[1:], np.int32(LATE))
    before[starts[1:] - 1] = LATE
    keys = owner_days(entries.owner, sold_on(entries, starts)[entries.order])[found]
    # Exports list a customer's orders by day more often than not, which a stable sort is quick on.
    order = np.argsort(keys, kind="stable")
    return _Counted(keys[order], day[found][order], before[found][order])


def spend_within(entries: Entries, periods: pd.DataFrame) -> Ints:
    """Net spend from `from_day` to `until_day`, both included; a missing day leaves that end open.

    Args:
        entries: what each order moved on each day.
        periods: owner, and from_day and until_day (Int64, days since 1970-01-01).
    """
    keys = owner_days(entries.owner, entries.day)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    running = _running((entries.sales - entries.refunds)[order])
    owner = periods["owner"].to_numpy(dtype=np.int64)
    first = periods["from_day"].to_numpy(dtype=np.int64, na_value=-LATE)
    last = periods["until_day"].to_numpy(dtype=np.int64, na_value=LATE - 1)
    begin = np.searchsorted(keys, owner_days(owner, first), side="left")
    end = np.searchsorted(keys, owner_days(owner, last), side="right")
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
    return replace(entries, owner=taken(places, entries.owner))


def _running(values: npt.NDArray[Any]) -> Ints:
    """The sum of all before each place, and of all.

    It may be more than 64 bits hold; what lies between two places never is, and comes out right.
    """
    sums = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=sums[1:])
    return sums
