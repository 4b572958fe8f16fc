"""Groups of customers as tables: how many, how much of the whole, how much they spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rfmtool.analyses.backtest import TOO_FEW
from rfmtool.documents import Data
from rfmtool.pages.blocks import WIDE, Bar, Block, Cell, Column, Paragraph, Table, cells, numbers
from rfmtool.summaries.formatting import join_with_or, label_text

ReturnRates = Mapping[str, tuple[str, str]]
"""For each name, how many such people came back, and how sure that is."""

_INTERVAL: Final = "latest day, 95%"
_TEXT_WIDTH: Final = 24
_BAR: Final = 10


def ladder(summary: Data) -> list[Block]:
    """The rungs from the top, and what those need that nobody can stand on."""
    groups = {group["name"]: group for group in summary["stages"]}
    rows: list[Sequence[Cell]] = []
    needs: dict[str, list[str]] = {}
    back = return_rates(summary, "stage")
    for rung in summary["ladder"]:
        name = rung["stage"]
        if rung["needs"]:
            tables = join_with_or([f"--{table}" for table in rung["needs"]])
            needs.setdefault(tables, []).append(label_text(name))
        else:
            cells = _cells(groups.get(name, _NOBODY))
            rows.append((label_text(name), rung["proof"], *cells, *_back(name, back)))
    words = "; ".join(f"{' and '.join(stages)} with {tables}" for tables, stages in needs.items())
    note = [Paragraph(f"More rungs: {words}.", "quiet")] if needs else []
    return [_table("LADDER", "proof", rows, back), *note]


def group_table(title: str, groups: Sequence[Data], width: int, back: ReturnRates | None) -> Table:
    """Groups that are told apart in words: `who` they are; `back` is as `came_back` tells it."""
    rows = []
    for group in groups:
        who = group["who"] if width >= WIDE else group["who"].replace(" days,", " d,")
        rows.append((label_text(group["name"]), who, *_cells(group), *_back(group["name"], back)))
    return _table(title, "who", rows, back)


def _back(name: str, back: ReturnRates | None) -> tuple[str, ...]:
    return () if back is None else back.get(name, ("–", ""))


def return_rates(summary: Data, by: str) -> ReturnRates | None:
    """The share of each group of an earlier day that came back, and its 95 % interval.

    None where nobody looked back.
    """
    if summary["backtest"] is None:
        return None
    told = {}
    for group in summary["backtest"]["groups"]:
        if group["by"] == by and group["low"] is None:
            told[group["name"]] = TOO_FEW, ""
        elif group["by"] == by:
            interval = f"{100 * group['low']:.0f}–{100 * group['high']:.0f}%"
            told[group["name"]] = f"{group['returned'] / group['customers']:.0%}", interval
    return told


def _table(
    title: str, words: str, rows: Sequence[Sequence[Cell]], back: ReturnRates | None
) -> Table:
    more = () if back is None else ("back*", _INTERVAL)
    return Table(
        columns=(
            Column(title, "name"),
            Column(words, tone="quiet", folds=True),
            *numbers("people", "share"),
            Column(),
            *numbers("revenue", "share", "average", "median", *more),
        ),
        rows=tuple(rows),
        optional_columns=("median", "average", _INTERVAL, "share", "share", ""),
        text_width=_TEXT_WIDTH,
    )


def _cells(group: Data) -> tuple[Cell, ...]:
    return (
        *cells(group, "customers:,", "share:share"),
        Bar(group["share"], _BAR),
        *cells(group, "revenue:money", "revenue_share:share", "average:money", "median:money"),
    )


_NOBODY: Final = {"customers": 0, "share": 0.0, "revenue": "0", "revenue_share": 0.0,
                  "average": "0", "median": "0"}  # fmt: skip
