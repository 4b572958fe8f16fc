"""Groups of customers as tables: how many, how much of the whole, how much they spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from rfmtool.report.terminal import WIDE, bar, paragraph, printable, share, titled_table
from rfmtool.report.words import money

Data = Mapping[str, Any]


def ladder(summary: Data, width: int) -> list[RenderableType]:
    """The rungs from the top, and what those need that nobody can stand on."""
    open_to_none = [rung for rung in summary["ladder"] if rung["needs"]]
    rungs = [rung for rung in summary["ladder"] if not rung["needs"]]
    needs = "; ".join(
        f"{printable(rung['stage'])} needs {' or '.join(f'--{name}' for name in rung['needs'])}"
        for rung in open_to_none
    )
    words = f"Nobody can be known to stand on other rungs: {needs}."
    note = [paragraph(words, width, "dim")] if needs else []
    return [_rungs(rungs, summary["stages"], wide=width >= WIDE), *note]


def _rungs(rungs: Sequence[Data], stages: Sequence[Data], *, wide: bool) -> Table:
    table = titled_table("LADDER")
    if wide:
        table.add_column("proof", style="dim", no_wrap=True)
    _add_group_columns(table, wide=wide, median=True)
    groups = {group["name"]: group for group in stages}
    for rung in rungs:
        proof = [printable(rung["proof"])] if wide else []
        group = groups.get(rung["stage"], _nobody(rung["stage"]))
        cells = _group_cells(group, wide=wide, median=True)
        table.add_row(printable(rung["stage"]), *proof, *cells)
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
