"""What the next days should bring, how that went before, and the doubts about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rfmtool.pages.blocks import Paragraph
from rfmtool.pages.cards import Card, Sentence
from rfmtool.pages.forecast import came_anyway, expected, seasons
from rfmtool.pages.numerals import Numerals

Data = Mapping[str, Any]


def expecting(summary: Data, say: Numerals) -> Card | None:
    """Buyers and money to expect; None where history is too short to foretell anything."""
    found = summary["forecast"]
    if found is None:
        return None
    blocks = [*expected(summary), *seasons(summary), *came_anyway(summary)]
    # Without the mark by which tables for a terminal lead to them.
    told = [
        (one.words.removeprefix("* "), one.tone) for one in blocks if isinstance(one, Paragraph)
    ]
    finding = (
        f"About {say.count(round(found['buyers'])).shown} buyers and"
        f" {say.rounded(float(found['spend']), 0)} are to be expected in {found['days']} days"
    )
    marks = tuple(
        Sentence(say.words(words[:1].upper() + words[1:]), look=tone == "warning")
        for words, tone in told
    )
    return Card("expected", "What to expect", finding, "", marks)
