"""Estimates of the memory needed, so that a limit that is too low is refused beforehand.

The numbers were measured on exports of 1,700 to 100 million lines, and rounded up.
"""

from __future__ import annotations

from typing import Final

from rfmtool.arrays import PART_SIZE
from rfmtool.errors import UsageError

PROGRAM_BYTES: Final = 280_000_000
"""Libraries."""
READING_BYTES_PER_THREAD: Final = 30_000_000
"""Blocks of files being read."""
GROUPING_BYTES: Final = 128_000_000
GROUPING_BYTES_PER_THREAD: Final = 16_000_000
"""With less DuckDB may fail before it spills: every thread fills its buffers first."""
_MEGABYTE: Final = 1_000_000
# Per customer:
_PLACED_BYTES: Final = 1_500
"""While a part of them is scored, placed and written with all columns."""
_PLACED_WITHOUT_ORDERS_BYTES: Final = 300
"""The same without columns that need daily amounts."""
_FITTED_BYTES: Final = 80
"""While scales are fitted to all of them, and on lookback days."""
_REPORT_BYTES: Final = 1_150
"""While a report of all of them is made."""
# Per daily amount of an order:
_DATED_BYTES: Final = 8
"""While scales are fitted to all customers."""
_LOOKBACK_BYTES: Final = 110
"""On a lookback day, for the orders of a part of the customers."""


def program_bytes(threads: int) -> int:
    """The memory that the program takes before it holds any customers."""
    return PROGRAM_BYTES + READING_BYTES_PER_THREAD * threads


def check_memory_limit(limit_bytes: int, threads: int) -> None:
    """Check that lines can be read and grouped within the program's memory limit.

    Raises UsageError where they cannot, naming the minimum; or the limit is no number of bytes.
    """
    if not isinstance(limit_bytes, int):
        raise UsageError("a memory limit is a number of bytes", "For example 2_000_000_000.")
    minimum = minimum_bytes(threads)
    if limit_bytes < minimum:
        raise UsageError(
            f"--memory-limit: {_text(limit_bytes)} is too little: the least for --threads {threads}"
            f" is {_text(minimum)}",
            "Give it that or more; fewer --threads need less, but never below"
            f" {_text(minimum_bytes(1))}.",
        )


def minimum_bytes(threads: int) -> int:
    """The lowest memory limit with which lines can be read and grouped."""
    return program_bytes(threads) + grouping_bytes(threads)


def grouping_bytes(threads: int) -> int:
    """The lowest memory with which lines can be grouped."""
    return max(GROUPING_BYTES, GROUPING_BYTES_PER_THREAD * threads)


def check_memory_fits(  # noqa: PLR0913
    limit_bytes: int | None,
    held_bytes: int,
    threads: int,
    *,
    customers: int,
    entries: int | None,
    reported: bool,
) -> None:
    """Check that customers can be scored, placed and written within the program's memory limit.

    `held_bytes` is what the tables of customers and orders take, without columns in files;
    `entries` is how many daily amounts of orders there are, None if they are not needed;
    `reported` says whether a report is made, or only a table.

    Raises:
        UsageError: they cannot; naming the minimum.
    """
    if limit_bytes is None:
        return
    part = min(customers, PART_SIZE)
    if entries is None:
        working = _PLACED_WITHOUT_ORDERS_BYTES * part
    else:
        lookback = _LOOKBACK_BYTES * entries * part // max(customers, 1)
        fitting = _FITTED_BYTES * customers + _DATED_BYTES * entries + lookback
        working = max(_PLACED_BYTES * part, fitting)
    minimum = program_bytes(threads) + held_bytes + working + _REPORT_BYTES * customers * reported
    if limit_bytes < minimum:
        raise UsageError(
            f"--memory-limit: {_text(limit_bytes)} is too little for {customers:,} customers and"
            f" their orders: the least is {_text(minimum)}",
            "Give it that or more, or leave the limit out.",
        )


def _text(size_bytes: int) -> str:
    """A size in whole megabytes, rounded up."""
    return f"{-(-size_bytes // _MEGABYTE)}MB"
