"""Answers of the analyses as a report keeps them: thinned, grouped, and nobody named."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from rfmtool.analyses.cadence import cadence
from rfmtool.analyses.cohorts import Cohort, Cohorts, cohorts
from rfmtool.analyses.concentration import concentration
from rfmtool.analyses.repeat import repeat
from rfmtool.analyses.timeline import COUNTED, Point, Timeline, ends, point
from rfmtool.days import day_of
from rfmtool.grouping.history import Past, laid_out
from rfmtool.money import money_text
from rfmtool.scoring.scales import Scales
from rfmtool.summaries.answers import cadence_data, concentration_data, repeat_data, timeline_data
from rfmtool.threads import in_order

if TYPE_CHECKING:
    from rfmtool.analyses.timeline import Every
    from rfmtool.standing import Standing

Data = dict[str, Any]

_CURVE_DAYS: Final = 365
_CURVE_STEP_DAYS: Final = 5
_MOST_COHORTS: Final = 18
_MOST_MONTHS: Final = 36
_COHORT_MONTHS: Final = (*range(1, 13), 15, 18, 24)
_MOST_DATES: Final = 13
_A_YEAR_DAYS: Final = 396
"""And the month that has begun."""
_MOST_CUSTOMERS: Final = 1_000_000
_LEAST_A_STEP: Final = 5
"""A step of the Lorenz curve is of several buyers, so that none shows."""
_NAMED: Final = ("overdue", "notes")
TOO_MANY: Final = f"Over {_MOST_CUSTOMERS:,} customers: rfmtool timeline shows earlier dates."


def curves(result: Standing) -> Data:
    """What the analyses say of a result, as far as it kept what they ask of."""
    people, days, as_of = result.frame, result.days, result.as_of
    habits = cadence(people, days, as_of, result.scales.timing, fitted=result.fitted)
    entries = result.grouped.entries
    in_months = {"cohorts": None, "months": None}
    if entries is not None and len(days.day):
        in_months = cohorts_in_short(cohorts(days, entries, as_of))
    return {
        "repeat": repeat_in_short(repeat_data(repeat(people, days, as_of))),
        "cadence": without_names(cadence_data(habits)),
        "concentration": concentration_in_short(concentration_data(concentration(people, as_of))),
        **in_months,
    }


def without_names(data: Data) -> Data:
    """The answer of `cadence` but for who is overdue."""
    return {name: part for name, part in data.items() if name not in _NAMED}


def repeat_in_short(data: Data) -> Data:
    """The curve of the second order at every fifth day of the first year."""
    curve = data["curve"]
    end = min(data["watched_days"], _CURVE_DAYS)
    days = [*range(0, end, _CURVE_STEP_DAYS), end]
    points = []
    for day in days:
        place = bisect_right(curve, day, key=lambda point: point["day"])
        point = curve[place - 1] if place else {"share": 0.0, "low": None, "high": None}
        points.append({"day": day, **{name: point[name] for name in ("share", "low", "high")}})
    return {**data, "curve": points}


def concentration_in_short(data: Data) -> Data:
    """How few bring how much, without the largest and smallest spender."""
    lorenz, buyers = data["lorenz"], data["buyers"]
    step = max(-(-_LEAST_A_STEP * (len(lorenz) - 1) // max(buyers, 1)), 1)
    thinned = [*lorenz[:-1:step], *lorenz[-1:]]
    tiers = [
        {name: part for name, part in tier.items() if name not in ("least", "most")}
        for tier in data["tiers"]
    ]
    return {**data, "lorenz": thinned, "tiers": tiers}


# Cohorts -----------------------------------------------------------------------------------------


def cohorts_in_short(found: Cohorts) -> Data:
    """At most 18 cohorts, by month, quarter or year, and the revenue of the latest months."""
    by, groups = _grouped(found)
    running = not found.last_month_is_over
    return {
        "cohorts": {
            "by": by,
            "months": list(_COHORT_MONTHS),
            "rows": [_row(name, members, running) for name, members in groups[-_MOST_COHORTS:]],
        },
        "months": {
            "last_is_over": found.last_month_is_over,
            "rows": _months(found)[-_MOST_MONTHS:],
        },
    }


def _grouped(found: Cohorts) -> tuple[str, list[tuple[str, list[Cohort]]]]:
    names = {
        "month": lambda one: one.name,
        "quarter": lambda one: f"{one.name[:4]} Q{(int(one.name[5:7]) + 2) // 3}",
        "year": lambda one: one.name[:4],
    }
    groups: list[tuple[str, list[Cohort]]] = []
    by = "month"
    for by, name in names.items():  # noqa: B007 - the last one tried is the answer
        groups = [(key, list(members)) for key, members in groupby(found.cohorts, key=name)]
        if len(groups) <= _MOST_COHORTS:
            break
    return by, groups


def _row(name: str, members: list[Cohort], running: bool) -> Data:  # noqa: FBT001 - of one caller
    """Who still ordered so many months on; None where a member cannot have come so late yet."""
    shortest = min(len(one.active) for one in members) - running
    size = sum(one.size for one in members)
    active = [
        sum(one.active[month] for one in members) if month < shortest else None
        for month in _COHORT_MONTHS
    ]
    shares = [None if many is None else many / size for many in active]
    return {"name": name, "size": size, "active": active, "shares": shares}


def _months(found: Cohorts) -> list[Data]:
    """Revenue by month: of those who first ordered in it, and of all others."""
    longest = max((len(one.revenue) for one in found.cohorts), default=0)
    first, earlier = {}, [0] * longest
    for one in found.cohorts:
        begins = longest - len(one.revenue)
        first[begins] = one.revenue[0]
        for month, units in enumerate(one.revenue[1:], start=begins + 1):
            earlier[month] += units
    start = found.cohorts[0].name if found.cohorts else "1970-01"
    year, month = int(start[:4]), int(start[5:7]) - 1
    return [
        {
            "month": f"{year + (month + place) // 12}-{(month + place) % 12 + 1:02}",
            "first": money_text(first.get(place, 0)),
            "earlier": money_text(earlier[place]),
        }
        for place in range(longest)
    ]


# Earlier dates -----------------------------------------------------------------------------------


def earlier_dates(result: Standing) -> Data | None:
    """Who stood where at the ends of the latest months or, of a longer history, quarters.

    Each date is fitted anew, which takes as long as placing everybody.

    Returns:
        None where the result did not keep what that takes, or has too many customers.
    """
    entries, as_of = result.grouped.entries, result.as_of
    if entries is None or not len(entries.day) or len(result.frame) > _MOST_CUSTOMERS:
        return None
    begins = min(day_of(int(entries.day.min())), as_of)
    every: Every = "month" if (as_of - begins).days <= _A_YEAR_DAYS else "quarter"
    past, scales = laid_out(entries), None if result.fitted else result.scales
    jobs = [
        partial(_point, result, past, day, scales)
        for day in ends(begins, as_of, every)[-_MOST_DATES:-1]
    ]
    points = (*in_order(jobs, result.settings.threads), point(result.frame, as_of))
    return timeline_data(Timeline(every, begins, result.fitted, points))


def _point(result: Standing, past: Past, day: date, scales: Scales | None) -> Point:
    then = result.before(day, past, scales)
    return point(then.frame.loc[then.known, list(COUNTED)], day)
