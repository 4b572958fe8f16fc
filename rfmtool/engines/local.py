"""The embedded engine: DuckDB, which spills to disk where memory is short."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from rfmtool.engines import Grouping, Request
from rfmtool.engines.copies import overlap
from rfmtool.engines.exact import DOUBLE, WIDE, MoneyOverflowError
from rfmtool.engines.queries import SamePersonError, grouping_of
from rfmtool.errors import SystemFailureError, UsageError


@dataclass(frozen=True)
class LocalEngine:
    """Groups in this process, and spills to disk beyond its share of memory."""

    threads: int
    memory_limit: str | None = None

    def group(self, request: Request) -> Grouping:
        """Return all that is wanted, as `engines.Engine` says.

        What is true of nearly all exports is taken for granted at first: that money fits doubles,
        and that each customer has one id. Where it is not, the lines are read again.

        Raises:
            InputError: a customer's money reaches 2^63.
            SystemFailureError: memory or disk ran out.
            UsageError: the memory limit is no size.
        """
        if request.overlap:
            with self._connection() as connection:
                return Grouping(overlap=overlap(connection, request.lines.read()))
        money, merges = DOUBLE, False
        while True:
            try:
                with self._connection() as connection:
                    return grouping_of(connection, request, money, merges=merges)
            except MoneyOverflowError:
                money = WIDE
            except SamePersonError:
                merges = True

    @contextmanager
    def _connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        # DuckDB would spill into the user's working folder, where a kill leaves customers' data.
        with (
            tempfile.TemporaryDirectory(prefix="rfmtool-") as spill,
            duckdb.connect() as connection,
        ):
            self._configure(connection, spill)
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
