"""Revenue by month, cohorts, and the ladder over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import (
    Column,
    Name,
    ShadedCell,
    ShadedRow,
    ShadedTable,
    Sparkline,
    Table,
    numbers,
)
from rfmtool.pages.cards import Card, Heatmap, Legend, day_in_words
from rfmtool.pages.locales import DASH, MINUS, Locale, in_whole_units
from rfmtool.pages.sections.ladder import stage_tone
from rfmtool.pages.svg import Axis, Plot, as_percent, nice_ticks
from rfmtool.summaries.formatting import MONTH_NAMES

_HEIGHT: Final = 220
_YEAR_MONTHS: Final = 12
_MIN_DATES: Final = 3
_PHONE_MONTHS: Final = (1, 3, 6, 9, 12, 18, 24)
_REPEAT_STAGES: Final = ("client", "supporter", "advocate", "partner")


def months(summary: Data, locale: Locale) -> Card | None:
    """Revenue by month: of customers of earlier months, and of first-time buyers on top."""
    data = summary["months"]
    rows = data and data["rows"]
    if not rows or len(rows) < _MIN_DATES:
        return None
    revenue = [(float(row["earlier"]), float(row["first"])) for row in rows]
    last = _month(rows[-1]["month"])
    return Card(
        "months",
        "Months",
        _revenue_in_words(revenue),
        "Revenue by month, refunds taken off in the month they were made.",
        (
            Legend((("client", "from customers of earlier months"),
                 ("customer", "from first-time buyers of the month"))),
            _plot_of_months(data, revenue, locale),
        ),
        "" if data["last_is_over"] else f"{last} is not over: it is hollow.",
    )  # fmt: skip


def _plot_of_months(data: Data, revenue: Sequence[tuple[float, float]], locale: Locale) -> Plot:
    rows = data["rows"]
    ticks = nice_ticks(max(max(earlier, 0.0) + max(first, 0.0) for earlier, first in revenue))
    axis, scale = Axis(0.0, float(len(rows))), Axis(0.0, ticks[-1])
    bars = []
    for index, (earlier, first) in enumerate(revenue):
        left, width = axis.from_left(index + 0.1), as_percent(80 / len(rows))
        running = " running" if index == len(rows) - 1 and not data["last_is_over"] else ""
        low = scale.position(max(earlier, 0.0))
        high = scale.position(max(earlier, 0.0) + max(first, 0.0))
        for start, end, tone in ((0.0, low, "client"), (low, high, "customer")):
            if end > start:
                top, height = as_percent(100 - end), as_percent(end - start)
                bars.append((left, top, width, height, tone + running))
    whole = in_whole_units([row[name] for row in rows for name in ("earlier", "first")])
    every = 1 if len(rows) <= _YEAR_MONTHS else 3
    return Plot(
        title="Revenue by month",
        description=_revenue_in_words(revenue),
        height=_HEIGHT,
        x_ticks=tuple(
            (axis.from_left(index + 0.5), _month(row["month"], is_first=not index), number % 2 == 1)
            for number, (index, row) in enumerate(list(enumerate(rows))[::every])
        ),
        y_ticks=tuple((scale.from_top(tick), locale.headline(f"{tick:.0f}").shown)
                      for tick in ticks),
        bars=tuple(bars),
        table=Table(
            columns=(Column("Month", "name"), *numbers("of earlier customers", "of first-timers")),
            rows=tuple(
                (row["month"], locale.money(row["earlier"], whole=whole),
                 locale.money(row["first"], whole=whole))
                for row in rows
            ),
        ),
        places=tuple(axis.from_left(index + 0.5) for index in range(len(rows))),
    )  # fmt: skip


def _month(name: str, *, is_first: bool = False) -> str:
    """The name of a month, with the year in January and where `is_first`."""
    month = MONTH_NAMES[int(name[5:7]) - 1]
    return f"{month[:3]} {name[:4]}" if is_first or month == MONTH_NAMES[0] else month[:3]


def _revenue_in_words(revenue: Sequence[tuple[float, float]]) -> str:
    latest = revenue[-_YEAR_MONTHS:]
    earlier, first = (sum(pair[part] for pair in latest) for part in (0, 1))
    if earlier + first <= 0:
        return f"In the last {len(latest)} months refunds exceeded payments"
    part = min(max(earlier / (earlier + first), 0), 1)  # one side may have refunds beyond payments
    return (
        f"In the last {len(latest)} months {100 * part:.0f} of 100 of revenue came from people who"
        " had ordered in an earlier month"
    )


def cohorts(summary: Data, locale: Locale) -> Card | None:
    """Retention by the month, quarter or year of the first order."""
    data = summary["cohorts"]
    if not data or all(share is None for row in data["rows"] for share in row["shares"]):
        return None
    rows = data["rows"]
    known = []
    for index, month in enumerate(data["months"]):
        if any(row["shares"][index] is not None for row in rows):
            known.append((index, f"{month}" if month in _PHONE_MONTHS else f"{month}~"))
    most = max(share for row in rows for share in row["shares"] if share is not None) or 1.0
    table = ShadedTable(
        title="First order",
        size="People",
        heads=tuple(head for _, head in known),
        rows=tuple(
            ShadedRow(
                row["name"],
                tuple(
                    ShadedCell("") if share is None
                    else ShadedCell(f"{100 * share:.0f}", share / most, repr(share))
                    for share in (row["shares"][index] for index, _ in known)
                ),
                locale.count(row["size"]).shown,
            )
            for row in rows
        ),
    )  # fmt: skip
    bounds = locale.shade_bounds(100 * most, linear=True)
    return Card(
        "cohorts",
        "Cohorts",
        _retention_in_words(data),
        f"Customers by the {data['by']} of their first order; in each box the per cent of them who"
        " ordered in that month since.",
        (Heatmap("Share still ordering", table, bounds, linear=True),),
    )


def _retention_in_words(data: Data) -> str:
    offsets, rows = data["months"], data["rows"]
    for offset, period in ((12, "A year on"), (6, "Half a year on"), (3, "Three months on"),
                         (1, "A month on")):  # fmt: skip
        index = offsets.index(offset)
        known = [row for row in rows if row["active"][index] is not None]
        if known:
            people = sum(row["size"] for row in known)
            active = sum(row["active"][index] for row in known)
            return f"{period}, {100 * active / people:.0f} of 100 still order in a given month"
    return "Too early to say who stays"


def timeline(summary: Data, locale: Locale) -> Card | None:
    """A sparkline of customers for each rung."""
    data = summary.get("timeline")
    if not data or len(data["points"]) < _MIN_DATES:
        return None
    points, interval = data["points"], data["every"]
    before = data["before"] or points[0]
    rungs = [rung["stage"] for rung in summary.get("ladder", ())] or [*points[-1]["stages"]]
    rows = []
    for index, name in enumerate(rungs):
        counts = [point["stages"].get(name, 0) for point in points]
        if any(counts):
            label = Name(name, tone=stage_tone(name, len(rungs) - 1 - index))
            curve, first = Sparkline(tuple(map(float, counts))), before["stages"].get(name, 0)
            change = counts[-1] - first
            signed = f"{'+' if change > 0 else MINUS}{locale.count(abs(change))}"
            shown = locale.count(counts[-1]), signed if change else DASH
            rows.append((label, locale.count(first), curve, *shown))
    table = Table(
        columns=(
            Column("Rung", "name"),
            Column(day_in_words(before["as_of"]), "number", minor=True),
            Column(f"{len(points)} {'runs' if interval == 'run' else f'{interval} ends'}"),
            *numbers("now", "change"),
        ),
        rows=tuple(rows),
    )
    ends = before["stages"], points[-1]["stages"]
    then, now = (sum(stages.get(name, 0) for name in _REPEAT_STAGES) for stages in ends)
    fitted = {
        None: "Each date is as its own run saw it.",
        True: "Cut points are refitted for each date.",
        False: "Cut points are the same for all dates.",
    }[data["fitted"]]
    return Card(
        "timeline",
        "Over time",
        f"Clients and above: {locale.count(then)} on {day_in_words(before['as_of'])},"
        f" {locale.count(now)} now",
        f"Who stood on each rung from {day_in_words(points[0]['as_of'])} on; each curve from zero"
        f" on its own scale. {fitted}",
        (table,),
    )
