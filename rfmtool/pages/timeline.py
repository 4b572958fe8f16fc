"""Where customers stood over time, as a page for a terminal: a small curve for each label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from rfmtool.analyses.returned import MIN_HISTORY_DAYS
from rfmtool.analyses.timeline import DAYS_A_YEAR, Point, Timeline
from rfmtool.money import money_text
from rfmtool.pages.answers import headline, print_answer
from rfmtool.pages.curves import columns
from rfmtool.pages.terminal import add_numbers, paragraph, printable, share, titled_table
from rfmtool.summaries.words import counted, money

_NUMBERS_WIDTH: Final = 54
_MOST_CELLS: Final = 60


def show(found: Timeline, console: Console) -> None:
    """Print the answer."""
    width = console.width
    sentences = [paragraph(line, width) for line in _advocates(found)]
    reading = paragraph(_reading(found, width), width, "dim")
    parts: list[RenderableType] = [
        *_verdict(found, width), _table(found, width), Text(), *sentences, reading,
    ]  # fmt: skip
    print_answer(found, _headline(found), parts, console)


def _headline(found: Timeline) -> Text:
    days = f"{counted(len(found.points), 'day')}, every {found.every} · "
    return headline("TIMELINE", days, f"{found.points[0].as_of} to {found.points[-1].as_of}", "")


def _verdict(found: Timeline, width: int) -> list[RenderableType]:
    """Whether the base grows: told by activity, because a rung once reached is mostly kept."""
    then, now = found.before, found.points[-1]
    if then is None or not now.buyers:
        return []
    more = now.base - then.base
    grows = "grows" if more > 0 else "shrinks" if more < 0 else "stands still"
    words = (
        f"The active base {grows}: {now.base:,} are newcomers, active or overdue, {then.base:,}"
        f" were on {then.as_of}. Since then {', '.join(_changes(then, now))}."
    )
    days = found.age_days(then)
    if days < MIN_HISTORY_DAYS:
        words += f" The books were {counted(days, 'day')} old then, so that says little."
    return [paragraph(words, width), Text()]


def _changes(then: Point, now: Point) -> Iterator[str]:
    """What became of the numbers that matter; of rungs, where the rules have them."""
    yield f"buyers went from {then.buyers:,} to {now.buyers:,}"
    for name, counts in (("lapsed", "activity"), ("client", "stages"), ("advocate", "stages")):
        before, after = (getattr(one, counts).get(name, 0) for one in (then, now))
        if before or after:
            yield f"{name} from {before:,} to {after:,}"


def _table(found: Timeline, width: int) -> Table:
    """All customers, then each ladder, activity and segment that anybody ever had."""
    first, last = found.points[0], found.points[-1]
    table = titled_table("ALL", f"{first.as_of}", spare=("share",))
    table.add_column("", no_wrap=True, style="cyan")
    add_numbers(table, f"{last.as_of}", "share")
    people = [point.customers for point in found.points]
    table.add_row("customers", *_row(people, width))
    revenue = [point.revenue for point in found.points]
    start, end = (money(money_text(units)) for units in (first.revenue, last.revenue))
    table.add_row("revenue until then", start, _curve(revenue, width), end)
    for title, name in (("LADDER", "stages"), ("ACTIVITY", "activity"), ("SEGMENT", "segments")):
        table.add_row()
        table.add_row(title)
        for label, values in _labels([getattr(point, name) for point in found.points]):
            part = share(values[-1] / last.customers)
            table.add_row(printable(label), *_row(values, width), part)
    return table


def _labels(counts: Sequence[Mapping[str, int]]) -> Iterator[tuple[str, list[int]]]:
    """The labels that anybody ever had, in the order of the rules, and how many had them when."""
    for name in dict.fromkeys(name for each in counts for name in each):
        values = [each.get(name, 0) for each in counts]
        if any(values):
            yield name, values


def _row(values: Sequence[int], width: int) -> tuple[str, str, str]:
    return f"{values[0]:,}", _curve(values, width), f"{values[-1]:,}"


def _curve(values: Sequence[float], width: int) -> str:
    """The values as one line of columns, the highest of them full; as many as there is room for."""
    cells = _cells(len(values), width)
    picked = np.array(values)[np.linspace(0, len(values) - 1, cells).round().astype(int)]
    highest = max(float(picked.max()), 1.0)
    return columns(np.clip(picked / highest, 0, 1).tolist(), 1)[0]


def _cells(days: int, width: int) -> int:
    """How many of so many days a curve has room for."""
    return max(min(width - _NUMBERS_WIDTH, _MOST_CELLS, days), 1)


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


def _reading(found: Timeline, width: int) -> str:
    scales = "fitted anew for each day" if found.fitted else "the same for all days"
    days = len(found.points)
    cells = _cells(days, width)
    thinned = f" There is room for {cells} of the {days} days in it." if cells < days else ""
    return f"Each curve is scaled to its own highest.{thinned} Cut points and limits are {scales}."
