"""The pages of single questions, and of a comparison: their cards below the same head."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Final

from markupsafe import Markup

from rfmtool.documents import Data
from rfmtool.pages import compare as comparison
from rfmtool.pages import explain as explanation
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
from rfmtool.pages.number_format import NumberFormat
from rfmtool.pages.sections import customer_value, retention, trends
from rfmtool.pages.sections.overview import localized_count, localized_people
from rfmtool.summaries.condensed import concentration_in_short, repeat_in_short
from rfmtool.version import __version__

_ROOM: Final = 200
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


def page(name: str, data: Data, say: NumberFormat, title: str | None) -> Page:
    """The page of a question, whose answer is as `DATA_OF` has it, or of what `_OTHERS` tells.

    Its title is the shop's name, or what was asked where there is none.
    """
    if name in _OTHERS:
        return _OTHERS[name](data, say, title)
    as_of = data["points"][-1]["as_of"] if name == "timeline" else data["as_of"]
    if "overdue" in data:  # a page names nobody
        data = {**data, "overdue": []}
    blocks = import_module(f"rfmtool.pages.{name}").page(data, _ROOM)
    cards = row(*_CARDS[name](data, say)) if name in _CARDS else ()
    told = _told(name, blocks, say, with_tables=name in _WITH_TABLES)
    if name in _FINDINGS:
        told = replace(told, finding=_FINDINGS[name](data, say))
    return Page(
        title=title or _TITLES[name],
        lead=f"{_TITLES[name]}, as of {day_in_words(as_of)}.",
        chapters=tuple(chapter("", *([replace(card, width="full")] for card in cards), (told,))),
        footer=f"rfmtool {__version__}",
    )


def _compared(summary: Data, say: NumberFormat, title: str | None) -> Page:
    """A comparison of two runs."""
    old, new = summary["old"], summary["new"]
    days = f"{day_in_words(old['as_of'])} to {day_in_words(new['as_of'])}"
    blocks = comparison.page(summary)
    moves, moved = summary["moves"], say.count
    card = replace(
        _told("compare", blocks[:-2], say, with_tables=True),
        finding=f"{localized_people(say, moves['up'])} went up the ladder and"
        f" {moved(moves['down']).shown} down; {moved(moves['new']).shown} came and"
        f" {moved(moves['lapsed']).shown} lapsed",
    )
    return Page(
        title=title or "What moved",
        lead=f"From {days}.",
        chapters=tuple(chapter("", (card,))),
        footer=f"rfmtool {summary['version']}",
    )


def _explained(card: Data, _say: NumberFormat, _title: str | None) -> Page:
    """One customer: what they did, where they stand, why, and what would move them."""
    facts = [
        (title, words)
        for block in explanation.page(card)
        if isinstance(block, Pairs)
        for title, words in block.pairs
    ]
    table = Table((Column("", "name", hidden_title="What"), Column("")), tuple(facts))
    one = Card("explained", "One customer", card["stage_reason"], marks=(table,))
    return Page(
        title=card["customer_id"],
        lead=f"{card['customer_id']}, as of {day_in_words(card['as_of'])}.",
        chapters=tuple(chapter("", (one,))),
        footer=f"rfmtool {__version__}",
    )


_OTHERS: Final = {"compare": _compared, "explain": _explained}
"""What has a page and is no question."""
_CARDS: Final[Mapping[str, Callable[[Data, NumberFormat], list[Card | None]]]] = {
    "cadence": lambda data, say: [retention.lateness({"cadence": data}, say)],
    "cohorts": lambda data, say: [
        make(data["in_short"], say) for make in (trends.months, trends.cohorts)
    ],
    "concentration": lambda data, say: [
        customer_value.concentration({"concentration": concentration_in_short(dict(data))}, say)
    ],
    "repeat": lambda data, say: [
        make({"repeat": repeat_in_short(dict(data))}, say)
        for make in (retention.second_order, retention.when_to_ask)
    ],
    "timeline": lambda data, say: [
        trends.timeline(
            {"timeline": data, "ladder": [{"stage": one} for one in data["points"][-1]["stages"]]},
            say,
        )
    ],
}


def _bought_along(data: Data, say: NumberFormat) -> Markup | str:
    """The strongest of the rules."""
    if not data["rules"]:
        return "Nothing is bought along with something else often enough to tell"
    rule = data["rules"][0]
    buyers = round(rule["customers"] / rule["confidence"])
    share = share_in_words(rule["confidence"], rule["customers"], buyers)
    has = Markup(" and ").join(escaped_name(one) for one in rule["has"])
    return Markup("Of {} who buy {}, {} buy {} too").format(
        localized_people(say, buyers), has, share, escaped_name(rule["next"])
    )


def _way(data: Data, say: NumberFormat) -> str:
    """How many came back of those who bought at all."""
    people = {step["step"]: step["people"] for step in data["steps"]}
    bought, again = people["first_order"], people["second_order"]
    if not bought:
        return f"{localized_people(say, people.get('first_contact', 0))} are known, and nobody has bought"
    return (
        f"{share_in_words(again / bought, again, bought)} first-time buyers ordered a second time"
    )


def _earned(data: Data, say: NumberFormat) -> str:
    """How many lists to keep, to stop, and to wait for."""
    verdicts = Counter(group["verdict"] for group in data["groups"])
    words = {
        "earned_more": "earned more than leaving people alone",
        "earned_less": "earned less",
        "no_difference": "made little difference",
        "too_few": "cannot be told yet",
    }
    many = [f"{say.count(verdicts[one]).shown} {told}" for one, told in words.items()
            if verdicts[one]]  # fmt: skip
    return f"Of {localized_count(say, len(data['groups']), 'figure')} {', '.join(many)}"


_FINDINGS: Final[Mapping[str, Callable[[Data, NumberFormat], Markup | str]]] = {
    "affinity": _bought_along,
    "journey": _way,
    "measure": _earned,
}
"""What stands above the tables of questions that have no other card."""


def _told(name: str, blocks: Sequence[Block], say: NumberFormat, *, with_tables: bool) -> Card:
    """What the page for a terminal says, in a card."""
    marks = [
        mark
        for block in blocks[1:]
        for mark in marks_from_block(block, say, with_tables=with_tables)
    ]
    first = blocks[0]
    words = first.words if isinstance(first, Paragraph) else ""
    if isinstance(first, Line):
        words = "".join(part for part, tone in first.parts if tone != "title")
    return Card(f"{name}-told", "In short", say.localized(words), marks=tuple(marks))


def marks_from_block(block: Block, say: NumberFormat, *, with_tables: bool) -> list[Mark]:
    """What a block of a page for a terminal is in a card, its numbers in the reader's marks."""
    match block:
        case Paragraph():
            return [Sentence(say.localized(block.words), is_warning=block.tone == "warning")]
        case Table() if with_tables:
            columns = tuple(
                replace(
                    column,
                    title=column.title.strip().capitalize(),
                    kind="name" if column.kind == "lead" else column.kind,
                )
                for column in block.columns
            )
            named = [column.kind in ("name", "lead") for column in columns]
            rows = tuple(
                tuple(
                    say.cell(cell) if isinstance(cell, str) and not is_name else cell
                    for cell, is_name in zip(cells, named, strict=True)
                )
                for cells in block.rows
            )
            return [replace(block, columns=columns, rows=rows)]
        case ShadedTable() if with_tables:
            return [Heatmap(block.title.capitalize(), block, linear=True)]
        case Alternatives():
            return [
                mark
                for each in block.ways[0]
                for mark in marks_from_block(each, say, with_tables=with_tables)
            ]
        case _:
            return []
