"""Second orders, the best weeks to ask for them, activity, and the backtest of lateness."""

from __future__ import annotations

from typing import Final

from rfmtool.documents import Data
from rfmtool.pages.blocks import Column, Dot, Name, Paragraph, Table, numbers, table_of_columns
from rfmtool.pages.cards import Card, Sentence, Stack, day_in_words, share_in_words
from rfmtool.pages.locales import DASH, Locale
from rfmtool.pages.run import segment_versus_activity
from rfmtool.pages.svg import Axis, Plot, area_path, as_percent, line_path, nice_ticks
from rfmtool.summaries.formatting import TOO_FEW

_MIN_REGULARS: Final = 30
_LABELLED_DAYS: Final = ("30", "90", "180", "365")
_HEIGHT: Final = 240
_ASK_HEIGHT: Final = 200
_TONES: Final = {"active": "client", "newcomer": "customer", "overdue": "supporter",
                 "lapsed": "advocate", "paused": "prospect", "never": "suspect"}  # fmt: skip


def second_order(summary: Data, locale: Locale) -> Card | None:
    """The share of buyers with a second order, by days since the first."""
    repeat = summary["repeat"]
    if not repeat["repeaters"]:
        return None
    can_ask = _can_ask(repeat)
    share, median = repeat["by_day"]["90"], repeat["median_days"]
    buyers = share_in_words(share, round(share * repeat["buyers"]), repeat["buyers"])
    days = min(90, repeat["watched_days"])
    finding = f"{buyers} first-time buyers order again within {days} days"
    finding += f", half of all within {locale.count(median)}" if median is not None else ""
    return Card(
        "second",
        "Second order",
        finding,
        "Share of buyers with a second order day, by days since the first. Those still waiting"
        " count as waiting. The band: 95% interval.",
        (_second_order_plot(repeat, locale),),
        "" if can_ask else "Too few second orders to say when to ask.",
        "wide" if can_ask else "full",
    )


def _second_order_plot(repeat: Data, locale: Locale) -> Plot:
    """The curve of second orders with its confidence band, and the best weeks to ask."""
    curve = repeat["curve"]
    last = curve[-1]["day"] or 1
    top = nice_ticks(100 * max(point["high"] or point["share"] for point in curve))
    axis, scale = Axis(0.0, float(last)), Axis(0.0, top[-1])

    def line(name: str) -> list[tuple[float, float]]:
        known = [(point["day"], point[name]) for point in curve if point[name] is not None]
        return [(axis.position(day), scale.position(100 * share)) for day, share in known]

    upper, lower = line("high"), line("low")
    labelled = [(int(day), repeat["by_day"][day]) for day in _LABELLED_DAYS if int(day) <= last]
    rows = [*curve[:-1:2], curve[-1]]  # every other point is enough
    zones: tuple[tuple[str, str, str], ...] = ()
    if _can_ask(repeat):
        first, last_week = repeat["best_weeks"]
        left, right = axis.position(7 * (first - 1)), axis.position(min(7 * last_week, last))
        label = f"ask in {_weeks(first, last_week)}"
        zones = ((as_percent(left), as_percent(right - left), label),)
    return Plot(
        title="Share of buyers with a second order by days since the first",
        description=", ".join(f"{share:.0%} by day {day}" for day, share in labelled),
        height=_HEIGHT,
        x_ticks=tuple(
            (axis.from_left(day), str(day), index % 2 == 1)
            for index, day in enumerate([*range(0, last - 20, 60), last])
        ),
        y_ticks=tuple((scale.from_top(tick), f"{tick:g}%") for tick in top),
        paths=(*([(area_path(upper, lower), "band")] if upper else []),
               (line_path(line("share")), "curve")),
        dots=tuple(
            (axis.from_left(day), scale.from_top(100 * share), f"{share:.0%} by day {day}",
             "left" if day > 0.8 * last else "right")
            for day, share in labelled
        ),
        zones=zones,
        table=Table(
            columns=(Column("Days", "name"), *numbers("came back", "low", "high")),
            rows=tuple(
                (str(row["day"]), *(locale.share(row[name]) for name in ("share", "low", "high")))
                for row in rows
            ),
        ),
        places=tuple(axis.from_left(point["day"]) for point in rows),
    )  # fmt: skip


def _can_ask(repeat: Data) -> bool:
    return repeat["windows_are_fitted"] and repeat["best_weeks"] is not None


def _weeks(first: int, last: int) -> str:
    return f"week {first}" if first == last else f"weeks {first} to {last}"


def when_to_ask(summary: Data, locale: Locale) -> Card | None:
    """The hazard of second orders by week since the first."""
    repeat = summary["repeat"]
    if not repeat["repeaters"] or not _can_ask(repeat):
        return None
    weeks, thousand = _weeks(*repeat["best_weeks"]), locale.count(1_000).shown
    gaps = ", ".join(
        f"{step['order']} → {step['order'] + 1}: {locale.number(step['median_days'])}"
        for step in repeat["latency"][:5]
        if step["returned"] >= _MIN_REGULARS
    )
    note = f"Median days to the next order: {gaps}. {repeat['latency_note']}" if gaps else ""
    return Card(
        "ask",
        "When to ask",
        f"A second order is likeliest in {weeks} after the first",
        f"Second orders per {thousand} customers still waiting, a day.",
        (_hazard_plot(repeat, thousand, locale),),
        note,
        "narrow",
    )


