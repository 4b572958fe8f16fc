"""Groups of customers as tables: how many, how much of the whole, how much they spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from rfmtool.report.terminal import WIDE, bar, printable, share, titled_table
from rfmtool.report.words import money

Data = Mapping[str, Any]


def ladder_table(summary: Data, width: int) -> Table:
    """The rungs from the top, those with nobody on them included."""
    wide = width >= WIDE
    table = titled_table("LADDER")
    if wide:
        table.add_column("proof", style="dim", no_wrap=True)
    _add_group_columns(table, wide=wide, median=True)
    groups = {group["name"]: group for group in summary["stages"]}
    for rung in summary["ladder"]:
        proof = [rung["proof"]] if wide else []
        group = groups.get(rung["stage"], _nobody(rung["stage"]))
        table.add_row(rung["stage"], *proof, *_group_cells(group, wide=wide, median=True))
    return table


def group_table(title: str, groups: Sequence[Data], width: int) -> Table:
    """Groups that are told apart in words: `who` they are."""
    wide = width >= WIDE
    table = titled_table(title)
    table.add_column("who", style="dim", overflow="fold")
    _add_group_columns(table, wide=wide, median=False)
    for group in groups:
        table.add_row(
            printable(group["name"]),
            group["who"],
            *_group_cells(group, wide=wide, median=False),
        )
    return table


def _add_group_columns(table: Table, *, wide: bool, median: bool) -> None:
    table.add_column("people", justify="right", no_wrap=True)
    table.add_column("share", justify="right", no_wrap=True)
    if wide or median:
        table.add_column("", no_wrap=True, style="cyan")
    table.add_column("revenue", justify="right", no_wrap=True)
    table.add_column("share", justify="right", no_wrap=True)
    if wide or median:
        table.add_column("average", justify="right", no_wrap=True)
    if wide and median:
        table.add_column("median", justify="right", no_wrap=True)


def _group_cells(group: Data, *, wide: bool, median: bool) -> list[str]:
    cells = [f"{group['customers']:,}", share(group["share"])]
    if wide or median:
        cells.append(bar(group["share"], 15 if wide else 10))
    cells += [money(group["revenue"]), share(group["revenue_share"])]
    if wide or median:
        cells.append(money(group["average"]))
    if wide and median:
        cells.append(money(group["median"]))
    return cells


def _nobody(name: str) -> dict[str, Any]:
    return {"name": name, "customers": 0, "share": 0.0, "revenue": "0", "revenue_share": 0.0,
            "average": "0", "median": "0"}  # fmt: skip
