"""Gateway products, and whether customers in touch before their first order return more often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.analyses.effects import difference_between
from rfmtool.analyses.return_rates import MIN_GROUP_SIZE
from rfmtool.arrays import Floats, Mask, mask_of_places
from rfmtool.scoring.survival import survival_curve
from rfmtool.scoring.timing import OrderDays, WaitingTimes


@dataclass(frozen=True)
class Gateway:
    """A first purchase, its buyers, and the share of them who returned."""

    name: str
    first_buyers: int
    came_back: float | None
    """By the horizon (Kaplan & Meier); None below MIN_GROUP_SIZE, or if not watched so long."""
    low: float | None
    high: float | None

    @property
    def interval(self) -> tuple[float, float, float] | None:
        """The share and its limits; None with too few buyers."""
        if self.came_back is None or self.low is None or self.high is None:
            return None
        return self.came_back, self.low, self.high


_DTYPES: Final = {"name": "str", "first_buyers": "int64", "came_back": "float64",
                  "low": "float64", "high": "float64"}  # fmt: skip


def _returning(name: str, wait: WaitingTimes, mask: Mask, horizon: int) -> Gateway:
    """The share of the buyers in `mask` who returned by the horizon, if they were watched."""
    curve = survival_curve(wait.days[mask], wait.ended[mask])
    if curve.customers < MIN_GROUP_SIZE or curve.watched_days < horizon:
        return Gateway(name, curve.customers, None, None, None)
    share, limits = curve.event_share(horizon), curve.event_share_limits(horizon)
    return Gateway(name, curve.customers, share, *limits)


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
    difference = None
    if before.interval and after.interval:
        difference = vars(difference_between(before.interval, after.interval))
    sides = {"before": vars(before), "after": vars(after)}
    return {"kind": "plain", **sides, "difference": difference}


def gateways(first: pd.DataFrame | None, wait: WaitingTimes, horizon: int) -> pd.DataFrame:
    """What each first purchase leads to; buyers who began with several count for each.

    `first` has owner and category of each first purchase, None where these are unknown. The rows
    have the columns of `Gateway`, the most frequent first purchases first.
    """
    rows = []
    if first is not None and len(first):
        buyer = pd.Series(np.searchsorted(wait.owner, first["owner"].to_numpy()))
        for name, buyers in buyer.groupby(first["category"].astype("str").to_numpy()):
            mask = mask_of_places(buyers, len(wait.owner))
            rows.append(vars(_returning(str(name), wait, mask, horizon)))
    table = pd.DataFrame(rows, columns=[*_DTYPES]).astype(_DTYPES)
    return table.sort_values(["first_buyers", "name"], ascending=[False, True], ignore_index=True)
