"""How far people have climbed: how many reached each rung, from which, and in what time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.analyses.steps import Frames
from rfmtool.arrays import Ints
from rfmtool.money import total_of
from rfmtool.placing.matching import holds
from rfmtool.placing.proof import PROMOTER
from rfmtool.scoring.timing import OrderDays, Timing

NEW_DAYS: Final = 90
"""How far back "new" and "newly lapsed" look."""
_NEVER: Final = np.iinfo(np.int64).max
_NO_ROWS: Final = pd.DataFrame({"owner": [], "referred": [], "nps": []}, dtype="int64")


@dataclass(frozen=True)
class Step:
    """A rung, how many stand on it or above, and how they got there.

    `conversion` is the share of those who reached the rung below; `median_days` the time from that
    rung of those who made the step and whose days are known. None where there is nobody to tell.
    """

    stage: str
    reached: int
    conversion: float | None
    median_days: float | None


@dataclass(frozen=True)
class Funnel:
    """The climb, and whether the ladder grows: money in whole 1/10,000."""

    steps: tuple[Step, ...]
    """From the lowest rung to the highest."""
    new_buyers: int
    """First ordered in the last 90 days."""
    newly_lapsed: int
    """Went past their limit in the last 90 days."""
    is_pyramid: bool | None
    """Whether advocates < supporters < customers + clients; None where nobody is either."""
    top_revenue: int
    """What advocates and partners spent."""
    referred_revenue: int
    """What those spent whom advocates and partners brought, themselves not on these rungs."""

    def as_data(self) -> dict[str, Any]:
        """The funnel as summary.json has it, but for its money."""
        return {**asdict(self), "steps": [asdict(step) for step in self.steps]}


def funnel(
    people: pd.DataFrame, frames: Frames, days: OrderDays, timing: Timing, as_of_day: int
) -> Funnel:
    """Count the climb.

    Args:
        people: placed people: stage (categories from the top rung down), activity, monetary,
            recency_days, usual_gap_days, overdue_ratio, first_order_on.
        frames: evidence by table, with `owner` and `referred` as places among the people.
        days: the order days.
        timing: the limits of being lapsed.
        as_of_day: in days since 1970-01-01.
    """
    top = people["stage"].isin(["advocate", "partner"]).to_numpy()
    money = people["monetary"].to_numpy()
    brought = np.zeros(len(people), dtype=bool)
    if "referrals" in frames:
        table = frames["referrals"]
        theirs = top[table["owner"].to_numpy()]
        brought[table["referred"].to_numpy()[theirs]] = True
    brought &= ~top
    first_days = days.day[days.starts]
    return Funnel(
        steps=_steps(people, _arrivals(len(people), frames, days)),
        new_buyers=int((first_days > as_of_day - NEW_DAYS).sum()),
        newly_lapsed=_newly_lapsed(people, timing),
        is_pyramid=_is_pyramid(people["stage"]),
        top_revenue=total_of(money[top]),
        referred_revenue=total_of(money[brought]),
    )


def _steps(people: pd.DataFrame, arrivals: Mapping[str, Ints]) -> tuple[Step, ...]:
    stages = list(people["stage"].cat.categories)[::-1]
    standing = people["stage"].value_counts().reindex(stages).to_numpy()
    reached = np.cumsum(standing[::-1])[::-1].tolist()
    steps = [Step(stages[0], reached[0], None, None)]
    for place, (below, stage) in enumerate(pairwise(stages), 1):
        conversion = reached[place] / reached[place - 1] if reached[place - 1] else None
        median_days = None
        if below in arrivals and stage in arrivals:
            start, end = arrivals[below], arrivals[stage]
            made = (start != _NEVER) & (end != _NEVER) & (end >= start)
            median_days = float(np.median(end[made] - start[made])) if made.any() else None
        steps.append(Step(stage, reached[place], conversion, median_days))
    return tuple(steps)


def _arrivals(count: int, frames: Frames, days: OrderDays) -> dict[str, Ints]:
    """The first day on which each person did what each rung asks, as far as it is dated."""
    first, second = np.full(count, _NEVER), np.full(count, _NEVER)
    first[days.owner[days.starts]] = days.day[days.starts]
    again = days.starts[days.counts > 1] + 1
    second[days.owner[again]] = days.day[again]

    def earliest(rows: pd.DataFrame, day: str, who: str = "owner") -> Ints:
        """Of each person's rows; never where there is none, or none is dated."""
        found = np.full(count, _NEVER)
        if day in rows:
            dated = rows[rows[day].notna()]
            np.minimum.at(found, dated[who].to_numpy(), dated[day].to_numpy(dtype=np.int64))
        return found

    contacts, partners = frames.get("contacts", _NO_ROWS), frames.get("partners", _NO_ROWS)
    referrals, feedback = frames.get("referrals", _NO_ROWS), frames.get("feedback", _NO_ROWS)
    # Naming oneself names nobody.
    referrals = referrals[referrals["owner"].to_numpy() != referrals["referred"].to_numpy()]
    reviewed = holds(feedback, "kind", "review") & holds(feedback, "sentiment", "positive")
    promotes = feedback["nps"].to_numpy(dtype=np.int64, na_value=0) >= PROMOTER
    unasked = referrals[holds(referrals, "solicited", value=False)]
    unasked_praise = feedback[holds(feedback, "solicited", value=False) & reviewed]
    return {
        "prospect": np.minimum(
            earliest(contacts, "since_on"), earliest(referrals, "referred_on", "referred")
        ),
        "customer": first,
        "client": second,
        "supporter": np.minimum(
            earliest(referrals, "referred_on"), earliest(feedback[promotes | reviewed], "given_on")
        ),
        "advocate": np.minimum(
            earliest(unasked, "referred_on"), earliest(unasked_praise, "given_on")
        ),
        "partner": earliest(partners, "from_on"),
    }


def _newly_lapsed(people: pd.DataFrame, timing: Timing) -> int:
    """Those who are lapsed, and were not so 90 days ago."""
    ratio = people["overdue_ratio"].to_numpy()
    recency = people["recency_days"].to_numpy(dtype=np.float64, na_value=np.nan)
    gap = people["usual_gap_days"].to_numpy()
    limit = np.where(np.isnan(ratio), timing.windows.w95, timing.lapsed_ratio * gap)
    lapsed = people["activity"].eq("lapsed").to_numpy()
    return int((lapsed & (recency - NEW_DAYS <= limit)).sum())


def _is_pyramid(stages: pd.Series[str]) -> bool | None:
    counts = stages.value_counts()
    names = ("advocate", "supporter", "customer", "client")
    if not set(names) <= set(counts.index):
        return None
    advocates, supporters, customers, clients = (int(counts[name]) for name in names)
    if not advocates + supporters:
        return None
    return advocates < supporters < customers + clients
