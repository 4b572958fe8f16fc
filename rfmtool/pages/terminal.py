"""Blocks drawn on a terminal or into a pipe, by rich.

Control characters are replaced; optional columns are dropped on narrow terminals.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from functools import partial
from math import ceil
from typing import Any, Final

from rich import table as rich_table
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.rule import Rule
from rich.text import Text

from rfmtool.pages import blocks

_ENDLESS: Final = 10_000
_UNLIMITED: Final = Console(width=_ENDLESS)
_NARROWEST, _USUAL, _WIDEST = 20, 80, 1_000
_PADDING: Final = 1
_STYLES: Final[dict[blocks.Tone, str]] = {
    "plain": "", "title": "bold cyan", "strong": "bold", "quiet": "dim", "warning": "yellow",
}  # fmt: skip
_BARS: Final = " ▏▎▍▌▋▊▉█"
_HEIGHTS: Final = " ▁▂▃▄▅▆▇█"
_EIGHTHS: Final = 8
"""Steps of height or length within one character."""
_SHADES: Final = ("", "on grey15", "on dark_blue", "on blue3", "black on dark_orange",
                "black on yellow")  # fmt: skip
_HATCHES: Final = ((0.75, "█", "bold"), (0.5, "▓", ""), (0.25, "▒", ""), (0.05, "░", ""),
                   (0.0, "", "dim"))  # fmt: skip
_HATCHED_DIGITS: Final = 2


def draw(page: Sequence[blocks.Block], console: Console) -> None:
    """Draw a page, without the spaces that tables leave at the ends of lines."""
    with console.capture() as captured:
        for block in page:
            for part in _drawn(block, console.width):
                console.print(part)
    lines = captured.get().splitlines()
    console.file.write("".join(f"{line.rstrip()}\n" for line in lines))


def as_console(*, stderr: bool = False, color: bool = True) -> Console:
    """A console without highlighting, and without colours if not `color` or not a terminal."""
    console = Console(stderr=stderr, no_color=not color or None, highlight=False, soft_wrap=False,
                      emoji=False, markup=False)  # fmt: skip
    if console.width < _NARROWEST:  # COLUMNS=0 means unknown
        console.width = _NARROWEST if console.width else _USUAL
    console.width = min(console.width, _WIDEST)  # wider ones cost time
    return console


def _drawn(block: blocks.Block, width: int) -> list[RenderableType]:
    if isinstance(block, blocks.Alternatives):
        ways = [[part for inner in way for part in _drawn(inner, width)] for way in block.ways]
        return next((way for way in ways if max(map(_width_of, way)) <= width), ways[-1])
    if isinstance(block, blocks.Chart):
        return list(_chart(block))
    drawn: dict[type, Callable[[Any], RenderableType]] = {
        blocks.Line: partial(_line, width=width),
        blocks.Paragraph: partial(_paragraph, width=width),
        blocks.Gap: lambda _: Text(),
        blocks.Rule: lambda _: Rule(style="dim"),
        blocks.Table: _table,
        blocks.Pairs: _pairs,
        blocks.ShadedTable: _shaded,
    }
    return [drawn[type(block)](block)]


def _width_of(part: RenderableType) -> int:
    """The width of a table without limits; texts wrap, so theirs is 0."""
    if not isinstance(part, rich_table.Table):
        return 0
    return _UNLIMITED.measure(part).maximum


def _line(line: blocks.Line, width: int) -> Text:
    """A line, wrapped like a paragraph where it is too long."""
    parts = [(blocks.printable(words), _STYLES[tone]) for words, tone in line.parts]
    text = Text.assemble(" ", *parts)
    return text if text.cell_len <= width else Text("\n   ").join(text.wrap(_UNLIMITED, width - 3))


def _paragraph(block: blocks.Paragraph, width: int) -> Text:
    """Wrapped text with a hanging indent."""
    words = blocks.printable(block.words)
    filled = textwrap.fill(
        f"! {words}" if block.tone == "warning" else words,
        width,
        initial_indent=" ",
        subsequent_indent="   ",
        break_on_hyphens=False,
    )
    return Text(filled, _STYLES[block.tone])


# Tables ------------------------------------------------------------------------------------------


class _FittedTable(rich_table.Table):
    """A table without lines that drops optional columns where there is no room for all."""

    def __init__(self, optional_columns: Sequence[str], text_width: int) -> None:
        super().__init__(box=None, padding=(0, _PADDING), header_style="bold")
        self.optional_columns, self.text_width = optional_columns, text_width

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the columns that fit."""
        table, titles = copy(self), [column.header for column in self.columns]
        table.columns = list(self.columns)
        for title in self.optional_columns:
            needed = sum(_needed_width(column, self.text_width) for column in table.columns)
            if needed > options.max_width and title in titles:
                table.columns.pop(titles.index(title))
                titles.remove(title)
        yield from super(_FittedTable, table).__rich_console__(console, options)


def _needed_width(column: rich_table.Column, text_width: int) -> int:
    """The width that a column needs so that no word is broken."""
    texts = [str(cell) for cell in (column.header, *column.cells)]
    widest = _longest(texts)
    longest_word = _longest(word for text in texts for word in text.split())
    return (widest if column.no_wrap else max(longest_word, min(widest, text_width))) + 2 * _PADDING


def _longest(texts: Iterable[str]) -> int:
    return max(map(cell_len, texts), default=0)


