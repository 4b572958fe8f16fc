"""Checks that refuse an export that can be read in two ways, until an option says which."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from rfmtool.days import date_from_day
from rfmtool.engines import OrderCounts
from rfmtool.errors import AmbiguousInputError, InputError
from rfmtool.grouping.grouped import Grouped
from rfmtool.grouping.order_dates import OrderDates
from rfmtool.money import exact_total
from rfmtool.sources import Export
from rfmtool.sources.cells import currencies
from rfmtool.sources.evidence.tables import Evidence
from rfmtool.sources.layout import LineOptions
from rfmtool.sources.ledger import Ledger

_SURE_ORDERS, _SURE_SHARE, _SOME_ORDERS, _MAX_OVERLAP_SHARE = 20, 0.95, 2, 0.001
_MAX_LISTED: Final = 8
_OTHER_CALENDARS: Final = (
    ("Buddhist", 2440, 2700), ("Buddhist", 2045, 2068), ("Hijri", 1300, 1500),
)  # fmt: skip
"""Ranges of years, also of two digits, that are likelier of another calendar than Gregorian."""


def check_currency(export: Export, ledger: Ledger, options: LineOptions) -> None:
    """Check that all money is in one currency or converted, and that --currency can apply."""
    if export.formats.in_cents and (undivided := ledger.currencies & currencies.WITHOUT_CENTS):
        raise InputError(
            f"{export.name}: by the names of its columns money is in cents, which there are none of"
            f" in {_currency_list(undivided)}",
            "Rename the columns if they hold whole units, or pick a currency with --currency.",
        )
    if options.currency is not None or options.rates is not None:
        option = "--currency" if options.rates is None else "--rates"
        names_currencies = ledger.currencies or ledger["other_currency"]
        if "currency" not in export.columns and not names_currencies:
            raise InputError(
                f"{export.name}: {option} is given, but no column was recognised as currency and"
                " no amount has a sign or code beside it",
                f"Name the column with --column currency=NAME, or leave {option} out.",
            )
        return
    distinct = currencies.distinct_currencies(ledger.currencies)
    if len(distinct) > 1:
        raise AmbiguousInputError(
            f"{export.name}: money in {len(distinct)} currencies, {_currency_list(distinct)}",
            "Pick one with --currency, or convert all into one with --rates.",
        )


def check_wallets(evidence: Evidence, grouped: Grouped, currency: str | None) -> None:
    """Check that wallets are in one currency, and in that of the export's money if it is known."""
    if "wallets" not in evidence.ledgers:
        return
    distinct = currencies.distinct_currencies(evidence.ledgers["wallets"].rows.currencies)
    if len(distinct) > 1:
        raise AmbiguousInputError(
            f"wallets: money in {len(distinct)} currencies, {_currency_list(distinct)}",
            "Give all in the currency of the export; where that names its currency too, --currency"
            " picks one. Wallets are not converted.",
        )
    if grouped.rates:
        currency = grouped.rates.target_currency
    export = {currencies.currency_code(currency)} if currency else grouped.ledger.currencies
    if distinct and export and len(currencies.distinct_currencies([*distinct, *export])) > 1:
        raise InputError(
            f"wallets: money in {_currency_list(distinct)}, while the export's counts in"
            f" {_currency_list(currencies.distinct_currencies(export))}",
            "Give the wallets in the currency of the export: they are not converted.",
        )


def _currency_list(found: Collection[str]) -> str:
    """Known currencies; others are only counted, because they may be cells of a wrong column."""
    known = sorted(currency for currency in found if currencies.is_known_currency(currency))
    known = known[:_MAX_LISTED]
    more = [f"{len(found) - len(known)} more"] * (len(known) < len(found))
    return ", ".join([*known, *more]) if known else "none of them a known code or sign"


def check_calendar(export: Export, dates: OrderDates) -> None:
    """Check that years are Gregorian."""
    if not len(dates.day) or export.asked.date_format:
        return
    year = date_from_day(int(np.median(dates.day))).year
    for calendar, first, last in _OTHER_CALENDARS:
        if first <= year <= last:
            raise AmbiguousInputError(
                f"{export.name}: dates lie around the year {year}, as the {calendar} calendar has"
                " it",
                "Convert them in the export; if they are right as they stand, say how they are"
                " written with --date-format.",
            )


def check_amounts(export: Export, counts: OrderCounts) -> None:
    """Check that orders do not repeat their total on every row."""
    if _are_surely_order_totals(counts):
        raise AmbiguousInputError(
            f"{export.name}: {counts.repeated_amount_orders:,} of {counts.multi_row_orders:,}"
            f" orders with several rows have one amount on all of them in column"
            f" {export.columns['amount']!r}, as if it were the order's total",
            "If it is, take --amount-per order, which counts it once; if it is the row's, take"
            " --amount-per line.",
        )


def _are_surely_order_totals(counts: OrderCounts) -> bool:
    return (
        counts.multi_row_orders >= _SURE_ORDERS
        and counts.repeated_amount_orders >= _SURE_SHARE * counts.multi_row_orders
    )


def amount_notices(counts: OrderCounts) -> Sequence[str]:
    """A sentence where many orders repeat one amount on every row, but too few for an error."""
    if _are_surely_order_totals(counts) or counts.repeated_amount_orders < max(
        _SOME_ORDERS, counts.multi_row_orders / 2
    ):
        return []
    several = f"{counts.repeated_amount_orders:,} of {counts.multi_row_orders:,} with 2+ rows"
    hint = "If it is the order's total, --amount-per order counts it once."
    return [f"Orders with one amount on all of their rows: {several}. {hint}"]


def payment_notices(customers: pa.Table, rows: int) -> Sequence[str]:
    """A sentence where rows below zero come to half of the sales: payments may stand beside them.

    `customers` has the sales and refunds of each, of `rows` rows.
    """
    sales, refunds = (exact_total(customers[name].to_numpy()) for name in ("sales", "refunds"))
    if rows < _SURE_ORDERS or refunds < sales / 2 or not sales:
        return []
    share = f"Money given back comes to {refunds / sales:.0%} of what was sold"
    return [f"{share}: if rows below zero are payments of invoices, leave them out of the export."]


def check_overlap(export: Export, ledger: Ledger, orders: int) -> None:
    """Check that only few of `orders` orders recur in another file."""
    recurring = ledger.overlap.orders
    if recurring > _MAX_OVERLAP_SHARE * orders:
        raise AmbiguousInputError(
            f"{export.name}: {recurring:,} of {orders:,} orders stand in more than one file,"
            " with the same rows",
            "If the files overlap, take --overlap keep-one, which counts such an order once; if"
            " they do not, take --overlap sum.",
        )
