"""What to do on Monday: the groups to act on, the most urgent first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import RenderableType
from rich.table import Table

from rfmtool.pages.terminal import TITLE, FittedTable, add_numbers, paragraph, printable
from rfmtool.summaries.words import money

Data = Mapping[str, Any]

_FIRST: Final = 6
"""How many things anybody can be asked to do first."""


def todo(summary: Data, width: int, folder: str | None) -> list[RenderableType]:
    """The first things to do as a table, the others in a line; of a folder, where the lists lie."""
    groups = [group for group in summary["actions"] if group["channel"]]
    if not groups:
        return []
    rest = groups[_FIRST:]
    where = ", each a list in actions/" if folder else ""
    later = [paragraph(f"Then{where}: {_listed(rest)}.", width, "dim")] if rest else []
    return [_table(groups[:_FIRST], "list in actions/" if folder else "action"), *later]


def _listed(groups: Sequence[Data]) -> str:
    return ", ".join(f"{printable(group['name'])} {group['customers']:,}" for group in groups)


def _table(groups: Sequence[Data], names: str) -> Table:
    table = FittedTable("by", "spent so far")
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("DO THIS FIRST", header_style=TITLE, overflow="fold")
    add_numbers(table, "people", "spent so far")
    table.add_column("by", no_wrap=True)
    table.add_column(names, style=TITLE, no_wrap=True)
    for place, group in enumerate(groups, start=1):
        table.add_row(
            str(place),
            printable(group["say"]),
            f"{group['customers']:,}",
            money(group["revenue"]),
            printable(group["channel"]),
            printable(group["name"]),
        )
    return table
