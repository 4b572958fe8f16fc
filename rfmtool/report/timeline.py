"""Where customers stood over time, as a page for a terminal: a small curve for each label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from rfmtool.analyses.timeline import DAYS_A_YEAR, Timeline
from rfmtool.report.answers import headline, print_answer
from rfmtool.report.curves import columns
from rfmtool.report.terminal import TITLE, add_numbers, paragraph, printable, share
from rfmtool.report.words import counted, money
from rfmtool.scoring.customers import money_text

_NUMBERS_WIDTH: Final = 54
_MOST_CELLS: Final = 60


def show(found: Timeline, console: Console) -> None:
    """Print the answer."""
    width = console.width
    parts: list[RenderableType] = [_totals(found, width)]
    for title, name in (("LADDER", "stages"), ("ACTIVITY", "activity"), ("SEGMENT", "segments")):
        counts = [getattr(point, name) for point in found.points]
        parts += [Text(), _group(title, counts, found, width)]
    parts += [Text(), *[paragraph(line, width) for line in _advocates(found)]]
    parts += [paragraph(_reading(found), width, "dim")]
    print_answer(found, _headline(found), parts, console)


def _headline(found: Timeline) -> Text:
    days = f"{counted(len(found.points), 'day')}, every {found.every} · "
    return headline("TIMELINE", days, f"{found.points[0].as_of} to {found.points[-1].as_of}", "")


def _table(title: str, found: Timeline) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="bold")
    table.add_column(title, no_wrap=True, header_style=TITLE, style=TITLE, min_width=18)
    add_numbers(table, f"{found.points[0].as_of}")
    table.add_column("", no_wrap=True, style="cyan")
    add_numbers(table, f"{found.points[-1].as_of}", "share")
    return table


def _totals(found: Timeline, width: int) -> Table:
    table = _table("ALL", found)
    first, last = found.points[0], found.points[-1]
    rows: list[tuple[str, list[float], str, str]] = [
        ("customers", [point.customers for point in found.points],
         f"{first.customers:,}", f"{last.customers:,}"),
        ("revenue until then", [point.revenue for point in found.points],
         money(money_text(first.revenue)), money(money_text(last.revenue))),
    ]  # fmt: skip
    for name, values, start, end in rows:
        table.add_row(name, start, _curve(values, width), end, "")
    return table


def _group(title: str, counts: Sequence[Mapping[str, int]], found: Timeline, width: int) -> Table:
    """The labels that anybody ever had, in the order of the rules."""
    table = _table(title, found)
    names = dict.fromkeys(name for each in counts for name in each)
    for name in names:
        values = [each.get(name, 0) for each in counts]
        if any(values):
            part = share(values[-1] / found.points[-1].customers)
            table.add_row(
                printable(name), f"{values[0]:,}", _curve(values, width), f"{values[-1]:,}", part
            )
    return table


def _curve(values: Sequence[float], width: int) -> str:
    """The values as one line of columns, the highest of them full; as many as there is room for."""
    cells = max(min(width - _NUMBERS_WIDTH, _MOST_CELLS, len(values)), 1)
    picked = np.array(values)[np.linspace(0, len(values) - 1, cells).round().astype(int)]
    highest = max(float(picked.max()), 1.0)
    return columns(np.clip(picked / highest, 0, 1).tolist(), 1)[0]


def _advocates(found: Timeline) -> list[str]:
    """Whether advocates grow with the age of the books."""
    first, last = (found.growth(point) for point in (found.points[0], found.points[-1]))
    now = found.points[-1].stages.get("advocate", 0)
    if not now or last["advocates_per_year"] is None:
        return []
    then = first["advocates_per_year"] or 0.0
    years = last["age_days"] / DAYS_A_YEAR
    rate = f"{last['advocates_per_year']:.1f} for each year ({then:.1f} on the first of these days)"
    return [f"{counted(now, 'advocate')} in {years:.1f} years of books, {rate}."]


def _reading(found: Timeline) -> str:
    scales = "fitted anew for each day" if found.fitted else "the same for all days"
    return f"Each curve is scaled to its own highest. Cut points and limits are {scales}."
