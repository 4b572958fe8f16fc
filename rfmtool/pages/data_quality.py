"""What a report rests on: where every row went, how columns were read, what to be careful with."""

from __future__ import annotations

from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Paragraph
from rfmtool.summaries.exchange_rates import conversion_text
from rfmtool.summaries.formatting import count_text, format_money, label_text

_FACTORS: Final = {"quantity", "unit_price"}


def data_quality(summary: Data) -> list[Block]:
    """The ledger, the columns, and the warnings."""
    named = []
    statuses = ", ".join(
        f"{one['status'] or ('words of few rows' if one['status'] is None else 'empty')}"
        f" {one['rows']:,} ({format_money(one['money'])}: {one['taken_as']})"
        for one in summary["statuses"]
    )
    for name, table in summary["evidence"].items():
        known = "all" if table["matched"] == table["people"] else f"{table['matched']:,}"
        named.append(f"{name} {table['people']:,} ({known} known elsewhere)")
    return [
        Paragraph(ledger_line(summary["ledger"])),
        Paragraph(f"Read as {', '.join(column_roles(summary))}"),
        *([Paragraph(f"By status {statuses}")] if statuses else []),
        *([Paragraph(f"With {', '.join(named)}")] if named else []),
        *(Paragraph(text, "warning") for text in summary["warnings"]),
    ]


def ledger_line(ledger: Data, *, empty: bool = True) -> str:
    """The sum that accounts for every row; bins without rows are named where `empty`."""
    bins = [
        (ledger["used"], "used"),
        (ledger["anonymous"], "without a customer"),
        _sum(ledger, "excluded"),
        _sum(ledger, "rejected"),
        (ledger["blank"], "blank"),
    ]
    named = [bins[0], *((count, words) for count, words in bins[1:] if count or empty)]
    counts = " + ".join(f"{count:,} {words}" for count, words in named)
    return f"{count_text(ledger['rows'], 'row')} = {counts}"


def _sum(ledger: Data, bins: str) -> tuple[int, str]:
    reasons = ledger[bins]
    why = ", ".join(f"{label_text(name)} {count:,}" for name, count in reasons.items())
    return sum(reasons.values()), bins + (f" ({why})" if why else "")


def column_roles(summary: Data) -> list[str]:
    """Which column plays which role, and how it is read."""
    reading, columns = summary["reading"], summary["columns"]
    said = {"ordered_at": f" ({reading['dates']})"}
    words = [
        (role if name == role else f"{role}={name}") + said.get(role, "")
        for role, name in columns.items()
        if role not in _FACTORS
    ]
    if columns.keys() >= _FACTORS:
        words.append(f"amount={columns['quantity']} × {columns['unit_price']}")
    words += [f"kept {name}" for name in summary["kept"]]
    words.append(f"an order is {reading['order_is']}")
    return [*words, f"money {conversion_text(reading['rates'])}"] if reading["rates"] else words
