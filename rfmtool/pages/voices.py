"""What people say: who brings buyers, what surveys and complaints tell, rung by rung."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from rfmtool.pages.terminal import paragraph, printable, share, titled_table
from rfmtool.summaries.words import counted, money

Data = Mapping[str, Any]


def spoken(summary: Data, width: int) -> list[RenderableType]:
    """A table by rung and a few sentences; nothing where no such evidence was supplied."""
    said = summary["evidence_says"]
    tables = [_by_stage(said)] if said["referrals"] or said["answers"] else []
    return [*tables, *[paragraph(line, width, "dim") for line in _lines(said)]]


def _by_stage(said: Data) -> Table:
    """Referrals and answers side by side, from the top rung down."""
    brought = {row["stage"]: row for row in said["referrals"] or ()}
    answers = {row["stage"]: row for row in said["answers"] or ()}
    titles = ("answered", "NPS", "friends named", "bought", "they spent")
    table = titled_table("THEY SAY", *titles, spare=("they spent", "answered"))
    for stage in dict.fromkeys([*answers, *brought]):
        table.add_row(
            printable(stage), *_answer(answers.get(stage)), *_referrals(brought.get(stage))
        )
    return table


def _answer(row: Data | None) -> tuple[str, str]:
    if row is None or not row["answered"]:
        return "–", "–"
    return f"{row['answered']:,} of {row['people']:,}", f"{row['nps']:+.0f}"


def _referrals(row: Data | None) -> tuple[str, str, str]:
    if row is None:
        return "–", "–", "–"
    return f"{row['referred']:,}", share(row["bought"] / row["referred"]), money(row["revenue"])


def _lines(said: Data) -> list[str]:
    lines = []
    if said["complaints"]:
        lines += _complaints(said["complaints"])
    if said["delight"]:
        ecstatic, satisfied = said["delight"]["ecstatic"], said["delight"]["satisfied"]
        lines.append(f"Back within 90 days of their answer: {_share(ecstatic)} of those who gave 9"
                     f" or 10, {_share(satisfied)} of those who gave 7 or 8.")  # fmt: skip
    return lines


def _complaints(found: Data) -> list[str]:
    days = found["median_days_to_resolve"]
    took = "" if days is None else f", {days:,.0f} days in the median"
    lines = [f"{counted(found['open'], 'complaint')} open, {found['resolved']:,} put right{took}."]
    if found["came_back_after"]["of"]:
        lines.append(
            f"Back within 90 days: {_share(found['came_back_after'])} after a complaint was put"
            f" right, {_share(found['came_back_without'])} of those who never complained."
        )
    return lines


def _share(one: Data) -> str:
    """A share of how many; of too few only the counts."""
    if one["too_few"]:
        return f"{one['people']:,} of {one['of']:,} (too few to tell)"
    return f"{share(one['share'])} of {one['of']:,}"
