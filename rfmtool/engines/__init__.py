"""Lines to customers: the one place where something larger than memory is grouped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from rfmtool.arrays import Ints

CUSTOMERS: Final = pa.schema(
    {
        "customer_id": pa.string(),
        "order_dates": pa.list_(pa.int32()),  # one day for each counting order, in any order
        "sales": pa.int64(),  # 1/10,000 of the currency unit
        "refunds": pa.int64(),
    }
)
"""What lines become: one row per customer, sorted by the bytes of customer_id."""

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
