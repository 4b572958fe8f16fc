"""How people are looked after, in cards: what the page for a terminal says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rfmtool.pages.blocks import Block, Paragraph, Table
from rfmtool.pages.cards import Card
from rfmtool.pages.numerals import Numerals
from rfmtool.pages.relationship import relationship
from rfmtool.pages.story.answers import marks_of


def cards(summary: Mapping[str, Any], say: Numerals) -> Iterator[Card]:
    """A card for each section that has a table; its finding is the first sentence."""
    for number, blocks in enumerate(relationship(summary)):
        tables = [block for block in blocks if isinstance(block, Table)]
        said = [block for block in blocks if isinstance(block, Paragraph)]
        if not tables:
            continue
        title = tables[0].columns[0].title.strip().capitalize()
        below: list[Block] = [*tables, *said[1:]]
        marks = [mark for block in below for mark in marks_of(block, say, with_tables=True)]
        finding = say.words(said[0].words) if said else title
        yield Card(f"relationship-{number}", title, finding, marks=tuple(marks))
