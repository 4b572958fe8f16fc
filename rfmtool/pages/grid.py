"""Customers by recency and frequency as a heat map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rfmtool.pages.terminal import TITLE, WIDE, paragraph, width_of
from rfmtool.summaries.words import NOBODY

Data = Mapping[str, Any]

_HEAT: Final = (
    "",
    "on grey15",
    "on dark_blue",
    "on blue3",
    "black on dark_orange",
    "black on yellow",
)


def people_grid(summary: Data, width: int) -> list[RenderableType]:
    """Customers by recency and frequency as a heat map, the spend bands beside or below it."""
    spend = _scored(summary["bands"]["monetary"])
    if "cells" in summary["scales"]["monetary"]:  # nested: no score is one range of money
        return [_grid(summary, "", ())]
    beside = _grid(summary, "SPEND (score)" if width >= WIDE else "SPEND", spend)
    if width_of(beside) <= width:
        return [beside]
    below = ", ".join(f"{words} ({score})" for score, words in spend)
    return [_grid(summary, "", ()), paragraph(f"Spend, and its score: {below}.", width, "dim")]


def _grid(summary: Data, title: str, spend: Sequence[tuple[int, str]]) -> Table:
    table = Table(box=None, padding=(0, 0), pad_edge=False, header_style="bold")
    bands = summary["bands"]
    columns = [place for place, words in enumerate(reversed(bands["frequency"])) if words != NOBODY]
    table.add_column(" PEOPLE BY RECENCY × ORDERS", style="dim", header_style=TITLE, no_wrap=True)
    for place in columns:
        label = _short(bands["frequency"][-1 - place])
        table.add_column(f" {label}", justify="right", no_wrap=True, min_width=6)
    table.add_column("   ", no_wrap=True)
    table.add_column(title, header_style=TITLE, no_wrap=True)
    grid = summary["grid"]
    most = max((count for row in grid for count in row), default=0)
    counts = [
        [Text(f" {score:>2}  {words} "), *(_cell(grid[-score][place], most) for place in columns)]
        for score, words in _scored(bands["recency"])
    ]
    beside = [Text(f"{score}  {words}", "dim") for score, words in spend]
    nothing = [Text("")] * (1 + len(columns))
    for row, words in zip_longest(counts, beside):
        table.add_row(*(row or nothing), Text(""), words or Text(""))
    return table


def _scored(bands: Sequence[str]) -> list[tuple[int, str]]:
    """Each score that somebody can have and what it means, the best first."""
    scores = range(len(bands), 0, -1)
    return [(score, words) for score, words in zip(scores, bands, strict=True) if words != NOBODY]


def _cell(count: int, most: int) -> Text:
    return Text(f" {count:,} " if count else " · ", heat(count, most), justify="right")


def heat(count: float, most: float) -> str:
    """The style of a cell with `count` in it, where the fullest has `most`."""
    if not count or not most:
        return "dim"
    # Square roots keep small groups apart from none at all.
    level = (count / most) ** 0.5
    return _HEAT[min(int(level * (len(_HEAT) - 1)) + 1, len(_HEAT) - 1)]


def _short(label: str) -> str:
    label = label.removeprefix("frequency ")
    return label.removesuffix(" orders").removesuffix(" order") + " "
