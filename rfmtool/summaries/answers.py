"""The answers to questions as plain data: what their pages show, and a summary keeps of them.

All is as `--format json` prints it, and beside it what only a page needs.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import accumulate
from operator import methodcaller
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


def affinity_data(found: Affinity) -> Data:
    """What is bought along with what."""
    return {
        "as_of": found.as_of.isoformat(),
        "by": found.by,
        "customers": found.customers,
        "names": found.names,
        "rules": found.as_data(),
        "suggestions": len(found.table),
        "notes": list(found.notes),
    }


def cadence_data(found: Cadence, *, is_named: bool = True) -> Data:
    """Missing regulars, each listed where `is_named`, with what each activity means."""
    data = found.as_data(is_named=is_named)
    bands = [
        {**band, "is_enough": band["customers"] >= MIN_GROUP_SIZE} for band in data["backtest"]
    ]
    return {**data, "backtest": bands, "meanings": activity_words(found.timing)}


def cohorts_data(found: Cohorts) -> Data:
    """Cohorts, what a customer of each has brought until each month, and all of them together.

    Of all together, a month that is not over is left out: `customers` are those who can have come
    so late, `active` those of them who came.
    """
    reached = [len(one.active) - (not found.last_month_is_over) for one in found.cohorts]
    sizes = [one.size for one in found.cohorts]
    active = [one.active for one in found.cohorts]
    months = range(max(map(len, active), default=0))
    return {
        "as_of": found.as_of.isoformat(),
        "buyers": sum(sizes),
        "last_month_is_over": found.last_month_is_over,
        "cohorts": [
            {
                **data,
                "cumulated": [
                    units / (one.size * UNITS_PER_CURRENCY) for units in accumulate(one.revenue)
                ],
            }
            for one, data in zip(found.cohorts, found.as_data(), strict=True)
        ],
        "all": {
            "active": [
                sum(row[month] for row, end in zip(active, reached, strict=True) if month < end)
                for month in months
            ],
            "customers": [
                sum(size for size, end in zip(sizes, reached, strict=True) if month < end)
                for month in months
            ],
        },
        "in_short": cohorts_in_short(found),
        "notes": list(found.notes),
    }


def concentration_data(found: Concentration) -> Data:
    """How few customers bring how much, and how many the top spenders are."""
    data = found.as_data()
    tiers = zip(data["tiers"], found.tiers, strict=True)
    return {
        **data,
        "tiers": [
            {**row, "average": money_text(round(Fraction(tier.revenue, tier.customers or 1)))}
            for row, tier in tiers
        ],
        "top_buyers": {
            part: top_count(round(float(part) * 100), found.buyers) for part in found.top
        },
    }


def repeat_data(found: Repeat) -> Data:
    """When second orders come; of groups also how long they were watched."""
    data = found.as_data()
    if found.by is None:
        return data
    groups = zip(data["groups"], found.groups, strict=True)
    return {
        **data,
        "groups": [{**row, "watched_days": group.curve.watched_days} for row, group in groups],
    }


def timeline_data(found: Timeline) -> Data:
    """Who stood where when, and the earlier day to hold the last one against."""

    def told(one: TimelinePoint) -> Data:
        years = found.age_days(one) / DAYS_A_YEAR
        return {**one.as_data(), **found.growth(one), "base": one.base, "age_years": years}

    before = found.baseline
    return {
        "every": found.every,
        "fitted": found.fitted,
        "points": [told(one) for one in found.points],
        "before": None if before is None else told(before),
        "notes": list(found.notes),
    }


DATA_OF: Final[dict[str, Callable[[Any], Data]]] = {
    "affinity": affinity_data,
    "cadence": cadence_data,
    "cohorts": cohorts_data,
    "compare": methodcaller("as_data"),
    "concentration": concentration_data,
    "journey": methodcaller("as_data"),
    "measure": methodcaller("as_data"),
    "repeat": repeat_data,
    "timeline": timeline_data,
}
"""The data of each question, by its name."""
