"""When second orders come, how many ever do, and when to ask for one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.arrays import Floats
from rfmtool.days import day_number
from rfmtool.documents import Data
from rfmtool.scoring.survival import SurvivalCurve, best_weeks, survival_curve, weekly_hazard
from rfmtool.scoring.timing import (
    MIN_SECOND_ORDERS,
    OrderDays,
    WaitingTimes,
    Windows,
    fit_windows,
    waiting_times,
)

DAYS: Final = (30, 60, 90, 180, 365)
"""The days by which return shares are given."""
SELECTION: Final = (
    "Gaps shorten from order to order partly by selection: frequent buyers come soon."
)
_MAX_STEPS: Final = 10
_WEEK: Final = 7
_TABLE: Final = ["customer_id", "first_order_on", "days_since", "days_left",
                   "ask", "ask_from_on", "ask_until_on", "monetary"]  # fmt: skip
_ASK: Final = ("now", "later", "late")
"""When to ask for a second order: the best weeks are running, ahead, or past."""
_ASK_DTYPE: Final = pd.CategoricalDtype(list(_ASK))


@dataclass(frozen=True)
class RepeatGroup:
    """The second order of some of the buyers."""

    name: str
    repeaters: int
    curve: SurvivalCurve


@dataclass(frozen=True)
class Repeat:
    """The answer: the curve of the second order, and what follows from it."""

    as_of: date
    repeaters: int
    curve: SurvivalCurve
    windows: Windows
    hazard: Floats
    """Second orders per 1,000 customer-days at risk, by week, until 80 % of them have come."""
    best_weeks: tuple[int, int] | None
    steps: tuple[Data, ...]
    """From each order day to the next; see `_step`."""
    by: str | None
    groups: tuple[RepeatGroup, ...]
    table: pd.DataFrame
    """One-time buyers inside the window: first those to ask now, then later, by the day, then those
    for whom the best weeks are past, each by value. `ask` is empty with too few second orders."""

    @property
    def buyers(self) -> int:
        """How many customers have bought at all."""
        return self.curve.customers

    @property
    def ask(self) -> dict[str, int]:
        """How many buyers to ask now, later, or late; empty with too few second orders."""
        if not self.windows.is_fitted or self.best_weeks is None:
            return {}
        counts = self.table["ask"].value_counts()
        return {name: int(counts[name]) for name in _ASK}

    @property
    def notes(self) -> tuple[str, ...]:
        """Caveats in sentences."""
        if not self.buyers:
            return ("Nobody has an order that counts, so there is nothing to come back from.",)
        days = self.curve.watched_days
        watched = f"{days:,} day" + "s" * (days != 1)
        if not self.repeaters:
            first = f"the first were watched for {watched}."
            return (f"Nobody has ordered on a second day yet; {first}",)
        notes = []
        if self.repeaters < MIN_SECOND_ORDERS:
            notes.append(
                f"Fewer than {MIN_SECOND_ORDERS} second orders: the windows are round numbers of"
                " days, and the best weeks may be chance."
            )
        if days < DAYS[-1]:
            notes.append(
                f"Nobody has been watched for longer than {watched}; the shares by later days are"
                " what was reached until then."
            )
        return tuple(notes)

    def as_data(self) -> dict[str, Any]:
        """Plain data; shares from 0 to 1, None where there is no such number."""
        data = {
            "as_of": self.as_of.isoformat(),
            **_curve_summary(self.repeaters, self.curve),
            "watched_days": self.curve.watched_days,
            "windows": {name: getattr(self.windows, name) for name in ("w25", "w50", "w80", "w95")},
            "windows_are_fitted": self.windows.is_fitted,
            "weekly_hazard": [_none_if_nan(rate) for rate in self.hazard.tolist()],
            "best_weeks": list(self.best_weeks) if self.best_weeks else None,
            "latency": list(self.steps),
            "latency_note": SELECTION,
            "curve": _points(self.curve),
            "waiting": len(self.table),
            "ask": self.ask or None,
            "notes": list(self.notes),
        }
        if self.by is not None:
            groups = [{"name": group.name, **_curve_summary(group.repeaters, group.curve)}
                      for group in self.groups]  # fmt: skip
            data |= {"by": self.by, "groups": groups}
        return data


def repeat(
    people: pd.DataFrame,
    days: OrderDays,
    as_of: date,
    *,
    by: str | None = None,
    groups: pd.Series[str] | None = None,
) -> Repeat:
    """Estimate when second orders come; buyers without one yet are censored.

    Reads customer_id, order_days, first_order_on and monetary of people, who were watched until
    `as_of`; `owner` of days is the row of people. `by` says in a word what the groups are, one
    for each row of people, each of which gets its own curve.
    """
    as_of_day = day_number(as_of)
    second = waiting_times(days, as_of_day)
    windows = fit_windows(second.days, second.ended)
    hazard = weekly_hazard(second.days, second.ended, max(windows.w80 // _WEEK, 1))
    best = best_weeks(hazard)
    return Repeat(
        as_of=as_of,
        repeaters=int(second.ended.sum()),
        curve=survival_curve(second.days, second.ended),
        windows=windows,
        hazard=hazard,
        best_weeks=best,
        steps=tuple(
            _step(number, wait)
            for number in range(1, _MAX_STEPS + 1)
            if (wait := waiting_times(days, as_of_day, number)).ended.any()
        ),
        by=by,
        groups=() if groups is None else tuple(_groups(second, groups)),
        table=_waiting(people, as_of, windows, best if windows.is_fitted else None),
    )


def _step(number: int, wait: WaitingTimes) -> dict[str, Any]:
    """From one order day to the next: number 1 is the wait for the second.

    `median_days` is the median gap of those who returned, which is biased short; the median of the
    curve is over everybody.
    """
    curve = survival_curve(wait.days, wait.ended)
    return {
        "order": number,
        "median_days": float(np.median(wait.days[wait.ended])),
        "customers": curve.customers,
        "returned": int(wait.ended.sum()),
        "median_days_of_all": curve.quantile(0.5),
        "by_day": _by_day(curve),
    }


def _groups(second: WaitingTimes, groups: pd.Series[str]) -> Iterator[RepeatGroup]:
    """The curve of each group, in the order of their names; who has none is in no group."""
    places = pd.Series(np.arange(len(second.owner)))
    for name, part in places.groupby(groups.iloc[second.owner].to_numpy(), sort=True):
        days, ended = second.days[part], second.ended[part]
        yield RepeatGroup(str(name), int(ended.sum()), survival_curve(days, ended))


def _waiting(
    people: pd.DataFrame, as_of: date, windows: Windows, best: tuple[int, int] | None
) -> pd.DataFrame:
    """Buyers with one order day, not longer ago than 95 % of second orders take."""
    once = people[people["order_days"] == 1]
    since = (pd.Timestamp(as_of) - once["first_order_on"]).dt.days
    waiting = once.assign(days_since=since, days_left=windows.w95 - since)[since <= windows.w95]
    since, ordered_on = waiting["days_since"], waiting["first_order_on"]
    if best is None:
        missing = ordered_on.mask(ordered_on.notna())
        ask = pd.Categorical([None] * len(since), dtype=_ASK_DTYPE)
        rows = waiting.assign(ask=ask, ask_from_on=missing, ask_until_on=missing, wait=0)
    else:
        first, last = _WEEK * (best[0] - 1) + 1, _WEEK * best[1]
        codes = np.select([since < first, since > last], [1, 2], 0).astype(np.int64)
        rows = waiting.assign(
            ask=pd.Categorical.from_codes(codes, dtype=_ASK_DTYPE),
            ask_from_on=ordered_on + pd.Timedelta(days=first),
            ask_until_on=ordered_on + pd.Timedelta(days=last),
            wait=(first - since).clip(lower=0),
        )
    # The rows come sorted by id, and equal spends stay so.
    order = np.lexsort((-rows["monetary"], rows["wait"], rows["ask"].cat.codes))
    table: pd.DataFrame = rows[_TABLE].iloc[order].reset_index(drop=True)
    return table


# As data -----------------------------------------------------------------------------------------


def _curve_summary(repeaters: int, curve: SurvivalCurve) -> dict[str, Any]:
    return {
        "buyers": curve.customers,
        "repeaters": repeaters,
        "median_days": curve.quantile(0.5),
        "by_day": _by_day(curve),
    }


def _by_day(curve: SurvivalCurve) -> dict[str, float]:
    return {str(day): curve.event_share(day) for day in DAYS}


def _points(curve: SurvivalCurve) -> list[dict[str, Any]]:
    low, high = curve.confidence_band()
    columns = zip(
        curve.day.tolist(), curve.survival.tolist(), curve.se.tolist(), low.tolist(), high.tolist(),
        strict=True,
    )  # fmt: skip
    return [
        {"day": day, "share": 1 - survival, "se": _none_if_nan(se), "low": _none_if_nan(low),
         "high": _none_if_nan(high)}
        for day, survival, se, low, high in columns
    ]  # fmt: skip


def _none_if_nan(number: float) -> float | None:
    return None if math.isnan(number) else number
