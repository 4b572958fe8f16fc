"""What a report rests on: where every row went, how columns were read, what to be careful with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType

from rfmtool.report.exchange import converted
from rfmtool.report.terminal import paragraph, printable
from rfmtool.report.words import counted
from rfmtool.sources.layout import KEPT

Data = Mapping[str, Any]


def trust(summary: Data, width: int) -> list[RenderableType]:
    """The ledger, the columns, and the warnings."""
    read_as = columns_line(summary["columns"], summary["reading"])
    return [
        paragraph(ledger_line(summary["ledger"]), width),
        paragraph(f"Read as {read_as}", width),
        *_evidence(summary["evidence"], width),
        *[paragraph(f"! {printable(text)}", width, "yellow") for text in summary["warnings"]],
    ]


def _evidence(tables: Data, width: int) -> list[RenderableType]:
    """How many people each evidence table names, and how many of them the export or others know."""
    if not tables:
        return []
    named = ", ".join(
        f"{name} {table['people']:,} ({table['matched']:,} known elsewhere)"
        for name, table in tables.items()
    )
    return [paragraph(f"With {named}", width)]


def ledger_line(ledger: Data) -> str:
    """The sum that accounts for every row."""
    return (
        f"{counted(ledger['rows'], 'row')} = {ledger['used']:,} used"
        f" + {ledger['anonymous']:,} without a customer + {_sum(ledger, 'excluded')}"
        f" + {_sum(ledger, 'rejected')} + {ledger['blank']:,} blank"
    )


def _sum(ledger: Data, bins: str) -> str:
    reasons = ledger[bins]
    why = ", ".join(f"{name} {count:,}" for name, count in reasons.items())
    return f"{sum(reasons.values()):,} {bins}" + (f" ({why})" if why else "")


def columns_line(columns: Mapping[str, str], reading: Data) -> str:
    """Which column plays which role, and how it is read."""
    own = {role: name for role, name in columns.items() if not role.startswith(KEPT)}
    shown = {role: printable(name) for role, name in own.items()}
    words = [
        f"{role}={name}" + (f" ({reading['dates']})" if role == "ordered_at" else "")
        for role, name in shown.items()
        if role not in ("quantity", "unit_price")
    ]
    if "quantity" in shown:
        words.append(f"amount={shown['quantity']} × {shown['unit_price']}")
    kept = [printable(name) for role, name in columns.items() if role not in own]
    words += [f"kept {name}" for name in kept]
    words.append(f"an order is {reading['order_is']}")
    if reading.get("rates"):
        words.append(f"money {converted(reading['rates'])}")
    return ", ".join(words)
