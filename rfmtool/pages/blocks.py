"""What a page is made of: a few frozen blocks of plain data, which a terminal or HTML draws.

Every text may be foreign: who draws it makes it safe to show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from rfmtool.documents import Data
from rfmtool.summaries.formatting import format_money, label_text

Tone = Literal["plain", "title", "strong", "quiet", "warning"]
Kind = Literal["name", "lead", "text", "number"]

WIDE: Final = 96
"""From so many characters on there is room for everything."""


@dataclass(frozen=True)
class Line:
    """One line, whose parts stand out or not."""

    parts: tuple[tuple[str, Tone], ...]


@dataclass(frozen=True)
class Paragraph:
    """Sentences that wrap; a warning is marked as one."""

    words: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Gap:
    """An empty line."""


@dataclass(frozen=True)
class Rule:
    """A line across the page."""


@dataclass(frozen=True)
class Bar:
    """A bar in a table: a part from 0 to 1 of at most `length` characters."""

    part: float
    length: int


@dataclass(frozen=True)
class Sparkline:
    """A curve as high as one line of text, in a table; values from 0 up."""

    values: tuple[float, ...]


@dataclass(frozen=True)
class Number:
    """A number as it is shown, and as it stands in the data."""

    shown: str
    exact: str


@dataclass(frozen=True)
class Name:
    """A name that may be foreign, what is said of it below, and the tone of the key beside it."""

    text: str
    below: str = ""
    tone: str = ""
    is_sentence: bool = False
    """Whether it is a sentence, whatever its length, and what is below a file's name."""


@dataclass(frozen=True)
class Bars:
    """Bars one below the other, or from the right: parts from 0 to 1, each with its tone."""

    bars: tuple[tuple[float, str], ...]
    leftwards: bool = False
    start: float = 0.0
    """Where they begin, from 0 to 1."""


@dataclass(frozen=True)
class Dot:
    """A share from 0 to 1 on a fixed axis, and its interval; one that is centred has a middle.

    `ends` are the lowest and the highest of several days.
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
        title: above it.
        kind: a name stands out, so does the title alone of the column that leads; numbers are
            aligned at their right.
        folds: whether a cell may take several lines.
        tone: of its cells.
        widest: how many characters it may take; 0 for any number.
        minor: whether it goes on small screens.
        unsaid: the title for those who do not see the table, where there is none.
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
        columns: from the left.
        rows: from the top.
        spare: the titles of columns that may be missing, the first to go first; of several with a
            title the leftmost goes.
        text_width: how many characters texts should have before others are let in.
        first: how many rows are shown at once; the others are folded away below `rest`.
        rest: what the folded rows are.
    """

    columns: tuple[Column, ...]
    rows: tuple[Sequence[Cell], ...]
    optional_columns: tuple[str, ...] = ()
    text_width: int = 0
    first: int = 0
    rest: str = ""


@dataclass(frozen=True)
class Pairs:
    """Two columns without titles: what, and what is said of it."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ShadedCell:
    """A cell that is the darker the more is in it: `part` is from 0 to 1, None has no shade.

    `exact` is the number as it stands in the data, and `note` a name in small letters below it.
    `bars` are drawn instead of a shade, from 0 to 1 each.
    """

    words: str
    part: float | None = None
    exact: str = ""
    note: str = ""
    bars: tuple[float, ...] = ()


@dataclass(frozen=True)
class ShadedRow:
    """A row of a shaded table: what it is, how many it is about, and a cell for each column."""

    name: str
    cells: tuple[ShadedCell, ...]
    size: str = ""


@dataclass(frozen=True)
class ShadedTable:
    """A table whose cells are shaded by how much is in them; without colour the numbers speak.

    Attributes:
        title: above the names of the rows.
        heads: above the cells.
        rows: from the top.
        size: what the sizes of the rows are; empty where these have none.
        least: how many characters a column takes at least.
        hatched: whether the shade is a letter behind the number.
        name_tone: of the names.
        beside: a title and lines to the right.
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
        heights: one for each character from the left.
        labels: at the left, one for each line from the top, '' for none.
        ticks: column (from 0) and word below it; a word that would touch the one before is left
            out.
    """

    heights: tuple[float | None, ...]
    labels: tuple[str, ...]
    ticks: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Alternatives:
    """Several ways to show the same: the first one that there is room for, else the last."""

    ways: tuple[tuple[Block, ...], ...]


Block = Line | Paragraph | Gap | Rule | Table | Pairs | ShadedTable | Chart | Alternatives


def numbers(*titles: str) -> tuple[Column, ...]:
    """Columns of numbers."""
    return tuple(Column(title, "number") for title in titles)


def heading(words: str) -> Line:
    """A line that stands out as the title of what is below it."""
    return Line(((words, "title"),))


def answer_blocks(
    title: str, told: tuple[str, str, str], parts: Sequence[Block], notes: Sequence[str]
) -> list[Block]:
    """The page of a question: its title, the answer in a line whose middle part stands out."""
    before, result, after = told
    headline = Line(
        ((f"{title}  ", "title"), (before, "plain"), (result, "strong"), (after, "plain"))
    )
    return [headline, Rule(), *parts, *(Paragraph(note, "warning") for note in notes), Rule()]


def share(part: float | None) -> str:
    """A share as a percentage with one decimal."""
    return "–" if part is None else f"{part:.1%}"


_FORMS: Final[Mapping[str, Callable[[Any], str]]] = {
    "money": format_money, "share": share, "plain": label_text,
}  # fmt: skip


def cells(one: Data, *forms: str) -> tuple[str, ...]:
    """Cells of a table: names, each with the form of its value behind a colon, as in `people:,`.

    A form is `money`, `share`, `plain`, or one of `format`; what is missing is a dash.
    """
    shown = []
    for name, _, form in (each.partition(":") for each in forms):
        value, ours = one[name], _FORMS.get(form)
        shown.append("–" if value is None else ours(value) if ours else format(value, form))
    return tuple(shown)


def printable(text: str) -> str:
    """Replace what a terminal or a browser would obey instead of showing."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)
