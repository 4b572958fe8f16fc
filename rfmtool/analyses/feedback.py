"""Referrals, complaints and survey answers: who brings buyers, and who orders again afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.analyses.effects import difference_of_shares
from rfmtool.analyses.return_rates import Share
from rfmtool.arrays import Ints, is_group_start, mask_of_places
from rfmtool.days import UNKNOWN_DAY, day_numbers, integer_column
from rfmtool.frames import Frames
from rfmtool.grouping.order_dates import owner_day_keys
from rfmtool.money import exact_total
from rfmtool.placing.evidence_columns import DETRACTOR_MAX, PROMOTER_MIN
from rfmtool.placing.matching import column_equals
from rfmtool.scoring.timing import OrderDays

RETURN_DAYS: Final = 90
"""How long after a complaint or an answer an order counts as coming back."""
_SATISFIED_MIN: Final = 7


def referrals_by_stage(people: pd.DataFrame, referrals: pd.DataFrame) -> list[dict[str, Any]]:
    """By stage of the referrer, count the people referred, those who then bought, and revenue.

    A person referred by several people counts once on each of their stages. Reads stage, monetary
    (1/10,000) and last_order_on of people, and referred_on (missing: unknown).
    """
    table = referrals[referrals["owner"] != referrals["referred"]]
    referred = table["referred"].to_numpy()
    stage = people["stage"].array.take(table["owner"].to_numpy())
    last_order = day_numbers(people["last_order_on"].to_numpy(), missing=UNKNOWN_DAY - 1)
    is_bought = last_order[referred] >= integer_column(table, "referred_on")
    rows = pd.DataFrame({"stage": stage, "referred": referred, "bought": is_bought})
    once = rows.sort_values("bought").drop_duplicates(["stage", "referred"], keep="last")
    money = people["monetary"].to_numpy()[once["referred"].to_numpy()]
    once = once.assign(revenue=np.where(once["bought"], money, 0))
    return [
        {"stage": str(name), "referred": len(group), "bought": int(group["bought"].sum()),
         "revenue": exact_total(group["revenue"])}
        for name, group in once.groupby("stage", observed=True, sort=True)
    ]  # fmt: skip


def nps_by_stage(people: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Count each stage's survey answers, with their net promoter score (Reichheld 2003).

    The score is from -100 to 100, None without answers.
    Reads stage and latest_nps (missing: never asked or never answered).
    """
    nps = people["latest_nps"].to_numpy(dtype=np.int64, na_value=-1)
    groups = pd.Series(nps).groupby(people["stage"].array, observed=True, sort=True)
    for stage, members in groups:
        answers = members[members >= 0]
        promoters, detractors = (answers >= PROMOTER_MIN).sum(), (answers <= DETRACTOR_MAX).sum()
        score = 100 * int(promoters - detractors) / len(answers) if len(answers) else None
        yield {"stage": stage, "people": len(members), "answered": len(answers), "nps": score}


def complaints(people: pd.DataFrame, feedback: pd.DataFrame, days: OrderDays, as_of_day: int
               ) -> dict[str, Any]:  # fmt: skip
    """Count complaints, and owners who ordered within 90 days of their latest resolution.

    For comparison, buyers without a complaint are followed from their latest order day that is
    90 days old or more. Reads given_on, kind and resolved_on; a resolution after as_of_day has not
    happened yet.
    """
    rows = feedback[column_equals(feedback, "kind", "complaint")]
    resolved_on = integer_column(rows, "resolved_on")
    is_resolved = (resolved_on != UNKNOWN_DAY) & (resolved_on <= as_of_day)
    given_on = integer_column(rows, "given_on")
    is_dated = is_resolved & (given_on != UNKNOWN_DAY) & (resolved_on >= given_on)
    waits = (resolved_on - given_on)[is_dated]
    owner = rows["owner"].to_numpy()
    complained = mask_of_places(owner, len(people))
    old = ~complained[days.owner] & (days.day <= as_of_day - RETURN_DAYS)
    without = _came_back(days.owner[old], days.day[old], days, as_of_day)
    after = _came_back(owner[is_resolved], resolved_on[is_resolved], days, as_of_day)
    return {
        "open": int((~is_resolved).sum()),
        "resolved": int(is_resolved.sum()),
        "median_days_to_resolve": float(np.median(waits)) if len(waits) else None,
        "came_back_after": after.as_data(),
        "came_back_without": without.as_data(),
    }


