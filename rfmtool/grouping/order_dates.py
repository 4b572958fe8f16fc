"""The days on which orders count, by customer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Ints, owner_slice
from rfmtool.errors import AmbiguousInputError
from rfmtool.memory import allocate_column, release_file_pages
from rfmtool.sources.cells.ids import without_point_zero

_MIN_ORDERS: Final = 100
STRAY_GAP_DAYS: Final = 60
_STRAY_ORDERS_IN: Final = 1_000
_MAX_LISTED: Final = 5
_DAY_BITS: Final = 24
DAY_LIMIT: Final = 1 << (_DAY_BITS - 1)
"""Days since 1970 lie between plus and minus this."""


@dataclass(frozen=True)
class OrderDates:
    """The day of every counting order, sorted by customer and then by day.

    `owner` is the customer's row in the table, `day` counts from 1970-01-01; both of 32 bits, to
    save memory.
    """

    owner: Ints
    day: Ints

    @classmethod
    def from_keys(cls, keys: Ints) -> OrderDates:
        """The owners and days of sorted `owner_day_keys`."""
        owner = (keys >> _DAY_BITS).astype(np.int32)
        return cls(owner, ((keys & ((1 << _DAY_BITS) - 1)) - DAY_LIMIT).astype(np.int32))

    @classmethod
    def concatenated(cls, parts: Iterable[OrderDates], max_orders: int) -> OrderDates:
        """The dates of consecutive customers, copied into arrays with room for `max_orders`."""
        owner, day = allocate_column(max_orders, np.int32), allocate_column(max_orders, np.int32)
        end = 0
        for part in parts:
            start, end = end, end + len(part.day)
            owner[start:end], day[start:end] = part.owner, part.day
            release_file_pages()
        return cls(owner[:end], day[:end])

    def shifted(self, start: int) -> OrderDates:
        """The same dates with `start` added to each owner."""
        return OrderDates(self.owner + np.int32(start), self.day)

    def slice(self, start: int, stop: int) -> OrderDates:
        """The dates of the owners from `start` to `stop`, numbered anew from 0."""
        rows = owner_slice(self.owner, start, stop)
        return OrderDates(self.owner[rows] - np.int32(start), self.day[rows])

    @cached_property
    def distinct_days(self) -> OrderDates:
        """Each customer's days once."""
        is_first = np.ones(len(self.day), dtype=bool)
        is_first[1:] = (self.owner[1:] != self.owner[:-1]) | (self.day[1:] != self.day[:-1])
        return OrderDates(self.owner[is_first], self.day[is_first])


def owner_day_keys(owner: Ints, day: Ints) -> Ints:
    """One integer for each owner and day, which sorts by both."""
    keys = owner.astype(np.int64, copy=False) << _DAY_BITS
    keys += day  # in place, because allocating memory takes longer than adding
    keys += DAY_LIMIT
    return keys


def order_dates_from_lists(grouped: pa.Table) -> OrderDates:
    """The order dates in the lists of the engine's customers."""
    lists = grouped.column("order_dates").combine_chunks()
    lengths = pc.list_value_length(lists).fill_null(0).to_numpy()
    owner = np.repeat(np.arange(len(lists), dtype=np.int32), lengths)
    day = pc.list_flatten(lists).to_numpy(zero_copy_only=False)
    keys = owner_day_keys(owner, day)
    keys.sort(kind="stable")  # four times as fast as other kinds on concatenated lists
    return OrderDates.from_keys(keys)


def strip_point_zero(grouped: pa.Table) -> pa.Table | None:
    """Drop the `.0` that floats left on every customer id; None where some ids have none."""
    ids = without_point_zero(grouped.column("customer_id"))
    if ids is None:
        return None
    stripped = grouped.set_column(0, "customer_id", ids)
    return stripped.take(pc.sort_indices(stripped, [("customer_id", "ascending")]))


def last_day(dates: OrderDates, last_line_day: int) -> int:
    """The latest day of a counting order; without any, the last line's day."""
    return int(dates.day.max()) if len(dates.day) else last_line_day


def check_stray_last_days(dates: OrderDates) -> None:
    """Refuse a latest day with a handful of orders long after all others."""
    orders = len(dates.day)
    if orders < _MIN_ORDERS:
        return
    first_day = int(dates.day.min())
    counts = np.bincount(dates.day - first_day)
    days = np.flatnonzero(counts)
    counts, days = counts[days], days + first_day
    after_gap = np.flatnonzero(np.diff(days) > STRAY_GAP_DAYS) + 1
    later = orders - np.cumsum(counts)[after_gap - 1]
    few = after_gap[later <= max(1.0, orders / _STRAY_ORDERS_IN)]
    if not len(few):
        return
    stray = days[few[0] :]
    listed = ", ".join(str(day) for day in stray[:_MAX_LISTED].astype("datetime64[D]"))
    before = np.datetime64(int(days[few[0] - 1]), "D")
    raise AmbiguousInputError(
        f"{int(counts[few[0] :].sum())} of {orders:,} orders lie more than {STRAY_GAP_DAYS} days"
        f" after all others: {listed}{' and later' if len(stray) > _MAX_LISTED else ''}",
        f"If they are mistyped, take --as-of {before}; if they are right, --as-of last.",
    )
