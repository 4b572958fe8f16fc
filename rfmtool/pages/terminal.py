"""Printing on a terminal, in a pipe just the same: plain words, bars, what is safe to show."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from copy import copy
from typing import Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Column, Table
from rich.text import Text

WIDE: Final = 96
"""From this many columns on there is room for everything."""
_ENDLESS: Final = 10_000
_PADDING: Final = 1
TITLE: Final = "bold cyan"
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"


def print_trimmed(parts: Sequence[RenderableType], console: Console) -> None:
    """Print without the spaces that tables leave at the ends of lines."""
    with console.capture() as captured:
        for part in parts:
            console.print(_hanging(part, console) if isinstance(part, Text) else part)
    lines = captured.get().splitlines()
    console.file.write("".join(f"{line.rstrip()}\n" for line in lines))


def _hanging(line: Text, console: Console) -> Text:
    """A line that is too long, wrapped as a paragraph is."""
    if "\n" in line.plain or line.cell_len <= console.width:
        return line
    return Text("\n   ").join(line.wrap(console, console.width - 3))


def printable(text: str) -> str:
    """Replace what a terminal would obey instead of showing."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def paragraph(words: str, width: int, style: str = "") -> Text:
    """Wrapped words, whose further lines hang under the first."""
    filled = textwrap.fill(
        words, width, initial_indent=" ", subsequent_indent="   ", break_on_hyphens=False
    )
    return Text(filled, style)


class FittedTable(Table):
    """A table without lines that leaves out columns where there is no room for all.

    Attributes:
        spare: the titles of columns that may be missing, the first to go first; of several with a
            title the leftmost goes.
        text_width: how many cells texts should have before others are let in, if they are so long.
    """

    def __init__(self, *spare: str, text_width: int = 0) -> None:
        super().__init__(box=None, padding=(0, _PADDING), header_style="bold")
        self.spare, self.text_width = spare, text_width

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the columns that there is room for."""
        table, left = copy(self), [column.header for column in self.columns]
        table.columns = list(self.columns)
        for title in self.spare:
            needed = sum(_needs(column, self.text_width) for column in table.columns)
            if needed > options.max_width and title in left:
                table.columns.pop(left.index(title))
                left.remove(title)
        yield from super(FittedTable, table).__rich_console__(console, options)


def _needs(column: Column, text_width: int) -> int:
    """The cells that a column should have; no word of it is to be broken."""
    texts = [str(cell) for cell in (column.header, *column.cells)]
    whole = _longest(texts)
    words = _longest(word for text in texts for word in text.split())
    return (whole if column.no_wrap else max(words, min(whole, text_width))) + 2 * _PADDING


def _longest(texts: Iterable[str]) -> int:
    return max(map(cell_len, texts), default=0)


def titled_table(
    first: str,
    *numbers: str,
    spare: Sequence[str] = (),
    fold: bool = False,
    text_width: int = 0,
) -> FittedTable:
    """A table whose first column, and its title, stand out.

    Args:
        first: the title of the first column.
        numbers: of further columns.
        spare: which may be left out, the first to go first.
        fold: whether the first column may take several lines.
        text_width: as of `FittedTable`.
    """
    table = FittedTable(*spare, text_width=text_width)
    table.add_column(first, style=TITLE, header_style=TITLE, overflow="fold", no_wrap=not fold)
    add_numbers(table, *numbers)
    return table


def width_of(table: Table) -> int:
    """The cells that a table takes where there is room for everything."""
    return Console(width=_ENDLESS).measure(table).maximum


def add_numbers(table: Table, *titles: str) -> None:
    """Add columns of numbers to a table."""
    for title in titles:
        table.add_column(title, justify="right", no_wrap=True)


def pairs_table(pairs: Iterable[tuple[str, str]]) -> Table:
    """Two columns without a title: what, and what is said of it."""
    table = Table(box=None, padding=(0, 1), show_header=False)
    table.add_column(style=TITLE, no_wrap=True)
    table.add_column(overflow="fold")
    for name, words in pairs:
        table.add_row(name, words)
    return table


def share(part: float | None) -> str:
    """A share as a percentage with one decimal."""
    return "–" if part is None else f"{part:.1%}"


def bar(part: float, cells: int) -> str:
    """A bar of at most `cells` characters, exact to an eighth of one."""
    eighths = max(round(part * cells * 8), 1 if part > 0 else 0)
    full, rest = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[rest] if rest else "")


def as_console(*, stderr: bool = False, color: bool = True, width: int | None = None) -> Console:
    """A console that draws no colour where none is wanted or seen."""
    return Console(stderr=stderr, no_color=not color or None, width=width, highlight=False,
                   soft_wrap=False, emoji=False, markup=False)  # fmt: skip


def listed(names: Sequence[str]) -> str:
    """Names in one line, safe to print."""
    return ", ".join(printable(name) for name in names)
