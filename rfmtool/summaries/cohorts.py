"""Condensed cohorts: at most 18 by month, quarter or year, and the revenue of the last months."""

from __future__ import annotations

from itertools import groupby
from typing import Final

import numpy as np

from rfmtool.analyses.cohorts import Cohort, Cohorts
from rfmtool.documents import Data
from rfmtool.money import money_text

_MAX_COHORTS: Final = 18
_MAX_MONTHS: Final = 36
_COHORT_MONTHS: Final = (*range(1, 13), 15, 18, 24)


def cohorts_in_short(answer: Cohorts) -> Data:
    """At most 18 cohorts, by month, quarter or year, and the revenue of the latest months."""
    by, groups = _grouped(answer)
    running = not answer.last_month_is_over
    return {
        "cohorts": {
            "by": by,
            "months": list(_COHORT_MONTHS),
            "rows": [_row(name, members, running) for name, members in groups[-_MAX_COHORTS:]],
        },
        "months": {"last_is_over": not running, "rows": _months(answer)[-_MAX_MONTHS:]},
    }


def _grouped(answer: Cohorts) -> tuple[str, list[tuple[str, list[Cohort]]]]:
    """The shortest period with at most 18 groups of cohorts, and the groups by name."""
    names = {
        "month": lambda cohort: cohort.name,
        "quarter": lambda cohort: f"{cohort.name[:4]} Q{(int(cohort.name[5:7]) + 2) // 3}",
        "year": lambda cohort: cohort.name[:4],
    }
    groups: list[tuple[str, list[Cohort]]] = []
    by = "month"
    for by, name in names.items():  # noqa: B007 - the last one tried is the answer
        groups = [(key, list(members)) for key, members in groupby(answer.cohorts, key=name)]
        if len(groups) <= _MAX_COHORTS:
            break
    return by, groups


def _row(name: str, cohorts: list[Cohort], running: bool) -> Data:  # noqa: FBT001 - of one caller
    """How many were active so many months on; None where not all cohorts have reached the month."""
    months = min(len(cohort.active) for cohort in cohorts) - running
    size = sum(cohort.size for cohort in cohorts)
    active = [
        sum(cohort.active[month] for cohort in cohorts) if month < months else None
        for month in _COHORT_MONTHS
    ]
    shares = [None if count is None else count / size for count in active]
    return {"name": name, "size": size, "active": active, "shares": shares}


def _months(answer: Cohorts) -> list[Data]:
    """Revenue by month: of customers who first ordered in it, and of all others."""
    count = max((len(cohort.revenue) for cohort in answer.cohorts), default=0)
    first, earlier = {}, [0] * count
    for cohort in answer.cohorts:
        start = count - len(cohort.revenue)
        first[start] = cohort.revenue[0]
        for index, units in enumerate(cohort.revenue[1:], start=start + 1):
            earlier[index] += units
    begin = np.datetime64(answer.cohorts[0].name if answer.cohorts else "NaT", "M")
    return [
        {
            "month": str(begin + np.timedelta64(index, "M")),
            "first": money_text(first.get(index, 0)),
            "earlier": money_text(earlier[index]),
        }
        for index in range(count)
    ]
