"""The activity of each customer, whatever their rung: active, overdue, lapsed, paused."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rfmtool.arrays import Mask
from rfmtool.placing.matching import flag_mask, labels_at
from rfmtool.rules.vocabulary import ACTIVITIES
from rfmtool.scoring.timing import REGULAR_ORDER_DAYS, Timing


def assign_activity(customers: pd.DataFrame, timing: Timing) -> pd.DataFrame:
    """Add `activity`; reads order_days, recency_days, overdue_ratio, and `paused` where known.

    A regular (three order days or more) is compared with their own usual gap, any other customer
    with the time in which second orders come. A newcomer has one order day, not longer ago than
    half of all second orders take. Customers who asked for a pause are paused, whatever they
    ordered.
    """
    order_days = customers["order_days"].to_numpy()
    recency = customers["recency_days"].to_numpy(dtype=np.int64, na_value=0)
    ratio = customers["overdue_ratio"].to_numpy()
    windows = timing.windows
    is_regular = ~np.isnan(ratio)
    lapsed = np.where(is_regular, ratio > timing.lapsed_ratio, recency > windows.w95)
    overdue = np.where(is_regular, ratio > timing.overdue_ratio, recency > windows.w80)
    masks = {
        "paused": flag_mask(customers, "paused"),
        "never": order_days == 0,
        "newcomer": (order_days == 1) & (recency <= windows.w50),
        "active": ~lapsed & ~overdue,
        "overdue": ~lapsed,
    }
    default = ACTIVITIES.index("lapsed")
    places = np.select(list(masks.values()), [ACTIVITIES.index(name) for name in masks], default)
    return customers.assign(activity=labels_at(places, ACTIVITIES))


def missing_regulars(customers: pd.DataFrame) -> Mask:
    """Which regulars (three order days or more) are overdue; reads order_days and activity."""
    is_regular = customers["order_days"].to_numpy() >= REGULAR_ORDER_DAYS
    return is_regular & customers["activity"].eq("overdue").to_numpy()
