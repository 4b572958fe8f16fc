"""The whole page of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rfmtool.pages.cards import Page, chapter, row
from rfmtool.pages.numerals import Numerals
from rfmtool.pages.story import (
    beyond,
    coming,
    knowing,
    moving,
    since,
    spread,
    standing,
    today,
    told,
    worth,
)


def page(summary: Mapping[str, Any], say: Numerals, title: str | None = None) -> Page:
    """The page of a run, of its summary alone.

    Args:
        summary: a run's.
        say: how numbers are written.
        title: the shop's name; the input's where there is none.
    """

    def cards(*makers: Any) -> Any:  # noqa: ANN401 - functions from a summary to a card or none
        return row(*(make(summary, say) for make in makers))

    buyers = bool(summary["buyers"])
    chapters = [
        *chapter("Today", cards(today.to_do), cards(told.proof)),
        *chapter("Where they stand", cards(standing.ladder, standing.climb)),
        *(_of_buyers(cards) if buyers else []),
        *chapter("Beyond the orders", cards(beyond.wallet, beyond.voices), cards(beyond.margins)),
        *chapter("The relationship", *map(row, told.care(summary, say))),
        *chapter("How we know", cards(knowing.counted)),
    ]
    return Page(
        title=title or summary["title"] or summary["input"],
        lead=today.lead(summary),
        figures=today.figures(summary, say),
        trust=today.trust(summary, say),
        chapters=tuple(chapters),
        footer=f"rfmtool {summary['version']}",
    )


def _of_buyers(cards: Any) -> Any:  # noqa: ANN401 - as above
    """What there is to say once somebody has bought."""
    return [
        *chapter(
            "Who is worth what",
            cards(worth.segments),
            cards(worth.grid, worth.concentration),
            cards(spread.distributions),
            cards(spread.together),
        ),
        *chapter(
            "When they come back",
            cards(coming.second_order, coming.when_to_ask),
            cards(coming.activity, coming.lateness),
            cards(told.expecting),
        ),
        *chapter(
            "How it moves",
            cards(moving.months),
            cards(moving.cohorts),
            cards(moving.timeline),
            cards(since.changes),
        ),
    ]
