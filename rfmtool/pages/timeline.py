"""The answer of `timeline`: a sparkline of customers for each rung, activity and segment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import (
    Block,
    Cell,
    Column,
    Gap,
    Paragraph,
    Sparkline,
    Table,
    answer_blocks,
    numbers,
    share,
)
from rfmtool.summaries.formatting import count_text, format_money, label_text

_NUMBERS_WIDTH: Final = 54
_MAX_CELLS: Final = 60
_SHORT_HISTORY_DAYS: Final = 180


def page(answer: Data, width: int) -> list[Block]:
    """The page, `width` characters wide."""
    points = answer["points"]
    days = f"{count_text(len(points), 'day')}, every {answer['every']} · "
    headline = days, f"{points[0]['as_of']} to {points[-1]['as_of']}", ""
    scales = "refitted for each day" if answer["fitted"] else "the same for all days"
    cells = curve_width(points, width)
    thinned = f" There is room for {cells} of the {len(points)} days in it."
    scaling = f"Each curve is scaled to its own highest.{thinned if cells < len(points) else ''}"
    parts: list[Block] = [
        *_verdict(answer),
        _table(points, cells),
        Gap(),
        *_advocates(points),
        Paragraph(f"{scaling} Cut points and limits are {scales}.", "quiet"),
    ]
    return answer_blocks("TIMELINE", headline, parts, answer["notes"])


def _verdict(answer: Data) -> list[Block]:
    """Whether the base grows: by activity, because a rung once reached is mostly kept."""
    then, now = answer["before"], answer["points"][-1]
    if then is None or not now["buyers"]:
        return []
    growth = now["base"] - then["base"]
    grows = "grows" if growth > 0 else "shrinks" if growth < 0 else "stands still"
    changes = [f"buyers went from {then['buyers']:,} to {now['buyers']:,}"]
    for name, counts in (("lapsed", "activity"), ("client", "stages"), ("advocate", "stages")):
        before, after = (point[counts].get(name, 0) for point in (then, now))
        if before or after:
            changes.append(f"{name} from {before:,} to {after:,}")
    text = (
        f"The active base {grows}: {now['base']:,} are newcomers, active or overdue,"
        f" {then['base']:,} were on {then['as_of']}. Since then {', '.join(changes)}."
    )
    days = then["age_days"]
    if days < _SHORT_HISTORY_DAYS:
        text += f" History was {count_text(days, 'day')} then, so that says little."
    return [Paragraph(text), Gap()]


def _table(points: Sequence[Data], cells: int) -> Table:
    """Customers and revenue, then each rung, activity and segment that had customers."""
    first, last = points[0], points[-1]
    rows = totals_with_curves(points, "revenue until then", cells)
    for title, name in (("LADDER", "stages"), ("ACTIVITY", "activity"), ("SEGMENT", "segments")):
        rows += [(), (title,)]
        counts = [point[name] for point in points]
        for label in dict.fromkeys(label for point_counts in counts for label in point_counts):
            values = [point_counts.get(label, 0) for point_counts in counts]
            if any(values):
                part = share(values[-1] / last["customers"])
                rows.append((label_text(label), *sparkline_with_ends(values, cells), part))
    before, after = numbers(first["as_of"]), numbers(last["as_of"], "share")
    columns = Column("ALL", "name"), *before, Column(), *after
    return Table(columns, tuple(rows), optional_columns=("share",))


def totals_with_curves(points: Sequence[Data], revenue: str, cells: int) -> list[Sequence[Cell]]:
    """The rows of customers and of revenue, named as given."""
    amounts = [float(point["revenue"]) for point in points]
    first, last = (format_money(points[end]["revenue"]) for end in (0, -1))
    return [
        ("customers", *sparkline_with_ends([point["customers"] for point in points], cells)),
        (revenue, first, _sparkline(amounts, cells), last),
    ]


def sparkline_with_ends(values: Sequence[int], cells: int) -> tuple[Cell, ...]:
    """The first value, a sparkline `cells` wide, and the last value."""
    return f"{values[0]:,}", _sparkline(values, cells), f"{values[-1]:,}"


def _sparkline(values: Sequence[float], cells: int) -> Sparkline:
    """A sparkline of at most `cells` values, the first and the last among them."""
    step = (len(values) - 1) / max(cells - 1, 1)
    return Sparkline(tuple(values[round(index * step)] for index in range(cells)))


def curve_width(points: Sequence[Data], width: int) -> int:
    """The number of points that fit into a curve."""
    return max(min(width - _NUMBERS_WIDTH, _MAX_CELLS, len(points)), 1)


def _advocates(points: Sequence[Data]) -> list[Block]:
    """Advocates per year of history, now and on the first day."""
    first, last = points[0], points[-1]
    now = last["stages"].get("advocate", 0)
    if not now or last["advocates_per_year"] is None:
        return []
    then = first["advocates_per_year"] or 0.0
    words = (
        f"{count_text(now, 'advocate')} in {last['age_years']:.1f} years of history,"
        f" {last['advocates_per_year']:.1f} per year ({then:.1f} on the first of these days)."
    )
    return [Paragraph(words)]
