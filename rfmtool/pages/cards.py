"""The parts of an HTML page: cards, each with a finding, the marks (tables, plots) and a note.

A finding is a sentence chosen by rule from the data; its numbers are in the mark below it. Texts
are escaped when they are drawn; `Markup` has been made from escaped parts.
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
from rfmtool.summaries.formatting import MONTH_NAMES, label_text

_MAX_CHARACTERS: Final = 40
_FEW: Final = 100
_OVERRIDES: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
Width = Literal["full", "wide", "narrow", "half"]


@dataclass(frozen=True)
class Stack:
    """A stacked bar: its title, and share, tone and label of each part."""

    title: str
    parts: tuple[tuple[float, str, str], ...]


@dataclass(frozen=True)
class Legend:
    """The tones of a mark and their meanings."""

    tones: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Heatmap:
    """A shaded table and its title.

    `bounds` are the lower bounds of the eight classes of shade, of equal width if `linear`, or else
    by the square root.
    """

    title: str
    table: ShadedTable
    bounds: tuple[str, ...] = ()
    linear: bool = False


@dataclass(frozen=True)
class Switch:
    """Several shaded tables, of which the screen shows one at a time; all are printed."""

    name: str
    panes: tuple[Heatmap, ...]


@dataclass(frozen=True)
class SideBySide:
    """Plots side by side, each with a title."""

    plots: tuple[tuple[str, Plot], ...]


@dataclass(frozen=True)
class Sentence:
    """A sentence in a card; a warning stands out."""

    words: str
    is_warning: bool = False


@dataclass(frozen=True)
class Folded:
    """Marks folded away below a title."""

    title: str
    marks: tuple[Mark, ...]


Mark = Table | Stack | Legend | Heatmap | Switch | Plot | SideBySide | Sentence | Folded


@dataclass(frozen=True)
class Card:
    """A card: its anchor and topic for the contents, its finding, and the marks that prove it."""

    anchor: str
    topic: str
    finding: str
    how_to_read: str = ""
    marks: tuple[Mark, ...] = ()
    note: str = ""
    width: Width = "full"


@dataclass(frozen=True)
class Figure:
    """A key figure of the head, with one line of context."""

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
    """An HTML page."""

    title: str
    lead: str
    figures: tuple[Figure, ...] = ()
    trust: tuple[Mark, ...] = ()
    chapters: tuple[Chapter, ...] = field(default_factory=tuple)
    footer: str = ""


def row(*cards: Card | None) -> tuple[Card, ...]:
    """A row of the cards that are not None."""
    return tuple(card for card in cards if card is not None)


def chapter(title: str, *rows: Sequence[Card]) -> list[Chapter]:
    """A chapter of the rows that have cards; no chapter where none has."""
    kept = tuple(tuple(cards) for cards in rows if cards)
    return [Chapter(title, kept)] if kept else []


def visible(text: str) -> str:
    """Text with control characters replaced, which a browser would obey."""
    return "".join(
        "�" if mark in _OVERRIDES or unicodedata.category(mark) in ("Cc", "Cs") else mark
        for mark in text
    )


def shortened(text: str) -> str:
    """A name as readable text, capitalized, of at most 40 characters."""
    name = label_text(text)
    name = name[:1].upper() + name[1:]
    return name if len(name) <= _MAX_CHARACTERS else f"{name[: _MAX_CHARACTERS - 1]}…"


def escaped_name(text: str) -> Markup:
    """A name for a sentence: shortened and escaped, its direction of writing isolated."""
    return Markup("<bdi>{}</bdi>").format(visible(shortened(text)))


def share_in_words(part: float, count: int, whole: int) -> str:
    """A share in a sentence: `42 of 100`, or the counts where `whole` is below 100."""
    return f"{count} of {whole}" if whole < _FEW else f"{100 * part:.0f} of 100"


def day_in_words(text: str) -> str:
    """An ISO date as 31 December 2025."""
    day = date.fromisoformat(text)
    return f"{day.day} {MONTH_NAMES[day.month - 1]} {day.year}"
