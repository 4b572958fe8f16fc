"""Requests for a second order in the contact log, and their timing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.analyses.return_rates import Share
from rfmtool.arrays import Floats
from rfmtool.placing.contact_limits import outbound_contacts
from rfmtool.placing.tasks import FOLLOW_UP
from rfmtool.scoring.survival import best_weeks, weekly_hazard
from rfmtool.scoring.timing import WaitingTimes, fit_windows

_WEEK: Final = 7


def second_order_requests(
    log: pd.DataFrame,
    first_days: Mapping[str, Floats],
    wait: WaitingTimes,
    as_of_day: int,
    services: Sequence[str],
) -> dict[str, Any]:
    """Count the buyers who first ordered since the log began, and were asked for a second order.

    `first_days` are those of everybody's first_order and second_order, NaN where there is none;
    `wait` is that for a second order; `services` are actions, in lower case, that ask for no order.

    Returns:
        Plain data: the share who were asked, the median day from the first order, the best weeks,
        and how many were first asked before, within and after these, 0 if they are unknown.
    """
    rows = outbound_contacts(log)
    rows = rows[~rows["action"].isin([*services, FOLLOW_UP])]
    owner, day = rows["owner"].to_numpy(), rows["day"].to_numpy()
    first, second = first_days["first_order"], first_days["second_order"]
    since = day - first[owner]  # NaN without an order
    counts = (since >= 0) & (day <= np.where(np.isnan(second), as_of_day, second)[owner])
    asked_after = np.full(len(first), np.inf)
    np.minimum.at(asked_after, owner[counts], since[counts])
    asked_after = asked_after[first >= day.min(initial=as_of_day + 1)]
    asked = asked_after[np.isfinite(asked_after)]
    # The weeks in which second orders come soonest, as in `analyses.repeat`.
    windows = fit_windows(wait.days, wait.ended)
    hazard = weekly_hazard(wait.days, wait.ended, max(windows.w80 // _WEEK, 1))
    best = best_weeks(hazard) if windows.is_fitted else None
    low, high = (_WEEK * (best[0] - 1) + 1, _WEEK * best[1]) if best else (0, 0)
    return {
        "asked": Share(len(asked_after), len(asked)).as_data(),
        "median_day": float(np.median(asked)) if len(asked) else None,
        "best_weeks": best,
        "before": int((asked < low).sum()) if best else 0,
        "within": int(((asked >= low) & (asked <= high)).sum()) if best else 0,
        "after": int((asked > high).sum()) if best else 0,
    }
