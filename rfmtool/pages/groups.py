"""Groups of customers as tables: how many, how much of the whole, how much they spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import RenderableType
from rich.table import Table

from rfmtool.analyses.backtest import TOO_FEW
from rfmtool.pages.terminal import (
    WIDE,
    add_numbers,
    bar,
    paragraph,
    printable,
    share,
    titled_table,
)
from rfmtool.summaries.words import either, money

Data = Mapping[str, Any]
Back = Mapping[str, tuple[str, str]]
"""For each name, how many such people came back, and how sure that is."""

_INTERVAL: Final = "95% interval"
_SPARE: Final = ("median", "average", "", _INTERVAL, "share")
_TEXT_WIDTH: Final = 32
_BAR: Final = 15


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
    return [_rungs(rungs, summary["stages"]), *note]


def _rungs(rungs: Sequence[Data], stages: Sequence[Data]) -> Table:
    groups = {group["name"]: group for group in stages}
    table = _group_table("LADDER", "proof")
    for rung in rungs:
        group = groups.get(rung["stage"], _nobody(rung["stage"]))
        table.add_row(printable(rung["stage"]), printable(rung["proof"]), *_cells(group))
    return table


def group_table(title: str, groups: Sequence[Data], width: int, back: Back | None = None) -> Table:
    """Groups that are told apart in words: `who` they are.

    Args:
        title: the first column's.
        groups: the groups of a summary.
        width: of the terminal.
        back: as `came_back` tells it; None leaves it out.
    """
    table = _group_table(title, "who")
    if back is not None:
        add_numbers(table, "back*", _INTERVAL)
    for group in groups:
        came = [] if back is None else back.get(group["name"], ("–", ""))
        table.add_row(printable(group["name"]), _who(group, width), *_cells(group), *came)
    return table


def _who(group: Data, width: int) -> str:
    words: str = group["who"]
    return words if width >= WIDE else words.replace(" days,", " d,")


def came_back(summary: Data, by: str) -> Back | None:
    """The share of each group of an earlier day that came back, and its 95 % interval.

    None where nobody looked back.
    """
    if summary["backtest"] is None:
        return None
    groups = [group for group in summary["backtest"]["groups"] if group["by"] == by]
    return {group["name"]: _returned(group) for group in groups}


def _returned(group: Data) -> tuple[str, str]:
    if group["low"] is None:
        return TOO_FEW, ""
    interval = f"{100 * group['low']:.0f}–{100 * group['high']:.0f}%"
    return f"{group['returned'] / group['customers']:.0%}", interval


def _group_table(title: str, words: str) -> Table:
    table = titled_table(title, spare=_SPARE, text_width=_TEXT_WIDTH)
    table.add_column(words, style="dim", overflow="fold")
    add_numbers(table, "people", "share")
    table.add_column("", no_wrap=True, style="cyan")
    add_numbers(table, "revenue", "share", "average", "median")
    return table


def _cells(group: Data) -> list[str]:
    return [
        f"{group['customers']:,}",
        share(group["share"]),
        bar(group["share"], _BAR),
        money(group["revenue"]),
        share(group["revenue_share"]),
        money(group["average"]),
        money(group["median"]),
    ]


def _nobody(name: str) -> dict[str, Any]:
    return {"name": name, "customers": 0, "share": 0.0, "revenue": "0", "revenue_share": 0.0,
            "average": "0", "median": "0"}  # fmt: skip
