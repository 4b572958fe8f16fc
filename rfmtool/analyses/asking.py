"""Whether buyers are asked for a second order, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from rfmtool.analyses.returned import Share
from rfmtool.arrays import is_first
from rfmtool.placing.contacting import sent
from rfmtool.placing.tasks import FOLLOW_UP
from rfmtool.scoring.survival import best_weeks, weekly_hazard
from rfmtool.scoring.timing import OrderDays, Waits, fit_windows

_WEEK: Final = 7


@dataclass(frozen=True)
class Asking:
    """Whether buyers are asked for a second order, and when: days from the first order."""

    asked: Share
    median_day: float | None
    best_weeks: tuple[int, int] | None
    before: int
    within: int
    after: int
    """Of those asked, how many first before, in and after the best weeks, if these are known."""


def asking(
    log: pd.DataFrame, wait: Waits, days: OrderDays, as_of_day: int, services: Sequence[str]
) -> Asking:
    """Who was asked between first and second order, of those who began since the log did.

    Args:
        log: the contact log, with `owner`.
        wait: how long each buyer waited for a second order.
        days: the order days.
        as_of_day: until when they were watched, in days since 1970-01-01.
        services: actions, in lower case, that ask for no order.
    """
    rows = sent(log)
    rows = rows[~rows["action"].isin([*services, FOLLOW_UP])]
    started = days.day[is_first(days.owner)].astype(np.int64)
    begins = int(rows["day"].min()) if len(rows) else as_of_day + 1
    place = np.searchsorted(wait.owner, rows["owner"].to_numpy())
    place = np.minimum(place, len(wait.owner) - 1)
    since = rows["day"].to_numpy() - started[place] if len(wait.owner) else np.empty(0)
    is_theirs = (wait.owner[place] == rows["owner"].to_numpy()) if len(wait.owner) else since > 0
    counts = is_theirs & (since >= 0) & (since <= wait.days[place])
    asked = np.full(len(wait.owner), np.inf)
    np.minimum.at(asked, place[counts], since[counts])
    asked = asked[started >= begins]
    first = asked[np.isfinite(asked)]
    # The weeks in which second orders come soonest, as `repeat` has it.
    windows = fit_windows(wait.days, wait.ended)
    hazard = weekly_hazard(wait.days, wait.ended, max(windows.w80 // _WEEK, 1))
    best = best_weeks(hazard) if windows.is_fitted else None
    low, high = (_WEEK * (best[0] - 1) + 1, _WEEK * best[1]) if best else (0, 0)
    within = (first >= low) & (first <= high)
    return Asking(
        asked=Share(len(asked), len(first)),
        median_day=float(np.median(first)) if len(first) else None,
        best_weeks=best,
        before=int((first < low).sum()) if best else 0,
        within=int(within.sum()) if best else 0,
        after=int((first > high).sum()) if best else 0,
    )