def _latest(owner: Ints, *keys: Ints) -> Ints:
    """The place of each owner's last entry by these keys, the last key first."""
    order = np.lexsort((*keys, owner))
    return order[is_group_start(owner[order][::-1])[::-1]]


def _came_back(owner: Ints, since: Ints, days: OrderDays, as_of_day: int) -> Share:
    """How many ordered within 90 days after their latest `since`, of those watched so long."""
    last = _latest(owner, since)
    owner, since = owner[last], since[last]
    watched = since <= as_of_day - RETURN_DAYS
    owner, since = owner[watched], since[watched]
    if not len(days.owner):
        return Share(len(owner), 0)
    order_keys, keys = owner_day_keys(days.owner, days.day), owner_day_keys(owner, since)
    next_order = np.searchsorted(order_keys, keys, side="right")
    index = np.minimum(next_order, len(days.owner) - 1)
    is_own = (days.owner[index] == owner) & (next_order < len(days.owner))
    is_soon = days.day[index] - since <= RETURN_DAYS
    return Share(len(owner), int((is_own & is_soon).sum()))


def repurchase_by_satisfaction(
    feedback: pd.DataFrame, days: OrderDays, as_of_day: int
) -> dict[str, Any]:
    """Whether the ecstatic (9-10) ordered again within 90 days more often than the satisfied (7-8).

    By each buyer's latest answer that is 90 days old or more. Jones & Sasser (1995) found that only
    complete satisfaction makes customers loyal. Reads given_on and nps.
    """
    rows = feedback[(feedback["nps"].notna() & feedback["given_on"].notna()).to_numpy()]
    day = rows["given_on"].to_numpy(dtype=np.int64)
    old = day <= as_of_day - RETURN_DAYS
    owner, day = rows["owner"].to_numpy()[old], day[old]
    nps = rows["nps"].to_numpy(dtype=np.int64)[old]
    last = _latest(owner, -nps, day)  # of two answers on a day the lower one counts
    owner, day, nps = owner[last], day[last], nps[last]
    groups = {
        "ecstatic": nps >= PROMOTER_MIN,
        "satisfied": (nps >= _SATISFIED_MIN) & (nps < PROMOTER_MIN),
        "unhappy": nps < _SATISFIED_MIN,
    }
    return {
        name: _came_back(owner[mask], day[mask], days, as_of_day).as_data()
        for name, mask in groups.items()
    }


def candidate_accuracy(people: pd.DataFrame) -> dict[str, Any]:
    """The share of promoters (9 or 10) among advocate candidates by orders, and among the others.

    Of everybody with two order days or more who has answered a survey; reads order_days, latest_nps
    and orders_suggest.
    """
    nps = people["latest_nps"].to_numpy(dtype=np.int64, na_value=-1)
    answered = (nps >= 0) & (people["order_days"].to_numpy() > 1)
    suggested = people["orders_suggest"].to_numpy(dtype=bool)
    candidates = Share.from_masks(answered & suggested, nps >= PROMOTER_MIN)
    others = Share.from_masks(answered & ~suggested, nps >= PROMOTER_MIN)
    return {
        "suggested": candidates.as_data(),
        "others": others.as_data(),
        "orders_tell": is_higher_share(candidates, others),
    }


def is_higher_share(more: Share, less: Share) -> bool | None:
    """Whether the first share is significantly above the second; None with too few people."""
    if not (more.is_enough and less.is_enough):
        return None
    return difference_of_shares(more, less).low > 0


def referrals_and_feedback(
    people: pd.DataFrame, frames: Frames, days: OrderDays, as_of_day: int
) -> dict[str, Any]:
    """All answers by evidence, money in whole 1/10,000; None where the table is not supplied."""
    names = ("referrals", "complaints", "answers", "delight", "candidates")
    data: dict[str, Any] = dict.fromkeys(names)
    if "referrals" in frames:
        data["referrals"] = referrals_by_stage(people, frames["referrals"])
    if "feedback" not in frames:
        return data
    feedback = frames["feedback"]
    data["complaints"] = complaints(people, feedback, days, as_of_day)
    if feedback["nps"].notna().any():
        data["answers"] = [*nps_by_stage(people)]
        data["delight"] = repurchase_by_satisfaction(feedback, days, as_of_day)
        data["candidates"] = candidate_accuracy(people)
    return data
