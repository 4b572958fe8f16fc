"""Gateway products, and whether customers in touch before their first order return more often."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.analyses.effects import difference_between
from rfmtool.analyses.return_rates import MIN_GROUP_SIZE
from rfmtool.arrays import Floats, Mask, mask_of_places
from rfmtool.scoring.survival import survival_curve
from rfmtool.scoring.timing import OrderDays, WaitingTimes

_DTYPES: Final = {"name": "str", "first_buyers": "int64", "came_back": "float64",
                  "low": "float64", "high": "float64"}  # fmt: skip


def _returning(name: str, wait: WaitingTimes, mask: Mask, horizon: int) -> dict[str, Any]:
    """How many buyers are in `mask`, and the share of them who returned by the horizon.

    The share (Kaplan & Meier) and its limits are None below MIN_GROUP_SIZE, or if these buyers were
    not watched so long.
    """
    curve = survival_curve(wait.days[mask], wait.ended[mask])
    share = low = high = None
    if curve.customers >= MIN_GROUP_SIZE and curve.watched_days >= horizon:
        share, (low, high) = curve.event_share(horizon), curve.event_share_limits(horizon)
    return {"name": name, "first_buyers": curve.customers, "came_back": share, "low": low,
            "high": high}  # fmt: skip


def compare_contact_timing(
    contact: Floats, wait: WaitingTimes, days: OrderDays, horizon: int
) -> dict[str, Any]:
    """Compare buyers in touch before their first order with those who were not, as plain data.

    `contact` is everybody's day of first contact, NaN where it is not known; the shares who
    returned are those by the day `horizon`.
    """
    first_order = days.day[days.starts]
    day = contact[wait.owner]
    known = ~np.isnan(day)
    with np.errstate(invalid="ignore"):
        is_early = known & (day < first_order)
    before = _returning("before", wait, is_early, horizon)
    after = _returning("after", wait, known & ~is_early, horizon)
    shares = [(side["came_back"], side["low"], side["high"]) for side in (before, after)]
    is_known = None not in (*shares[0], *shares[1])
    difference = vars(difference_between(*shares)) if is_known else None
    return {"kind": "plain", "before": before, "after": after, "difference": difference}


def gateways(first: pd.DataFrame | None, wait: WaitingTimes, horizon: int) -> pd.DataFrame:
    """What each first purchase leads to; buyers who began with several count for each.

    `first` has owner and category of each first purchase, None where these are unknown. The rows
    have the keys of `_returning`, the most frequent first purchases first.
    """
    rows = []
    if first is not None and len(first):
        buyer = pd.Series(np.searchsorted(wait.owner, first["owner"].to_numpy()))
        for name, buyers in buyer.groupby(first["category"].astype("str").to_numpy()):
            mask = mask_of_places(buyers, len(wait.owner))
            rows.append(_returning(str(name), wait, mask, horizon))
    table = pd.DataFrame(rows, columns=[*_DTYPES]).astype(_DTYPES)
    return table.sort_values(["first_buyers", "name"], ascending=[False, True], ignore_index=True)
