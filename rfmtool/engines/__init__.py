"""What engines take and return: an engine groups lines, more than memory holds, by customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

import pyarrow as pa

from rfmtool.arrays import Ints, owner_slice
from rfmtool.errors import SystemFailureError
from rfmtool.memory import in_memory_bytes
from rfmtool.sources.ledger import Overlap

CUSTOMERS_SCHEMA: Final = pa.schema(
    {
        "customer_id": pa.string(),
        "order_dates": pa.list_(pa.int32()),  # one day for each counting order, in any order
        "sales": pa.int64(),  # 1/10,000 of the currency unit
        "refunds": pa.int64(),
    }
)
"""One row per customer, sorted by the bytes of customer_id."""

_MAX_ENTRIES: Final = 1 << 31  # how many entries 32 bits can number

NO_DAY: Final = -(2**31)
"""Stands for a missing day: earlier than any."""

CATEGORIES_SCHEMA: Final = pa.schema(
    {
        "owner": pa.int32(),  # the customer's row in CUSTOMERS
        "category": pa.dictionary(pa.int32(), pa.string()),  # sorted by its bytes
        "net": pa.int64(),  # 1/10,000 of the currency unit, refunds taken off
        "last_day": pa.int32(),  # of a sale in the category; NO_DAY where there is none
    }
)
"""One row per customer and category, sorted by both."""


@dataclass(frozen=True)
class OrderCounts:
    """How many orders there are, and how many of them may be counted twice.

    Counted where lines have the columns of the largest row amount and of the file.
    """

    orders: int = 0
    multi_row_orders: int = 0
    repeated_amount_orders: int = 0
    """Orders of several rows that repeat one amount on every row."""
    multi_file_orders: int = 0


@dataclass(frozen=True)
class OrderEntries:
    """The daily amounts of each order, sorted by owner, order and day; arrays of one length.

    `owner` is the customer's row in the grouped table, `order` numbers all orders from 0,
    `day` counts from 1970-01-01: all three of 32 bits, to save memory. `sales`, `refunds` and
    `cost` are in 1/10,000 of the currency unit, `uncosted` counts the rows without a known cost;
    `cost` and `uncosted` are None where no cost is read.
    """

    owner: Ints
    order: Ints
    day: Ints
    sales: Ints
    refunds: Ints
    cost: Ints | None = None
    uncosted: Ints | None = None

    def __post_init__(self) -> None:
        """Check the number of entries."""
        if len(self.day) >= _MAX_ENTRIES:
            raise SystemFailureError(
                f"{len(self.day):,} orders are more than can be numbered",
                "Read fewer days with --since, or --select columns that rest on no forecast.",
            )

    @property
    def held_bytes(self) -> int:
        """The bytes of memory that the arrays take."""
        return sum(in_memory_bytes(array) for array in vars(self).values() if array is not None)

    def slice(self, start: int, stop: int) -> OrderEntries:
        """The entries of the customers in rows `start` to `stop`, numbered anew from 0."""
        rows = owner_slice(self.owner, start, stop)
        owner, order = self.owner[rows], self.order[rows]
        return OrderEntries(
            owner - owner.dtype.type(start),
            order - order[:1],
            self.day[rows],
            self.sales[rows],
            self.refunds[rows],
            None if self.cost is None else self.cost[rows],
            None if self.uncosted is None else self.uncosted[rows],
        )


class Lines(Protocol):
    """An export as lines, which may be read more than once."""

    @property
    def schema(self) -> pa.Schema:
        """The columns: `sources.rows.clean.LINES` and the optional ones that are read."""

    def read(self) -> pa.RecordBatchReader:
        """Return a reader that begins at the first line."""


@dataclass(frozen=True)
class Request:
    """What to compute of lines; the optional columns that they have are grouped in any case."""

    lines: Lines
    entries: bool = False
    """Return OrderEntries, which hold the order dates too."""
    only: Literal["overlap", "anonymous", "statuses"] | None = None
    """Only count the orders that recur with the same rows in another file, or add up the money of
    the lines without a customer, or that of each word of the status columns."""
    excludes_voided_orders: bool = False
    """Leave out all lines of an order with a line that is not a sale."""
    amount_per_order: bool = False
    """Count an amount that several lines of an order repeat once."""
    first_categories: bool = False
    """Return the categories of first orders instead of those of all orders."""
    deduplicates_orders: bool = False
    """Count an order that recurs in another file once."""

    @property
    def depends_on_order(self) -> bool:
        """Whether the amounts of a line depend on the other lines of its order."""
        return self.excludes_voided_orders or self.amount_per_order or self.deduplicates_orders


@dataclass(frozen=True)
class Grouping:
    """Lines grouped by customer. What was not requested, or the lines do not have, is None.

    Ids that are spellings of one e-mail address are one customer, named by the smallest spelling
    by bytes; `merged_ids` counts the others.
    """

    customers: pa.Table = field(default_factory=CUSTOMERS_SCHEMA.empty_table)
    """CUSTOMERS_SCHEMA; `rows`, the rows of the export of each one, where more is requested;
    and `cost` and `uncosted` where costs are read. Where entries are requested they hold the order
    dates, which are null here."""
    entries: OrderEntries | None = None
    categories: pa.Table | None = None
    """CATEGORIES_SCHEMA."""
    first_categories: pa.Table | None = None
    """`owner` and `category` of each category in a customer's first orders, sorted."""
    latest_cells: pa.Table | None = None
    """The latest contact and kept cells, a row for each customer: of several on the latest day the
    largest by bytes. Contact columns go by their roles, kept ones by their own names."""
    order_counts: OrderCounts = field(default_factory=OrderCounts)
    merged_ids: int = 0
    overlap: Overlap = field(default_factory=Overlap)
    anonymous_units: int = 0
    by_status: Mapping[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """Net money and turnover by the role of a status column and its word, "" where it is empty."""


class Engine(Protocol):
    """Groups lines by customer, exactly and in whatever memory there is."""

    def group(self, request: Request) -> Grouping:
        """Return all that is requested.

        InputError where a customer's money reaches 2^63; SystemFailureError where memory, disk or
        the cluster fails.
        """
