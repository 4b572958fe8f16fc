"""Lines to customers: the one place where something larger than memory is grouped."""

from __future__ import annotations

from typing import Final, Protocol

import pyarrow as pa

CUSTOMERS: Final = pa.schema(
    {
        "customer_id": pa.string(),
        "order_dates": pa.list_(pa.int32()),  # one day for each counting order, in any order
        "sales": pa.int64(),  # 1/10,000 of the currency unit
        "refunds": pa.int64(),
    }
)
"""What every engine answers with: one row per customer, sorted by the bytes of customer_id."""


class Engine(Protocol):
    """Something that can group lines by order and orders by customer."""

    def aggregate(self, lines: pa.RecordBatchReader, *, by_status: bool = False) -> pa.Table:
        """Return one row per customer in CUSTOMERS.

        With `by_status`, orders with a line that is not a sale are left out, and a column `rows`
        counts the rows of the export that went into each customer.

        Raises:
            MoneyOverflowError: a customer's money is too large to be summed fast and exactly.
        """
