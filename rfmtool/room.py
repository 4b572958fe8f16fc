"""What memory the program takes, told beforehand, so that a limit of all of it is kept or refused.

The numbers were measured on exports of 1,700 to 100 million lines, and rounded up.
"""

from __future__ import annotations

from typing import Final

from rfmtool.arrays import PART
from rfmtool.errors import UsageError

PROGRAM_BYTES: Final = 320_000_000
"""Libraries, and the blocks of files that are being read."""
GROUPING_BYTES: Final = 128_000_000
GROUPING_BYTES_PER_THREAD: Final = 16_000_000
"""With less DuckDB may end before it spills: every thread fills its buffers first."""
_MEGABYTE: Final = 1_000_000
# Of each customer:
_PLACED_BYTES: Final = 1_400
"""While a part of them is scored, placed and written, where everything is wanted of them."""
_PLACED_WITHOUT_ORDERS_BYTES: Final = 300
"""The same where what each order moved is not."""
_LOOKED_AT_BYTES: Final = 290
"""While an earlier day of all is looked at."""
_COUNTED_BYTES: Final = 1_150
"""While a report is made of all."""


def check_limit(limit_bytes: int, threads: int) -> None:
    """Check that lines can be read and grouped within a limit of the program.

    Raises:
        UsageError: they cannot; naming the least.
    """
    grouping = max(GROUPING_BYTES, GROUPING_BYTES_PER_THREAD * threads)
    if limit_bytes < PROGRAM_BYTES + grouping:
        raise UsageError(
            f"--memory-limit: {_text(limit_bytes)} is too little: the least for --threads {threads}"
            f" is {_text(PROGRAM_BYTES + grouping)}",
            "Give it that or more; fewer --threads need less, but never below"
            f" {_text(PROGRAM_BYTES + GROUPING_BYTES)}.",
        )


def check_room(
    limit_bytes: int | None,
    held_bytes: int,
    customers: int,
    *,
    by_order: bool,
    counted: bool = False,
) -> None:
    """Check that customers can be scored, placed and written within a limit of the program.

    Args:
        limit_bytes: None where there is none.
        held_bytes: what the tables of customers and orders take.
        customers: how many there are.
        by_order: whether it is wanted what each order moved.
        counted: whether a report is made of them, or only a table.

    Raises:
        UsageError: they cannot; naming the least.
    """
    placed = _PLACED_BYTES if by_order else _PLACED_WITHOUT_ORDERS_BYTES
    looked_at = _LOOKED_AT_BYTES * customers if by_order else 0
    working = max(placed * min(customers, PART), looked_at) + _COUNTED_BYTES * customers * counted
    least = PROGRAM_BYTES + held_bytes + working
    if limit_bytes is not None and limit_bytes < least:
        raise UsageError(
            f"--memory-limit: {_text(limit_bytes)} is too little for {customers:,} customers and"
            f" their orders: the least is {_text(least)}",
            "Give it that or more, or leave the limit out.",
        )


def _text(size_bytes: int) -> str:
    """A size in whole megabytes, rounded up."""
    return f"{-(-size_bytes // _MEGABYTE):,}MB".replace(",", "")
