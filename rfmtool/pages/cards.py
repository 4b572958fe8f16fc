"""The page of a report in blocks: cards, each with a finding, what it rests on, and a note.

A finding is a sentence chosen by rule from the data, with its numbers in the mark below it. Texts
are escaped where they are drawn; what is `Markup` has been made from escaped parts.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from markupsafe import Markup

from rfmtool.pages.blocks import ShadedTable, Table
from rfmtool.pages.svg import Plot
from rfmtool.summaries.formatting import label_text

_MOST_LETTERS: Final = 40
_FEW: Final = 100
_OVERRIDES: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
Width = Literal["full", "wide", "narrow", "half"]


@dataclass(frozen=True)
class Stack:
    """One bar of parts that add up: a title, and part, tone and words of each."""

    title: str
    parts: tuple[tuple[float, str, str], ...]


@dataclass(frozen=True)
class Legend:
    """What the tones of a mark mean."""

    tones: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Heatmap:
    """A shaded table, perhaps under a switch: its title, the table, and its classes.

    `bounds` are where each of the eight classes begins; classes are even if `linear`, else even by
    the square root.
    """

    title: str
    table: ShadedTable
    bounds: tuple[str, ...] = ()
    linear: bool = False


@dataclass(frozen=True)
class Switch:
    """Several shaded tables of which one is seen; all of them are printed."""

    name: str
    panes: tuple[Heatmap, ...]


@dataclass(frozen=True)
class SideBySide:
    """Plots side by side, each with a title."""

    plots: tuple[tuple[str, Plot], ...]


@dataclass(frozen=True)
class Sentence:
    """A sentence in a card; `look` where it must be seen."""

    words: str
    is_warning: bool = False


@dataclass(frozen=True)
class Folded:
    """What is folded away below a title."""

    title: str
    marks: tuple[Mark, ...]


Mark = Table | Stack | Legend | Heatmap | Switch | Plot | SideBySide | Sentence | Folded


@dataclass(frozen=True)
class Card:
    """A block of the page: its place in the contents, its finding, and the marks that prove it."""

    anchor: str
    topic: str
    finding: str
    how_to_read: str = ""
    marks: tuple[Mark, ...] = ()
    note: str = ""
    width: Width = "full"


@dataclass(frozen=True)
class Figure:
    """A large figure of the head: its title, the figure, and one line of context."""

    title: str
    shown: str
    exact: str
    context: str


@dataclass(frozen=True)
class Chapter:
    """Rows of cards below a small title."""

    title: str
    rows: tuple[tuple[Card, ...], ...]


@dataclass(frozen=True)
class Page:
    """A whole page."""

    title: str
    lead: str
    figures: tuple[Figure, ...] = ()
    trust: tuple[Mark, ...] = ()
    chapters: tuple[Chapter, ...] = field(default_factory=tuple)
    footer: str = ""


def row(*cards: Card | None) -> tuple[Card, ...]:
    """The cards of a row that there is something to say on."""
    return tuple(card for card in cards if card is not None)


def chapter(title: str, *rows: Sequence[Card]) -> list[Chapter]:
    """A chapter with the rows that hold something; none where no row does."""
    kept = tuple(tuple(cards) for cards in rows if cards)
    return [Chapter(title, kept)] if kept else []


def visible(text: str) -> str:
    """Text without what a browser would obey instead of showing."""
    return "".join(
        "�" if letter in _OVERRIDES or unicodedata.category(letter) in ("Cc", "Cs") else letter
        for letter in text
    )


def shortened(text: str) -> str:
    """A name in at most 40 letters, as a person writes it."""
    words = label_text(text)
    words = words[:1].upper() + words[1:]
    return words if len(words) <= _MOST_LETTERS else f"{words[: _MOST_LETTERS - 1]}…"


def escaped_name(text: str) -> Markup:
    """A foreign name in a sentence: escaped, and its direction kept to itself."""
    return Markup("<bdi>{}</bdi>").format(visible(shortened(text)))


def share_in_words(part: float, count: int, whole: int) -> str:
    """A share in a sentence: `42 of 100`; of fewer people than that, how many."""
    if whole < _FEW:
        return f"{count} of {whole}"
    return f"{100 * part:.0f} of 100"


def day_in_words(text: str) -> str:
    """A day as 31 December 2025."""
    day = date.fromisoformat(text)
    return f"{day.day} {day:%B} {day.year}"
