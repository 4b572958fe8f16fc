"""The blocks of a page: frozen plain data, drawn on a terminal or as HTML.

Any text may come from customers' data: the code that draws it makes it safe to show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from rfmtool.documents import Data
from rfmtool.summaries.formatting import format_money, label_text

Tone = Literal["plain", "title", "strong", "quiet", "warning"]
Kind = Literal["name", "lead", "text", "number"]

WIDE: Final = 96
"""Characters from which on a page has room for all columns."""


@dataclass(frozen=True)
class Line:
    """One line of parts, each with its tone."""

    parts: tuple[tuple[str, Tone], ...]


@dataclass(frozen=True)
class Paragraph:
    """Sentences that wrap; the tone `warning` puts a mark before them."""

    words: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Gap:
    """An empty line."""


@dataclass(frozen=True)
class Rule:
    """A horizontal line across the page."""


@dataclass(frozen=True)
class Bar:
    """A bar in a table: `part` (0 to 1) of `length` characters."""

    part: float
    length: int


@dataclass(frozen=True)
class Sparkline:
    """A curve in a table cell, one line high; values are not negative."""

    values: tuple[float, ...]


@dataclass(frozen=True)
class Number:
    """A number as shown, and its exact text in the data."""

    shown: str
    exact: str

    def __str__(self) -> str:
        """As shown."""
        return self.shown


@dataclass(frozen=True)
class Name:
    """A name, a note below it, and the tone of the colour swatch before it."""

    text: str
    below: str = ""
    tone: str = ""
    is_sentence: bool = False
    """Whether `text` is a sentence, never shortened, and `below` a file name."""


@dataclass(frozen=True)
class Bars:
    """Bars one below the other: lengths from 0 to 1, each with its tone."""

    bars: tuple[tuple[float, str], ...]
    leftwards: bool = False
    """Whether they grow from the right edge."""
    start: float = 0.0
    """Their left end, from 0 to 1."""


@dataclass(frozen=True)
class Dot:
    """A share from 0 to 1 on a fixed axis, with its interval.

    `centred` marks the middle of the axis; `ends` are the lowest and highest share of several days.
    """

    value: float
    low: float | None = None
    high: float | None = None
    centred: bool = False
    ends: tuple[float, ...] = ()


Cell = str | Number | Name | Bar | Bars | Dot | Sparkline


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: its heading.
        kind: `name` emphasizes title and cells, `lead` the title alone; `number` aligns right.
        folds: whether a cell may take several lines.
        tone: of its cells.
        widest: its maximum width in characters; 0 for no limit.
        minor: whether small screens leave it out.
        hidden_title: for screen readers, where `title` is empty.
    """

    title: str = ""
    kind: Kind = "text"
    folds: bool = False
    tone: Tone = "plain"
    widest: int = 0
    minor: bool = False
    hidden_title: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of cells; a row may be shorter than the table is wide.

    Attributes:
        columns: from left to right.
        rows: from top to bottom.
        optional_columns: titles of columns dropped on narrow pages, in this order; of several with
            the same title the leftmost is dropped.
        text_width: characters that columns of text keep before optional columns are shown.
        first: how many rows are shown at once; the others are folded below the title `rest`.
        rest: title of the folded rows.
    """

    columns: tuple[Column, ...]
    rows: tuple[Sequence[Cell], ...]
    optional_columns: tuple[str, ...] = ()
    text_width: int = 0
    first: int = 0
    rest: str = ""


def table_of_columns(
    columns: Iterable[tuple[Column, Sequence[Cell]]], first: int = 0, rest: str = ""
) -> Table:
    """A table from its columns, each with its cells."""
    heads, cells = zip(*columns, strict=True)
    return Table(heads, tuple(zip(*cells, strict=True)), first=first, rest=rest)


@dataclass(frozen=True)
class Pairs:
    """Two columns without titles: names and their descriptions."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ShadedCell:
    """A cell shaded by `part`, from 0 to 1; None has no shade.

    `exact` is the number's text in the data, `note` a name in small letters below it; `bars`, from
    0 to 1 each, are drawn instead of a shade.
    """

    words: str
    part: float | None = None
    exact: str = ""
    note: str = ""
    bars: tuple[float, ...] = ()


@dataclass(frozen=True)
class ShadedRow:
    """A row of a shaded table: its name, a cell for each column, and the size of its group."""

    name: str
    cells: tuple[ShadedCell, ...]
    size: str = ""


@dataclass(frozen=True)
class ShadedTable:
    """A table whose cells are shaded by their values.

    Attributes:
        title: above the names of the rows.
        heads: titles of the columns of cells.
        rows: from top to bottom.
        size: title of the column of row sizes; empty where there is none.
        least: minimum width of a column in characters.
        hatched: whether the shade is a character after the number.
        name_tone: tone of the row names.
        side_panel: a title and lines to the right of the table.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[ShadedRow, ...]
    size: str = ""
    least: int = 0
    hatched: bool = False
    name_tone: Tone = "plain"
    side_panel: tuple[str, tuple[str, ...]] = ("", ())


@dataclass(frozen=True)
class Chart:
    """Columns side by side: heights from 0 to 1, of which None leaves a gap.

    Attributes:
        heights: one for each character, from left to right.
        labels: of the vertical axis, one for each line from the top, '' for none.
        ticks: column (from 0) and label below it; a label that would touch the one before is left
            out.
    """

    heights: tuple[float | None, ...]
    labels: tuple[str, ...]
    ticks: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Alternatives:
    """Several layouts of the same data: the first that fits is drawn, or else the last."""

    ways: tuple[tuple[Block, ...], ...]


Block = Line | Paragraph | Gap | Rule | Table | Pairs | ShadedTable | Chart | Alternatives


def numbers(*titles: str, minor: bool = False) -> tuple[Column, ...]:
    """Columns of numbers with these titles."""
    return tuple(Column(title, "number", minor=minor) for title in titles)


def heading(words: str) -> Line:
    """A line as the title of the blocks below it."""
    return Line(((words, "title"),))


def answer_blocks(
    title: str, headline: tuple[str, str, str], sections: Iterable[Iterable[Block]],
    notes: Sequence[str],
) -> list[Block]:  # fmt: skip
    """The page of a question: title, headline (its middle emphasized), sections and notes.

    Sections without blocks are left out, and between the others is an empty line.
    """
    before, result, after = headline
    first = Line(((f"{title}  ", "title"), (before, "plain"), (result, "strong"), (after, "plain")))
    parts = [block for section in map(list, sections) if section for block in (Gap(), *section)]
    return [first, Rule(), *parts[1:], *(Paragraph(note, "warning") for note in notes), Rule()]


def share(part: float | None) -> str:
    """A share as a percentage with one decimal."""
    return "–" if part is None else f"{part:.1%}"


_FORMATTERS: Final[Mapping[str, Callable[[Any], str]]] = {
    "money": format_money, "share": share, "plain": label_text,
}  # fmt: skip


def cells(record: Data, *forms: str) -> tuple[str, ...]:
    """Table cells of some keys of a record, each with its format after a colon, as in `people:,`.

    A format is `money`, `share`, `plain`, or a format specification; None is a dash.
    """
    texts = []
    for name, _, form in (each.partition(":") for each in forms):
        value, formatter = record[name], _FORMATTERS.get(form)
        if value is None:
            texts.append("–")
        else:
            texts.append(formatter(value) if formatter else format(value, form))
    return tuple(texts)


def printable(text: str) -> str:
    """Text with control characters replaced, which a terminal or browser would obey."""
    return "".join(character if character.isprintable() else "�" for character in text)
