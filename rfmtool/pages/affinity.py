"""What is bought along with what, as a page for a terminal."""

from __future__ import annotations

from typing import Final

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from rfmtool.analyses.affinity import Affinity, Rule
from rfmtool.pages.answers import headline, print_answer
from rfmtool.pages.terminal import TITLE, FittedTable, add_numbers, paragraph, printable, share
from rfmtool.summaries.words import counted

_SHOWN: Final = 20
_NEXT: Final = "OFTEN BUYS"
_NUMBERS_WIDTH: Final = 38


def show(found: Affinity, console: Console) -> None:
    """Print the answer."""
    width = console.width
    parts: list[RenderableType] = []
    if found.rules:
        parts = [_rules(found, width), paragraph(_reading(found), width, "dim")]
    print_answer(found, _headline(found), parts, console)


def _headline(found: Affinity) -> Text:
    customers = counted(found.customers, "customer")
    asked = f"{customers} · by {printable(found.by)} ({found.names:,}) · "
    rules = counted(len(found.rules), "rule")
    return headline("AFFINITY", asked, rules, f" · as of {found.as_of}")


def _rules(found: Affinity, width: int) -> Table:
    room = max(width - _NUMBERS_WIDTH, 16)
    longest = max(len(rule.next) for rule in found.rules[:_SHOWN])
    right = min(max(longest, len(_NEXT)), room // 2)
    table = FittedTable("support")
    table.add_column("WHO BUYS", header_style=TITLE, max_width=room - right, overflow="fold")
    table.add_column(_NEXT, header_style=TITLE, max_width=right, overflow="fold")
    add_numbers(table, "people", "support", "do so", "lift")
    for rule in found.rules[:_SHOWN]:
        table.add_row(*_cells(rule))
    return table


def _cells(rule: Rule) -> list[str]:
    return [
        printable(" + ".join(rule.has)),
        printable(rule.next),
        f"{rule.customers:,}",
        share(rule.support),
        share(rule.confidence),
        f"{rule.lift:.2f}",
    ]


def _reading(found: Affinity) -> str:
    rule = found.rules[0]
    words = (
        f"{rule.customers:,} customers ({share(rule.support)}) buy all of the first line;"
        f" {share(rule.confidence)} of those who buy its left side, {rule.lift:.2f} times as many"
        f" as of everybody. Rules are ordered by confidence"
        f" (do so) × lift. There is a suggestion for {counted(len(found.table), 'customer')}."
    )
    cut = f" These are the first {_SHOWN} rules." if len(found.rules) > _SHOWN else ""
    return words + cut
