"""How present a customer is, whatever rung they stand on: active, overdue, lapsed."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from rfmtool.placing.matching import labelled
from rfmtool.scoring.timing import Timing

ACTIVITIES: Final = ("never", "newcomer", "active", "overdue", "lapsed")


def place_activity(people: pd.DataFrame, timing: Timing) -> pd.DataFrame:
    """Add `activity`; reads order_days, recency_days and overdue_ratio.

    A regular (three order days or more) is measured against their own usual gap, anybody else
    against the time in which second orders come. A newcomer has one order day, not longer ago than
    half of all second orders take.
    """
    order_days = people["order_days"].to_numpy()
    recency = people["recency_days"].to_numpy(dtype=np.int64, na_value=0)
    ratio = people["overdue_ratio"].to_numpy()
    windows = timing.windows
    regular = ~np.isnan(ratio)
    lapsed = np.where(regular, ratio > timing.lapsed_ratio, recency > windows.w95)
    overdue = np.where(regular, ratio > timing.overdue_ratio, recency > windows.w80)
    newcomer = (order_days == 1) & (recency <= windows.w50)
    never = order_days == 0
    held = np.stack([never, newcomer, ~never & ~lapsed & ~overdue, ~never & ~lapsed, ~never])
    return people.assign(activity=labelled(held.argmax(axis=0), ACTIVITIES))
