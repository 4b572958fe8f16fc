"""The embedded engine: DuckDB, which spills to disk where memory is short."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.engines import CUSTOMERS
from rfmtool.errors import InputError, SystemFailureError, UsageError

_EXACT_BELOW: Final = 2.0**53
_LARGEST: Final = 2.0**63


class MoneyOverflowError(Exception):
    """A customer's money went beyond what doubles hold exactly; add up wide instead."""


@dataclass(frozen=True)
class LocalEngine:
    """Groups in this process.

    `wide` adds money up as 38-digit numbers. Without it sums are doubles, which hold whole numbers
    below 2^53 (900 billion) exactly and are a quarter faster to add.
    """

    threads: int
    memory_limit: str | None = None
    wide: bool = False

    def aggregate(self, lines: pa.RecordBatchReader, *, by_status: bool = False) -> pa.Table:
        """Return one row per customer in CUSTOMERS, sorted by customer_id.

        With `by_status`, orders with a line that is not a sale are left out, and a column `rows`
        counts the rows of the export that went into each customer.

        Raises:
            MoneyOverflowError: a customer's sales or refunds reach 2^53, and not `wide`.
            InputError: they reach 2^63.
            SystemFailureError: memory or disk ran out.
        """
        sql = resources.files(__package__).joinpath("aggregate.sql").read_text("utf-8")
        # DuckDB would spill into the user's working folder, where a kill leaves customers' data.
        with (
            tempfile.TemporaryDirectory(prefix="rfmtool-") as spill,
            duckdb.connect() as connection,
        ):
            self._configure(connection, spill)
            connection.register("lines", lines)
            parts = {
                "money": "decimal(38, 0)" if self.wide else "double",
                "count_rows": ", sum(rows) as rows" if by_status else "",
                "only_sales": " having bool_and(is_sale)" if by_status else "",
            }
            with _in_our_words():
                answer = connection.sql(sql.format(**parts)).to_arrow_table()
        return _exact(answer, limit=_LARGEST if self.wide else _EXACT_BELOW)

    def _configure(self, connection: duckdb.DuckDBPyConnection, spill: str) -> None:
        connection.execute("set temp_directory = ?", [spill])
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"set threads = {self.threads}")
        if self.memory_limit:
            try:
                if not re.match(r"\s*[0-9.]*[1-9]", self.memory_limit):
                    raise duckdb.InvalidInputException  # DuckDB takes a negative size as no limit
                connection.execute("set memory_limit = ?", [self.memory_limit])
            except duckdb.Error:
                raise UsageError(
                    f"--memory-limit {self.memory_limit!r} is not a size", "For example 2GB."
                ) from None


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Turn what DuckDB says of memory and disk into what to do about it."""
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise SystemFailureError(
            "memory or disk ran out while lines were grouped by customer",
            "Give it more with --memory-limit, or free some disk.",
        ) from None
    except duckdb.IOException as error:
        reason = str(error).splitlines()[0].removeprefix("IO Error: ")
        raise SystemFailureError(
            f"lines cannot be grouped by customer: {reason}", "Free some disk."
        ) from None


def _exact(answer: pa.Table, limit: float) -> pa.Table:
    # All addends are positive, so a sum that stayed below the limit never was above it.
    for name in ("sales", "refunds"):
        largest = pc.max(answer.column(name)).as_py()
        if largest is not None and float(largest) >= limit:
            if limit == _EXACT_BELOW:
                raise MoneyOverflowError
            raise InputError("a customer's money is beyond 922 trillion", "Is the amount money?")
    schema = (
        CUSTOMERS.append(pa.field("rows", pa.int64()))
        if "rows" in answer.column_names
        else (CUSTOMERS)
    )
    return answer.cast(schema).combine_chunks()
