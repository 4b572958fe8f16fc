"""HTML pages of questions, comparisons and single customers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Final

from markupsafe import Markup

from rfmtool.documents import Data
from rfmtool.pages import compare as comparison
from rfmtool.pages import explain as explanation
from rfmtool.pages import history as recorded
from rfmtool.pages.blocks import (
    Alternatives,
    Block,
    Column,
    Line,
    Pairs,
    Paragraph,
    ShadedTable,
    Table,
)
from rfmtool.pages.cards import (
    Card,
    Heatmap,
    Mark,
    Page,
    Sentence,
    chapter,
    day_in_words,
    escaped_name,
    row,
    share_in_words,
)
from rfmtool.pages.locales import Locale
from rfmtool.pages.sections import customer_value, retention, trends
from rfmtool.summaries.condensed import concentration_in_short, repeat_in_short
from rfmtool.version import __version__

_WIDTH: Final = 200
_WITH_TABLES: Final = ("affinity", "cadence", "concentration", "journey", "measure")
_TITLES: Final = {
    "affinity": "What is bought along with what",
    "cadence": "Regulars who are missing",
    "cohorts": "Customers by their first order",
    "concentration": "How few bring how much",
    "journey": "The first-time buyer's way",
    "measure": "Did it earn more",
    "repeat": "The second order",
    "timeline": "Who stood where",
}


def page(name: str, data: Data, locale: Locale, title: str | None) -> Page:
    """The page of an answer (`data` as of `notebook.Answer.page_data`), comparison or customer.

    Its title is the shop's name, or by default the question.
    """
    if name in _OTHER_PAGES:
        return _OTHER_PAGES[name](data, locale, title)
    as_of = data["points"][-1]["as_of"] if name == "timeline" else data["as_of"]
    if "overdue" in data:  # HTML pages name no customers
        data = {**data, "overdue": []}
    blocks = import_module(f"rfmtool.pages.{name}").page(data, _WIDTH)
    cards = row(*(make(_as_summary(name, data), locale) for make in _CARDS.get(name, ())))
    in_short = _card_in_short(name, blocks, locale, with_tables=name in _WITH_TABLES)
    if name in _FINDINGS:
        in_short = replace(in_short, finding=_FINDINGS[name](data, locale))
    lead = f"{_TITLES[name]}, as of {day_in_words(as_of)}."
    whole = (replace(card, width="full") for card in cards)
    return _page_of_cards(title or _TITLES[name], lead, *whole, in_short)


def _page_of_cards(title: str, lead: str, *cards: Card, version: str = __version__) -> Page:
    """A page of one chapter, each card in a row of its own."""
    chapters = tuple(chapter("", *([card] for card in cards)))
    return Page(title, lead, chapters=chapters, footer=f"rfmtool {version}")


def _comparison_page(summary: Data, locale: Locale, title: str | None) -> Page:
    old_day, new_day = (day_in_words(summary[run]["as_of"]) for run in ("old", "new"))
    blocks = comparison.page(summary)
    moves = summary["moves"]
    up = locale.people(moves["up"])
    down, new, lapsed = (locale.count(moves[name]).shown for name in ("down", "new", "lapsed"))
    finding = f"{up} went up the ladder and {down} down; {new} came and {lapsed} lapsed"
    card = _card_in_short("compare", blocks[:-2], locale, with_tables=True)
    card, lead = replace(card, finding=finding), f"From {old_day} to {new_day}."
    return _page_of_cards(title or "What moved", lead, card, version=summary["version"])


def _customer_page(card: Data, _locale: Locale, _title: str | None) -> Page:
    blocks = explanation.page(card)
    facts = tuple(pair for block in blocks if isinstance(block, Pairs) for pair in block.pairs)
    table = Table((Column("", "name", hidden_title="What"), Column("")), facts)
    explained = Card("explained", "One customer", card["stage_reason"], marks=(table,))
    lead = f"{card['customer_id']}, as of {day_in_words(card['as_of'])}."
    return _page_of_cards(card["customer_id"], lead, explained)


def _history_page(data: Data, locale: Locale, title: str | None) -> Page:
    runs = data["points"]
    card = _card_in_short("history", recorded.page(runs, _WIDTH), locale, with_tables=True)
    first, last = (day_in_words(runs[place]["as_of"]) for place in (0, -1))
    then, now = (locale.counted(runs[at]["customers"], "customer") for at in (0, -1))
    card = replace(card, finding=f"{then} on {first}, {now} on {last}")
    lead = f"{locale.counted(len(runs), 'run')}, from {first} to {last}."
    return _page_of_cards(title or "Run by run", lead, card)


_OTHER_PAGES: Final = {
    "compare": _comparison_page, "explain": _customer_page, "history": _history_page,
}  # fmt: skip
"""Pages that answer no question."""


_CARDS: Final = {
    "cadence": [retention.lateness],
    "cohorts": [trends.months, trends.cohorts],
    "concentration": [customer_value.concentration],
    "repeat": [retention.second_order, retention.when_to_ask],
    "timeline": [trends.timeline],
}
"""The cards of a run that a question has too."""


def _as_summary(name: str, data: Data) -> Data:
    """An answer as the summary of a run has it."""
    if name == "cohorts":
        in_short: Data = data["in_short"]
        return in_short
    in_short_of = {"concentration": concentration_in_short, "repeat": repeat_in_short}
    return {name: in_short_of[name](data) if name in in_short_of else data}


def _strongest_rule(data: Data, locale: Locale) -> Markup | str:
    if not data["rules"]:
        return "Nothing is bought along with something else often enough to tell"
    rule = data["rules"][0]
    buyers = round(rule["customers"] / rule["confidence"])
    share = share_in_words(rule["confidence"], rule["customers"], buyers)
    has = Markup(" and ").join(escaped_name(name) for name in rule["has"])
    return Markup("Of {} who buy {}, {} buy {} too").format(
        locale.people(buyers), has, share, escaped_name(rule["next"])
    )


def _second_orders(data: Data, locale: Locale) -> str:
    """The share of first-time buyers who came back."""
    people = {step["step"]: step["people"] for step in data["steps"]}
    bought, again = people["first_order"], people["second_order"]
    if not bought:
        known = locale.people(people.get("first_contact", 0))
        return f"{known} are known, and nobody has bought"
    share = share_in_words(again / bought, again, bought)
    return f"{share} first-time buyers ordered a second time"


def _verdict_counts(data: Data, locale: Locale) -> str:
    verdicts = Counter(group["verdict"] for group in data["groups"])
    texts = {
        "earned_more": "earned more than leaving people alone",
        "earned_less": "earned less",
        "no_difference": "made little difference",
        "too_few": "too early to tell",
    }
    parts = [f"{locale.count(verdicts[verdict])} {text}" for verdict, text in texts.items()
             if verdicts[verdict]]  # fmt: skip
    return f"Of {locale.counted(len(data['groups']), 'result')} {', '.join(parts)}"


_FINDINGS: Final[Mapping[str, Callable[[Data, Locale], Markup | str]]] = {
    "affinity": _strongest_rule,
    "journey": _second_orders,
    "measure": _verdict_counts,
}
"""Findings of questions that have no other card."""


def _card_in_short(
    name: str, blocks: Sequence[Block], locale: Locale, *, with_tables: bool
) -> Card:
    """A card of the page for the terminal, its first block as the finding."""
    marks = tuple(marks_from_blocks(blocks[1:], locale, with_tables=with_tables))
    first = blocks[0]
    finding = first.words if isinstance(first, Paragraph) else ""
    if isinstance(first, Line):
        finding = "".join(part for part, tone in first.parts if tone != "title")
    return Card(f"{name}-told", "In short", locale.localized(finding), marks=marks)


def marks_from_blocks(
    blocks: Iterable[Block], locale: Locale, *, with_tables: bool = True
) -> Iterator[Mark]:
    """The marks of blocks of a page for the terminal, with localized numbers."""
    for block in blocks:
        if isinstance(block, Paragraph):
            yield Sentence(locale.localized(block.words), is_warning=block.tone == "warning")
        elif isinstance(block, Alternatives):
            yield from marks_from_blocks(block.ways[0], locale, with_tables=with_tables)
        elif isinstance(block, Table) and with_tables:
            yield _localized_table(block, locale)
        elif isinstance(block, ShadedTable) and with_tables:
            yield Heatmap(block.title.capitalize(), block, linear=True)


def _localized_table(table: Table, locale: Locale) -> Table:
    columns = tuple(
        replace(column, title=column.title.strip().capitalize(),
                kind="name" if column.kind == "lead" else column.kind)
        for column in table.columns
    )  # fmt: skip
    padding = ("",) * len(columns)
    rows = tuple(
        tuple(
            locale.cell(cell) if isinstance(cell, str) and column.kind != "name" else cell
            for cell, column in zip((*cells, *padding[len(cells) :]), columns, strict=True)
        )
        for cells in table.rows if cells
    )  # fmt: skip
    return replace(table, columns=columns, rows=rows)
