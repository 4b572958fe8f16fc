"""What is bought along with what, as a page for a terminal."""

from __future__ import annotations

from typing import Final

from rich.console import Console, RenderableType
from rich.rule import Rule as Line
from rich.table import Table
from rich.text import Text

from rfmtool.analyses.affinity import Affinity, Rule
from rfmtool.report.terminal import TITLE, paragraph, print_trimmed, printable, share
from rfmtool.report.words import counted

_SHOWN: Final = 20
_NUMBERS_WIDTH: Final = 38


def show(found: Affinity, console: Console) -> None:
    """Print the answer."""
    width = console.width
    parts: list[RenderableType] = [_headline(found), Line(style="dim")]
    if found.rules:
        parts += [_rules(found, width), paragraph(_reading(found), width, "dim")]
    parts += [paragraph(f"! {note}", width, "yellow") for note in found.notes]
    print_trimmed([*parts, Line(style="dim")], console)


def _headline(found: Affinity) -> Text:
    return Text.assemble(
        (" AFFINITY ", TITLE),
        f" {counted(found.customers, 'customer')} · by {found.by}: {found.names:,} · ",
        (counted(len(found.rules), "rule"), "bold"),
        f" · as of {found.as_of}",
    )


def _rules(found: Affinity, width: int) -> Table:
    room = max(width - _NUMBERS_WIDTH, 16)
    longest = max(len(rule.next) for rule in found.rules[:_SHOWN])
    right = min(longest, room // 2)
    table = Table(box=None, padding=(0, 1), header_style="bold")
    table.add_column("WHO BUYS", header_style=TITLE, max_width=room - right, overflow="fold")
    table.add_column("OFTEN BUYS", header_style=TITLE, max_width=right, overflow="fold")
    for name in ("people", "support", "do so", "lift"):
        table.add_column(name, justify="right", no_wrap=True)
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
        f" as of everybody. There is a suggestion for {counted(len(found.table), 'customer')}."
    )
    cut = f" These are the first {_SHOWN} rules." if len(found.rules) > _SHOWN else ""
    return words + cut
