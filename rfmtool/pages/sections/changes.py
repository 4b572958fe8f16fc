"""What moved since the run before: revenue step by step, who moved where, and why."""

from __future__ import annotations

from collections.abc import Mapping
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
)
from rfmtool.pages.cards import Card, Folded, Heatmap, Mark, day_in_words
from rfmtool.pages.number_format import MINUS, NumberFormat, in_whole_units

_STEPS: Final = {
    "new": "first orders",
    "up": "spent more",
    "down": "got money back",
    "gone": "no longer customers",
    "neither": "without an order",
}
"""What each part of the change in revenue is; those who spent the same changed nothing."""
_CAUSES: Final = {
    "orders": "what they ordered",
    "refunds": "what they gave back",
    "time": "time passing",
    "cut_points": "other cut points",
    "evidence": "what the tables beside the orders say",
    "rules": "other rules",
}


def changes(summary: Data, say: NumberFormat) -> Card | None:
    """Who climbed, stepped down, came and lapsed; None where there is no run before."""
    since = summary.get("since")
    if not since:
        return None
    moved, day = since["moved"], day_in_words(since["as_of"])
    counts = {
        "climbed": moved["up"], "stepped down": moved["down"], "new": moved["new"],
        "lapsed": moved["lapsed"],
    }  # fmt: skip
    told = ", ".join(f"{say.count(many).shown} {words}" for words, many in counts.items())
    reading = "Revenue then, what changed it, and revenue now, refunds taken off."
    if since["cuts_moved"]:
        reading = f"The cut points are not those of then, which moves people too. {reading}"
    marks: list[Mark] = [_revenue(summary, since, say)]
    if since["causes"]:
        marks.append(_causes(since["causes"], say))
    if since["stages"]:
        marks.append(Folded("Who moved where", (_stages(since["stages"], say),)))
    return Card("changes", "Since last run", f"Since {day}: {told}", reading, tuple(marks))


def _revenue(summary: Data, since: Data, say: NumberFormat) -> Table:
    """From revenue then to revenue now, each step beginning where the one before ended."""
    revenue = since["revenue"]
    flow = [(name, revenue["flow"][name]) for name in _STEPS if name in revenue["flow"]]
    flow = [(name, part) for name, part in flow if part["customers"] and float(part["change"])]
    level, levels = float(revenue["old"]), [float(revenue["old"])]
    for _, part in flow:
        level += float(part["change"])
        levels.append(level)
    most = max(*levels, float(revenue["new"]), 1.0)
    whole = in_whole_units([revenue["old"], revenue["new"]])

    def bar(start: float, end: float, tone: str) -> Cell:
        low, high = (max(one, 0.0) / most for one in sorted((start, end)))
        return Bars(((high - low, tone),), start=low) if high > low else ""

    def money(text: str, *, signed: bool = False) -> Cell:
        number = say.money(text, whole=whole)
        plus = "+" if signed and not number.shown.startswith(MINUS) else ""
        return type(number)(f"{plus}{number.shown}", number.exact)

    rows: list[tuple[Cell, ...]] = [
        (Name(day_in_words(since["as_of"]), is_sentence=True), say.count(since["customers"]),
         bar(0.0, levels[0], "client"), money(revenue["old"]))
    ]  # fmt: skip
    rows += [
        (Name(_STEPS[name]), say.count(part["customers"]), bar(start, end, tone),
         money(part["change"], signed=True))
        for (name, part), start, end in zip(flow, levels, levels[1:], strict=False)
        for tone in ["customer" if end > start else "look"]
    ]  # fmt: skip
    rows.append(
        (Name("Now"), say.count(summary["customers"]), bar(0.0, float(revenue["new"]), "client"),
         money(revenue["new"]))
    )  # fmt: skip
    columns = (Column("", "name", hidden_title="What"), *numbers("People"),
               Column(hidden_title="Revenue as a bar"), *numbers("Revenue"))  # fmt: skip
    return Table(columns, tuple(rows))


def _causes(causes: Mapping[str, int], say: NumberFormat) -> Table:
    most = max(causes.values())
    return Table(
        (
            Column("Moved by", "name", folds=True),
            Column(hidden_title="Moves as a bar"),
            *numbers("moves"),
        ),
        tuple(
            (Name(_CAUSES[name]), Bars(((many / most, "main"),)), say.count(many))
            for name, many in causes.items()
        ),
    )


def _stages(matrix: Mapping[str, Mapping[str, int]], say: NumberFormat) -> Heatmap:
    """Rungs then, down, by rungs now; who stayed is not shaded."""
    ends = [*dict.fromkeys(end for row in matrix.values() for end in row)]
    known = [*(name for name in matrix if name in ends), *(name for name in ends
             if name not in matrix)]  # fmt: skip
    most = max(
        (many for start, row in matrix.items() for end, many in row.items() if start != end),
        default=1,
    )

    def cell(start: str, end: str) -> ShadedCell:
        many = matrix[start].get(end, 0)
        number = say.count(many)
        if not many:
            return ShadedCell("")
        part = None if start == end else many / most
        return ShadedCell(number.shown, part, number.exact)

    rows = tuple(ShadedRow(start, tuple(cell(start, end) for end in known)) for start in matrix)
    return Heatmap("From the rung, down, to the rung", ShadedTable("then ↓ now →", tuple(known), rows),
                say.shade_bounds(most, whole=True))  # fmt: skip
