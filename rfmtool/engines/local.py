"""The embedded engine: DuckDB, which spills to disk where memory is short."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import duckdb

from rfmtool.engines import Grouping, Request
from rfmtool.engines.exact_sums import DECIMAL, DOUBLE, MoneyOverflowError
from rfmtool.engines.queries import SameEmailError, group_lines
from rfmtool.engines.repeated_amounts import anonymous_money, overlap, status_money
from rfmtool.errors import SystemFailureError
from rfmtool.memory import release_memory
from rfmtool.memory_budget import check_memory_limit, grouping_bytes, program_bytes
from rfmtool.scratch import scratch_folder

_ENOUGH_BYTES: Final = 1_500_000_000
"""The default limit: 100 million lines are grouped no faster with more."""
_SHARE: Final = 0.85
"""DuckDB's share of what a limit leaves; the rest is for results while they are copied."""
_ONLY: Final = {"overlap": overlap, "anonymous": anonymous_money, "statuses": status_money}


class _MemoryRanOutError(SystemFailureError):
    """Grouping needs more memory at once than the limit."""


@dataclass(frozen=True)
class LocalEngine:
    """Groups in this process, and spills to disk beyond its share of memory."""

    threads: int
    memory_limit: int | None = None
    """How many bytes the whole program may take."""

    def group(self, request: Request) -> Grouping:
        """Return all that is requested: `engines.Engine.group`.

        The first attempt assumes what is true of nearly all exports: that money fits doubles, that
        each customer has one id, and that memory suffices for all threads. Where one of these
        fails, the lines are read again.
        """
        if request.only:
            with self._connection(self.threads) as connection:
                return _ONLY[request.only](connection, request)
        money, merges, threads = DOUBLE, False, self.threads
        while True:
            try:
                with self._connection(threads) as connection:
                    return group_lines(connection, request, money, merges=merges, threads=threads)
            except MoneyOverflowError:
                money = DECIMAL
            except SameEmailError:
                merges = True
            except _MemoryRanOutError:
                if threads == 1:
                    raise
                threads = 1  # because the buffers of each thread do not spill

    @contextmanager
    def _connection(self, threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
        # DuckDB would spill into the user's working folder, where a kill leaves customers' data.
        with scratch_folder("rfmtool-") as spill, duckdb.connect() as connection:
            connection.execute("set temp_directory = ?", [str(spill)])
            connection.execute("set preserve_insertion_order = false")
            connection.execute(f"set threads = {threads}")
            connection.execute("set memory_limit = ?", [f"{self._limit_bytes(connection)}B"])
            with _translated_errors():
                yield connection
        release_memory()

    def _limit_bytes(self, connection: duckdb.DuckDBPyConnection) -> int:
        if self.memory_limit is not None:
            check_memory_limit(self.memory_limit, self.threads)
            left = self.memory_limit - program_bytes(self.threads)
            return max(int(left * _SHARE), grouping_bytes(self.threads))
        query = "select parse_formatted_bytes(current_setting('memory_limit'))"
        [(default_bytes,)] = connection.execute(query).fetchall()
        return min(int(default_bytes) // 2, _ENOUGH_BYTES)


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise _MemoryRanOutError(
            "memory or disk ran out while lines were grouped by customer",
            "Give it more with --memory-limit, or free some disk.",
        ) from None
    except duckdb.IOException as error:
        reason = str(error).splitlines()[0].removeprefix("IO Error: ")
        raise SystemFailureError(
            f"lines cannot be grouped by customer: {reason}", "Free some disk."
        ) from None
