"""Cohorts in short: at most 18 by month, quarter or year, and the revenue of the last months."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from rfmtool.analyses.cohorts import Cohort, Cohorts
from rfmtool.documents import Data
from rfmtool.money import money_text

_MOST_COHORTS: Final = 18
_MOST_MONTHS: Final = 36
_COHORT_MONTHS: Final = (*range(1, 13), 15, 18, 24)


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
