"""The funnel of the ladder: how many people reached each rung, and in what time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.analyses.journey_steps import earliest, median_days, nth_order_days
from rfmtool.arrays import Floats
from rfmtool.frames import Frames
from rfmtool.money import exact_total
from rfmtool.placing.evidence_columns import PROMOTER_MIN
from rfmtool.placing.matching import column_equals
from rfmtool.scoring.timing import OrderDays, Timing

NEW_DAYS: Final = 90
"""How many days count as "new" and "newly lapsed"."""
_NO_ROWS: Final = pd.DataFrame({"owner": [], "referred": [], "nps": []}, dtype="int64")


def funnel(
    people: pd.DataFrame, frames: Frames, days: OrderDays, timing: Timing, as_of_day: int
) -> dict[str, Any]:
    """Count people by rung reached, and compute whether the ladder grows.

    Reads stage (categories from the top rung down), activity, monetary, recency_days,
    usual_gap_days and overdue_ratio; `timing` has the limits of being lapsed.

    Returns:
        steps, from the lowest rung to the highest: how many are on it or above, the share of those
        who reached the rung below, and the median days from that rung where these are known;
        new_buyers and newly_lapsed of the last 90 days; is_pyramid: whether advocates < supporters
        < customers + clients; top_revenue: the spend of advocates and partners, and
        referred_revenue: of those they referred, in whole 1/10,000. None where it is undefined.
    """
    top = people["stage"].isin(["advocate", "partner"]).to_numpy()
    money = people["monetary"].to_numpy()
    referred = np.zeros(len(people), dtype=bool)
    if "referrals" in frames:
        table = frames["referrals"]
        referred[table["referred"].to_numpy()[top[table["owner"].to_numpy()]]] = True
    first_days = days.day[days.starts]
    return {
        "steps": list(_steps(people, _arrivals(len(people), frames, days))),
        "new_buyers": int((first_days > as_of_day - NEW_DAYS).sum()),
        "newly_lapsed": _newly_lapsed(people, timing),
        "is_pyramid": _is_pyramid(people["stage"]),
        "top_revenue": exact_total(money[top]),
        "referred_revenue": exact_total(money[referred & ~top]),
    }


def _steps(people: pd.DataFrame, arrivals: Mapping[str, Floats]) -> Iterator[dict[str, Any]]:
    stages = list(people["stage"].cat.categories)[::-1]
    counts = people["stage"].value_counts().reindex(stages).to_numpy()
    reached = np.cumsum(counts[::-1])[::-1].tolist()
    for index, stage in enumerate(stages):
        below, conversion, days = stages[index - 1], None, None
        if index and reached[index - 1]:
            conversion = reached[index] / reached[index - 1]
        if index and below in arrivals and stage in arrivals:
            days = median_days(arrivals[below], arrivals[stage])
        step = {"stage": stage, "reached": reached[index]}
        yield {**step, "conversion": conversion, "median_days": days}


def _arrivals(count: int, frames: Frames, days: OrderDays) -> dict[str, Floats]:
    """By rung, the first day on which each person met its condition; NaN where it is not dated."""
    contacts, partners = frames.get("contacts", _NO_ROWS), frames.get("partners", _NO_ROWS)
    referrals, feedback = frames.get("referrals", _NO_ROWS), frames.get("feedback", _NO_ROWS)
    # People who refer themselves refer nobody.
    referrals = referrals[referrals["owner"].to_numpy() != referrals["referred"].to_numpy()]
    is_review = column_equals(feedback, "kind", "review")
    reviewed = is_review & column_equals(feedback, "sentiment", "positive")
    promotes = feedback["nps"].to_numpy(dtype=np.int64, na_value=0) >= PROMOTER_MIN
    unasked = referrals[column_equals(referrals, "solicited", value=False)]
    unasked_praise = feedback[column_equals(feedback, "solicited", value=False) & reviewed]
    praise = feedback[promotes | reviewed]
    sources = {
        "prospect": [(contacts, "owner", "since_on"), (referrals, "referred", "referred_on")],
        "supporter": [(referrals, "owner", "referred_on"), (praise, "owner", "given_on")],
        "advocate": [(unasked, "owner", "referred_on"), (unasked_praise, "owner", "given_on")],
        "partner": [(partners, "owner", "from_on")],
    }
    return {
        "customer": nth_order_days(count, days, 0),
        "client": nth_order_days(count, days, 1),
        **{rung: earliest(count, tables) for rung, tables in sources.items()},
    }


def _newly_lapsed(people: pd.DataFrame, timing: Timing) -> int:
    """How many customers are lapsed who were not 90 days ago."""
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
