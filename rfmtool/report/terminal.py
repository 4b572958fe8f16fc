"""Printing on a terminal, in a pipe just the same: plain words, bars, what is safe to show."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

WIDE: Final = 96
"""From this many columns on there is room for everything."""
USUAL: Final = 80
"""Fewer columns than this are the exception, and show less."""
TITLE: Final = "bold cyan"
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"


def print_trimmed(parts: Sequence[RenderableType], console: Console) -> None:
    """Print without the spaces that tables leave at the ends of lines."""
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    lines = captured.get().splitlines()
    console.file.write("".join(f"{line.rstrip()}\n" for line in lines))


def printable(text: str) -> str:
    """Replace what a terminal would obey instead of showing."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def paragraph(words: str, width: int, style: str = "") -> Text:
    """Wrapped words, whose further lines hang under the first."""
    filled = textwrap.fill(
        words, width, initial_indent=" ", subsequent_indent="   ", break_on_hyphens=False
    )
    return Text(filled, style)


def titled_table(first: str, *numbers: str) -> Table:
    """A table without lines whose first column, and its title, stand out; `numbers` are others."""
    table = Table(box=None, padding=(0, 1), header_style="bold")
    table.add_column(first, style=TITLE, header_style=TITLE, overflow="fold")
    add_numbers(table, *numbers)
    return table


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
