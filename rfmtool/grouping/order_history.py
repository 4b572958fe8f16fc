"""Customers as they stood on earlier days, and spend in periods, from daily amounts of orders."""

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
from rfmtool.columns import EVIDENCE_DAYS
from rfmtool.engines import OrderEntries
from rfmtool.grouping.order_dates import DAY_LIMIT, OrderDates, owner_day_keys
from rfmtool.grouping.people import TABLES_ADDING_PEOPLE
from rfmtool.memory import CHUNK_ROWS, FILE_BACKED_ROWS, copy_to_file, release_file_pages, take_rows

_SUM_COLUMNS: Final = frozenset({"sales", "refunds", "rows", "cost", "uncosted"})


@dataclass(frozen=True)
class OrderHistory:
    """Running sums of the orders of some customers, which give any earlier day quickly."""

    amounts: _DailyAmounts
    counting_spans: _CountingSpans
    is_in_file: bool = False
    """Whether the arrays are mapped from a file, which takes no memory while they are not used."""

    def to_file(self) -> OrderHistory:
        """A copy in a file; OSError where the disk is full, or files are kept in memory here."""
        amounts, spans = self.amounts, self.counting_spans
        owner, first, day, keys, from_day, before_day, *totals = copy_to_file(
            [
                *(amounts.owner, amounts.first, amounts.day),
                *(spans.keys, spans.from_day, spans.before_day),
                *amounts.totals.values(),
            ]
        )
        return OrderHistory(
            _DailyAmounts(owner, first, day, dict(zip(amounts.totals, totals, strict=True))),
            _CountingSpans(keys, from_day, before_day),
            is_in_file=True,
        )


@dataclass(frozen=True)
class _DailyAmounts:
    """The daily amounts of all orders, sorted by customer and day, as running sums."""

    owner: Ints  # the customers with entries
    first: Ints  # the first entry of each, and the number of entries at the end
    day: Ints
    totals: Mapping[str, Ints]  # the sum of each column before each entry, and at the end

    def rows_by(self, day: int) -> Ints:
        """How many entries each `owner` had at the end of a day."""
        return np.diff(_running_sums(self.day <= day)[self.first])

    def sums(self, start: Ints, rows: Ints) -> dict[str, Ints]:
        """The sums of some rows of each `owner` from `start` on."""
        end = start + rows
        return {name: total[end] - total[start] for name, total in self.totals.items()}


@dataclass(frozen=True)
class _CountingSpans:
    """From which day until before which day each order counts, by customer and order day.

    An order whose amount changes has a row for each change.
    """

    keys: Ints  # `owner_day_keys` of the customer and the order day
    from_day: npt.NDArray[np.int32]
    before_day: npt.NDArray[np.int32]

    def on(self, day: int) -> OrderDates:
        """The orders that count at the end of a day."""
        counts = (self.from_day <= day) & (day < self.before_day)
        return OrderDates.from_keys(self.keys[counts])


@dataclass(frozen=True)
class OrderHistories:
    """The OrderHistory of any slice of the customers, with a cache."""

    entries: OrderEntries
    is_cached: bool
    """Whether all slices are kept in memory.

    Else they are kept in files where there are many orders and disk space, or only the latest is.
    """
    cached: dict[tuple[int, int], OrderHistory] = field(default_factory=dict)
    """By the start and stop of the slice."""
    lock: Lock = field(default_factory=Lock)
    """So that threads that need the same slice compute it once."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the lock, which cannot be pickled, and the cache."""
        return partial(OrderHistories, is_cached=self.is_cached), (self.entries,)

    def clear_cache(self) -> None:
        """Forget all slices."""
        self.cached.clear()

    def slice(self, start: int, stop: int) -> OrderHistory:
        """The history of the customers from `start` to `stop`, numbered anew from 0."""
        with self.lock:
            if not self.is_cached:
                release_file_pages()
            if (history := self.cached.get((start, stop))) is None:
                for key in [*self.cached]:
                    if not (self.is_cached or self.cached[key].is_in_file):
                        del self.cached[key]
                entries = self.entries.slice(start, stop)
                history = OrderHistory(_daily_amounts(entries), _counting_spans(entries))
                if not self.is_cached and len(self.entries.day) > FILE_BACKED_ROWS:
                    with suppress(OSError):
                        history = history.to_file()
                self.cached[start, stop] = history
            return history


def customers_as_of(
    table: pa.Table, history: OrderHistory, until_day: int
) -> tuple[pa.Table, OrderDates]:
    """Some customers as if the export had ended on a day, in the same rows.

    With the days of the orders that count, one refunded later included. Customers without lines by
    then have no orders and no money; `rows` counts each order and day once. `until_day`, in days
    since 1970-01-01, is included.
    """
    amounts = history.amounts
    rows = amounts.rows_by(until_day)
    sums_by_owner = {"rows": rows, **amounts.sums(amounts.first[:-1], rows)}
    for name in _SUM_COLUMNS & {*table.column_names}:
        sums = np.zeros(len(table), dtype=np.int64)
        if name in sums_by_owner:
            sums[amounts.owner] = sums_by_owner[name]
        table = table.set_column(table.column_names.index(name), name, pa.array(sums))
    return table, history.counting_spans.on(until_day)


