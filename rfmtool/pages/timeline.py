"""Where customers stood over time: a small curve for each label."""

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
_MOST_CELLS: Final = 60
_YOUNG_DAYS: Final = 180


def page(found: Data, width: int) -> list[Block]:
    """The answer, for a page of so many characters."""
    points = found["points"]
    told = (
        f"{count_text(len(points), 'day')}, every {found['every']} · ",
        f"{points[0]['as_of']} to {points[-1]['as_of']}",
        "",
    )
    scales = "fitted anew for each day" if found["fitted"] else "the same for all days"
    cells = curve_width(points, width)
    thinned = f" There is room for {cells} of the {len(points)} days in it."
    reading = f"Each curve is scaled to its own highest.{thinned if cells < len(points) else ''}"
    parts: list[Block] = [
        *_verdict(found),
        _table(points, cells),
        Gap(),
        *_advocates(points),
        Paragraph(f"{reading} Cut points and limits are {scales}.", "quiet"),
    ]
    return answer_blocks("TIMELINE", told, parts, found["notes"])


def _verdict(found: Data) -> list[Block]:
    """Whether the base grows: told by activity, because a rung once reached is mostly kept."""
    then, now = found["before"], found["points"][-1]
    if then is None or not now["buyers"]:
        return []
    more = now["base"] - then["base"]
    grows = "grows" if more > 0 else "shrinks" if more < 0 else "stands still"
    # What became of the numbers that matter; of rungs, where the rules have them.
    changes = [f"buyers went from {then['buyers']:,} to {now['buyers']:,}"]
    for name, counts in (("lapsed", "activity"), ("client", "stages"), ("advocate", "stages")):
        before, after = (one[counts].get(name, 0) for one in (then, now))
        if before or after:
            changes.append(f"{name} from {before:,} to {after:,}")
    words = (
        f"The active base {grows}: {now['base']:,} are newcomers, active or overdue,"
        f" {then['base']:,} were on {then['as_of']}. Since then {', '.join(changes)}."
    )
    days = then["age_days"]
    if days < _YOUNG_DAYS:
        words += f" The books were {count_text(days, 'day')} old then, so that says little."
    return [Paragraph(words), Gap()]


def _table(points: Sequence[Data], cells: int) -> Table:
    """All customers, then each ladder, activity and segment that anybody ever had."""
    first, last = points[0], points[-1]
    revenue = [float(point["revenue"]) for point in points]
    rows: list[Sequence[Cell]] = [
        ("customers", *sparkline_with_ends([point["customers"] for point in points], cells)),
        (
            "revenue until then",
            format_money(first["revenue"]),
            sparkline(revenue, cells),
            format_money(last["revenue"]),
        ),
    ]
    for title, name in (("LADDER", "stages"), ("ACTIVITY", "activity"), ("SEGMENT", "segments")):
        rows += [(), (title,)]
        counts = [point[name] for point in points]
        for label in dict.fromkeys(label for each in counts for label in each):
            values = [each.get(label, 0) for each in counts]
            if any(values):
                part = share(values[-1] / last["customers"])
                rows.append((label_text(label), *sparkline_with_ends(values, cells), part))
    return Table(
        columns=(
            Column("ALL", "name"),
            *numbers(first["as_of"]),
            Column(),
            *numbers(last["as_of"], "share"),
        ),
        rows=tuple(rows),
        optional_columns=("share",),
    )


def sparkline_with_ends(values: Sequence[int], cells: int) -> tuple[Cell, ...]:
    """The first value, a curve of so many cells, and the last."""
    return f"{values[0]:,}", sparkline(values, cells), f"{values[-1]:,}"


def sparkline(values: Sequence[float], cells: int) -> Sparkline:
    """As many of the values as there is room for, the first and the last among them."""
    step = (len(values) - 1) / max(cells - 1, 1)
    return Sparkline(tuple(values[round(place * step)] for place in range(cells)))


def curve_width(points: Sequence[Data], width: int) -> int:
    """How many of the points a curve has room for."""
    return max(min(width - _NUMBERS_WIDTH, _MOST_CELLS, len(points)), 1)


def _advocates(points: Sequence[Data]) -> list[Block]:
    """Whether advocates grow with the age of the books."""
    first, last = points[0], points[-1]
    now = last["stages"].get("advocate", 0)
    if not now or last["advocates_per_year"] is None:
        return []
    then = first["advocates_per_year"] or 0.0
    words = (
        f"{count_text(now, 'advocate')} in {last['age_years']:.1f} years of books,"
        f" {last['advocates_per_year']:.1f} for each year ({then:.1f} on the first of these days)."
    )
    return [Paragraph(words)]
