"""The data of a run: where every row went, how columns were read, and warnings."""

from __future__ import annotations

from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Paragraph
from rfmtool.summaries.exchange_rates import conversion_text
from rfmtool.summaries.formatting import count_text, format_money, label_text

_FACTORS: Final = {"quantity", "unit_price"}


def data_quality(summary: Data) -> list[Block]:
    """The ledger, columns, statuses, evidence tables and warnings."""
    tables = []
    statuses = ", ".join(
        f"{status['status'] or ('words of few rows' if status['status'] is None else 'empty')}"
        f" {status['rows']:,} ({format_money(status['money'])}: {status['taken_as']})"
        for status in summary["statuses"]
    )
    for name, table in summary["evidence"].items():
        known = "all" if table["matched"] == table["people"] else f"{table['matched']:,}"
        tables.append(f"{name} {table['people']:,} ({known} matched)")
    return [
        Paragraph(ledger_line(summary["ledger"])),
        Paragraph(f"Read as {', '.join(column_roles(summary))}"),
        *([Paragraph(f"By status {statuses}")] if statuses else []),
        *([Paragraph(f"With {', '.join(tables)}")] if tables else []),
        *(Paragraph(text, "warning") for text in summary["warnings"]),
    ]


def ledger_line(ledger: Data, *, empty: bool = True) -> str:
    """The sum that accounts for every row; bins without rows are left out unless `empty`."""
    bins = [
        (ledger["used"], "used"),
        (ledger["anonymous"], "without a customer"),
        _sum(ledger, "excluded"),
        _sum(ledger, "rejected"),
        (ledger["blank"], "blank"),
    ]
    shown = [bins[0], *((count, name) for count, name in bins[1:] if count or empty)]
    counts = " + ".join(f"{count:,} {name}" for count, name in shown)
    return f"{count_text(ledger['rows'], 'row')} = {counts}"


def _sum(ledger: Data, bins: str) -> tuple[int, str]:
    reasons = ledger[bins]
    why = ", ".join(f"{label_text(name)} {count:,}" for name, count in reasons.items())
    return sum(reasons.values()), bins + (f" ({why})" if why else "")


def column_roles(summary: Data) -> list[str]:
    """Which column plays which role, and how it is read."""
    reading, columns = summary["reading"], summary["columns"]
    formats = {"ordered_at": f" ({reading['dates']})"}
    texts = [
        (role if name == role else f"{role}={name}") + formats.get(role, "")
        for role, name in columns.items()
        if role not in _FACTORS
    ]
    if columns.keys() >= _FACTORS:
        texts.append(f"amount={columns['quantity']} × {columns['unit_price']}")
    texts += [f"kept {name}" for name in summary["kept"]]
    texts.append(f"one order per {reading['order_is'].removeprefix('a ')}")
    return [*texts, f"money {conversion_text(reading['rates'])}"] if reading["rates"] else texts