def spend_between(history: OrderHistory, after: int, until: int, customers: int) -> Ints:
    """Net spend of each customer after one day until another, in 1/10,000."""
    amounts = history.amounts
    before, by_then = (amounts.rows_by(day) for day in (after, until))
    sums = amounts.sums(amounts.first[:-1] + before, by_then - before)
    spend = np.zeros(customers, dtype=np.int64)
    spend[amounts.owner] = sums["sales"] - sums["refunds"]
    return spend


def are_known_by_day(
    entries: OrderEntries, people: int, evidence: Mapping[str, pd.DataFrame], until_day: int
) -> Mask:
    """Whether the shop knew each person by the end of a day: from a line, or a dated event.

    `people` is their number; `owner` and `referred` of the evidence are their row numbers;
    `until_day` is in days since 1970-01-01.
    """
    known = np.zeros(people, dtype=bool)
    for start in range(0, len(entries.day), CHUNK_ROWS):
        rows = slice(start, start + CHUNK_ROWS)
        known[entries.owner[rows][entries.day[rows] <= until_day]] = True
        release_file_pages()
    for name in evidence.keys() & TABLES_ADDING_PEOPLE:
        table = evidence[name]
        is_known = table[EVIDENCE_DAYS[name]].le(until_day).fillna(value=False).to_numpy(dtype=bool)
        for column in table.columns.intersection(["owner", "referred"]):
            known[table[column].to_numpy(dtype=np.int64)[is_known]] = True
    return known


def counting_order_dates(entries: OrderEntries) -> OrderDates:
    """The order dates of the orders that net above zero."""
    customers = int(entries.owner[-1]) + 1 if len(entries.owner) else 0
    dates = (
        _counting_dates(entries.slice(start, stop)).shifted(start)
        for start, stop in part_bounds(customers)
    )
    return OrderDates.concatenated(dates, len(entries.day))


def _counting_dates(entries: OrderEntries) -> OrderDates:
    starts = group_starts(entries.order)
    if not len(starts):
        return OrderDates(entries.owner, entries.day)
    counts = np.add.reduceat(entries.sales - entries.refunds, starts) > 0
    keys = owner_day_keys(entries.owner[starts], sale_days(entries, starts))[counts]
    keys.sort(kind="stable")
    return OrderDates.from_keys(keys)


def sale_days(entries: OrderEntries, starts: Ints) -> Ints:
    """The earliest day with a positive amount of each order; `starts` are their first entries."""
    return np.minimum.reduceat(np.where(entries.sales > 0, entries.day, DAY_LIMIT), starts)


def _daily_amounts(entries: OrderEntries) -> _DailyAmounts:
    keys = owner_day_keys(entries.owner, entries.day)
    order = np.argsort(keys, kind="stable")
    columns = ((name, getattr(entries, name)) for name in ("sales", "refunds", "cost", "uncosted"))
    totals = {name: _running_sums(cells[order]) for name, cells in columns if cells is not None}
    starts = group_starts(entries.owner)
    first = np.append(starts, len(keys))
    return _DailyAmounts(entries.owner[starts], first, entries.day[order], totals)


def _counting_spans(entries: OrderEntries) -> _CountingSpans:
    if not len(entries.order):
        no_days = np.empty(0, dtype=np.int32)
        return _CountingSpans(entries.owner, no_days, no_days)
    starts = group_starts(entries.order)
    running = _running_sums(entries.sales - entries.refunds)
    counts = running[1:] - running[starts][entries.order] > 0
    day = entries.day.astype(np.int32)
    before_day = np.append(day[1:], np.int32(DAY_LIMIT))
    before_day[starts[1:] - 1] = DAY_LIMIT
    keys = owner_day_keys(entries.owner, sale_days(entries, starts)[entries.order])[counts]
    # Stable, because that is quick on orders that are sorted by day, as they mostly are.
    order = np.argsort(keys, kind="stable")
    return _CountingSpans(keys[order], day[counts][order], before_day[counts][order])


def spend_in_periods(entries: OrderEntries, periods: pd.DataFrame) -> Ints:
    """Net spend from `from_day` to `until_day`, both included; a missing day leaves that end open.

    `periods` has columns owner, from_day and until_day (Int64, days since 1970-01-01).
    """
    keys = owner_day_keys(entries.owner, entries.day)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    running = _running_sums((entries.sales - entries.refunds)[order])
    owner = periods["owner"].to_numpy(dtype=np.int64)
    first = periods["from_day"].to_numpy(dtype=np.int64, na_value=-DAY_LIMIT)
    last = periods["until_day"].to_numpy(dtype=np.int64, na_value=DAY_LIMIT - 1)
    start = np.searchsorted(keys, owner_day_keys(owner, first), side="left")
    end = np.searchsorted(keys, owner_day_keys(owner, last), side="right")
    spend: Ints = running[np.maximum(end, start)] - running[start]
    return spend


def entries_until(entries: OrderEntries, until_day: int) -> OrderEntries:
    """The entries until a day, included."""
    kept = entries.day <= until_day
    columns = {name: cells[kept] for name, cells in vars(entries).items() if cells is not None}
    return replace(entries, **columns)


def with_owners(entries: OrderEntries, new_owners: Ints) -> OrderEntries:
    """The entries with `new_owners[owner]` as owners, which keep their order."""
    return replace(entries, owner=take_rows(new_owners, entries.owner))


def _running_sums(values: npt.NDArray[Any]) -> Ints:
    """The sum of all values before each, and of all.

    Sums may overflow 64 bits, but differences of them are right as long as they fit.
    """
    sums = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=sums[1:])
    return sums
