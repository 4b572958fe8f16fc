"""The whole page of a run."""

from __future__ import annotations

from typing import Final

from rfmtool.documents import Data
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

_STANDING: Final = {
    "Today": [[today.to_do], [told.proof]],
    "Where they stand": [[standing.ladder, standing.climb]],
}
_OF_BUYERS: Final = {
    "Who is worth what": [
        [worth.segments],
        [worth.grid, worth.concentration],
        [spread.distributions],
        [spread.together],
    ],
    "When they come back": [
        [coming.second_order, coming.when_to_ask],
        [coming.activity, coming.lateness],
        [told.expecting],
    ],
    "How it moves": [[moving.months], [moving.cohorts], [moving.timeline], [since.changes]],
}
"""What there is to say once somebody has bought."""
_BEYOND: Final = {"Beyond the orders": [[beyond.wallet, beyond.voices], [beyond.margins]]}


def page(summary: Data, say: Numerals, title: str | None = None) -> Page:
    """The page of a run, of its summary alone; its title is the shop's, or else the input's."""
    rows = _STANDING | (_OF_BUYERS if summary["buyers"] else {}) | _BEYOND
    chapters = [
        one
        for name, makers in rows.items()
        for one in chapter(name, *(row(*(make(summary, say) for make in each)) for each in makers))
    ]
    chapters += chapter("The relationship", *map(row, told.care(summary, say)))
    chapters += chapter("How we know", [knowing.counted(summary, say)])
    return Page(
        title=title or summary["title"] or summary["input"],
        lead=today.lead(summary),
        figures=today.figures(summary, say),
        trust=today.trust(summary, say),
        chapters=tuple(chapters),
        footer=f"rfmtool {summary['version']}",
    )
