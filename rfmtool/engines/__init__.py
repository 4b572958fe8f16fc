"""Lines to customers: the one place where something larger than memory is grouped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

import pyarrow as pa

from rfmtool.arrays import Ints, owner_slice
from rfmtool.errors import SystemFailureError
from rfmtool.memory import in_memory_bytes
from rfmtool.sources.ledger import Overlap

CUSTOMERS: Final = pa.schema(
    {
        "customer_id": pa.string(),
        "order_dates": pa.list_(pa.int32()),  # one day for each counting order, in any order
        "sales": pa.int64(),  # 1/10,000 of the currency unit
        "refunds": pa.int64(),
    }
)
"""What lines become: one row per customer, sorted by the bytes of customer_id."""

_MOST: Final = 1 << 31
"""How many entries 32 bits can number."""

NO_DAY: Final = -(2**31)
"""Stands for no day at all: earlier than any."""

CATEGORIES: Final = pa.schema(
    {
        "owner": pa.int32(),  # the customer's place in CUSTOMERS
        "category": pa.dictionary(pa.int32(), pa.string()),  # sorted by its bytes
        "net": pa.int64(),  # 1/10,000 of the currency unit, refunds taken off
        "last_day": pa.int32(),  # with a sale in it; NO_DAY where there is none
    }
)
"""One row per customer and category, sorted by both."""


@dataclass(frozen=True)
class OrderCounts:
    """How many orders there are, and how many of them may be counted twice.

    Counted where lines say how large their rows are, and in which file they stand.
    """

    orders: int = 0
    multi_row_orders: int = 0
    """Orders of several rows."""
    repeated_amount_orders: int = 0
    """Those of them that repeat one amount on every row."""
    multi_file_orders: int = 0
    """Orders with rows in more than one file."""


@dataclass(frozen=True)
class OrderEntries:
    """What each order moved on each day, sorted by owner, order and day; arrays of one length.

    `owner` is the customer's place in CUSTOMERS, `order` numbers the orders of all customers from
    0, `day` counts from 1970-01-01: all three of 32 bits, for there are many. `sales`, `refunds`
    and `cost` are in 1/10,000 of the currency unit, `uncosted` counts the rows whose cost is not
    known. Both are None where no cost is read.

    Raises:
        SystemFailureError: there are more than 32 bits can number.
    """

    owner: Ints
    order: Ints
    day: Ints
    sales: Ints
    refunds: Ints
    cost: Ints | None = None
    uncosted: Ints | None = None

    def __post_init__(self) -> None:
        """Refuse more than can be numbered."""
        if len(self.day) >= _MOST:
            raise SystemFailureError(
                f"{len(self.day):,} orders are more than can be numbered",
                "Read fewer days with --since, or --select columns that rest on no forecast.",
            )

    @property
    def held_bytes(self) -> int:
        """What they take of memory."""
        return sum(in_memory_bytes(one) for one in vars(self).values() if one is not None)

    def slice(self, start: int, stop: int) -> OrderEntries:
        """The entries of the customers at these places; these and their orders count from 0."""
        theirs = owner_slice(self.owner, start, stop)
        owner, order = self.owner[theirs], self.order[theirs]
        return OrderEntries(
            owner - owner.dtype.type(start),
            order - order[:1],
            self.day[theirs],
            self.sales[theirs],
            self.refunds[theirs],
            None if self.cost is None else self.cost[theirs],
            None if self.uncosted is None else self.uncosted[theirs],
        )


class Lines(Protocol):
    """An export as lines, which may be read more than once."""

    @property
    def schema(self) -> pa.Schema:
        """Their columns: `sources.rows.clean.LINES` and what more is wanted of the export."""

    def read(self) -> pa.RecordBatchReader:
        """Begin to read them from the first."""


@dataclass(frozen=True)
class Request:
    """What is wanted of lines. What optional columns they have is wanted too."""

    lines: Lines
    entries: bool = False
    """What each order moved on each day, which tells order dates too."""
    only_overlap: bool = False
    """Nothing but the orders that recur with the same rows in another file."""
    only_anonymous: bool = False
    """Nothing but the money of the lines without a customer."""
    only_by_status: bool = False
    """Nothing but the money of each word of the status columns."""
    excludes_voided_orders: bool = False
    """Whether an order with a line that is not a sale is left out whole."""
    amount_per_order: bool = False
    """Whether an amount that several lines of an order repeat is money once."""
    first_categories: bool = False
    """The categories of first orders, which takes a level with categories."""
    deduplicates_orders: bool = False
    """Whether an order that recurs in another file is money once."""

    @property
    def depends_on_order(self) -> bool:
        """Whether what a line moves hangs on the other lines of its order."""
        return self.excludes_voided_orders or self.amount_per_order or self.deduplicates_orders


@dataclass(frozen=True)
class Grouping:
    """Lines grouped by customer. What was not wanted, or the lines do not have, is None.

    Ids that differ only as one e-mail address may be written are one customer, named by the
    smallest spelling by bytes; `merged_ids` counts the others.
    """

    customers: pa.Table = field(default_factory=CUSTOMERS.empty_table)
    """CUSTOMERS; `rows`, how many rows of the export went into each, where anything more than these
    is wanted; and `cost` and `uncosted` where costs are read. Where entries are wanted they tell
    the order dates, which are null here."""
    entries: OrderEntries | None = None
    categories: pa.Table | None = None
    """CATEGORIES."""
    first_categories: pa.Table | None = None
    """`owner` and `category` of each category that a customer's first orders hold, sorted."""
    latest_cells: pa.Table | None = None
    """The latest contact and kept cells, a row for each customer: of several on the latest day the
    largest by bytes. Contact columns go by their roles, kept ones by their own names."""
    order_counts: OrderCounts = field(default_factory=OrderCounts)
    merged_ids: int = 0
    overlap: Overlap = field(default_factory=Overlap)
    anonymous_units: int = 0
    by_status: Mapping[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """The money of each status column's role and word, "" where it is empty: what it comes to, and
    what moved."""


class Engine(Protocol):
    """Something that groups lines by customer, exactly and in whatever memory there is."""

    def group(self, request: Request) -> Grouping:
        """Return all that is wanted.

        Raises:
            InputError: a customer's money reaches 2^63.
            SystemFailureError: memory or disk ran out.
        """
