"""An export, read and grouped: the value that all later steps compute from, and its last day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

import pandas as pd
import pyarrow as pa

import rfmtool.columns as names
from rfmtool.days import date_from_day
from rfmtool.documents import packaged_toml
from rfmtool.engines import OrderCounts, OrderEntries
from rfmtool.errors import ErrorContext, InputError, errors_naming
from rfmtool.grouping.order_dates import OrderDates, check_stray_last_days, last_day
from rfmtool.memory import in_memory_bytes
from rfmtool.sources import Export
from rfmtool.sources.cells.ids import is_listed
from rfmtool.sources.cells.rates import Rates
from rfmtool.sources.ledger import Ledger


@dataclass(frozen=True)
class Grouped:
    """An export, read and grouped: customers, order dates, and the ledger of its rows.

    What the export does not have, or was not requested, is None. `owner` is a row number of
    `table`, which has `rows`, and `cost` and `uncosted` where costs are read.
    """

    table: pa.Table
    order_dates: OrderDates
    ledger: Ledger
    export: Export
    dropped_point_zero: bool = False
    as_of: date | None = None
    """The day that was asked for; None leaves it to the data."""
    merged_ids: int = 0
    """How many ids are another spelling of a customer's e-mail address."""
    categories: pa.Table | None = None
    """`engines.CATEGORIES_SCHEMA`."""
    first_categories: pa.Table | None = None
    """The categories of each customer's first orders: `owner`, `category`."""
    latest_cells: pa.Table | None = None
    """The latest contact and kept cells, a row for each row of `table`."""
    entries: OrderEntries | None = None
    order_counts: OrderCounts = field(default_factory=OrderCounts)
    rates: Rates | None = None
    evidence: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """The evidence tables by name: `owner` and `referred` are row numbers of `table`."""

    @property
    def held_bytes(self) -> int:
        """The memory that customers, their orders, categories and contacts take."""
        tables = (self.table, self.categories, self.first_categories, self.latest_cells)
        entries = 0 if self.entries is None else self.entries.held_bytes
        dates = in_memory_bytes(self.order_dates.owner) + in_memory_bytes(self.order_dates.day)
        return sum(int(table.nbytes) for table in tables if table is not None) + dates + entries

    def addresses_among(self, listed: frozenset[str]) -> dict[str, str]:
        """The listed e-mail addresses that the export has, by the customers who have them."""
        listed = frozenset(entry for entry in listed if "@" in entry)
        if not listed or not self.latest_cells or "email" not in self.latest_cells.column_names:
            return {}
        emails = self.latest_cells["email"].combine_chunks()
        mask = pa.array(is_listed(emails, listed))
        ids = self.table["customer_id"].combine_chunks().filter(mask)
        return dict(zip(ids.to_pylist(), emails.filter(mask).to_pylist(), strict=True))

    def slice(self, start: int, stop: int) -> Grouped:
        """The customers in rows `start` to `stop`, numbered anew from 0, without shared tables."""
        contacts = self.evidence.get("contacts")
        evidence = {} if contacts is None else {"contacts": slice_by_owner(contacts, start, stop)}
        return replace(
            self,
            table=self.table.slice(start, stop - start),
            order_dates=self.order_dates.slice(start, stop),
            latest_cells=self.latest_cells and self.latest_cells.slice(start, stop - start),
            categories=None,
            first_categories=None,
            entries=None,
            evidence=evidence,
        )

    @property
    def on_dates(self) -> str:
        """A sentence on why days are missing or cannot be read; empty where that is unknown."""
        if self.export.may_need_fill_down and self.ledger["missing_date"]:
            return _FILL_DOWN_HINT
        others, assumed = self.export.other_dates, self.export.formats.dates.name
        if not (others and self.ledger["bad_date"]):
            return ""
        return f"Dates are read as {assumed}; most that cannot be read look like {others}."


_FILL_DOWN_HINT: Final = (
    "Rows with money and without order, customer and day stand below others: if they are of the"
    " order above, fill these cells down before, or name --column quantity and unit_price instead"
    " of an amount; if they are totals, leave them out."
)


KNOWN_GROUPED: Final = ErrorContext[Grouped]()
"""The grouped export in which an error was found."""


def slice_by_owner(rows: pd.DataFrame, start: int, stop: int) -> pd.DataFrame:
    """The rows with an `owner` from `start` to `stop`, numbered anew from 0."""
    rows = rows[rows["owner"].between(start, stop - 1)]
    return rows.assign(owner=rows["owner"] - start)


def as_of_day(grouped: Grouped, *, accept_last: bool) -> date:
    """The day asked for; else the latest day of a counting order; else the last line's day.

    A latest day of a few orders, long after all others, is refused unless `accept_last`.
    """
    last_line_day = grouped.ledger.last_day
    if last_line_day is None or (grouped.ledger.excluded and not grouped.ledger["used"]):
        raise _no_usable_rows_error(grouped)
    if grouped.as_of is not None:
        return grouped.as_of
    check_last_days(grouped, accept_last=accept_last)
    return date_from_day(last_day(grouped.order_dates, last_line_day))


def check_last_days(grouped: Grouped, *, accept_last: bool) -> None:
    """Check that no few orders lie long after all others, unless a day or the last is asked for."""
    if grouped.as_of is None and not accept_last:
        with errors_naming(grouped.export.name):
            check_stray_last_days(grouped.order_dates)


def _no_usable_rows_error(grouped: Grouped) -> InputError:
    # An error, because an empty result would overwrite a good one in a nightly job.
    ledger = grouped.ledger
    if not ledger.rows:
        return InputError(f"{grouped.export.name}: there are no rows in it", "Export it again.")
    bins = [name for name in names.BINS if ledger[name]]
    reasons = ", ".join(f"{name} {ledger[name]:,}" for name in bins)
    largest = max(bins, key=lambda name: ledger[name])
    hints = packaged_toml(__package__, "hints.toml")["hint"]
    hint = next((hint["text"] for hint in hints if largest in hint["bins"]), "See rfmtool check.")
    return InputError(
        f"{grouped.export.name}: none of the {ledger.rows:,} rows can be used ({reasons})",
        hint,
    )
