"""What memory the program takes, told beforehand, so that a limit of all of it is kept or refused.

The numbers were measured on exports of 1,700 to 100 million lines, and rounded up.
"""

from __future__ import annotations

from typing import Final

from rfmtool.arrays import PART_SIZE
from rfmtool.errors import UsageError

PROGRAM_BYTES: Final = 280_000_000
"""Libraries."""
READING_BYTES_PER_THREAD: Final = 30_000_000
"""The blocks of files that are being read."""
GROUPING_BYTES: Final = 128_000_000
GROUPING_BYTES_PER_THREAD: Final = 16_000_000
"""With less DuckDB may end before it spills: every thread fills its buffers first."""
_MEGABYTE: Final = 1_000_000
# Of each customer:
_PLACED_BYTES: Final = 1_500
"""While a part of them is scored, placed and written, where everything is wanted of them."""
_PLACED_WITHOUT_ORDERS_BYTES: Final = 300
"""The same where what each order moved is not."""
_LOOKED_AT_BYTES: Final = 80
"""While everything is fitted to all, and while an earlier day of them is looked at."""
_COUNTED_BYTES: Final = 1_150
"""While a report is made of all."""
# Of what an order moved on a day:
_DATED_BYTES: Final = 8
"""While everything is fitted to all."""
_LAID_OUT_BYTES: Final = 110
"""While an earlier day is looked at, of the orders of a part of the customers."""


def program_bytes(threads: int) -> int:
    """What the program takes before it holds a customer."""
    return PROGRAM_BYTES + READING_BYTES_PER_THREAD * threads


def check_memory_limit(limit_bytes: int, threads: int) -> None:
    """Check that lines can be read and grouped within a limit of the program.

    Raises:
        UsageError: they cannot, naming the least; or the limit is no number of bytes.
    """
    if not isinstance(limit_bytes, int):
        raise UsageError("a memory limit is a number of bytes", "For example 2_000_000_000.")
    least = minimum_bytes(threads)
    if limit_bytes < least:
        raise UsageError(
            f"--memory-limit: {_text(limit_bytes)} is too little: the least for --threads {threads}"
            f" is {_text(least)}",
            "Give it that or more; fewer --threads need less, but never below"
            f" {_text(minimum_bytes(1))}.",
        )


def minimum_bytes(threads: int) -> int:
    """The least limit with which lines can be read and grouped."""
    return program_bytes(threads) + grouping_bytes(threads)


def grouping_bytes(threads: int) -> int:
    """The least with which lines can be grouped."""
    return max(GROUPING_BYTES, GROUPING_BYTES_PER_THREAD * threads)


def check_memory_fits(  # noqa: PLR0913 - all that memory goes by
    limit_bytes: int | None,
    held_bytes: int,
    threads: int,
    *,
    customers: int,
    entries: int | None,
    reported: bool,
) -> None:
    """Check that customers can be scored, placed and written within a limit of the program.

    Args:
        limit_bytes: None where there is none.
        held_bytes: what the tables of customers and orders take, but for what is in files.
        threads: how many read files.
        customers: how many there are.
        entries: how many there are of what an order moved on a day; None where it is not wanted.
        reported: whether a report is made of them, or only a table.

    Raises:
        UsageError: they cannot; naming the least.
    """
    if limit_bytes is None:
        return
    part = min(customers, PART_SIZE)
    if entries is None:
        working = _PLACED_WITHOUT_ORDERS_BYTES * part
    else:
        laid_out = _LAID_OUT_BYTES * entries * part // max(customers, 1)
        looked_at = _LOOKED_AT_BYTES * customers + _DATED_BYTES * entries + laid_out
        working = max(_PLACED_BYTES * part, looked_at)
    least = program_bytes(threads) + held_bytes + working + _COUNTED_BYTES * customers * reported
    if limit_bytes < least:
        raise UsageError(
            f"--memory-limit: {_text(limit_bytes)} is too little for {customers:,} customers and"
            f" their orders: the least is {_text(least)}",
            "Give it that or more, or leave the limit out.",
        )


def _text(size_bytes: int) -> str:
    """A size in whole megabytes, rounded up."""
    return f"{-(-size_bytes // _MEGABYTE)}MB"