def _table(block: blocks.Table) -> _FittedTable:
    table = _FittedTable(block.optional_columns, block.text_width)
    for number, column in enumerate(block.columns):
        cells = [row[number] for row in block.rows if len(row) > number]
        is_drawn = any(isinstance(cell, blocks.Bar | blocks.Sparkline) for cell in cells)
        style = _STYLES["title" if column.kind == "name" else column.tone]
        table.add_column(
            blocks.printable(column.title),
            style="cyan" if is_drawn else style,
            header_style=_STYLES["title"] if column.kind in ("name", "lead") else "",
            justify="right" if column.kind == "number" else "left",
            overflow="fold",
            no_wrap=not column.folds,
            max_width=column.widest or None,
        )
    for row in block.rows:
        table.add_row(*map(_cell, row))
    return table


def _cell(cell: blocks.Cell) -> str:
    match cell:
        case blocks.Bar():
            # Exact to an eighth of a character; values above 0 stay visible.
            eighths = max(round(cell.part * cell.length * _EIGHTHS), 1 if cell.part > 0 else 0)
            full, rest = divmod(eighths, _EIGHTHS)
            return _BARS[-1] * full + (_BARS[rest] if rest else "")
        case blocks.Sparkline():
            highest = max(cell.values)
            highest = highest if highest > 0 else 1.0
            return _columns([min(max(value / highest, 0.0), 1.0) for value in cell.values], 1)[0]
        case blocks.Number() | blocks.Name():
            return blocks.printable(cell.shown if isinstance(cell, blocks.Number) else cell.text)
        case str():
            return blocks.printable(cell)
        case _:
            return ""


def _pairs(block: blocks.Pairs) -> rich_table.Table:
    table = rich_table.Table(box=None, padding=(0, _PADDING), show_header=False)
    table.add_column(style=_STYLES["title"], no_wrap=True)
    table.add_column(overflow="fold")
    for name, words in block.pairs:
        table.add_row(blocks.printable(name), blocks.printable(words))
    return table


# Shades ------------------------------------------------------------------------------------------


def _shaded(block: blocks.ShadedTable) -> rich_table.Table:
    table = rich_table.Table(box=None, padding=0, pad_edge=False, header_style="bold")
    title, pad = _STYLES["title"], "" if block.hatched else " "
    name, head = _STYLES[block.name_tone], f" {blocks.printable(block.title)}" + " " * block.hatched
    table.add_column(head, style=name, header_style=title, no_wrap=True)
    if block.size:
        size = "" if block.hatched else "dim"
        table.add_column(f"{pad}{block.size}{pad}", style=size, justify="right", no_wrap=True)
    columns = list(zip(*(row.cells for row in block.rows), strict=True))
    cells = [[_shade(cell, hatched=block.hatched) for cell in column] for column in columns]
    widths = []
    for head, column in zip(block.heads, cells, strict=True):
        text = blocks.printable(head)
        width = max(_longest([text, *(cell.plain for cell in column)]) + 1, block.least)
        table.add_column(_right_aligned(Text(text), width), no_wrap=True)
        widths.append(width)
    side_title, lines = block.side_panel
    if lines:
        table.add_column("   ", no_wrap=True)
        side_title = blocks.printable(side_title)
        table.add_column(side_title, style="dim", header_style=title, no_wrap=True)
    for number in range(max(len(block.rows), len(lines))):
        shown: list[RenderableType] = [""] * (len(widths) + 1 + bool(block.size))
        if number < len(block.rows):
            row = block.rows[number]
            sized = [f"{pad}{blocks.printable(row.size)}{pad}"] if block.size else []
            texts = [column[number] for column in cells]
            shaded = map(_right_aligned, texts, widths)
            shown = [f" {blocks.printable(row.name)} ", *sized, *shaded]
        side = ["", *map(blocks.printable, lines[number : number + 1])] if lines else []
        table.add_row(*shown, *side)
    return table


def _right_aligned(text: Text, width: int) -> Text:
    padded = text.copy()
    padded.pad_left(width - text.cell_len)
    padded.style = text.style
    return padded


def _shade(cell: blocks.ShadedCell, *, hatched: bool) -> Text:
    words = blocks.printable(cell.words)
    if not cell.part:
        return Text(words, "dim")
    if not hatched:
        steps = len(_SHADES) - 1
        return Text(words, _SHADES[min(ceil(cell.part * steps), steps)])
    hatch, style = next((hatch, style) for least, hatch, style in _HATCHES if cell.part >= least)
    # 100 takes the width of two digits and a hatch.
    return Text(words if len(words) > _HATCHED_DIGITS else f"{words}{hatch}", style)


# Charts ------------------------------------------------------------------------------------------


def _chart(chart: blocks.Chart) -> Iterable[Text]:
    """Columns with a scale at their left, and an axis below."""
    margin, width = max(map(len, chart.labels)), len(chart.heights)
    for label, line in zip(chart.labels, _columns(chart.heights, len(chart.labels)), strict=True):
        yield Text.assemble(" ", (label.rjust(margin), "dim"), " │", (line, "cyan"))
    axis, labels = list("─" * width), ""
    for column, label in chart.ticks:
        start = min(max(column - len(label) // 2, 0), width - len(label))
        if column < width and (not labels or start > len(labels)):
            axis[column] = "┴"
            labels = labels.ljust(start) + label
    left = " " * (margin + 2)
    yield Text(f"{left}└{''.join(axis)}", "dim")
    yield Text(f"{left} {labels}", "dim")


def _columns(parts: Sequence[float | None], rows: int) -> list[str]:
    """Columns one character wide and `rows` lines high, as lines from the top."""
    heights = [max(round(part * rows * _EIGHTHS), 1) if part else 0 for part in parts]
    return [
        "".join(_HEIGHTS[min(max(height - _EIGHTHS * below, 0), _EIGHTHS)] for height in heights)
        for below in range(rows - 1, -1, -1)
    ]
