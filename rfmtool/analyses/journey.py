"""The first-time buyer's way: from the first contact to the third order, and where people are lost.

Everybody begins at the first contact. Who has reached a step has reached all before it, whether or
not somebody wrote that down, so people never grow from step to step. All comparisons are plain
ones: what differs may be due to who the people are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.analyses.effects import Effect, difference_between
from rfmtool.analyses.repeat import DAYS
from rfmtool.analyses.returned import ENOUGH, Share
from rfmtool.analyses.steps import (
    Floats,
    Frames,
    Step,
    first_days,
    months,
    people_by,
    sources,
    steps_of,
    taken,
)
from rfmtool.arrays import Mask, is_first
from rfmtool.days import day_number
from rfmtool.placing.contacting import sent
from rfmtool.placing.tasks import FOLLOW_UP
from rfmtool.scoring.survival import Curve, best_weeks, survival_curve, weekly_hazard
from rfmtool.scoring.timing import OrderDays, Waits, fit_windows, waits

OPENS: Final = {
    "contacts": "the steps before the first order, and where people came from",
    "contacted": "whether anybody asks for a second order, and follows up",
}
_WEEK: Final = 7


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


@dataclass(frozen=True)
class Began:
    """Who came back of those in touch before their first order, and of those who were not."""

    before: Gateway
    after: Gateway
    difference: Effect | None


@dataclass(frozen=True)
class Journey:
    """The answer."""

    as_of: date
    by: str
    horizon_days: int
    """By which day the shares who came back are told."""
    steps: tuple[Step, ...]
    by_source: Mapping[str, tuple[int, ...]]
    by_month: Mapping[str, tuple[int, ...]]
    """People by step, for each group."""
    began: Began | None
    asking: Asking | None
    table: pd.DataFrame
    """What first purchases lead to, the most frequent ones first."""
    notes: tuple[str, ...]
    opens: Mapping[str, str]

    @property
    def gateway(self) -> list[Gateway]:
        """Those that ENOUGH began with, those that surely lead on first: by the lower limit."""
        rows = [Gateway(*row) for row in self.table.itertuples(index=False)]
        known = [row for row in rows if row.came_back is not None and not np.isnan(row.came_back)]
        return sorted(known, key=lambda row: (-(row.low or 0.0), row.name))

    def as_data(self) -> dict[str, Any]:
        """Plain data; shares from 0 to 1, None where there is no such number."""
        asking = self.asking and {**vars(self.asking), "asked": self.asking.asked.as_data()}
        began = self.began and {
            "kind": "plain",
            "before": vars(self.began.before),
            "after": vars(self.began.after),
            "difference": self.began.difference and vars(self.began.difference),
        }
        return {
            "as_of": self.as_of.isoformat(),
            "horizon_days": self.horizon_days,
            "steps": [vars(step) for step in self.steps],
            "by_source": _grouped(self.by_source),
            "by_month": _grouped(self.by_month),
            "contact_before_order": began,
            "asking": asking,
            "by": self.by,
            "gateway": [
                {self.by if name == "name" else name: value for name, value in vars(row).items()}
                for row in self.gateway
            ],
            "gateway_too_few": int(self.table["came_back"].isna().sum()),
            "opens": dict(self.opens),
            "notes": list(self.notes),
        }


def _grouped(groups: Mapping[str, tuple[int, ...]]) -> list[dict[str, Any]]:
    return [{"name": name, "people": list(people)} for name, people in groups.items()]


def journey(  # noqa: PLR0913 - all that it is told from
    people: int,
    evidence: Frames,
    days: OrderDays,
    first: pd.DataFrame | None,
    as_of: date,
    *,
    by: str = "category",
    services: Sequence[str] = (),
) -> Journey:
    """Follow everybody from the first contact to the third order.

    Args:
        people: how many there are.
        evidence: contacts (or all their steps), contacted and referrals, with `owner`.
        days: the order days.
        first: owner and category (or product) of each first purchase; None where nobody tells.
        as_of: until when they were watched.
        by: what `category` is.
        services: actions, in lower case, that ask for no order.
    """
    as_of_day = day_number(as_of)
    found = first_days(people, evidence, days)
    contact = found["first_contact"]
    wait = waits(days, as_of_day)
    horizon = _horizon(days, as_of_day)
    known = taken(evidence)
    has_steps = "contacts" in evidence
    return Journey(
        as_of=as_of,
        by=by,
        horizon_days=horizon,
        steps=tuple(steps_of({step: found[step] for step in known}, people)),
        by_source=people_by(sources(people, evidence), found, known) if has_steps else {},
        by_month=people_by(months(contact), found, known) if has_steps else {},
        began=_began(contact, wait, days, horizon) if has_steps else None,
        asking=_asking(evidence, found, wait, as_of_day, services),
        table=_gateways(first, wait, horizon),
        notes=tuple(_notes(len(wait.owner), first, by)),
        opens={table: what for table, what in OPENS.items() if table not in evidence},
    )


# Who comes back ----------------------------------------------------------------------------------


def _horizon(days: OrderDays, as_of_day: int) -> int:
    """The longest of some round numbers of days for which half of all buyers were watched.

    Beyond that few are left, and a curve jumps with each of them.
    """
    watched = as_of_day - days.day[is_first(days.owner)]
    half = float(np.median(watched)) if len(watched) else 0.0
    return max((day for day in DAYS if day <= half), default=DAYS[0])


def _returning(name: str, wait: Waits, mask: Mask, horizon: int) -> Gateway:
    """The share of some first-time buyers who came back by the horizon, if they were watched."""
    curve: Curve = survival_curve(wait.days[mask], wait.ended[mask])
    if curve.customers < ENOUGH or curve.watched_days < horizon:
        return Gateway(name, curve.customers, None, None, None)
    return Gateway(name, curve.customers, curve.share(horizon), *curve.share_between(horizon))


def _began(contact: Floats, wait: Waits, days: OrderDays, horizon: int) -> Began:
    """Compare those in touch before their first order with those who were not."""
    started = days.day[is_first(days.owner)]
    day = contact[wait.owner]
    known = ~np.isnan(day)
    with np.errstate(invalid="ignore"):
        early = known & (day < started)
    before = _returning("before", wait, early, horizon)
    after = _returning("after", wait, known & ~early, horizon)
    one, other = before.interval, after.interval
    if one is None or other is None:
        return Began(before, after, None)
    return Began(before, after, difference_between(one[0], one[1:], other[0], other[1:]))


def _gateways(first: pd.DataFrame | None, wait: Waits, horizon: int) -> pd.DataFrame:
    """What each first purchase leads to; who began with several counts for each."""
    columns = [*Gateway.__annotations__]
    if first is None or not len(first):
        return pd.DataFrame(columns=columns)
    place = np.searchsorted(wait.owner, first["owner"].to_numpy())
    rows = []
    for name, places in pd.Series(place).groupby(first["category"].astype("str").to_numpy()):
        mask = np.zeros(len(wait.owner), dtype=bool)
        mask[places.to_numpy()] = True
        rows.append(vars(_returning(str(name), wait, mask, horizon)))
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["first_buyers", "name"], ascending=[False, True], ignore_index=True)


# Asking ------------------------------------------------------------------------------------------


def _asking(
    evidence: Frames,
    found: Mapping[str, Floats],
    wait: Waits,
    as_of_day: int,
    services: Sequence[str],
) -> Asking | None:
    """Who was asked between first and second order, of those who began since the log did."""
    if "contacted" not in evidence:
        return None
    rows = sent(evidence["contacted"])
    rows = rows[~rows["action"].isin([*services, FOLLOW_UP])]
    owner, day = rows["owner"].to_numpy(), rows["day"].to_numpy()
    first, second = found["first_order"], found["second_order"]
    since = day - first[owner]  # not a number before anybody ordered
    counts = (since >= 0) & (day <= np.where(np.isnan(second), as_of_day, second)[owner])
    asked_after = np.full(len(first), np.inf)
    np.minimum.at(asked_after, owner[counts], since[counts])
    asked_after = asked_after[first >= day.min(initial=as_of_day + 1)]
    asked = asked_after[np.isfinite(asked_after)]
    best = _best_weeks(wait)
    low, high = (_WEEK * (best[0] - 1) + 1, _WEEK * best[1]) if best else (0, 0)
    return Asking(
        asked=Share(len(asked_after), len(asked)),
        median_day=float(np.median(asked)) if len(asked) else None,
        best_weeks=best,
        before=int((asked < low).sum()) if best else 0,
        within=int(((asked >= low) & (asked <= high)).sum()) if best else 0,
        after=int((asked > high).sum()) if best else 0,
    )


def _best_weeks(wait: Waits) -> tuple[int, int] | None:
    """When second orders come soonest, as `repeat` has it; None where too few have come."""
    windows = fit_windows(wait.days, wait.ended)
    hazard = weekly_hazard(wait.days, wait.ended, max(windows.w80 // _WEEK, 1))
    return best_weeks(hazard) if windows.is_fitted else None


def _notes(buyers: int, first: pd.DataFrame | None, by: str) -> Iterator[str]:
    if not buyers:
        yield "Nobody has an order that counts, so the way ends before the first."
    elif first is None:
        yield f"No column was read as {by}, so nobody knows what a first purchase was."
