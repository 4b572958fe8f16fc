"""The card of those who are left out to compare with, who rest, and what lists did last time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rfmtool.pages.cards import Card, Sentence
from rfmtool.pages.lots import left_out
from rfmtool.pages.numerals import Numerals
from rfmtool.pages.story.answers import marks_of

Data = Mapping[str, Any]


def proof(summary: Data, say: Numerals) -> Card | None:
    """Whether lists do any good: by whom that will be told, and what was told last time."""
    blocks = left_out(summary)
    if not blocks:
        return None
    marks = [mark for block in blocks for mark in marks_of(block, say, with_tables=True)]
    marks.sort(key=lambda mark: isinstance(mark, Sentence))
    out = sum(group["held_out"] for group in summary["actions"])
    finding = "Who rests, and why"
    if out:
        finding = f"{say.count(out).shown} people are left out to compare with"
    return Card("proof", "Does it help", finding, "", tuple(marks))
