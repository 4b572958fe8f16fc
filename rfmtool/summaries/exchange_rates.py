"""The conversion of currencies as data and as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rfmtool.grouping.grouped import Grouped
from rfmtool.sources.cells.currencies import is_known_currency


def rates_data(grouped: Grouped) -> dict[str, Any] | None:
    """The target currency, the currencies that have a rate, and those that lack one.

    Only known currency codes are named: other cells may hold anything.
    """
    rates = grouped.rates
    if rates is None:
        return None
    return {
        "into": rates.target_currency if is_known_currency(rates.target_currency) else None,
        "currencies": list(filter(is_known_currency, rates.currency_codes)),
        "lacking": sorted(filter(is_known_currency, grouped.ledger.unrated)),
    }


def conversion_text(rates: Mapping[str, Any]) -> str:
    """A sentence part on what money was converted into and from."""
    others = [code for code in rates["currencies"] if code != rates["into"]]
    lacking = f"; no rate on some days: {', '.join(rates['lacking'])}" if rates["lacking"] else ""
    into = rates["into"] or "a currency of your own"
    return f"converted into {into} with the rates of {', '.join(others) or 'others'}{lacking}"
