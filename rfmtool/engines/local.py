"""The embedded engine: DuckDB, which spills to disk where memory is short."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.engines import Doubts, SamePersonError
from rfmtool.engines.books import LocalBooks
from rfmtool.engines.doubts import Once, counts, marks, overlap, register, taken_off
from rfmtool.engines.exact import DOUBLE, WIDE, customers_of, statement
from rfmtool.errors import SystemFailureError, UsageError
from rfmtool.scratch import scratch_folder
from rfmtool.sources.cells.ids import matching_key
from rfmtool.sources.ledger import Overlap


@dataclass(frozen=True)
class LocalEngine:
    """Groups in this process.

    `wide` adds money up as 38-digit numbers. Without it sums are doubles, which hold whole numbers
    below 2^53 (900 billion) exactly and are a quarter faster to add.
    """

    threads: int
    memory_limit: str | None = None
    wide: bool = False
    once: Once = field(default_factory=Once)
    """What is counted once."""

    def aggregate(
        self, lines: pa.RecordBatchReader, *, by_status: bool = False, with_rows: bool = False
    ) -> tuple[pa.Table, Doubts]:
        """Return one row per customer in CUSTOMERS, sorted by customer_id, and what is in doubt.

        With `by_status`, orders with a line that is not a sale are left out. With that or
        `with_rows`, a column `rows` counts the rows of the export that went into each customer.

        Raises:
            MoneyOverflowError: a customer's sales or refunds reach 2^53, and not `wide`.
            SamePersonError: two ids are spellings of one e-mail address.
            InputError: sales or refunds reach 2^63.
            SystemFailureError: memory or disk ran out.
        """
        of_sales = " filter (where is_sale)" if by_status else ""
        has_rows = by_status or with_rows
        parts = {
            "money": WIDE if self.wide else DOUBLE,
            "count_rows": ", sum(rows) as rows" if has_rows else "",
            "rows_of_sales": f", sum(rows){of_sales} as rows" if has_rows else "",
            "find_sales": ", bool_and(is_sale) as is_sale" if by_status else "",
            "only_sales": " and is_sale" if by_status else "",
            "of_sales": of_sales,
            "marks": marks(lines.schema.names),
            "counts": counts(lines.schema.names),
        }
        with self._connection() as connection:
            register(connection, lines, self.once)
            answer = connection.sql(statement("aggregate", **parts)).to_arrow_table()
        _check_apart(answer["customer_id"])
        answer, doubts = taken_off(answer)
        if by_status:
            answer = answer.filter(pc.is_valid(answer["rows"]))
        return customers_of(answer, wide=self.wide), doubts

    def overlap(self, lines: pa.RecordBatchReader) -> Overlap:
        """Count the orders that recur with the same rows in another file."""
        with self._connection() as connection:
            return overlap(connection, lines)

    @contextmanager
    def open(self, lines: pa.RecordBatchReader, *, by_status: bool = False) -> Iterator[LocalBooks]:
        """Read all lines, with what optional columns they have, and answer until closed.

        With `by_status`, orders with a line that is not a sale are left out.

        Raises:
            MoneyOverflowError: a customer's sales or refunds reach 2^53, and not `wide`.
            InputError: they reach 2^63.
            SystemFailureError: memory or disk ran out.
        """
        with self._connection() as connection:
            register(connection, lines, self.once)
            names = lines.schema.names
            yield LocalBooks(connection, names, by_status=by_status, wide=self.wide)

    @contextmanager
    def _connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        # DuckDB would spill into the user's working folder, where a kill leaves customers' data.
        with scratch_folder("rfmtool-") as spill, duckdb.connect() as connection:
            self._configure(connection, str(spill))
            with _in_our_words():
                yield connection

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


def _check_apart(ids: pa.ChunkedArray) -> None:
    addresses = ids.filter(pc.match_substring(ids, "@"))
    if len(pc.unique(matching_key(addresses))) < len(addresses):
        raise SamePersonError


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
