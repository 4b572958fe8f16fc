"""The cards that say what the page for a terminal says: what to expect, of lists, of care."""

from __future__ import annotations

from collections.abc import Iterator

from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Paragraph, Table
from rfmtool.pages.cards import Card, Sentence
from rfmtool.pages.forecast import baseline_rates, forecast_blocks, lookback_blocks
from rfmtool.pages.holdouts import holdout_blocks
from rfmtool.pages.number_format import NumberFormat
from rfmtool.pages.relationship import relationship
from rfmtool.pages.sections.answers import marks_from_block
from rfmtool.pages.sections.overview import localized_count


def forecast(summary: Data, say: NumberFormat) -> Card | None:
    """Buyers and money to expect; None where history is too short to foretell anything."""
    found = summary["forecast"]
    if found is None:
        return None
    blocks = [*forecast_blocks(summary), *lookback_blocks(summary), *baseline_rates(summary)]
    marks = []
    for one in blocks:
        if isinstance(one, Paragraph):
            words = one.words.removeprefix("* ")  # by which tables for a terminal lead to it
            words = say.localized(words[:1].upper() + words[1:])
            marks.append(Sentence(words, is_warning=one.tone == "warning"))
    finding = (
        f"About {localized_count(say, round(found['buyers']), 'buyer')} and"
        f" {say.rounded(float(found['spend']), 0)} are to be expected in {found['days']} days"
    )
    return Card("expected", "What to expect", finding, "", tuple(marks))


def holdouts(summary: Data, say: NumberFormat) -> Card | None:
    """Whether lists do any good: by whom that will be told, and what was told last time."""
    blocks = holdout_blocks(summary)
    if not blocks:
        return None
    marks = [mark for block in blocks for mark in marks_from_block(block, say, with_tables=True)]
    marks.sort(key=lambda mark: isinstance(mark, Sentence))
    out = sum(group["held_out"] for group in summary["actions"])
    finding = "Who rests, and why"
    if out:
        people = "1 person is" if out == 1 else f"{say.count(out).shown} people are"
        finding = f"{people} left out to compare with"
    return Card("proof", "Does it help", finding, "", tuple(marks))


def relationship_cards(summary: Data, say: NumberFormat) -> Iterator[Card]:
    """How people are looked after: a card for each section that has a table.

    The finding of each is its first sentence.
    """
    for number, blocks in enumerate(relationship(summary)):
        tables = [block for block in blocks if isinstance(block, Table)]
        said = [block for block in blocks if isinstance(block, Paragraph)]
        if not tables:
            continue
        title = tables[0].columns[0].title.strip().capitalize()
        below: list[Block] = [*tables, *said[1:]]
        marks = [mark for block in below for mark in marks_from_block(block, say, with_tables=True)]
        finding = say.localized(said[0].words) if said else title
        yield Card(f"relationship-{number}", title, finding, marks=tuple(marks))
