"""Tables of groups: customers, revenue, and return rates of the backtest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import WIDE, Bar, Block, Cell, Column, Paragraph, Table, cells, numbers
from rfmtool.summaries.formatting import TOO_FEW, join_with_or, label_text

ReturnRates = Mapping[str, Data]
"""Groups of the backtest by name."""

_INTERVAL: Final = "latest day, 95%"
_TEXT_WIDTH: Final = 24
_BAR_LENGTH: Final = 10


def ladder(summary: Data) -> list[Block]:
    """The rungs from the top, and the tables that missing rungs need."""
    groups = {group["name"]: group for group in summary["stages"]}
    rows: list[Sequence[Cell]] = []
    needs: dict[str, list[str]] = {}
    rates = return_rates(summary, "stage")
    for rung in summary["ladder"]:
        name = rung["stage"]
        if rung["needs"]:
            tables = join_with_or([f"--{table}" for table in rung["needs"]])
            needs.setdefault(tables, []).append(label_text(name))
        else:
            cells = _cells(groups.get(name, _NO_CUSTOMERS))
            rows.append((label_text(name), rung["proof"], *cells, *_rate_cells(name, rates)))
    missing = "; ".join(f"{' and '.join(stages)} with {tables}" for tables, stages in needs.items())
    note = [Paragraph(f"More rungs: {missing}.", "quiet")] if needs else []
    return [_table("LADDER", "proof", rows, rates), *note]


def group_table(summary: Data, by: str, groups: Sequence[Data], width: int) -> Table:
    """A table of groups by `segment` or `activity`, with their definitions and return rates."""
    rates = return_rates(summary, by)
    rows = []
    for group in groups:
        name, who = group["name"], group["who"]
        who = who if width >= WIDE else who.replace(" days,", " d,")
        rows.append((label_text(name), who, *_cells(group), *_rate_cells(name, rates)))
    return _table(by.upper(), "who", rows, rates)


def return_rates(summary: Data, by: str) -> ReturnRates | None:
    """The groups of the backtest by name; None without a backtest."""
    if summary["backtest"] is None:
        return None
    return {group["name"]: group for group in summary["backtest"]["groups"] if group["by"] == by}


def _rate_cells(name: str, rates: ReturnRates | None) -> tuple[str, ...]:
    """The return rate of a group and its 95% interval."""
    if rates is None:
        return ()
    group = rates.get(name)
    if group is None or group["low"] is None:
        return "–" if group is None else TOO_FEW, ""
    interval = f"{100 * group['low']:.0f}–{100 * group['high']:.0f}%"
    return f"{group['returned'] / group['customers']:.0%}", interval


def _table(
    title: str, definition: str, rows: Sequence[Sequence[Cell]], rates: ReturnRates | None
) -> Table:
    rate_titles = () if rates is None else ("back*", _INTERVAL)
    return Table(
        columns=(
            Column(title, "name"),
            Column(definition, tone="quiet", folds=True),
            *numbers("people", "share"),
            Column(),
            *numbers("revenue", "share", "average", "median", *rate_titles),
        ),
        rows=tuple(rows),
        optional_columns=("median", "average", _INTERVAL, "share", "share", ""),
        text_width=_TEXT_WIDTH,
    )


def _cells(group: Data) -> tuple[Cell, ...]:
    return (
        *cells(group, "customers:,", "share:share"),
        Bar(group["share"], _BAR_LENGTH),
        *cells(group, "revenue:money", "revenue_share:share", "average:money", "median:money"),
    )


_NO_CUSTOMERS: Final = {"customers": 0, "share": 0.0, "revenue": "0", "revenue_share": 0.0,
                  "average": "0", "median": "0"}  # fmt: skip
