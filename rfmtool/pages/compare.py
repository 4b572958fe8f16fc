"""A comparison of two runs as a page for a terminal. Nothing is computed here.

A matrix reads without colour: how dark a cell is stands beside its number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from rfmtool.analyses.compare import GONE, NEW
from rfmtool.pages.terminal import (
    TITLE,
    add_numbers,
    bar,
    paragraph,
    print_trimmed,
    printable,
    titled_table,
    width_of,
)
from rfmtool.summaries.words import counted, money

Data = Mapping[str, Any]
Matrix = Mapping[str, Mapping[str, int]]

_SHADES: Final = ((0.75, "█", "bold"), (0.5, "▓", ""), (0.25, "▒", ""), (0.05, "░", ""),
                  (0.0, " ", "dim"))  # fmt: skip
_CELL: Final = 4
_MOST_MOVES: Final = 12
_FACTORS: Final = {
    "customers": "customers",
    "frequency": "orders per customer",
    "average": "revenue per order",
}
_FLOWS: Final = {
    "new": "first order since",
    "up": "more than before",
    "down": "less than before",
    "gone": "no order now",
    "neither": "no order in either",
    "same": "as before",
}
_SCALES: Final = {
    "recency": "recency, days",
    "frequency": "frequency, orders",
    "w25": "25% of second orders, days",
    "w50": "50% of second orders, days",
    "w80": "80% of second orders, days",
    "w95": "95% of second orders, days",
    "median_gap_days": "median gap, days",
    "overdue_ratio": "overdue above, usual gaps",
    "lapsed_ratio": "lapsed above, usual gaps",
}


def print_comparison(summary: Data, console: Console, folder: str | None = None) -> None:
    """Print a comparison.

    Args:
        summary: what `report.comparison` made.
        console: where to; its width decides how matrices are drawn.
        folder: where the lists stand, for the hint at the end.
    """
    print_trimmed(_parts(summary, console.width, folder), console)


def _parts(summary: Data, width: int, folder: str | None) -> list[RenderableType]:
    return [
        paragraph(_headline(summary), width, "bold"),
        Rule(style="dim"),
        *[paragraph(f"! {printable(text)}", width, "yellow") for text in summary["warnings"]],
        paragraph(_moves(summary["moves"]), width),
        *_matrices(summary, width),
        paragraph(
            "Of the people who stood in a row, per cent who stand in a column now.", width, "dim"
        ),
        Text(),
        _flow(summary),
        paragraph(_factors(summary["revenue"]), width),
        Text(),
        *_drift(summary["drift"], width),
        Rule(style="dim"),
        paragraph(_lists(folder), width, "dim"),
    ]


def _headline(summary: Data) -> str:
    old, new = summary["old"], summary["new"]
    return (
        f"{old['as_of']} → {new['as_of']} · {old['customers']:,} → "
        f"{counted(new['customers'], 'customer')} · revenue {money(summary['revenue']['old'])} → "
        f"{money(summary['revenue']['new'])}, {summary['money_is']}"
    )


def _moves(moves: Data) -> str:
    other = f", {moves['other']:,} from a rung that is no more" if moves["other"] else ""
    return (
        f"{moves['up']:,} up the ladder, {moves['down']:,} down, {moves['same']:,} on the same"
        f" rung{other}; {moves['new']:,} new, {moves['gone']:,} gone; {moves['lapsed']:,} lapsed,"
        f" {moves['reactivated']:,} ordered again after they had lapsed"
    )


def _lists(folder: str | None) -> str:
    if folder is None:
        return "-o DIR writes who was promoted, demoted, lapsed and reactivated as lists."
    return f"Who: promoted.csv, demoted.csv, lapsed.csv, reactivated.csv in {printable(folder)}"


# Matrices ----------------------------------------------------------------------------------------


def _matrices(summary: Data, width: int) -> list[RenderableType]:
    parts: list[RenderableType] = []
    for title, name in (("STAGE", "stages"), ("SEGMENT", "segments"), ("ACTIVITY", "activity")):
        matrix, shares, labels = (data[name] for data in (summary, summary["shares"],
                                                          summary["labels"]))  # fmt: skip
        parts += [Text(), _matrix(title, labels, matrix, shares, width)]
    return parts


def _matrix(title: str, labels: Sequence[str], matrix: Matrix, shares: Data, width: int) -> Table:
    """From rows to columns in per cent of the row; only the largest moves where that is too wide.

    Columns have the names of the labels where there is room, else their numbers.
    """
    reached = {end for row in matrix.values() for end in row}
    names = {end: f"  {printable(end)} " for end in [*labels, GONE] if end in reached}
    numbers = {end: f"{labels.index(end) + 1} " for end in names if end in labels}
    numbers |= {GONE: " gone"} if GONE in reached else {}
    starts = {start: printable(start) for start in [*labels, NEW] if start in [*labels, *matrix]}
    numbered = {
        start: f"{labels.index(start) + 1:>2} {name}" if start in labels else f"   {name}"
        for start, name in starts.items()
    }
    for rows, columns in ((starts, names), (numbered, numbers)):
        drawn = _drawn(f"{title} before", rows, columns, matrix, shares)
        if width_of(drawn) <= width:
            return drawn
    return _largest(title, matrix, shares)


def _drawn(
    title: str, rows: Mapping[str, str], columns: Mapping[str, str], matrix: Matrix, shares: Data
) -> Table:
    table = Table(box=None, padding=0, pad_edge=False, header_style="bold")
    table.add_column(f" {title} ", style=TITLE, header_style=TITLE, no_wrap=True)
    table.add_column("people", justify="right", no_wrap=True)
    for name in columns.values():
        table.add_column(name, justify="right", no_wrap=True, min_width=_CELL)
    for start, name in rows.items():
        people = sum(matrix.get(start, {}).values())
        parts = shares.get(start, {})
        cells = [_cell(parts.get(end, 0.0)) for end in columns]
        table.add_row(f" {name} ", f"{people:,}", *cells)
    return table


def _cell(part: float) -> Text:
    """A share in whole per cent, and how dark it is."""
    if not part:
        return Text("· ", "dim")
    shade, style = next((shade, style) for least, shade, style in _SHADES if part >= least)
    number = f"{part:.0%}".removesuffix("%")
    if number == "100":  # as wide as two digits and a shade, so that neighbours stay apart
        return Text(number, style)
    return Text(f"{number if number != '0' else '<1'}{shade}", style)


def _largest(title: str, matrix: Matrix, shares: Data) -> Table:
    moves = [
        (count, start, end)
        for start, row in matrix.items()
        for end, count in row.items()
        if start != end
    ]
    moves.sort(key=lambda move: (-move[0], move[1], move[2]))
    table = Table(box=None, padding=(0, 1), header_style="bold")
    table.add_column(f"{title} before → now", style=TITLE, header_style=TITLE, overflow="fold")
    add_numbers(table, "people", "share")
    for count, start, end in moves[:_MOST_MOVES]:
        words = f"{printable(start)} → {printable(end)}"
        table.add_row(words, f"{count:,}", f"{shares[start][end]:.1%}")
    return table


# Revenue -----------------------------------------------------------------------------------------


def _flow(summary: Data) -> Table:
    revenue = summary["revenue"]
    largest = max(abs(Decimal(change)) for change in revenue["flow"].values()) or 1
    table = titled_table("REVENUE FLOW")
    table.add_column("", style="dim")
    add_numbers(table, "people", "change")
    table.add_column("", no_wrap=True, style="cyan")
    people = revenue["flow_customers"]
    for name, words in _FLOWS.items():
        if not people[name]:
            continue
        change = revenue["flow"].get(name, "0")
        length = bar(float(abs(Decimal(change)) / largest), 10)
        table.add_row(name, words, f"{people[name]:,}", _signed(change), length)
    together = str(Decimal(revenue["new"]) - Decimal(revenue["old"]))
    table.add_row("together", "", f"{sum(people.values()):,}", _signed(together), "")
    again = revenue["reactivated"]
    if again["customers"]:
        signed = _signed(again["change"])
        table.add_row("reactivated", "among the above", f"{again['customers']:,}", signed, "")
    return table


def _signed(change: str) -> str:
    return f"{Decimal(change):+,.2f}" if Decimal(change) else "0.00"


def _factors(revenue: Data) -> str:
    if revenue["change"]["customers"] is None:
        return (
            "Not told by customers, orders and average order: a run has no buyers or no revenue"
            " above zero."
        )
    parts = [f"{words} {_signed(revenue['change'][name])}" for name, words in _FACTORS.items()]
    return f"Because of {', '.join(parts)}."


# Drift -------------------------------------------------------------------------------------------


def _drift(drift: Data, width: int) -> list[RenderableType]:
    """The cut points and limits that are not the same any more."""
    pairs = {**{name: pair for name, pair in drift.items() if name != "timing"}, **drift["timing"]}
    changed = {name: pair for name, pair in pairs.items() if pair["old"] != pair["new"]}
    if not changed:
        return [paragraph("Cut points, windows and limits are the same in both runs.", width)]
    table = titled_table("SCALES")
    table.add_column("old", overflow="fold")
    table.add_column("new", overflow="fold")
    for name, pair in changed.items():
        table.add_row(_SCALES.get(name, name), _values(pair["old"]), _values(pair["new"]))
    return [table]


def _values(values: object) -> str:
    if isinstance(values, list):
        return ", ".join(map(str, values))
    return f"{values:g}" if isinstance(values, float) else str(values)
