"""Groups of customers as tables: how many, how much of the whole, how much they spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from rfmtool.report.terminal import (
    WIDE,
    add_numbers,
    bar,
    paragraph,
    printable,
    share,
    titled_table,
)
from rfmtool.report.words import either, money

Data = Mapping[str, Any]


def ladder(summary: Data, width: int) -> list[RenderableType]:
    """The rungs from the top, and what those need that nobody can stand on."""
    rungs = [rung for rung in summary["ladder"] if not rung["needs"]]
    needs: dict[str, list[str]] = {}
    for rung in summary["ladder"]:
        if rung["needs"]:
            tables = either([f"--{name}" for name in rung["needs"]])
            needs.setdefault(tables, []).append(printable(rung["stage"]))
    words = "; ".join(f"{' and '.join(stages)} with {tables}" for tables, stages in needs.items())
    note = [paragraph(f"More rungs: {words}.", width, "dim")] if needs else []
    return [_rungs(rungs, summary["stages"], wide=width >= WIDE), *note]


def _rungs(rungs: Sequence[Data], stages: Sequence[Data], *, wide: bool) -> Table:
    table = titled_table("LADDER", spare=("share",))
    table.add_column("proof", style="dim", overflow="fold")
    _add_group_columns(table, wide=wide, rungs=True)
    groups = {group["name"]: group for group in stages}
    for rung in rungs:
        group = groups.get(rung["stage"], _nobody(rung["stage"]))
        cells = _group_cells(group, wide=wide, rungs=True)
        table.add_row(printable(rung["stage"]), printable(rung["proof"]), *cells)
    return table


def group_table(
    title: str, groups: Sequence[Data], width: int, back: Mapping[str, str] | None = None
) -> Table:
    """Groups that are told apart in words: `who` they are.

    Args:
        title: the first column's.
        groups: the groups of a summary.
        width: of the terminal.
        back: for each name, how many such people came back; None leaves the column out.
    """
    wide = width >= WIDE
    table = titled_table(title, spare=("share", "back*"))
    table.add_column("who", style="dim", overflow="fold")
    _add_group_columns(table, wide=wide, rungs=False)
    if back is not None:
        add_numbers(table, "back*")
    for group in groups:
        came = [] if back is None else [back.get(group["name"], "–")]
        cells = _group_cells(group, wide=wide, rungs=False)
        table.add_row(printable(group["name"]), _who(group, wide=wide), *cells, *came)
    return table


def _who(group: Data, *, wide: bool) -> str:
    words: str = group["who"]
    return words if wide else words.replace(" days,", " d,")


def came_back(summary: Data, by: str, width: int) -> dict[str, str] | None:
    """The share of each group of an earlier day that came back, with its 95 % interval if wide.

    None where nobody looked back.
    """
    if summary["backtest"] is None:
        return None
    groups = [group for group in summary["backtest"]["groups"] if group["by"] == by]
    return {group["name"]: _returned(group, wide=width >= WIDE) for group in groups}


def _returned(group: Data, *, wide: bool) -> str:
    if group["low"] is None:
        return "too few"
    part = f"{group['returned'] / group['customers']:.0%}"
    return f"{part} ({100 * group['low']:.0f}–{100 * group['high']:.0f})" if wide else part


def _add_group_columns(table: Table, *, wide: bool, rungs: bool) -> None:
    add_numbers(table, "people", *(["share"] if wide or rungs else []))
    if wide:
        table.add_column("", no_wrap=True, style="cyan")
    add_numbers(table, "revenue", "share")
    if wide:
        add_numbers(table, "average", *(["median"] if rungs else []))


def _group_cells(group: Data, *, wide: bool, rungs: bool) -> list[str]:
    cells = [f"{group['customers']:,}"]
    if wide or rungs:
        cells.append(share(group["share"]))
    if wide:
        cells.append(bar(group["share"], 15))
    cells += [money(group["revenue"]), share(group["revenue_share"])]
    if wide:
        cells.append(money(group["average"]))
    if wide and rungs:
        cells.append(money(group["median"]))
    return cells


def _nobody(name: str) -> dict[str, Any]:
    return {"name": name, "customers": 0, "share": 0.0, "revenue": "0", "revenue_share": 0.0,
            "average": "0", "median": "0"}  # fmt: skip
