"""When buyers come back: the second order, the week to ask, and whether being late matters."""

from __future__ import annotations

from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Column, Dot, Name, Paragraph, Table, numbers
from rfmtool.pages.cards import Card, Sentence, Stack, day_in_words, share_in_words
from rfmtool.pages.number_format import DASH, NumberFormat, in_whole_units
from rfmtool.pages.run import segment_versus_activity
from rfmtool.pages.sections.overview import TOO_FEW, localized_count
from rfmtool.pages.svg import Axis, Plot, area_path, as_percent, line_path, nice_ticks

_ENOUGH: Final = 30
_TOLD: Final = ("30", "90", "180", "365")
_HEIGHT: Final = 240
_ASK_HEIGHT: Final = 200
_TONES: Final = {"active": "client", "newcomer": "customer", "overdue": "supporter",
                 "lapsed": "advocate", "paused": "prospect", "never": "suspect"}  # fmt: skip


def second_order(summary: Data, say: NumberFormat) -> Card | None:
    """The share with a second order by the days since the first."""
    found = summary["repeat"]
    if not found["repeaters"]:
        return None
    enough = _can_ask(found)
    share, half = found["by_day"]["90"], found["median_days"]
    finding = (
        f"{share_in_words(share, round(share * found['buyers']), found['buyers'])} first-time buyers order"
        f" again within {min(90, found['watched_days'])} days"
    )
    finding += f", half of all within {say.count(half).shown}" if half is not None else ""
    return Card(
        "second",
        "Second order",
        finding,
        "Share of buyers with a second order day, by days since the first. Those still waiting"
        " count as waiting. The band holds 95 times in 100.",
        (_who_came_back(found, say),),
        "" if enough else "Too few second orders to say when to ask.",
        "wide" if enough else "full",
    )


def _who_came_back(found: Data, say: NumberFormat) -> Plot:
    """The curve of second orders within its band, and the weeks in which to ask for one."""
    curve = found["curve"]
    last = curve[-1]["day"] or 1
    top = nice_ticks(100 * max(one["high"] or one["share"] for one in curve))
    axis, scale = Axis(0.0, float(last)), Axis(0.0, top[-1])
    points = [(axis.position(one["day"]), scale.position(100 * one["share"])) for one in curve]
    banded = [one for one in curve if one["low"] is not None]
    band = [
        [(axis.position(one["day"]), scale.position(100 * one[end])) for one in banded]
        for end in ("high", "low")
    ]
    told = [(int(day), found["by_day"][day]) for day in _TOLD if int(day) <= last]
    rows = [*curve[:-1:2], curve[-1]]  # every other point, which is enough to read
    zones: tuple[tuple[str, str, str], ...] = ()
    if _can_ask(found):
        first, until = found["best_weeks"]
        left, right = axis.position(7 * (first - 1)), axis.position(min(7 * until, last))
        zones = ((as_percent(left), as_percent(right - left), f"ask in {_weeks(first, until)}"),)
    return Plot(
        title="Share of buyers with a second order by days since the first",
        description=", ".join(f"{share:.0%} by day {day}" for day, share in told),
        height=_HEIGHT,
        x_ticks=tuple(
            (as_percent(axis.position(day)), str(day), at % 2 == 1)
            for at, day in enumerate([*range(0, last - 20, 60), last])
        ),
        y_ticks=tuple((as_percent(100 - scale.position(tick)), f"{tick:g}%") for tick in top),
        paths=(*([(area_path(*band), "band")] if banded else []), (line_path(points), "curve")),
        dots=tuple(
            (as_percent(axis.position(day)), as_percent(100 - scale.position(100 * share)), f"{share:.0%} by day {day}",
             "left" if day > 0.8 * last else "right")
            for day, share in told
        ),
        zones=zones,
        table=Table(
            columns=(Column("Days", "name"), *numbers("came back", "low", "high")),
            rows=tuple(
                (str(one["day"]), *(say.share(one[name]) for name in ("share", "low", "high")))
                for one in rows
            ),
        ),
        places=tuple(as_percent(axis.position(one["day"])) for one in rows),
    )  # fmt: skip


def _can_ask(found: Data) -> bool:
    return found["windows_are_fitted"] and found["best_weeks"] is not None


def _weeks(first: int, last: int) -> str:
    return f"week {first}" if first == last else f"weeks {first} to {last}"


def when_to_ask(summary: Data, say: NumberFormat) -> Card | None:
    """The rate of second orders by week since the first."""
    found = summary["repeat"]
    if not found["repeaters"] or not _can_ask(found):
        return None
    weeks, thousand = _weeks(*found["best_weeks"]), say.count(1_000).shown
    gaps = ", ".join(
        f"{step['order']} → {step['order'] + 1}: {say.number(step['median_days']).shown}"
        for step in found["latency"][:5]
        if step["returned"] >= _ENOUGH
    )
    note = f"Median days to the next order: {gaps}. {found['latency_note']}" if gaps else ""
    return Card(
        "ask",
        "When to ask",
        f"A second order is likeliest in {weeks} after the first",
        f"Second orders per {thousand} customers still waiting, a day.",
        (_plot_of_rates(found, thousand, say),),
        note,
        "narrow",
    )


