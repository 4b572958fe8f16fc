"""Customers by recency and frequency, shaded by their number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import (
    WIDE,
    Alternatives,
    Block,
    Paragraph,
    ShadedCell,
    ShadedRow,
    ShadedTable,
)
from rfmtool.summaries.formatting import EMPTY_RANGE

_CELL: Final = 6
_STEPS: Final = "░▒▓█"
"""Shades without colour, in even steps."""


def recency_frequency_grid(summary: Data, width: int) -> list[Block]:
    """Customers by recency and orders, and spend bands; a sentence where all are in one cell."""
    filled = [
        (row, column, count)
        for row, counts in enumerate(summary["grid"])
        for column, count in enumerate(counts)
        if count
    ]
    if len(filled) == 1:
        [(row, column, count)] = filled
        recency, orders = summary["bands"]["recency"][row], summary["bands"]["frequency"][~column]
        words = f"All {count:,} buyers stand" if count > 1 else "The one buyer stands"
        return [Paragraph(f"{words} in one cell of recency × orders: {recency}, {orders}.")]
    table, legend = _grid(summary), Paragraph(_legend(summary), "quiet")
    if "cells" in summary["scales"]["monetary"]:  # nested scores are no ranges of money
        return [table, legend]
    spend = _scored(summary["bands"]["monetary"])
    title = "SPEND (score)" if width >= WIDE else "SPEND"
    wide = _grid(summary, title, tuple(f"{score}  {words}" for score, words in spend))
    words = ", ".join(f"{words} ({score})" for score, words in spend)
    below = Paragraph(f"Spend, and its score: {words}.", "quiet")
    return [Alternatives(((wide,), (table, below))), legend]


def _grid(summary: Data, title: str = "", lines: tuple[str, ...] = ()) -> ShadedTable:
    bands, grid = summary["bands"], summary["grid"]
    orders = list(reversed(bands["frequency"]))
    columns = [column for column, words in enumerate(orders) if words != EMPTY_RANGE]
    most = _most(summary)
    rows = []
    for score, words in _scored(bands["recency"]):
        cells = tuple(_shade(grid[-score][column], most) for column in columns)
        rows.append(ShadedRow(f"{score:>2}  {words}", cells))
    return ShadedTable(
        title="PEOPLE BY RECENCY × ORDERS",
        heads=tuple(f"{order_count(orders[column])} " for column in columns),
        rows=tuple(rows),
        least=_CELL,
        name_tone="quiet",
        side_panel=(title, lines),
    )


def order_count(words: str) -> str:
    """A range of orders without its noun, or a score of frequency without that word."""
    return words.removeprefix("frequency ").removesuffix(" orders").removesuffix(" order")


def _most(summary: Data) -> int:
    return max((count for row in summary["grid"] for count in row), default=0) or 1


def _shade(count: int, most: int) -> ShadedCell:
    step = -(-count * len(_STEPS) // most)
    return ShadedCell(f"{count:,}{_STEPS[step - 1]}" if count else "· ", step / len(_STEPS))


def _legend(summary: Data) -> str:
    """The legend of the shades: even steps up to the fullest cell."""
    most, steps = _most(summary), len(_STEPS)
    ends = [most * step // steps for step in range(steps + 1)]
    ranges = (
        f"{shade} {low + 1:,}–{high:,}" if high > low + 1 else f"{shade} {high:,}"
        for shade, low, high in zip(_STEPS, ends[:-1], ends[1:], strict=True)
        if high > low
    )
    return f"People in a cell: {', '.join(ranges)}."


def _scored(bands: Sequence[str]) -> list[tuple[int, str]]:
    """Scores with a range that is not empty, and that range, the best first."""
    scored = zip(range(len(bands), 0, -1), bands, strict=True)
    return [(score, words) for score, words in scored if words != EMPTY_RANGE]
