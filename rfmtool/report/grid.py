"""Customers by recency and frequency as a heat map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from rfmtool.report.terminal import TITLE, WIDE
from rfmtool.report.words import NOBODY

Data = Mapping[str, Any]

_HEAT: Final = (
    "",
    "on grey15",
    "on dark_blue",
    "on blue3",
    "black on dark_orange",
    "black on yellow",
)


def grid_table(summary: Data, width: int) -> Table:
    """Customers by recency and frequency as a heat map, the spend bands beside it."""
    wide = width >= WIDE
    table = Table(box=None, padding=(0, 0), pad_edge=False, header_style="bold")
    bands = summary["bands"]
    columns = [place for place, words in enumerate(reversed(bands["frequency"])) if words != NOBODY]
    table.add_column(" PEOPLE BY RECENCY × ORDERS", style="dim", header_style=TITLE, no_wrap=True)
    for place in columns:
        label = _short(bands["frequency"][-1 - place])
        table.add_column(f" {label}", justify="right", no_wrap=True, min_width=6)
    table.add_column("   ", no_wrap=True)
    table.add_column("SPEND" if not wide else "SPEND (score)", header_style=TITLE, no_wrap=True)
    grid = summary["grid"]
    most = max((count for row in grid for count in row), default=0)
    counts = [
        [Text(f" {score:>2}  {words} "), *(_cell(grid[-score][place], most) for place in columns)]
        for score, words in _scored(bands["recency"])
    ]
    spend = [Text(f"{score}  {words}", "dim") for score, words in _scored(bands["monetary"])]
    nothing = [Text("")] * (1 + len(columns))
    for row, words in zip_longest(counts, spend):
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
    return label.removesuffix(" orders").removesuffix(" order") + " "
