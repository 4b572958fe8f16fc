"""Curves and columns drawn with block characters: the same in a pipe and without colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.text import Text

_EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
_FULL: Final = len(_EIGHTHS) - 1
_SMALLEST: Final = 1
"""In eighths of a character: what is more than nothing can be seen."""


def columns(parts: Sequence[float | None], rows: int) -> list[str]:
    """Draw numbers as columns side by side, one character wide and `rows` high.

    Args:
        parts: from 0 to 1 each; None leaves a gap.
        rows: how many lines to draw, the topmost first.
    """
    heights = [_eighths(part, rows) for part in parts]
    return [
        "".join(_EIGHTHS[min(max(height - _FULL * below, 0), _FULL)] for height in heights)
        for below in range(rows - 1, -1, -1)
    ]


def _eighths(part: float | None, rows: int) -> int:
    if not part:
        return 0
    return max(round(part * rows * _FULL), _SMALLEST)


def chart(parts: Sequence[float | None], labels: Sequence[str], style: str = "cyan") -> list[Text]:
    """Columns with a scale at their left; `labels` from the top down, '' for none."""
    margin = max(map(len, labels))
    return [
        Text.assemble(" ", (label.rjust(margin), "dim"), " │", (line, style))
        for label, line in zip(labels, columns(parts, len(labels)), strict=True)
    ]


def axis(ticks: Sequence[tuple[int, str]], width: int, margin: int) -> list[Text]:
    """A line below a chart with a mark and a word under some of its columns.

    Args:
        ticks: column (from 0) and word; a word that would touch the one before is left out.
        width: how many columns there are.
        margin: the width of the labels at the left of the chart.
    """
    line, words = list("─" * width), ""
    for place, word in ticks:
        start = min(max(place - len(word) // 2, 0), width - len(word))
        if place < width and (not words or start > len(words)):
            line[place] = "┴"
            words = words.ljust(start) + word
    left = " " * (margin + 2)
    return [Text(f"{left}└{''.join(line)}", "dim"), Text(f"{left} {words}", "dim")]
