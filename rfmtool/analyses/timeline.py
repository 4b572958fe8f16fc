"""Timeline: customers by rung, segment and activity at the end of each week, month or quarter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from rfmtool.analyses.return_rates import MIN_HISTORY_DAYS
from rfmtool.money import exact_total, money_text

Every = Literal["week", "month", "quarter"]
EVERY: Final[Mapping[str, str]] = {"week": "W-SUN", "month": "ME", "quarter": "QE"}
"""The ends of calendar weeks (Sundays), months and quarters, as pandas names them."""
POINT_COLUMNS: Final = ("frequency", "monetary", "stage", "segment", "activity")
"""The columns that `timeline_point` reads."""
DAYS_A_YEAR: Final = 365.25
_YEAR: Final = timedelta(days=365)
_BASE: Final = ("newcomer", "active", "overdue")
"""The activities of customers who are still with the shop."""


@dataclass(frozen=True)
class TimelinePoint:
    """Counts of customers at the end of a day; revenue is the total until then, in 1/10,000."""

    as_of: date
    customers: int
    buyers: int
    revenue: int
    stages: Mapping[str, int]
    segments: Mapping[str, int]
    activity: Mapping[str, int]

    @property
    def base(self) -> int:
        """How many customers are still with the shop: newcomers, active and overdue ones."""
        return sum(self.activity.get(name, 0) for name in _BASE)

    def as_data(self) -> dict[str, Any]:
        """Plain data; money is text."""
        texts = {"as_of": self.as_of.isoformat(), "revenue": money_text(self.revenue)}
        return {**vars(self), **texts}


@dataclass(frozen=True)
class Timeline:
    """The answer: a point for each day, the earliest first."""

    every: str
    begins_on: date
    """The first day of the export."""
    fitted: bool
    """Whether cut points and limits were fitted anew for each day."""
    points: tuple[TimelinePoint, ...]
    """The earliest first; the last is that of the whole export."""
    window_days: int | None = None
    """The length of the window that was read; None for the whole history."""

    @property
    def baseline(self) -> TimelinePoint | None:
        """The point to compare the last one with; None where there is no other.

        The latest that lies a year or more before, else the first, of those with MIN_HISTORY_DAYS
        behind them if there are any.
        """
        earlier = self.points[:-1]
        usable = [point for point in earlier if self.age_days(point) >= MIN_HISTORY_DAYS]
        usable = usable or [*earlier[:1]]
        year_old = [point for point in usable if point.as_of <= self.points[-1].as_of - _YEAR]
        return year_old[-1] if year_old else next(iter(usable), None)

    def age_days(self, point: TimelinePoint) -> int:
        """The days from the first day of the export to that of the point."""
        return (point.as_of - self.begins_on).days

    @property
    def table(self) -> pd.DataFrame:
        """A row for each day, and a column for each rung, segment and activity."""
        rows = [
            {
                "as_of": pd.Timestamp(point.as_of).as_unit("s"),
                "customers": point.customers,
                "buyers": point.buyers,
                "revenue": point.revenue,
                **{f"stage_{name}": count for name, count in point.stages.items()},
                **{f"segment_{name}": count for name, count in point.segments.items()},
                **{f"activity_{name}": count for name, count in point.activity.items()},
                **self.growth(point),
            }
            for point in self.points
        ]
        return pd.DataFrame(rows)

    @property
    def notes(self) -> tuple[str, ...]:
        """Caveats in sentences."""
        notes = []
        if self.window_days is not None:
            notes.append(
                f"Only the last day has a full window of {self.window_days:,} days behind it;"
                " use --as-of for another."
            )
        elif len(self.points) == 1:
            notes.append(f"All lies within one {self.every}: there is one day only.")
        early = self.begins_on + timedelta(days=MIN_HISTORY_DAYS)
        if self.fitted and self.window_days is None and self.points[0].as_of < early:
            notes.append(
                f"Before {early} there are under {MIN_HISTORY_DAYS} days of history, and what is"
                " fitted to so little moves a lot; --scales keeps it fixed."
            )
        return tuple(notes)

    def as_data(self) -> list[dict[str, Any]]:
        """Plain data; money is text."""
        return [{**point.as_data(), **self.growth(point)} for point in self.points]

    def growth(self, point: TimelinePoint) -> dict[str, Any]:
        """The age of the shop on that day, and its advocates for each year of it.

        The rate says whether goodwill grows with the years; None on the first day, or where the
        ladder has no such rung.
        """
        age = self.age_days(point)
        advocates = point.stages.get("advocate")
        rate = None if advocates is None or not age else round(advocates * DAYS_A_YEAR / age, 4)
        return {"age_days": age, "advocates_per_year": rate}


def period_ends(first: date, last: date, every: Every) -> tuple[date, ...]:
    """The ends of weeks, months or quarters from `first` on and before `last`, and `last`."""
    days = pd.date_range(first, last, freq=EVERY[every], unit="s")
    before = [day.date() for day in days if day.date() < last]
    return (*before, last)


def timeline_point(people: pd.DataFrame, as_of: date) -> TimelinePoint:
    """Count the customers of a run; reads POINT_COLUMNS."""
    return TimelinePoint(
        as_of=as_of,
        customers=len(people),
        buyers=int((people["frequency"] > 0).sum()),
        revenue=exact_total(people["monetary"]),
        stages=_counts(people["stage"]),
        segments=_counts(people["segment"]),
        activity=_counts(people["activity"]),
    )


def _counts(labels: pd.Series[Any]) -> dict[str, int]:
    names = labels.cat.categories
    counts = np.bincount(labels.cat.codes, minlength=len(names)).tolist()
    return {str(name): count for name, count in zip(names, counts, strict=True)}
