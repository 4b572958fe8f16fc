"""Lines to customers: the one place where something larger than memory is grouped."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]

CUSTOMERS: Final = pa.schema(
    {
        "customer_id": pa.string(),
        "order_dates": pa.list_(pa.int32()),  # one day for each counting order, in any order
        "sales": pa.int64(),  # 1/10,000 of the currency unit
        "refunds": pa.int64(),
    }
)
"""What every engine answers with: one row per customer, sorted by the bytes of customer_id."""

CATEGORIES: Final = pa.schema(
    {
        "owner": pa.int32(),  # the customer's place in CUSTOMERS
        "category": pa.dictionary(pa.int32(), pa.string()),  # sorted by its bytes
        "net": pa.int64(),  # 1/10,000 of the currency unit, refunds taken off
    }
)
"""One row per customer and category, sorted by both."""


class MoneyOverflowError(Exception):
    """A customer's money went beyond what doubles hold exactly; add up wide instead."""


class SamePersonError(Exception):
    """Ids differ only as one e-mail address may be written; open books to have them as one."""


@dataclass(frozen=True)
class Doubts:
    """How many orders there are, and how many of them may be counted twice.

    Counted where lines say how large their rows are, and in which file they stand.
    """

    orders: int = 0
    of_rows: int = 0
    """Orders of several rows."""
    alike: int = 0
    """Those of them that repeat one amount on every row."""
    spanning: int = 0
    """Orders with rows in more than one file."""


@dataclass(frozen=True)
class Entries:
    """What each order moved on each day, sorted by owner, order and day; arrays of one length.

    `owner` is the customer's place in CUSTOMERS, `order` numbers the orders of all customers from
    0, `day` counts from 1970-01-01; `sales`, `refunds` and `cost` are in 1/10,000 of the currency
    unit, `uncosted` counts the rows whose cost is not known. Both are None where no cost is read.
    """

    owner: Ints
    order: Ints
    day: Ints
    sales: Ints
    refunds: Ints
    cost: Ints | None = None
    uncosted: Ints | None = None


class Books(Protocol):
    """An export grouped by order and day, of which several questions can be asked."""

    doubts: Doubts
    """What may be counted twice."""
    merged_ids: int
    """How many ids are another spelling of a customer's e-mail address."""

    def customers(self, until: int | None = None) -> pa.Table:
        """Return CUSTOMERS and `rows`, `cost`, `uncosted`, as if the export ended on that day."""

    def totals(self) -> pa.Table:
        """Return what `customers` does, but for order_dates: these are missing, entries tell."""

    def categories(self, until: int | None = None) -> pa.Table:
        """Return CATEGORIES as if the export ended on that day; empty without a category."""

    def entries(self) -> Entries:
        """Return what each order moved on each day."""

    def latest(self) -> pa.Table:
        """Return the latest contact and kept cells; its rows are those of `customers()`."""


class Engine(Protocol):
    """Something that can group lines by order and orders by customer."""

    def aggregate(
        self, lines: pa.RecordBatchReader, *, by_status: bool = False
    ) -> tuple[pa.Table, Doubts]:
        """Return one row per customer in CUSTOMERS, and what may be counted twice.

        With `by_status`, orders with a line that is not a sale are left out, and a column `rows`
        counts the rows of the export that went into each customer.

        Raises:
            MoneyOverflowError: a customer's money is too large to be summed fast and exactly.
            SamePersonError: two ids are spellings of one e-mail address.
        """

    def open(
        self, lines: pa.RecordBatchReader, *, by_status: bool = False
    ) -> AbstractContextManager[Books]:
        """Read all lines, with what optional columns they have, and answer until closed.

        Raises:
            MoneyOverflowError: a customer's money is too large to be summed fast and exactly.
        """
