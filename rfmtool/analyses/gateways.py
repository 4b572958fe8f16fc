"""What first purchases lead to, and whether those in touch before theirs come back more often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from rfmtool.analyses.effects import Effect, difference_between
from rfmtool.analyses.return_rates import MIN_GROUP_SIZE
from rfmtool.arrays import Floats, Mask, mask_of_places
from rfmtool.scoring.survival import survival_curve
from rfmtool.scoring.timing import OrderDays, WaitingTimes


@dataclass(frozen=True)
class Gateway:
    """A first purchase, how many began with it, and the share of them who came back."""

    name: str
    first_buyers: int
    came_back: float | None
    """By the horizon, by Kaplan & Meier; None of fewer than ENOUGH, or not watched so long."""
    low: float | None
    high: float | None

    @property
    def interval(self) -> tuple[float, float, float] | None:
        """The share and its limits; None of too few."""
        if self.came_back is None or self.low is None or self.high is None:
            return None
        return self.came_back, self.low, self.high


_KINDS: Final = {
    "name": "str", "first_buyers": "int64",
    **dict.fromkeys(("came_back", "low", "high"), "float64"),
}  # fmt: skip
"""The columns of a table of them."""


@dataclass(frozen=True)
class ContactTimingComparison:
    """Who came back of those in touch before their first order, and of those who were not."""

    before: Gateway
    after: Gateway
    difference: Effect | None


def _returning(name: str, wait: WaitingTimes, mask: Mask, horizon: int) -> Gateway:
    """The share of some first-time buyers who came back by the horizon, if they were watched."""
    curve = survival_curve(wait.days[mask], wait.ended[mask])
    if curve.customers < MIN_GROUP_SIZE or curve.watched_days < horizon:
        return Gateway(name, curve.customers, None, None, None)
    return Gateway(
        name, curve.customers, curve.event_share(horizon), *curve.event_share_limits(horizon)
    )


def compare_contact_timing(
    contact: Floats, wait: WaitingTimes, days: OrderDays, horizon: int
) -> ContactTimingComparison:
    """Compare those in touch before their first order with those who were not.

    `contact` is the day of everybody's first contact, NaN where it is not known; the shares who
    came back are told by the day `horizon`.
    """
    started = days.day[days.starts]
    day = contact[wait.owner]
    known = ~np.isnan(day)
    with np.errstate(invalid="ignore"):
        early = known & (day < started)
    before = _returning("before", wait, early, horizon)
    after = _returning("after", wait, known & ~early, horizon)
    one, other = before.interval, after.interval
    if one is None or other is None:
        return ContactTimingComparison(before, after, None)
    return ContactTimingComparison(
        before, after, difference_between(one[0], one[1:], other[0], other[1:])
    )


def gateways(first: pd.DataFrame | None, wait: WaitingTimes, horizon: int) -> pd.DataFrame:
    """What each first purchase leads to; who began with several counts for each.

    Args:
        first: owner and category of each first purchase; None where nobody tells.
        wait: how long each buyer waited for a second order.
        horizon: by which day the shares who came back are told.

    Returns:
        A row for each, as `Gateway` has it, the most frequent ones first.
    """
    rows = []
    if first is not None and len(first):
        place = np.searchsorted(wait.owner, first["owner"].to_numpy())
        for name, places in pd.Series(place).groupby(first["category"].astype("str").to_numpy()):
            mask = mask_of_places(places, len(wait.owner))
            rows.append(vars(_returning(str(name), wait, mask, horizon)))
    table = pd.DataFrame(rows, columns=[*_KINDS]).astype(_KINDS)
    return table.sort_values(["first_buyers", "name"], ascending=[False, True], ignore_index=True)
