"""Changes since the run before: revenue by step, moves between rungs, and their causes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import (
    Bars,
    Cell,
    Column,
    Name,
    ShadedCell,
    ShadedRow,
    ShadedTable,
    Table,
    numbers,
    table_of_columns,
)
from rfmtool.pages.cards import Card, Folded, Heatmap, Mark, day_in_words
from rfmtool.pages.locales import MINUS, Locale, in_whole_units

_STEPS: Final = {
    "new": "first orders",
    "up": "spent more",
    "down": "got refunds",
    "gone": "no longer customers",
    "neither": "without an order",
}
"""Parts of the change in revenue."""
_CAUSES: Final = {
    "orders": "what they ordered",
    "refunds": "refunds",
    "time": "time passing",
    "cut_points": "other cut points",
    "evidence": "evidence tables",
    "rules": "other rules",
}


def changes(summary: Data, locale: Locale) -> Card | None:
    """Moves and revenue since the run before; None without one."""
    since = summary.get("since")
    if not since:
        return None
    moved, day = since["moved"], day_in_words(since["as_of"])
    counts = {
        "climbed": moved["up"], "stepped down": moved["down"], "new": moved["new"],
        "lapsed": moved["lapsed"],
    }  # fmt: skip
    moves = ", ".join(f"{locale.count(count)} {name}" for name, count in counts.items())
    how_to_read = "Revenue then, what changed it, and revenue now, refunds taken off."
    if since["cuts_moved"]:
        how_to_read = f"The cut points have changed, which moves people too. {how_to_read}"
    marks: list[Mark] = [_revenue_steps(summary, since, locale)]
    if since["causes"]:
        marks.append(_table_of_causes(since["causes"], locale))
    if since["stages"]:
        marks.append(Folded("Who moved where", (_stage_matrix(since["stages"], locale),)))
    return Card("changes", "Since last run", f"Since {day}: {moves}", how_to_read, tuple(marks))


def _revenue_steps(summary: Data, since: Data, locale: Locale) -> Table:
    """A waterfall from revenue then to revenue now."""
    revenue = since["revenue"]
    flow = [(name, revenue["flow"][name]) for name in _STEPS if name in revenue["flow"]]
    flow = [(name, part) for name, part in flow if part["customers"] and float(part["change"])]
    changes = (float(part["change"]) for _, part in flow)
    levels = [*accumulate(changes, initial=float(revenue["old"]))]
    most = max(*levels, float(revenue["new"]), 1.0)
    whole = in_whole_units([revenue["old"], revenue["new"]])

    def bar(start: float, end: float, tone: str) -> Cell:
        low, high = (max(level, 0.0) / most for level in sorted((start, end)))
        return Bars(((high - low, tone),), start=low) if high > low else ""

    def money(text: str, *, signed: bool = False) -> Cell:
        number = locale.money(text, whole=whole)
        plus = "+" if signed and not number.shown.startswith(MINUS) else ""
        return type(number)(f"{plus}{number}", number.exact)

    rows: list[tuple[Cell, ...]] = [
        (Name(day_in_words(since["as_of"]), is_sentence=True), locale.count(since["customers"]),
         bar(0.0, levels[0], "client"), money(revenue["old"]))
    ]  # fmt: skip
    for (name, part), (start, end) in zip(flow, pairwise(levels), strict=True):
        step = bar(start, end, "customer" if end > start else "look")
        change = money(part["change"], signed=True)
        rows.append((Name(_STEPS[name]), locale.count(part["customers"]), step, change))
    rows.append(
        (Name("Now"), locale.count(summary["customers"]), bar(0.0, float(revenue["new"]), "client"),
         money(revenue["new"]))
    )  # fmt: skip
    columns = (Column("", "name", hidden_title="What"), *numbers("People"),
               Column(hidden_title="Revenue as a bar"), *numbers("Revenue"))  # fmt: skip
    return Table(columns, tuple(rows))


def _table_of_causes(causes: Mapping[str, int], locale: Locale) -> Table:
    most = max(causes.values())
    return table_of_columns((
        (Column("Moved by", "name", folds=True), [Name(_CAUSES[name]) for name in causes]),
        (Column(hidden_title="Moves as a bar"),
         [Bars(((count / most, "main"),)) for count in causes.values()]),
        (Column("moves", "number"), [*map(locale.count, causes.values())]),
    ))  # fmt: skip


def _stage_matrix(matrix: Mapping[str, Mapping[str, int]], locale: Locale) -> Heatmap:
    """Rungs then, down, by rungs now; the diagonal is not shaded."""
    used = dict.fromkeys(end for row in matrix.values() for end in row)
    ends = [*(name for name in matrix if name in used), *(end for end in used if end not in matrix)]
    moves = (row[end] for start, row in matrix.items() for end in row if start != end)
    most = max(moves, default=1)

    def cell(start: str, end: str) -> ShadedCell:
        count = matrix[start].get(end, 0)
        number = locale.count(count)
        if not count:
            return ShadedCell("")
        part = None if start == end else count / most
        return ShadedCell(number.shown, part, number.exact)

    rows = tuple(ShadedRow(start, tuple(cell(start, end) for end in ends)) for start in matrix)
    table = ShadedTable("then ↓ now →", tuple(ends), rows)
    return Heatmap("From the rung, down, to the rung", table, locale.shade_bounds(most, whole=True))
