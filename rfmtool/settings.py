"""The settings of a run: which lines count, what is computed of customers, and how it runs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, Literal

from rfmtool.arrays import MAX_CACHED_CUSTOMERS
from rfmtool.errors import UsageError
from rfmtool.sources.cells.rates import Rates
from rfmtool.sources.layout import Detail
from rfmtool.threads import core_count

_MAX_CUSTOMERS_SINGLE_THREADED: Final = 20_000
"""Up to so many customers threads would only wait for each other."""


@dataclass(frozen=True)
class LineSettings:
    """Which lines count.

    `as_of` excludes later lines; without it, as_of is the day of the latest counting order.
    `accept_last` takes that day even where it has only a few orders long after all others.
    """

    as_of: date | None = None
    accept_last: bool = False
    since: date | None = None
    window_days: int | None = None
    currency: str | None = None
    """Only lines in this currency are read."""
    rates: Rates | None = None
    """The exchange rates for money in other currencies, instead of `currency`."""
    order_per_row: bool = False
    amount_per: Literal["line", "order"] | None = None
    """What an amount is of; None refuses orders that repeat one amount on every row."""
    overlap: Literal["keep-one", "sum"] | None = None
    """How to count orders that recur in another file; None refuses more than a few."""
    suppressed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class CustomerSettings:
    """What is computed of customers."""

    select: tuple[str, ...] | None = None
    """The columns to write, among them kept ones; None: all."""
    detail: Detail | None = None
    """What is read of the export beside its orders; None: what the selected columns need."""
    allow_proxy: bool = False
    """Let orders alone make a supporter of those they suggest."""
    estimate: bool = True
    """Estimate the wallets that were not declared."""
    estimate_plans: bool = False
    """Give headroom and plans for estimated wallets too."""
    wallet_scores: bool = False
    reported: bool = False
    """Whether a report on all customers is made, which takes more memory."""


@dataclass(frozen=True)
class ExecutionSettings:
    """How a run is executed; the result is the same."""

    threads: int = field(default_factory=core_count)
    memory_limit: int | None = None
    """How many bytes the program may take."""
    remote: str | None = field(default=None, repr=False)  # it may hold a token
    """The cluster that groups lines, by Spark Connect; None: this process."""

    def has_room(self, customers: int) -> bool:
        """Whether to cache results: of not too many customers, without a memory limit."""
        return customers <= MAX_CACHED_CUSTOMERS and self.memory_limit is None

    def threads_for(self, customers: int) -> int:
        """The number of threads that place customers, where each thread takes memory."""
        uses_threads = customers > _MAX_CUSTOMERS_SINGLE_THREADED and self.has_room(customers)
        return self.threads if uses_threads else 1


@dataclass(frozen=True)
class Settings(ExecutionSettings, CustomerSettings, LineSettings):
    """All settings of a run: those of lines, of customers and of execution."""

    def with_as_of(self, as_of: date | str | None) -> Settings:
        """A copy as of another day, a date or text such as 2025-12-31; `last` is the latest."""
        if as_of is None:
            return self
        # Timestamps of pandas and NumPy begin with the day when written as text.
        text = as_of if isinstance(as_of, str) else str(as_of)[: len("2024-12-31")]
        if text == "last":
            return replace(self, as_of=None, accept_last=True)
        try:
            return replace(self, as_of=date.fromisoformat(text))
        except ValueError:
            raise UsageError(f"as_of {as_of!r} is not a day", "Write it as YYYY-MM-DD.") from None
