"""Customers by recency and frequency, shaded by how many they are."""

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
"""Shades that need no colour, of even steps."""


def recency_frequency_grid(summary: Data, width: int) -> list[Block]:
    """Customers by recency and frequency, the spend bands beside or below.

    Where all stand in one cell there is nothing to shade.
    """
    filled = [
        (row, column, count)
        for row, counts in enumerate(summary["grid"])
        for column, count in enumerate(counts)
        if count
    ]
    if len(filled) == 1:
        [(row, column, many)] = filled
        recency, orders = summary["bands"]["recency"][row], summary["bands"]["frequency"][~column]
        words = f"All {many:,} buyers stand" if many > 1 else "The one buyer stands"
        return [Paragraph(f"{words} in one cell of recency × orders: {recency}, {orders}.")]
    alone, key = _grid(summary), Paragraph(_key(summary), "quiet")
    if "cells" in summary["scales"]["monetary"]:  # nested: no score is one range of money
        return [alone, key]
    spend = _scored(summary["bands"]["monetary"])
    title = "SPEND (score)" if width >= WIDE else "SPEND"
    beside = _grid(summary, title, tuple(f"{score}  {words}" for score, words in spend))
    words = ", ".join(f"{words} ({score})" for score, words in spend)
    below = Paragraph(f"Spend, and its score: {words}.", "quiet")
    return [Alternatives(((beside,), (alone, below))), key]


def _grid(summary: Data, title: str = "", lines: tuple[str, ...] = ()) -> ShadedTable:
    bands, grid = summary["bands"], summary["grid"]
    orders = list(reversed(bands["frequency"]))
    columns = [place for place, words in enumerate(orders) if words != EMPTY_RANGE]
    heads = [words.removeprefix("frequency ").removesuffix(" orders").removesuffix(" order")
             for words in orders]  # fmt: skip
    most = _most(summary)
    return ShadedTable(
        title="PEOPLE BY RECENCY × ORDERS",
        heads=tuple(f"{heads[place]} " for place in columns),
        rows=tuple(
            ShadedRow(
                f"{score:>2}  {words}",
                tuple(_shade(grid[-score][place], most) for place in columns),
            )
            for score, words in _scored(bands["recency"])
        ),
        least=_CELL,
        name_tone="quiet",
        side_panel=(title, lines),
    )


def _most(summary: Data) -> int:
    return max((count for row in summary["grid"] for count in row), default=0) or 1


def _shade(count: int, most: int) -> ShadedCell:
    step = -(-count * len(_STEPS) // most)
    return ShadedCell(f"{count:,}{_STEPS[step - 1]}" if count else "· ", step / len(_STEPS))


def _key(summary: Data) -> str:
    """What the shades stand for, in even steps up to the fullest cell."""
    most, steps = _most(summary), len(_STEPS)
    ends = [most * step // steps for step in range(steps + 1)]
    told = (
        f"{letter} {low + 1:,}–{high:,}" if high > low + 1 else f"{letter} {high:,}"
        for letter, low, high in zip(_STEPS, ends[:-1], ends[1:], strict=True)
        if high > low
    )
    return f"People in a cell: {', '.join(told)}."


def _scored(bands: Sequence[str]) -> list[tuple[int, str]]:
    """Each score that somebody can have and what it means, the best first."""
    scores = range(len(bands), 0, -1)
    return [
        (score, words) for score, words in zip(scores, bands, strict=True) if words != EMPTY_RANGE
    ]
