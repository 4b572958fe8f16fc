"""What is bought along with what."""

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

_SHOWN: Final = 20
_NEXT: Final = "OFTEN BUYS"
_NUMBERS_WIDTH: Final = 38


def page(found: Data, width: int) -> list[Block]:
    """The answer, for a page of so many characters."""
    rules = found["rules"]
    customers = count_text(found["customers"], "customer")
    told = (
        f"{customers} · by {found['by']} ({found['names']:,}) · ",
        count_text(len(rules), "rule"),
        f" · as of {found['as_of']}",
    )
    parts: list[Block] = []
    if rules:
        # Of rules about the same names the strongest, which comes first.
        once: dict[frozenset[str], Data] = {}
        for rule in rules:
            once.setdefault(frozenset([*rule["has"], rule["next"]]), rule)
        shown = [*once.values()]
        parts = [_rules(shown[:_SHOWN], width), Paragraph(_reading(found, len(shown)), "quiet")]
    return answer_blocks("AFFINITY", told, parts, found["notes"])


def _rules(shown: list[Data], width: int) -> Table:
    room = max(width - _NUMBERS_WIDTH, 16)
    right = min(max(len(_NEXT), *(len(rule["next"]) for rule in shown)), room // 2)
    return Table(
        columns=(
            Column("WHO BUYS", "lead", folds=True, widest=room - right),
            Column(_NEXT, "lead", folds=True, widest=right),
            *numbers("people", "support", "do so", "lift"),
        ),
        rows=tuple(
            (" + ".join(rule["has"]),
             *cells(rule, "next", "customers:,", "support:share", "confidence:share", "lift:.2f"))
            for rule in shown
        ),
        optional_columns=("support",),
    )  # fmt: skip


def _reading(found: Data, different: int) -> str:
    first = found["rules"][0]
    words = (
        f"{first['customers']:,} customers ({share(first['support'])}) buy all of the first line;"
        f" {share(first['confidence'])} of those who buy its left side, {first['lift']:.2f} times"
        " as many as of everybody. Rules are ordered by confidence (do so) × lift. There is a"
        f" suggestion for {count_text(found['suggestions'], 'customer')}."
    )
    if different < len(found["rules"]):
        words += " Of rules about the same things the strongest is shown."
    return words + (f" These are the first {_SHOWN}." if different > _SHOWN else "")
