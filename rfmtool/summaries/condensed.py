"""Answers of the analyses as a report keeps them: thinned, grouped, and nobody named."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import date
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from rfmtool.analyses.cadence import cadence
from rfmtool.analyses.cohorts import cohorts
from rfmtool.analyses.concentration import concentration
from rfmtool.analyses.repeat import repeat
from rfmtool.analyses.timeline import (
    POINT_COLUMNS,
    Timeline,
    TimelinePoint,
    period_ends,
    timeline_point,
)
from rfmtool.arrays import MAX_CACHED_CUSTOMERS
from rfmtool.days import date_from_day
from rfmtool.documents import Data
from rfmtool.frames import concatenated_frames
from rfmtool.memory import release_memory
from rfmtool.summaries.answers import cadence_data, concentration_data, repeat_data, timeline_data
from rfmtool.summaries.cohorts import cohorts_in_short

if TYPE_CHECKING:
    from rfmtool.analyses.timeline import Every
    from rfmtool.standing import Standing
    from rfmtool.threads import BackgroundPool

_CURVE_DAYS: Final = 365
_CURVE_STEP_DAYS: Final = 5
_MOST_DATES: Final = 13
_A_YEAR_DAYS: Final = 396
"""And the month that has begun."""
_LEAST_A_STEP: Final = 5
"""A step of the Lorenz curve is of several buyers, so that none shows."""
_NAMED: Final = ("overdue", "notes")


def condensed_answers(result: Standing) -> Data:
    """What the analyses say of a result, as far as it kept what they ask of."""
    people, days, as_of = result.figures.frame, result.days, result.as_of
    people = people.assign(customer_id="")  # nobody is named here
    habits = cadence(people, days, as_of, result.scales.timing, fitted=result.fitted)
    told = cadence_data(habits, is_named=False).items()
    entries = result.grouped.entries
    release_memory()
    in_months: Data = {"cohorts": None, "months": None}
    if entries is not None and len(days.day):
        in_months = cohorts_in_short(cohorts(days, entries, as_of))
    return {
        "repeat": repeat_in_short(repeat_data(repeat(people, days, as_of))),
        "cadence": {name: part for name, part in told if name not in _NAMED},
        "concentration": concentration_in_short(concentration_data(concentration(people, as_of))),
        **in_months,
    }


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


def start_timeline(result: Standing, beside: BackgroundPool) -> Callable[[], Data | None]:
    """Begin to tell who stood where at the ends of the latest months or, of much history, quarters.

    Each date is fitted anew, which takes as long as placing everybody.

    Returns:
        What waits for the answer: None where the result did not keep what that takes, is of a
        window, which begins too late for other days, or has too many customers.
    """
    entries, as_of = result.grouped.entries, result.as_of
    is_told = (
        result.settings.window_days is None and len(result.grouped.table) <= MAX_CACHED_CUSTOMERS
    )
    if entries is None or not len(entries.day) or not is_told:
        return lambda: None
    release_memory()
    begins = min(date_from_day(int(entries.day.min())), as_of)
    every: Every = "month" if (as_of - begins).days <= _A_YEAR_DAYS else "quarter"
    days = period_ends(begins, as_of, every)[-_MOST_DATES:-1]
    # One iterator for all: who has done a date takes the next, as does who waits for the answer.
    dates, threads = (
        iter([partial(timeline_point_on, result, day) for day in days]),
        result.days_in_parallel,
    )
    found = [beside.submit_in_sequence(dates) for _ in range(max(threads - 1, 1))]

    def told() -> Data:
        release_memory()
        points = [date() for date in dates] if threads > 1 else []
        points += [one for some in found for one in some.result()]
        result.history.clear_cache()
        points = [
            *sorted(points, key=attrgetter("as_of")),
            timeline_point(result.figures.frame, as_of),
        ]
        return timeline_data(Timeline(every, begins, result.fitted, tuple(points)))

    return told


def timeline_point_on(result: Standing, day: date) -> TimelinePoint:
    """Count who stood where on an earlier day, fitted anew unless scales were given."""
    known = result.at_earlier_day(day, POINT_COLUMNS).parts_known_then(POINT_COLUMNS)
    return timeline_point(concatenated_frames(part for part, _ in known), day)
