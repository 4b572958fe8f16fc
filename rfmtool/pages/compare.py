"""The comparison of two runs; shades of a matrix can be read without colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import (
    Alternatives,
    Bar,
    Block,
    Cell,
    Column,
    Gap,
    Paragraph,
    Rule,
    ShadedCell,
    ShadedRow,
    ShadedTable,
    Table,
    numbers,
)
from rfmtool.rules import GONE, NEW
from rfmtool.summaries.formatting import count_text, format_money, label_text

Matrix = Mapping[str, Mapping[str, int]]

_CELL: Final = 4
_MAX_MOVES: Final = 12
_BAR_LENGTH: Final = 10
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


def page(summary: Data, folder: str | None = None) -> list[Block]:
    """The page of a comparison by `runs.compare`; `folder` holds the lists, for the hint."""
    old, new, revenue = summary["old"], summary["new"], summary["revenue"]
    headline = (
        f"{old['as_of']} → {new['as_of']} · {old['customers']:,} → "
        f"{count_text(new['customers'], 'customer')} · revenue {format_money(revenue['old'])} → "
        f"{format_money(revenue['new'])}, {summary['money_is']}"
    )
    lists = "-o DIR writes who was promoted, demoted, lapsed and reactivated as lists."
    if folder is not None:
        lists = f"Who: promoted.csv, demoted.csv, lapsed.csv, reactivated.csv in {folder}"
    moves = summary["moves"]
    other = f", {moves['other']:,} from a removed rung" if moves["other"] else ""
    moved = (
        f"{moves['up']:,} up the ladder, {moves['down']:,} down, {moves['same']:,} on the same"
        f" rung{other}; {moves['new']:,} new, {moves['gone']:,} gone; {moves['lapsed']:,} lapsed,"
        f" {moves['reactivated']:,} ordered again after they had lapsed"
    )
    matrices: list[Block] = []
    for title, name in (("STAGE", "stages"), ("SEGMENT", "segments"), ("ACTIVITY", "activity")):
        labels, shares = summary["labels"][name], summary["shares"][name]
        matrices += [Gap(), _matrix(title, labels, summary[name], shares)]
    return [
        Paragraph(headline, "strong"),
        Rule(),
        *(Paragraph(text, "warning") for text in summary["warnings"]),
        Paragraph(moved),
        *matrices,
        Paragraph("Rows: where people stood before; columns: % of them there now.", "quiet"),
        Gap(),
        _flow(summary),
        Paragraph(_factors(revenue)),
        Gap(),
        _changed_scales(summary["drift"]),
        Rule(),
        Paragraph(lists, "quiet"),
    ]


# Matrices ----------------------------------------------------------------------------------------


def _matrix(title: str, labels: Sequence[str], matrix: Matrix, shares: Data) -> Alternatives:
    """Moves from rows to columns in per cent of the row.

    Columns have the names of labels where these fit, or else numbers; where neither fits, a table
    of the largest moves.
    """
    used = {end for row in matrix.values() for end in row}
    ends = [end for end in [*labels, GONE] if end in used]
    starts = [start for start in [*labels, NEW] if start in [*labels, *matrix]]
    number_of = {label: str(number) for number, label in enumerate(labels, start=1)}
    layouts = (
        ({start: label_text(start) for start in starts}, [f"  {label_text(end)}" for end in ends]),
        ({start: f"{number_of.get(start, ''):>2} {label_text(start)}" for start in starts},
         [number_of.get(end, "gone") for end in ends]),
    )  # fmt: skip
    tables = [
        ShadedTable(
            title=f"{title} before",
            size="people",
            heads=tuple(heads),
            rows=tuple(
                ShadedRow(
                    name,
                    tuple(_cell(shares.get(start, {}).get(end, 0.0)) for end in ends),
                    f"{sum(matrix.get(start, {}).values()):,}",
                )
                for start, name in names.items()
            ),
            least=_CELL,
            hatched=True,
            name_tone="title",
        )
        for names, heads in layouts
    ]
    return Alternatives((*((table,) for table in tables), (_largest(title, matrix, shares),)))


def _cell(part: float) -> ShadedCell:
    """A share in per cent without decimals."""
    if not part:
        return ShadedCell("·", 0.0)
    number = f"{part:.0%}".removesuffix("%")
    return ShadedCell(number if number != "0" else "<1", part)


def _largest(title: str, matrix: Matrix, shares: Data) -> Table:
    moves = sorted(
        (-count, start, end)
        for start, row in matrix.items()
        for end, count in row.items()
        if start != end
    )
    return Table(
        columns=(Column(f"{title} before → now", "name", folds=True), *numbers("people", "share")),
        rows=tuple(
            (f"{start} → {end}", f"{-count:,}", f"{shares[start][end]:.1%}")
            for count, start, end in moves[:_MAX_MOVES]
        ),
    )


# Revenue -----------------------------------------------------------------------------------------


def _flow(summary: Data) -> Table:
    revenue = summary["revenue"]
    largest = max(abs(Decimal(change)) for change in revenue["flow"].values()) or 1
    people, meanings = revenue["flow_customers"], Column(folds=True, tone="quiet")
    rows: list[tuple[Cell, ...]] = []
    for name, words in _FLOWS.items():
        if people[name]:
            change = revenue["flow"].get(name, "0")
            bar = Bar(float(abs(Decimal(change)) / largest), _BAR_LENGTH)
            rows.append((name, words, f"{people[name]:,}", _signed(change), bar))
    total = str(Decimal(revenue["new"]) - Decimal(revenue["old"]))
    rows.append(("together", "", f"{sum(people.values()):,}", _signed(total), ""))
    reactivated = revenue["reactivated"]
    if reactivated["customers"]:
        signed = _signed(reactivated["change"])
        rows.append(("reactivated", "among the above", f"{reactivated['customers']:,}", signed, ""))
    return Table(
        columns=(Column("REVENUE FLOW", "name"), meanings, *numbers("people", "change"), Column()),
        rows=tuple(rows),
    )


def _signed(change: str) -> str:
    return f"{Decimal(change):+,.2f}" if Decimal(change) else "0.00"


def _factors(revenue: Data) -> str:
    if revenue["change"]["customers"] is None:
        cause = "a run has no buyers or no revenue above zero"
        return f"Not split by customers, orders, average order: {cause}."
    parts = [f"{words} {_signed(revenue['change'][name])}" for name, words in _FACTORS.items()]
    return f"Because of {', '.join(parts)}."


# Drift -------------------------------------------------------------------------------------------


def _changed_scales(drift: Data) -> Block:
    """The cut points and limits that changed."""
    pairs = {**{name: pair for name, pair in drift.items() if name != "timing"}, **drift["timing"]}
    changed = {name: pair for name, pair in pairs.items() if pair["old"] != pair["new"]}
    if not changed:
        return Paragraph("Cut points, windows and limits are the same in both runs.")
    return Table(
        columns=(Column("SCALES", "name"), Column("old", folds=True), Column("new", folds=True)),
        rows=tuple(
            (_SCALES.get(name, name), _values(pair["old"]), _values(pair["new"]))
            for name, pair in changed.items()
        ),
    )


def _values(values: object) -> str:
    if isinstance(values, list):
        return ", ".join(map(str, values))
    return f"{values:g}" if isinstance(values, float) else str(values)