def _hazard_plot(repeat: Data, thousand: str, locale: Locale) -> Plot:
    """A bar for each week, the best weeks in another tone."""
    rates, (first, last) = repeat["weekly_hazard"], repeat["best_weeks"]
    axis = Axis(0.5, len(rates) + 0.5)
    top = nice_ticks(max(rate or 0.0 for rate in rates))
    scale = Axis(0.0, top[-1])
    every = max(len(rates) // 8, 1)
    return Plot(
        title=f"Second orders per {thousand} waiting customers a day, by week since the first",
        description=f"highest in {_weeks(first, last)}",
        height=_ASK_HEIGHT,
        x_ticks=tuple(
            (axis.from_left(week), str(week), index % 2 == 1)
            for index, week in enumerate(range(1, len(rates) + 1, every))
        ),
        y_ticks=tuple((scale.from_top(tick), locale.number(tick).shown) for tick in top),
        bars=tuple(
            (axis.from_left(week - 0.42), scale.from_top(rate), as_percent(84 / len(rates)),
             as_percent(scale.position(rate)), "look" if first <= week <= last else "second")
            for week, rate in enumerate(rates, start=1)
            if rate
        ),
        table=Table(
            columns=(Column("Week", "name"), *numbers(f"per {thousand} a day")),
            rows=tuple(
                (str(week), DASH if rate is None else locale.number(rate, 2))
                for week, rate in enumerate(rates, start=1)
            ),
        ),
        places=tuple(axis.from_left(week) for week in range(1, len(rates) + 1)),
    )  # fmt: skip


def activity(summary: Data, locale: Locale) -> Card | None:
    """Buyers and revenue by activity."""
    groups = summary["activity"]
    if not summary["buyers"]:
        return None
    total = float(summary["revenue"])
    late_groups = [group for group in groups if group["name"] in ("overdue", "lapsed")]
    people = sum(group["customers"] for group in late_groups)
    spent = locale.rounded(sum(float(group["revenue"]) for group in late_groups), 0)
    buyers = [group for group in _in_order(groups) if group["name"] != "never"]
    stacks = [_stack("People", buyers, "customers")]
    if total > 0:
        stacks.append(_stack("Revenue", buyers, "revenue"))
    notes = (
        Sentence(locale.localized(block.words))
        for block in segment_versus_activity(summary)
        if isinstance(block, Paragraph)
    )
    finding = "Nobody is overdue or lapsed"
    if people:
        are = "is" if people == 1 else "are"
        finding = f"{locale.counted(people, 'buyer')} {are} overdue or lapsed;"
        finding += f" they have spent {spent}"
    return Card(
        "activity",
        "Activity",
        finding,
        "Late is judged by each customer’s own rhythm.",
        (*stacks, _table_of_activities(summary, locale), *notes),
        width="half",
    )


def _in_order(groups: list[Data]) -> list[Data]:
    """Activities in their usual order, unknown ones last."""
    order = {name: index for index, name in enumerate(_TONES)}
    return sorted(groups, key=lambda group: order.get(group["name"], len(order)))


def _table_of_activities(summary: Data, locale: Locale) -> Table:
    groups = _in_order(summary["activity"])
    names = [
        Name(group["name"], locale.localized(group["who"]), _TONES.get(group["name"], "suspect"))
        for group in groups
    ]
    shares = [locale.share(group["share"], 0) for group in groups]
    earned = [locale.share(group["revenue_share"], 0) for group in groups]
    return table_of_columns((
        (Column("Activity", "name", folds=True), names),
        (Column("People", "number"), [locale.count(group["customers"]) for group in groups]),
        (Column("share", "number", minor=True), shares),
        (Column("Revenue", "number"), locale.money_column([group["revenue"] for group in groups])),
        (Column("of revenue", "number", minor=True), earned),
    ))  # fmt: skip


def _stack(title: str, groups: list[Data], key: str) -> Stack:
    """A stacked bar of the groups, negative values as 0."""
    values = [(max(float(group[key]), 0.0), group["name"]) for group in groups]
    total = sum(value for value, _ in values) or 1.0
    parts = ((value / total, _TONES.get(name, "suspect"), name) for value, name in values)
    return Stack(title, tuple(parts))


def lateness(summary: Data, locale: Locale) -> Card | None:
    """The backtest of lateness: regulars by usual gaps waited, and how many came back."""
    cadence = summary["cadence"]
    bands = cadence["backtest"]
    if not bands:
        return None
    names = [Name(locale.localized(band["band"]), band["activity"]) for band in bands]
    table = table_of_columns((
        (Column("Usual gaps waited", "name"), names),
        (Column("Regulars", "number"), [locale.count(band["customers"]) for band in bands]),
        (Column("Came back, 0–100%"),
         [Dot(band["share"], band["low"], band["high"]) if band["is_enough"] else TOO_FEW
          for band in bands]),
        (Column("", "number", hidden_title="Share who came back"),
         [locale.share(band["share"], 0) if band["is_enough"] else DASH for band in bands]),
    ))  # fmt: skip
    shares = []
    for name, whom in (("active", "regulars on time came back"), ("lapsed", "of the lapsed")):
        rows = [band for band in bands if band["activity"] == name]
        returned, count = (sum(row[key] for row in rows) for key in ("returned", "customers"))
        if count >= _MIN_REGULARS:
            shares.append(f"{share_in_words(returned / count, returned, count)} {whom}")
    day = day_in_words(cadence["backtest_from"])
    finding = "Too few regulars to say whether being late means being gone"
    if shares:
        finding = ", ".join([f"{shares[0]} within {cadence['backtest_days']} days", *shares[1:]])
    return Card(
        "lateness",
        "Does “late” mean gone?",
        finding,
        f"Regulars on {day}, by how long they had waited in their own usual gaps; share who ordered"
        f" in the {cadence['backtest_days']} days after.",
        (table,),
        width="half",
    )
