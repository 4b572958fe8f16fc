"""The answer of `timeline`: a sparkline of customers for each rung, activity and segment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import (
    Block,
    Cell,
    Column,
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
_GROUPS: Final = {"LADDER": "stages", "ACTIVITY": "activity", "SEGMENT": "segments"}


def page(answer: Data, width: int) -> list[Block]:
    """The page, `width` characters wide."""
    points = answer["points"]
    days = f"{count_text(len(points), 'day')}, every {answer['every']} · "
    headline = days, f"{points[0]['as_of']} to {points[-1]['as_of']}", ""
    scales = "refitted for each day" if answer["fitted"] else "the same for all days"
    cells = curve_width(points, width)
    thinned = f" There is room for {cells} of the {len(points)} days in it."
    scaling = f"Each curve is scaled to its own highest.{thinned if cells < len(points) else ''}"
    table = table_of_curves(points, _GROUPS, "revenue until then", cells, with_shares=True)
    how_to_read = Paragraph(f"{scaling} Cut points and limits are {scales}.", "quiet")
    sections = _verdict(answer), [table], [*_advocates(points), how_to_read]
    return answer_blocks("TIMELINE", headline, sections, answer["notes"])


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
    return [Paragraph(text)]


def table_of_curves(
    points: Sequence[Data], groups: Mapping[str, str], revenue: str, cells: int,
    *, with_shares: bool = False,
) -> Table:  # fmt: skip
    """The counts of the first point, a curve of `cells` characters, and the counts of the last one.

    `groups` maps the title of a group of rows to the counts by label in a point; `revenue` is the
    name of its row.
    """

    def row(name: str, values: Sequence[Any], form: Callable[[Any], str]) -> tuple[Cell, ...]:
        return name, form(values[0]), _sparkline([*map(float, values)], cells), form(values[-1])

    first, last = points[0], points[-1]
    rows = [
        row("customers", [point["customers"] for point in points], "{:,}".format),
        row(revenue, [point["revenue"] for point in points], format_money),
    ]
    for title, name in groups.items():
        rows += [(), (title,)]
        # Labels of all points, those of the latest first.
        for label in dict.fromkeys(label for point in reversed(points) for label in point[name]):
            counts = [point[name].get(label, 0) for point in points]
            if any(counts):
                part = [share(counts[-1] / last["customers"])] * with_shares
                rows.append((*row(label_text(label), counts, "{:,}".format), *part))
    titles = last["as_of"], *["share"] * with_shares
    columns = Column("ALL", "name"), *numbers(first["as_of"]), Column(), *numbers(*titles)
    return Table(columns, tuple(rows), optional_columns=("share",))


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
