"""Cards made of the blocks of the terminal page: forecast, holdouts and relationship."""

from __future__ import annotations

from collections.abc import Iterator

from rfmtool.documents import Data
from rfmtool.pages.blocks import Block, Paragraph, Table
from rfmtool.pages.cards import Card, Sentence
from rfmtool.pages.forecast import baseline_rates, forecast_blocks, lookback_blocks
from rfmtool.pages.holdouts import holdout_blocks
from rfmtool.pages.locales import Locale
from rfmtool.pages.relationship import relationship
from rfmtool.pages.sections.answers import marks_from_blocks


def forecast(summary: Data, locale: Locale) -> Card | None:
    """The forecast of buyers and spend; None where history is too short."""
    expected = summary["forecast"]
    if expected is None:
        return None
    blocks = [*forecast_blocks(summary), *lookback_blocks(summary), *baseline_rates(summary)]
    marks = []
    for block in blocks:
        if isinstance(block, Paragraph):
            text = block.words.removeprefix("* ")  # the footnote mark of tables on a terminal
            text = locale.localized(text[:1].upper() + text[1:])
            marks.append(Sentence(text, is_warning=block.tone == "warning"))
    buyers = locale.counted(round(expected["buyers"]), "buyer")
    spend = locale.rounded(float(expected["spend"]), 0)
    finding = f"Forecast: about {buyers} and {spend} in {expected['days']} days"
    return Card("expected", "What to expect", finding, "", tuple(marks))


def holdouts(summary: Data, locale: Locale) -> Card | None:
    """Holdout groups, rests, and results of the last time; None where there are none."""
    blocks = holdout_blocks(summary)
    if not blocks:
        return None
    marks = sorted(marks_from_blocks(blocks, locale), key=lambda mark: isinstance(mark, Sentence))
    count = sum(group["held_out"] for group in summary["actions"])
    finding = "Resting, and why"
    if count:
        finding = f"{locale.people(count)} in the holdout"
    return Card("proof", "Does it help", finding, "", tuple(marks))


def relationship_cards(summary: Data, locale: Locale) -> Iterator[Card]:
    """A card for each section of customer care that has a table, its first sentence as finding."""
    for number, blocks in enumerate(relationship(summary)):
        tables = [block for block in blocks if isinstance(block, Table)]
        sentences = [block for block in blocks if isinstance(block, Paragraph)]
        if not tables:
            continue
        title = tables[0].columns[0].title.strip().capitalize()
        below: list[Block] = [*tables, *sentences[1:]]
        finding = locale.localized(sentences[0].words) if sentences else title
        marks = tuple(marks_from_blocks(below, locale))
        yield Card(f"relationship-{number}", title, finding, marks=marks)
