"""The answer of `affinity`: what is bought along with what."""

from __future__ import annotations

from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import (
    Block,
    Column,
    Paragraph,
    Table,
    answer_blocks,
    cells,
    numbers,
    share,
)
from rfmtool.summaries.formatting import count_text

_MAX_RULES: Final = 20
_NEXT_TITLE: Final = "OFTEN BUYS"
_NUMBERS_WIDTH: Final = 38


def page(answer: Data, width: int) -> list[Block]:
    """The page, `width` characters wide."""
    rules = answer["rules"]
    customers, found = count_text(answer["customers"], "customer"), count_text(len(rules), "rule")
    before = f"{customers} · by {answer['by']} ({answer['names']:,}) · "
    section: list[Block] = []
    if rules:
        # Of rules on the same names only the strongest, which comes first.
        strongest: dict[frozenset[str], Data] = {}
        for rule in rules:
            strongest.setdefault(frozenset([*rule["has"], rule["next"]]), rule)
        note = Paragraph(_how_to_read(answer, len(strongest)), "quiet")
        section = [_rules([*strongest.values()][:_MAX_RULES], width), note]
    headline = before, found, f" · as of {answer['as_of']}"
    return answer_blocks("AFFINITY", headline, [section], answer["notes"])


def _rules(rules: list[Data], width: int) -> Table:
    text_width = max(width - _NUMBERS_WIDTH, 16)
    next_width = min(max(len(_NEXT_TITLE), *(len(rule["next"]) for rule in rules)), text_width // 2)
    return Table(
        columns=(
            Column("WHO BUYS", "lead", folds=True, widest=text_width - next_width),
            Column(_NEXT_TITLE, "lead", folds=True, widest=next_width),
            *numbers("people", "support", "do so", "lift"),
        ),
        rows=tuple(
            (" + ".join(rule["has"]),
             *cells(rule, "next", "customers:,", "support:share", "confidence:share", "lift:.2f"))
            for rule in rules
        ),
        optional_columns=("support",),
    )  # fmt: skip


def _how_to_read(answer: Data, rule_count: int) -> str:
    first = answer["rules"][0]
    text = (
        f"{first['customers']:,} customers ({share(first['support'])}) buy all of the first line;"
        f" {share(first['confidence'])} of those who buy its left side, {first['lift']:.2f} times"
        " the overall share. Rules are ordered by confidence (do so) × lift. There is a"
        f" suggestion for {count_text(answer['suggestions'], 'customer')}."
    )
    if rule_count < len(answer["rules"]):
        text += " Of rules on the same things the strongest is shown."
    return text + (f" These are the first {_MAX_RULES}." if rule_count > _MAX_RULES else "")
