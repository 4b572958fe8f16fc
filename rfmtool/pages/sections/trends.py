"""How the shop moves: months, cohorts, and the ladder over time."""

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
from rfmtool.pages.number_format import DASH, MINUS, NumberFormat, in_whole_units
from rfmtool.pages.sections.ladder import stage_tone
from rfmtool.pages.svg import Axis, Plot, as_percent, nice_ticks

_HEIGHT: Final = 220
_A_YEAR: Final = 12
_LEAST_DATES: Final = 3
_PHONE_MONTHS: Final = (1, 3, 6, 9, 12, 18, 24)
_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RECURS: Final = ("client", "supporter", "advocate", "partner")


def months(summary: Data, say: NumberFormat) -> Card | None:
    """Revenue by month: of earlier customers, and of first-timers on top."""
    found = summary["months"]
    rows = found and found["rows"]
    if not rows or len(rows) < _LEAST_DATES:
        return None
    told = [(float(one["earlier"]), float(one["first"])) for one in rows]
    running = (
        "" if found["last_is_over"] else f"{_month(rows[-1]['month'])} is not over: it is hollow."
    )
    return Card(
        "months",
        "Months",
        _in_words(told),
        "Revenue by month, refunds taken off in the month they were made.",
        (
            Legend((("client", "from customers of earlier months"),
                 ("customer", "from first-time buyers of the month"))),
            _plot_of_months(found, told, say),
        ),
        running,
    )  # fmt: skip


def _plot_of_months(found: Data, told: Sequence[tuple[float, float]], say: NumberFormat) -> Plot:
    """A bar for each month, the first-timers on top of the others."""
    rows = found["rows"]
    top = nice_ticks(max(max(earlier, 0.0) + max(first, 0.0) for earlier, first in told))
    axis, scale = Axis(0.0, float(len(rows))), Axis(0.0, top[-1])
    bars = []
    for at, (earlier, first) in enumerate(told):
        left, wide = as_percent(axis.position(at + 0.1)), as_percent(80 / len(rows))
        running = " running" if at == len(rows) - 1 and not found["last_is_over"] else ""
        low, high = (
            scale.position(max(earlier, 0.0)),
            scale.position(max(earlier, 0.0) + max(first, 0.0)),
        )
        if low:
            bars.append((left, as_percent(100 - low), wide, as_percent(low), f"client{running}"))
        if high > low:
            bars.append(
                (left, as_percent(100 - high), wide, as_percent(high - low), f"customer{running}")
            )
    whole = in_whole_units([one[name] for one in rows for name in ("earlier", "first")])
    every = 1 if len(rows) <= _A_YEAR else 3
    return Plot(
        title="Revenue by month",
        description=_in_words(told),
        height=_HEIGHT,
        x_ticks=tuple(
            (as_percent(axis.position(at + 0.5)), _month(one["month"], is_first=not at), number % 2 == 1)
            for number, (at, one) in enumerate(list(enumerate(rows))[::every])
        ),
        y_ticks=tuple((as_percent(100 - scale.position(tick)), say.headline(f"{tick:.0f}").shown)
                      for tick in top),
        bars=tuple(bars),
        table=Table(
            columns=(Column("Month", "name"), *numbers("of earlier customers", "of first-timers")),
            rows=tuple(
                (one["month"], say.money(one["earlier"], whole=whole),
                 say.money(one["first"], whole=whole))
                for one in rows
            ),
        ),
        places=tuple(as_percent(axis.position(at + 0.5)) for at in range(len(rows))),
    )  # fmt: skip


def _month(name: str, *, is_first: bool = False) -> str:
    """A month's name, with the year where one begins."""
    words = _NAMES[int(name[5:7]) - 1]
    return f"{words} {name[:4]}" if is_first or words == _NAMES[0] else words


def _in_words(told: Sequence[tuple[float, float]]) -> str:
    latest = told[-_A_YEAR:]
    earlier, first = (sum(one[at] for one in latest) for at in (0, 1))
    if earlier + first <= 0:
        return f"In the last {len(latest)} months more was given back than paid"
    return (
        f"In the last {len(latest)} months {100 * earlier / (earlier + first):.0f} of 100 of"
        " revenue came from people who had ordered in an earlier month"
    )


