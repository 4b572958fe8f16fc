"""Tables whose cells are shaded by how much is in them; without colour the numbers speak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from rfmtool.pages.grid import heat
from rfmtool.pages.terminal import TITLE


@dataclass(frozen=True)
class Row:
    """A line of a heat table: what it is, how many, and a number for each column.

    `marks` are a letter or a space behind each number, and then all numbers must be of one width.
    """

    name: str
    size: str
    cells: Sequence[float | None]
    marks: Sequence[str] = ()


def heat_table(
    titles: tuple[str, str], heads: Sequence[str], rows: Sequence[Row], words: str
) -> Table:
    """Draw rows of numbers.

    Args:
        titles: above the names and above the sizes.
        heads: above the cells.
        rows: the lines; None in a cell leaves it empty.
        words: how a number is written, as for `format`.
    """
    table = Table(box=None, padding=(0, 0), pad_edge=False, header_style="bold")
    table.add_column(f" {titles[0]}", no_wrap=True, header_style=TITLE)
    table.add_column(f"  {titles[1]} ", justify="right", no_wrap=True)
    marked = any(row.marks for row in rows)  # a space at the end is only kept on the left
    for head in heads:
        table.add_column(f" {head}", justify="left" if marked else "right", no_wrap=True)
    most = max((cell for row in rows for cell in row.cells if cell is not None), default=0.0)
    for row in rows:
        marks = row.marks or [""] * len(row.cells)
        cells = [
            _cell(cell, most, words, mark) for cell, mark in zip(row.cells, marks, strict=True)
        ]
        table.add_row(Text(f" {row.name}"), Text(f"  {row.size} ", "dim"), *cells)
    return table


def _cell(number: float | None, most: float, words: str, mark: str) -> Text:
    if number is None:
        return Text("")
    shade = heat(max(number, 0), most)
    return Text(f" {number:{words}}{mark}", shade, justify=None if mark else "right")
