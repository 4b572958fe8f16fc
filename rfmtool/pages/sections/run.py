"""report.html, the page of a run."""

from __future__ import annotations

from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.cards import Chapter, Page, chapter, row
from rfmtool.pages.locales import Locale
from rfmtool.pages.sections import (
    changes,
    customer_value,
    distributions,
    ladder,
    overview,
    retention,
    row_accounting,
    terminal_cards,
    trends,
    wallet_and_feedback,
)

_FIRST_CHAPTERS: Final = {
    "Today": [[overview.to_do], [terminal_cards.holdouts]],
    "Where they stand": [[ladder.ladder, ladder.ladder_funnel]],
}
_BUYER_CHAPTERS: Final = {
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
"""Chapters for runs with buyers."""
_LAST_CHAPTERS: Final = {
    "Beyond the orders": [
        [wallet_and_feedback.wallet, wallet_and_feedback.feedback],
        [wallet_and_feedback.margins],
    ]
}


def page(summary: Data, locale: Locale, title: str | None = None) -> Page:
    """The page of a run; its default title is the shop's name, or else the input's."""
    chapters: list[Chapter] = []
    middle = _BUYER_CHAPTERS if summary["buyers"] else {}
    for name, rows in (_FIRST_CHAPTERS | middle | _LAST_CHAPTERS).items():
        cards = (row(*(make(summary, locale) for make in makers)) for makers in rows)
        chapters += chapter(name, *cards)
    relationship = terminal_cards.relationship_cards(summary, locale)
    chapters += chapter("The relationship", *map(row, relationship))
    chapters += chapter("How we know", [row_accounting.row_accounting(summary, locale)])
    return Page(
        title=title or summary["title"] or summary["input"],
        lead=overview.lead_sentence(summary),
        figures=overview.figures(summary, locale),
        trust=overview.trust_marks(summary, locale),
        chapters=tuple(chapters),
        footer=f"rfmtool {summary['version']}",
    )