def cohorts(summary: Data, say: NumberFormat) -> Card | None:
    """Who still orders, by the month, quarter or year of the first order."""
    found = summary["cohorts"]
    if not found or all(share is None for one in found["rows"] for share in one["shares"]):
        return None
    rows, all_months = found["rows"], found["months"]
    reached = [
        at for at in range(len(all_months)) if any(one["shares"][at] is not None for one in rows)
    ]
    shares = [share for one in rows for share in one["shares"] if share is not None]
    most = max(shares) or 1.0
    table = ShadedTable(
        title="First order",
        size="People",
        heads=tuple(
            f"{all_months[at]}{'' if all_months[at] in _PHONE_MONTHS else '~'}" for at in reached
        ),
        rows=tuple(
            ShadedRow(
                one["name"],
                tuple(
                    ShadedCell("") if one["shares"][at] is None
                    else ShadedCell(f"{100 * one['shares'][at]:.0f}", one["shares"][at] / most,
                               repr(one["shares"][at]))
                    for at in reached
                ),
                say.count(one["size"]).shown,
            )
            for one in rows
        ),
    )  # fmt: skip
    return Card(
        "cohorts",
        "Cohorts",
        _still(found),
        f"Customers by the {found['by']} of their first order; in each box the per cent of them who"
        " ordered in that month since.",
        (
            Heatmap(
                "Share still ordering",
                table,
                say.shade_bounds(100 * most, linear=True),
                linear=True,
            ),
        ),
    )


def _still(found: Data) -> str:
    months_, rows = found["months"], found["rows"]
    for month, words in ((12, "A year on"), (6, "Half a year on"), (3, "Three months on"),
                         (1, "A month on")):  # fmt: skip
        at = months_.index(month)
        known = [one for one in rows if one["active"][at] is not None]
        if known:
            people = sum(one["size"] for one in known)
            active = sum(one["active"][at] for one in known)
            return f"{words}, {100 * active / people:.0f} of 100 still order in a given month"
    return "Too early to say who stays"


def timeline(summary: Data, say: NumberFormat) -> Card | None:
    """A curve for each rung, each from zero on its own scale."""
    found = summary.get("timeline")
    if not found or len(found["points"]) < _LEAST_DATES:
        return None
    points, every = found["points"], found["every"]
    before = found["before"] or points[0]
    rungs = [rung["stage"] for rung in summary["ladder"]]
    rows = tuple(
        (
            Name(name, tone=stage_tone(name, len(rungs) - 1 - at)),
            say.count(before["stages"].get(name, 0)),
            Sparkline(tuple(float(one["stages"].get(name, 0)) for one in points)),
            say.count(points[-1]["stages"].get(name, 0)),
            _change(say, points[-1]["stages"].get(name, 0) - before["stages"].get(name, 0)),
        )
        for at, name in enumerate(rungs)
        if any(one["stages"].get(name, 0) for one in points)
    )
    table = Table(
        columns=(
            Column("Rung", "name"),
            Column(day_in_words(before["as_of"]), "number", minor=True),
            Column(
                f"{len(points)} {'runs' if every == 'run' else f'{every} ends'}", hidden_title=""
            ),
            *numbers("now"),
            Column("change", "number"),
        ),
        rows=rows,
    )
    then, now = (
        sum(one["stages"].get(name, 0) for name in _RECURS) for one in (before, points[-1])
    )
    fitted = {
        None: "Each date is as its own run saw it.",
        True: "Cut points are fitted anew for each date.",
        False: "Cut points are the same for all dates.",
    }[found["fitted"]]
    return Card(
        "timeline",
        "Over time",
        f"Clients and above: {say.count(then).shown} on {day_in_words(before['as_of'])},"
        f" {say.count(now).shown} now",
        f"Who stood on each rung from {day_in_words(points[0]['as_of'])} on; each curve from zero"
        f" on its own scale. {fitted}",
        (table,),
    )


def _change(say: NumberFormat, change: int) -> str:
    if not change:
        return DASH
    return f"{'+' if change > 0 else MINUS}{say.count(abs(change)).shown}"