def _plot_of_rates(found: Data, thousand: str, say: NumberFormat) -> Plot:
    """A bar for each week, those in which to ask set apart."""
    rates, (first, last) = found["weekly_hazard"], found["best_weeks"]
    axis = Axis(0.5, len(rates) + 0.5)
    top = nice_ticks(max(rate or 0.0 for rate in rates))
    scale = Axis(0.0, top[-1])
    every = max(len(rates) // 8, 1)
    return Plot(
        title=f"Second orders per {thousand} waiting customers a day, by week since the first",
        description=f"highest in {_weeks(first, last)}",
        height=_ASK_HEIGHT,
        x_ticks=tuple(
            (as_percent(axis.position(week)), str(week), at % 2 == 1)
            for at, week in enumerate(range(1, len(rates) + 1, every))
        ),
        y_ticks=tuple((as_percent(100 - scale.position(tick)), say.number(tick).shown) for tick in top),
        bars=tuple(
            (as_percent(axis.position(week - 0.42)), as_percent(100 - scale.position(rate)), as_percent(84 / len(rates)),
             as_percent(scale.position(rate)), "look" if first <= week <= last else "second")
            for week, rate in enumerate(rates, start=1)
            if rate
        ),
        table=Table(
            columns=(Column("Week", "name"), *numbers(f"per {thousand} a day")),
            rows=tuple(
                (str(week), DASH if rate is None else say.number(rate, 2))
                for week, rate in enumerate(rates, start=1)
            ),
        ),
        places=tuple(as_percent(axis.position(week)) for week in range(1, len(rates) + 1)),
    )  # fmt: skip


def activity(summary: Data, say: NumberFormat) -> Card | None:
    """Who orders as usual, who is late, and their money."""
    groups = summary["activity"]
    if not summary["buyers"]:
        return None
    total = float(summary["revenue"])
    late = [one for one in groups if one["name"] in ("overdue", "lapsed")]
    people = sum(one["customers"] for one in late)
    spent = say.rounded(sum(float(one["revenue"]) for one in late), 0)
    buyers = [one for one in _in_order(groups) if one["name"] != "never"]
    stacks = [_stack("People", buyers, "customers")]
    if total > 0:
        stacks.append(_stack("Revenue", buyers, "revenue"))
    return Card(
        "activity",
        "Activity",
        f"{localized_count(say, people, 'buyer')} {'is' if people == 1 else 'are'} overdue or lapsed;"
        f" they have spent {spent}"
        if people
        else "Nobody is overdue or lapsed",
        "Late is judged by each customer’s own rhythm.",
        (
            *stacks,
            _table_of_activities(summary, say),
            *(
                Sentence(say.localized(one.words))
                for one in segment_versus_activity(summary)
                if isinstance(one, Paragraph)
            ),
        ),
        width="half",
    )


def _in_order(groups: list[Data]) -> list[Data]:
    """Activities as they follow each other; what somebody named stands last."""
    order = list(_TONES)
    return sorted(groups, key=lambda one: order.index(one["name"]) if one["name"] in order else 9)


def _table_of_activities(summary: Data, say: NumberFormat) -> Table:
    groups, total = summary["activity"], float(summary["revenue"])
    whole = in_whole_units([one["revenue"] for one in groups])
    return Table(
        columns=(
            Column("Activity", "name", folds=True),
            *numbers("People"),
            Column("share", "number", minor=True),
            *numbers("Revenue"),
            Column("of revenue", "number", minor=True),
        ),
        rows=tuple(
            (
                Name(one["name"], say.localized(one["who"]), _TONES.get(one["name"], "suspect")),
                say.count(one["customers"]),
                say.share(one["share"], 0),
                say.money(one["revenue"], whole=whole),
                say.share(one["revenue_share"], 0) if total > 0 else DASH,
            )
            for one in _in_order(groups)
        ),
    )


def _stack(title: str, groups: list[Data], what: str) -> Stack:
    """The groups as parts of one bar; what is below nothing has no part."""
    parts = [(max(float(one[what]), 0.0), one["name"]) for one in groups]
    whole = sum(part for part, _ in parts) or 1.0
    return Stack(
        title, tuple((part / whole, _TONES.get(name, "suspect"), name) for part, name in parts)
    )


def lateness(summary: Data, say: NumberFormat) -> Card | None:
    """Whether those who were late came back."""
    found = summary["cadence"]
    bands = found["backtest"]
    if not bands:
        return None
    table = Table(
        columns=(
            Column("Usual gaps waited", "name"),
            *numbers("Regulars"),
            Column("Came back, 0–100%"),
            Column("", "number", hidden_title="Share who came back"),
        ),
        rows=tuple(
            (
                Name(say.localized(band["band"]), band["activity"]),
                say.count(band["customers"]),
                Dot(band["share"], band["low"], band["high"]) if band["is_enough"] else TOO_FEW,
                say.share(band["share"], 0) if band["is_enough"] else DASH,
            )
            for band in bands
        ),
    )
    sums = {
        name: [sum(band[key] for band in bands if band["activity"] == name)
               for key in ("returned", "customers")]
        for name in ("active", "lapsed")
    }  # fmt: skip
    told = [f"{share_in_words(back / many, back, many)} {words}" for name, words in
            (("active", "regulars on time came back"), ("lapsed", "of the lapsed"))
            for back, many in [sums[name]] if many >= _ENOUGH]  # fmt: skip
    day = day_in_words(found["backtest_from"])
    finding = "Too few regulars to say whether being late means being gone"
    if told:
        finding = ", ".join([f"{told[0]} within {found['backtest_days']} days", *told[1:]])
    return Card(
        "lateness",
        "Does “late” mean gone?",
        finding,
        f"Regulars on {day}, by how long they had waited in their own usual gaps; share who ordered"
        f" in the {found['backtest_days']} days after.",
        (table,),
        width="half",
    )
