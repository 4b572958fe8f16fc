"""One row per customer: what they ordered, when last, for how much."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.columns import UNITS_PER_CURRENCY
from rfmtool.errors import AmbiguousInputError
from rfmtool.sources.ids import without_point_zero

_GUARDED_ORDERS: Final = 100
_GUARDED_GAP_DAYS: Final = 60
_STRAY_ORDERS_IN: Final = 1_000
_NAMED: Final = 5
_DAY_BITS: Final = 24
LATE: Final = 1 << (_DAY_BITS - 1)
"""Days since 1970 lie between plus and minus this."""
_SECONDS_A_DAY: Final = 86_400
_NAT: Final = np.iinfo(np.int64).min
_HALF: Final = 32
_LOW_BITS: Final = (1 << _HALF) - 1

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class OrderDates:
    """The day of every counting order, by customer and then by day.

    `owner` is the customer's place in the table, `day` counts from 1970-01-01.
    """

    owner: Ints
    day: Ints

    @classmethod
    def of(cls, keys: Ints) -> OrderDates:
        """The owners and days of sorted `owner_days`."""
        return cls(keys >> _DAY_BITS, (keys & ((1 << _DAY_BITS) - 1)) - LATE)

    @cached_property
    def distinct(self) -> OrderDates:
        """Each customer's days once."""
        new = np.ones(len(self.day), dtype=bool)
        new[1:] = (self.owner[1:] != self.owner[:-1]) | (self.day[1:] != self.day[:-1])
        return OrderDates(self.owner[new], self.day[new])


