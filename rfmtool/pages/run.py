"""The summary of a run as a page: trust, act, ladder, segments, grid. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from rich.console import Console, RenderableType
from rich.rule import Rule
from rich.text import Text

from rfmtool.analyses.backtest import TOO_SHORT
from rfmtool.analyses.returned import MIN_HISTORY_DAYS
from rfmtool.columns import DIMENSIONS
from rfmtool.pages.climb import climb
from rfmtool.pages.do_first import todo
from rfmtool.pages.grid import people_grid
from rfmtool.pages.groups import came_back, group_table, ladder
from rfmtool.pages.terminal import paragraph, print_trimmed, printable
from rfmtool.pages.trust import trust
from rfmtool.pages.voices import spoken
from rfmtool.pages.wallets import wallets
from rfmtool.summaries.words import counted, money

Data = Mapping[str, Any]


def print_report(summary: Data, console: Console, folder: str | None = None) -> None:
    """Print the report of a run.

    Args:
        summary: what `report.summary` made, or a summary.json read back.
        console: where to; its width decides what is left out.
        folder: the run's folder, for the hints at the end.
    """
    print_trimmed(_parts(summary, console.width, folder), console)


def _parts(summary: Data, width: int, folder: str | None) -> list[RenderableType]:
    sections: list[list[RenderableType]] = [
        todo(summary, width, folder),
        ladder(summary, width),
        climb(summary, width),
    ]
    if summary["buyers"]:
        sections += _of_buyers(summary, width, folder)
    return [
        _headline(summary),
        Rule(style="dim"),
        *trust(summary, width),
        *[part for section in sections if section for part in (Text(), *section)],
        Rule(style="dim"),
        *_hints(folder, width),
    ]


def _of_buyers(summary: Data, width: int, folder: str | None) -> list[list[RenderableType]]:
    """What there is to say once somebody has bought."""
    return [
        [group_table("ACTIVITY", summary["activity"], width)],
        _segments(summary, width),
        wallets(summary, width),
        spoken(summary, width),
        people_grid(summary, width),
        [paragraph(_scales_note(summary, folder), width, "dim")],
    ]


def _segments(summary: Data, width: int) -> list[RenderableType]:
    back = came_back(summary, "segment")
    table = group_table("SEGMENT", summary["segments"], width, back)
    tested = summary["backtest"]
    if tested is None:
        return [table, paragraph(_no_look_back(summary), width, "dim")]
    words = (
        f"* the same rules as of {tested['from']}: the share who ordered in the"
        f" {tested['days']} days after"
    )
    return [table, paragraph(words, width, "dim")]


def _no_look_back(summary: Data) -> str:
    days = date.fromisoformat(summary["as_of"]) - date.fromisoformat(summary["first_order_on"])
    if days.days < MIN_HISTORY_DAYS:
        return TOO_SHORT
    return "These rules could not be fitted 90 days before, so nobody looked back."


def _hints(folder: str | None, width: int) -> list[RenderableType]:
    if not folder:
        return []
    place = printable(folder)
    hints = (
        f"Tables and lists are in {place}.",
        f"Why is someone here?  rfmtool explain {place} CUSTOMER_ID",
    )
    return [paragraph(hint, width, "dim") for hint in hints]


def _headline(summary: Data) -> Text:
    return Text.assemble(
        (f" {counted(summary['customers'], 'customer')}", "bold"),
        f" · {counted(summary['orders'], 'order')} · revenue ",
        (money(summary["revenue"]), "bold"),
        f" · as of {summary['as_of']}",
        "" if summary["as_of_is"] == "last order" else f" ({summary['as_of_is']})",
    )


def _scales_note(summary: Data, folder: str | None) -> str:
    nested = [name for name in DIMENSIONS if "cells" in summary["scales"][name]]
    among = " Scores of {} are told among those with equal scores before."
    note = f"Cut points are {summary['scales_are']}."
    note += among.format(" and ".join(nested)) if nested else ""
    if summary["scales_are"] == "given":
        return note
    place = printable(f"{folder}/scales.json") if folder else "the scales.json that run -o writes"
    return f"{note} To keep them next month: --scales {place}"
