"""Answers of the analyses as a report keeps them: thinned, grouped, and without customers' ids."""

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
_MAX_DATES: Final = 13
_MAX_DAYS_BY_MONTH: Final = 396
"""A year, and the month that has begun."""
_MIN_BUYERS_A_STEP: Final = 5
"""A step of the Lorenz curve covers several buyers, so that no single one shows."""


def condensed_answers(result: Standing) -> Data:
    """Repeat, cadence, concentration and cohorts of a run; cohorts only where it kept entries."""
    people, days, as_of = result.report_data.frame, result.days, result.as_of
    people = people.assign(customer_id="")  # reports hold no ids
    answer = cadence(people, days, as_of, result.scales.timing, fitted=result.fitted)
    cadence_parts = cadence_data(answer, is_named=False)
    del cadence_parts["overdue"], cadence_parts["notes"]
    entries = result.grouped.entries
    release_memory()
    cohort_parts: Data = {"cohorts": None, "months": None}
    if entries is not None and len(days.day):
        cohort_parts = cohorts_in_short(cohorts(days, entries, as_of))
    return {
        "repeat": repeat_in_short(repeat_data(repeat(people, days, as_of))),
        "cadence": cadence_parts,
        "concentration": concentration_in_short(concentration_data(concentration(people, as_of))),
        **cohort_parts,
    }


def repeat_in_short(data: Data) -> Data:
    """The curve of the second order at every fifth day of the first year."""
    curve = data["curve"]
    end = min(data["watched_days"], _CURVE_DAYS)
    points = []
    for day in (*range(0, end, _CURVE_STEP_DAYS), end):
        index = bisect_right(curve, day, key=lambda point: point["day"])
        point = curve[index - 1] if index else {"share": 0.0, "low": None, "high": None}
        points.append({"day": day, **{name: point[name] for name in ("share", "low", "high")}})
    return {**data, "curve": points}


def concentration_in_short(data: Data) -> Data:
    """Concentration without the spend of single customers."""
    lorenz, buyers = data["lorenz"], data["buyers"]
    step = max(-(-_MIN_BUYERS_A_STEP * (len(lorenz) - 1) // max(buyers, 1)), 1)
    thinned = [*lorenz[:-1:step], *lorenz[-1:]]
    tiers = [
        {name: value for name, value in tier.items() if name not in ("least", "most")}
        for tier in data["tiers"]
    ]
    return {**data, "lorenz": thinned, "tiers": tiers}


def start_timeline(result: Standing, background: BackgroundPool) -> Callable[[], Data | None]:
    """Begin to compute the timeline of the latest months or, with a long history, quarters.

    Each date is fitted anew, which takes as long as labelling all customers.

    Returns:
        A function that waits for the answer: None where the result kept no entries, is of a window
        (which begins too late for other days), or has too many customers.
    """
    entries, as_of = result.grouped.entries, result.as_of
    is_too_large = len(result.grouped.table) > MAX_CACHED_CUSTOMERS
    is_window = result.settings.window_days is not None
    if entries is None or not len(entries.day) or is_window or is_too_large:
        return lambda: None
    release_memory()
    start = min(date_from_day(int(entries.day.min())), as_of)
    every: Every = "month" if (as_of - start).days <= _MAX_DAYS_BY_MONTH else "quarter"
    days = period_ends(start, as_of, every)[-_MAX_DATES:-1]
    # One iterator for all workers, and for the caller while it waits.
    jobs = iter([partial(timeline_point_on, result, day) for day in days])
    threads = result.days_in_parallel
    futures = [background.submit_in_sequence(jobs) for _ in range(max(threads - 1, 1))]

    def finish() -> Data:
        release_memory()
        points = [job() for job in jobs] if threads > 1 else []
        points += [point for future in futures for point in future.result()]
        result.order_histories.clear_cache()
        points.sort(key=attrgetter("as_of"))
        points.append(timeline_point(result.report_data.frame, as_of))
        return timeline_data(Timeline(every, start, result.fitted, tuple(points)))

    return finish


def timeline_point_on(result: Standing, day: date) -> TimelinePoint:
    """The counts of an earlier day, fitted anew unless scales were given."""
    known = result.at_earlier_day(day, POINT_COLUMNS).parts_known_then(POINT_COLUMNS)
    return timeline_point(concatenated_frames(part for part, _ in known), day)
