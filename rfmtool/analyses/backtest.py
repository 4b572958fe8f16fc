"""Whether the labels predict anything: placed as of an earlier day, who came back since?

The pipeline places customers by what was known at the end of the earlier day, and finds who ordered
in the days after it; here these are counted by label.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmtool.analyses.returned import BACKTEST_DAYS, MIN_HISTORY_DAYS, Share
from rfmtool.money import money_text, total_of

GROUPINGS: Final = ("segment", "stage", "action")
TOO_FEW: Final = "too few"
TOO_SHORT: Final = (
    f"Under {MIN_HISTORY_DAYS} days of history: too short to look back at who returned."
)
"""What to say where there is no backtest."""


@dataclass(frozen=True)
class Group:
    """The customers with one label on the earlier day, and what became of them."""

    by: str
    name: str
    share: Share
    spent: int
    """What all of them spent in the days after, in whole 1/10,000."""

    def as_data(self) -> dict[str, Any]:
        """Plain data; the limits and the average are missing where customers are too few."""
        whole, enough = self.share.customers, self.share.is_enough
        low, high = (self.share.interval if enough else None) or (None, None)
        average = money_text(round(Fraction(self.spent, whole))) if enough else None
        return {
            "by": self.by,
            "name": self.name,
            "customers": whole,
            "returned": self.share.returned,
            "low": low,
            "high": high,
            "average_next": average,
            **({} if enough else {"note": TOO_FEW}),
        }


@dataclass(frozen=True)
class Backtest:
    """What became of the customers of an earlier day in the `days` after it."""

    from_day: date
    days: int
    groups: tuple[Group, ...]

    def as_data(self) -> dict[str, Any]:
        """Plain data, as summary.json has it."""
        return {
            "from": self.from_day.isoformat(),
            "days": self.days,
            "groups": [group.as_data() for group in self.groups],
        }


def backtest(
    people: pd.DataFrame,
    returned: npt.NDArray[np.bool_],
    spent: npt.NDArray[np.int64],
    from_day: date,
) -> Backtest:
    """Count who came back, by each label that they had.

    Args:
        people: everybody known at the end of `from_day`, placed by what was known then: segment,
            stage and action as categories, as far as there are such columns.
        returned: for each row, whether they have a counting order in the BACKTEST_DAYS after.
        spent: for each row, what they spent in these days, refunds taken off, in whole 1/10,000.
        from_day: the earlier day.
    """
    by = [name for name in GROUPINGS if name in people]
    groups = [group for name in by for group in _groups(people[name], returned, spent)]
    return Backtest(from_day, BACKTEST_DAYS, tuple(groups))


def _groups(
    labels: pd.Series[Any], returned: npt.NDArray[np.bool_], spent: npt.NDArray[np.int64]
) -> list[Group]:
    """A group for each label that somebody had, in the order of the categories."""
    codes = labels.cat.codes.to_numpy()
    names = labels.cat.categories
    many = np.bincount(codes, minlength=len(names)).tolist()
    back = np.bincount(codes[returned], minlength=len(names)).tolist()
    return [
        Group(
            str(labels.name),
            str(name),
            Share(many[place], back[place]),
            total_of(spent[codes == place]),
        )
        for place, name in enumerate(names)
        if many[place]
    ]
