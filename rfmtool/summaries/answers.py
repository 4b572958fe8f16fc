"""The answers to questions as plain data for pages and summaries.

They hold what `--format json` prints, and values that only a page needs.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import accumulate
from typing import Any, Final

from rfmtool.analyses.affinity import Affinity
from rfmtool.analyses.cadence import Cadence
from rfmtool.analyses.cohorts import Cohorts
from rfmtool.analyses.concentration import Concentration, top_count
from rfmtool.analyses.repeat import Repeat
from rfmtool.analyses.return_rates import MIN_GROUP_SIZE
from rfmtool.analyses.timeline import DAYS_A_YEAR, Timeline, TimelinePoint
from rfmtool.documents import Data
from rfmtool.money import UNITS_PER_CURRENCY, money_text
from rfmtool.summaries.cohorts import cohorts_in_short
from rfmtool.summaries.formatting import activity_words


def affinity_data(answer: Affinity) -> Data:
    """Association rules, and how many customers have a suggestion."""
    return {
        "as_of": answer.as_of.isoformat(),
        "by": answer.by,
        "customers": answer.customers,
        "names": answer.names,
        "rules": answer.as_data(),
        "suggestions": len(answer.table),
        "notes": list(answer.notes),
    }


def cadence_data(answer: Cadence, *, is_named: bool = True) -> Data:
    """Overdue regulars, listed if `is_named`, with the meaning of each activity."""
    data = answer.as_data(is_named=is_named)
    bands = data["backtest"]
    bands = [{**band, "is_enough": band["customers"] >= MIN_GROUP_SIZE} for band in bands]
    return {**data, "backtest": bands, "meanings": activity_words(answer.timing)}


def cohorts_data(answer: Cohorts) -> Data:
    """Cohorts with their cumulated revenue a customer, and all cohorts together.

    In `all`, `customers` counts those whose cohort has reached the month, and `active` those of
    them who ordered in it; a month that is not over is left out.
    """
    cohorts = answer.cohorts
    ends = [len(cohort.active) - (not answer.last_month_is_over) for cohort in cohorts]
    months = range(max((len(cohort.active) for cohort in cohorts), default=0))
    pairs = list(zip(cohorts, ends, strict=True))
    reached = [[cohort for cohort, end in pairs if month < end] for month in months]
    return {
        "as_of": answer.as_of.isoformat(),
        "buyers": sum(cohort.size for cohort in cohorts),
        "last_month_is_over": answer.last_month_is_over,
        "cohorts": [
            {
                **data,
                "cumulated": [
                    units / (cohort.size * UNITS_PER_CURRENCY)
                    for units in accumulate(cohort.revenue)
                ],
            }
            for cohort, data in zip(cohorts, answer.as_data(), strict=True)
        ],
        "all": {
            "active": [
                sum(cohort.active[month] for cohort in group) for month, group in enumerate(reached)
            ],
            "customers": [sum(cohort.size for cohort in group) for group in reached],
        },
        "in_short": cohorts_in_short(answer),
        "notes": list(answer.notes),
    }


def concentration_data(answer: Concentration) -> Data:
    """Concentration of revenue, with averages of tiers and numbers of top buyers."""
    data = answer.as_data()
    tiers, buyers = zip(data["tiers"], answer.tiers, strict=True), answer.buyers
    top_buyers = {share: top_count(round(float(share) * 100), buyers) for share in answer.top}
    return {
        **data,
        "tiers": [
            {**row, "average": money_text(round(Fraction(tier.revenue, tier.customers or 1)))}
            for row, tier in tiers
        ],
        "top_buyers": top_buyers,
    }


def repeat_data(answer: Repeat) -> Data:
    """When second orders come; for groups also how long they were watched."""
    data = answer.as_data()
    if answer.by is None:
        return data
    rows = zip(data["groups"], answer.groups, strict=True)
    groups = [{**row, "watched_days": group.curve.watched_days} for row, group in rows]
    return {**data, "groups": groups}


def timeline_data(answer: Timeline) -> Data:
    """The points of a timeline, and the earlier one to compare the last with."""

    def point_data(point: TimelinePoint) -> Data:
        years = answer.age_days(point) / DAYS_A_YEAR
        return point.as_data() | answer.growth(point) | {"base": point.base, "age_years": years}

    baseline = answer.baseline
    return {
        "every": answer.every,
        "fitted": answer.fitted,
        "points": [point_data(point) for point in answer.points],
        "before": None if baseline is None else point_data(baseline),
        "notes": list(answer.notes),
    }


PAGE_DATA: Final[dict[str, Callable[[Any], Data]]] = {
    "affinity": affinity_data,
    "cadence": cadence_data,
    "cohorts": cohorts_data,
    "concentration": concentration_data,
    "repeat": repeat_data,
    "timeline": timeline_data,
}
"""What makes the data of a page, by the name of the analysis; others show what `as_data` gives."""
