"""The whole page of a run."""

from __future__ import annotations

from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.cards import Page, chapter, row
from rfmtool.pages.number_format import NumberFormat
from rfmtool.pages.sections import (
    changes,
    customer_value,
    data_quality,
    distributions,
    ladder,
    overview,
    retention,
    terminal_cards,
    trends,
    wallet_and_feedback,
)

_STANDING: Final = {
    "Today": [[overview.to_do], [terminal_cards.holdouts]],
    "Where they stand": [[ladder.ladder, ladder.ladder_funnel]],
}
_OF_BUYERS: Final = {
    "Who is worth what": [
        [customer_value.segments],
        [customer_value.grid, customer_value.concentration],
        [distributions.histograms],
        [distributions.joint_distributions],
    ],
    "When they come back": [
        [retention.second_order, retention.when_to_ask],
        [retention.activity, retention.lateness],
        [terminal_cards.forecast],
    ],
    "How it moves": [[trends.months], [trends.cohorts], [trends.timeline], [changes.changes]],
}
"""What there is to say once somebody has bought."""
_BEYOND: Final = {
    "Beyond the orders": [
        [wallet_and_feedback.wallet, wallet_and_feedback.feedback],
        [wallet_and_feedback.margins],
    ]
}


def page(summary: Data, say: NumberFormat, title: str | None = None) -> Page:
    """The page of a run, of its summary alone; its title is the shop's, or else the input's."""
    rows = _STANDING | (_OF_BUYERS if summary["buyers"] else {}) | _BEYOND
    chapters = [
        one
        for name, makers in rows.items()
        for one in chapter(name, *(row(*(make(summary, say) for make in each)) for each in makers))
    ]
    chapters += chapter(
        "The relationship", *map(row, terminal_cards.relationship_cards(summary, say))
    )
    chapters += chapter("How we know", [data_quality.row_accounting(summary, say)])
    return Page(
        title=title or summary["title"] or summary["input"],
        lead=overview.lead_sentence(summary),
        figures=overview.figures(summary, say),
        trust=overview.data_quality(summary, say),
        chapters=tuple(chapters),
        footer=f"rfmtool {summary['version']}",
    )