def is_first(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Which entries of a sorted column are the first of their value."""
    first = np.ones(len(values), dtype=bool)
    first[1:] = values[1:] != values[:-1]
    return first


def owner_days(owner: Ints, day: Ints) -> Ints:
    """One whole number for an owner and a day, ascending by both: one key to sort and search by."""
    keys = owner.astype(np.int64, copy=False) << _DAY_BITS
    keys += day  # in place, because new memory takes longer than the sums
    keys += LATE
    return keys


def order_dates(grouped: pa.Table) -> OrderDates:
    """Flatten the engine's lists of order dates and sort them."""
    lists = grouped.column("order_dates").combine_chunks()
    owner = pc.list_parent_indices(lists).to_numpy().astype(np.int64)
    day = pc.list_flatten(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    return OrderDates.of(np.sort(owner_days(owner, day)))


def strip_point_zero(grouped: pa.Table) -> pa.Table | None:
    """Drop the `.0` that a spreadsheet or a float column left on every customer id.

    Returns:
        The table, or None where an id is written in any other way.
    """
    bare = without_point_zero(grouped.column("customer_id"))
    if bare is None:
        return None
    stripped = grouped.set_column(0, "customer_id", bare)
    return stripped.take(pc.sort_indices(stripped, [("customer_id", "ascending")]))


def last_day(dates: OrderDates, last_line_day: int) -> int:
    """The latest day of a counting order; with none, the last line's day."""
    return int(dates.day.max()) if len(dates.day) else last_line_day


def check_for_strays(dates: OrderDates) -> None:
    """Refuse an as_of day that hangs on a handful of orders long after all others.

    Raises:
        AmbiguousInputError: naming the days.
    """
    orders = len(dates.day)
    if orders < _GUARDED_ORDERS:
        return
    days, counts = np.unique(dates.day, return_counts=True)
    after_gap = np.flatnonzero(np.diff(days) > _GUARDED_GAP_DAYS) + 1
    later = orders - np.cumsum(counts)[after_gap - 1]
    few = after_gap[later <= max(1.0, orders / _STRAY_ORDERS_IN)]
    if not len(few):
        return
    stray = days[few[0] :]
    listed = ", ".join(str(day) for day in stray[:_NAMED].astype("datetime64[D]"))
    before = np.datetime64(int(days[few[0] - 1]), "D")
    raise AmbiguousInputError(
        f"{int(counts[few[0] :].sum())} of {orders:,} orders lie more than {_GUARDED_GAP_DAYS} days"
        f" after all others: {listed}{' and later' if len(stray) > _NAMED else ''}",
        f"If they are mistyped, take --as-of {before}; if they are right, --as-of last.",
    )


def customers(grouped: pa.Table, dates: OrderDates, as_of_day: int) -> pd.DataFrame:
    """Measure every customer.

    Args:
        grouped: the engine's answer, CUSTOMERS, sorted by customer_id.
        dates: the days of its counting orders.
        as_of_day: the day that recency is counted from, in days since 1970-01-01.

    Returns:
        customer_id, frequency, order_days, first_order_on, last_order_on, recency_days (missing
        where no order counts), and monetary, sales, refunds, average_order in whole 1/10,000; lines
        (used rows), cost and margin (1/10,000, missing where a row has no cost) where the engine
        gives them.
    """
    count = len(grouped)
    frequency = np.bincount(dates.owner, minlength=count)
    order_days = np.bincount(dates.distinct.owner, minlength=count)
    ends = np.cumsum(frequency)
    buyer = frequency > 0
    first, last = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    who = np.flatnonzero(buyer)
    first[who] = dates.day[(ends - frequency)[who]]
    last[who] = dates.day[ends[who] - 1]
    sales = grouped.column("sales").to_numpy()
    refunds = grouped.column("refunds").to_numpy()
    monetary = sales - refunds
    measured = pd.DataFrame(
        {
            "customer_id": grouped.column("customer_id").to_pandas(),
            "frequency": frequency,
            "order_days": order_days,
            "first_order_on": dated(first, buyer),
            "last_order_on": dated(last, buyer),
            "recency_days": pd.arrays.IntegerArray(as_of_day - last, ~buyer),
            "monetary": monetary,
            "sales": sales,
            "refunds": refunds,
            "average_order": pd.arrays.IntegerArray(_half_even(monetary, frequency), ~buyer),
        }
    )
    return measured.assign(**_where_read(grouped))


def _where_read(grouped: pa.Table) -> dict[str, Any]:
    """The measures that only some exports have."""
    found: dict[str, Any] = {}
    if "rows" in grouped.column_names:
        found["lines"] = grouped["rows"].to_numpy()
    if "cost" in grouped.column_names:
        known = grouped["uncosted"].to_numpy() == 0
        cost = grouped["cost"].to_numpy()
        net = grouped["sales"].to_numpy() - grouped["refunds"].to_numpy()
        found["cost"] = pd.arrays.IntegerArray(cost.copy(), ~known)
        found["margin"] = pd.arrays.IntegerArray(net - cost, ~known)
    return found


def dated(days: Ints, known: npt.NDArray[np.bool_]) -> npt.NDArray[np.datetime64]:
    """Days since 1970-01-01 as dates, those not known as missing."""
    # In whole numbers, because numpy takes ten times as long over dates.
    return np.where(known, days * _SECONDS_A_DAY, _NAT).view("datetime64[s]")


def _half_even(total: Ints, count: Ints) -> Ints:
    """Divide whole numbers, rounding half to even; 0 where the count is 0."""
    divisor = np.maximum(count, 1)
    quotient, rest = np.divmod(total, divisor)
    twice = 2 * rest
    up = (twice > divisor) | ((twice == divisor) & (quotient % 2 == 1))
    rounded: Ints = quotient + up
    return rounded


def total_of(units: Ints | pd.Series[int]) -> int:
    """The sum of whole numbers that together may be more than 64 bits hold; none is missing."""
    whole = np.asarray(units, dtype=np.int64)
    high, low = whole >> _HALF, whole & _LOW_BITS
    return (int(high.sum()) << _HALF) + int(low.sum())


def money_text(units: int) -> str:
    """Whole 1/10,000 as plain decimal text without needless zeros."""
    whole, part = divmod(abs(units), UNITS_PER_CURRENCY)
    text = f"{whole}.{part:04}".rstrip("0").rstrip(".")
    return f"-{text}" if units < 0 else text


def date_text(dates: pa.Array) -> pa.Array:
    """Days (date32) as ISO text; each distinct day is written once."""
    distinct = pc.dictionary_encode(dates)
    return pc.cast(distinct.dictionary, pa.string()).take(distinct.indices)
