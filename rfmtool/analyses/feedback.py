"""What referrals, complaints and surveys say: who brings buyers, and what comes of being heard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.analyses.effects import difference_of_shares
from rfmtool.analyses.return_rates import Share
from rfmtool.arrays import Ints, Mask, is_group_start, mask_of_places
from rfmtool.days import UNKNOWN_DAY, day_numbers, integer_column
from rfmtool.grouping.order_dates import owner_day_keys
from rfmtool.money import exact_total
from rfmtool.placing.evidence_columns import DETRACTOR_MAX, PROMOTER_MIN
from rfmtool.placing.matching import column_equals
from rfmtool.scoring.timing import OrderDays

RETURN_DAYS: Final = 90
"""How long after a word an order still counts as coming back."""
_SATISFIED: Final = 7


def referrals_by_stage(people: pd.DataFrame, referrals: pd.DataFrame) -> list[dict[str, Any]]:
    """Count, by the rung of the referrer, the people named, those who then bought, and revenue.

    A person named by several counts once on each of their rungs.

    Args:
        people: stage, monetary (1/10,000), last_order_on.
        referrals: owner, referred, referred_on (days since 1970-01-01, missing: unknown).
    """
    table = referrals[referrals["owner"] != referrals["referred"]]
    stage = people["stage"].array.take(table["owner"].to_numpy())
    last_order = day_numbers(people["last_order_on"].to_numpy(), missing=UNKNOWN_DAY - 1)
    last = last_order[table["referred"].to_numpy()]
    named_on = integer_column(table, "referred_on")
    rows = pd.DataFrame(
        {"stage": stage, "referred": table["referred"].to_numpy(), "bought": last >= named_on}
    )
    once = rows.sort_values("bought").drop_duplicates(["stage", "referred"], keep="last")
    money = people["monetary"].to_numpy()[once["referred"].to_numpy()]
    found = once.assign(revenue=np.where(once["bought"], money, 0))
    return [
        {"stage": str(name), "referred": len(of), "bought": int(of["bought"].sum()),
         "revenue": exact_total(of["revenue"])}
        for name, of in found.groupby("stage", observed=True, sort=True)
    ]  # fmt: skip


def nps_by_stage(people: pd.DataFrame) -> list[dict[str, Any]]:
    """Count each rung's survey answers and their net promoter score (Reichheld 2003).

    That is from -100 to 100, None without answers.
    Reads stage and latest_nps (missing: never asked or never answered).
    """
    nps = people["latest_nps"].to_numpy(dtype=np.int64, na_value=-1)
    found = []
    for stage in people["stage"].cat.categories:
        mine = nps[people["stage"].eq(stage).to_numpy()]
        said = mine[mine >= 0]
        promoters, detractors = (said >= PROMOTER_MIN).sum(), (said <= DETRACTOR_MAX).sum()
        score = 100 * int(promoters - detractors) / len(said) if len(said) else None
        if len(mine):
            row = {"stage": stage, "people": len(mine), "answered": len(said), "nps": score}
            found.append(row)
    return found


def complaints(people: pd.DataFrame, feedback: pd.DataFrame, days: OrderDays, as_of_day: int
               ) -> dict[str, Any]:  # fmt: skip
    """Count complaints and who came back within 90 days.

    That is since the latest resolution of theirs; of buyers without a complaint since their latest
    order day that is 90 days old or more.

    Args:
        people: one row per person.
        feedback: owner, given_on, kind, resolved_on.
        days: the order days.
        as_of_day: in days since 1970-01-01; a later resolution has not happened yet.
    """
    mine = feedback[column_equals(feedback, "kind", "complaint")]
    resolved_on = integer_column(mine, "resolved_on")
    done = (resolved_on != UNKNOWN_DAY) & (resolved_on <= as_of_day)
    given_on = integer_column(mine, "given_on")
    dated = done & (given_on != UNKNOWN_DAY) & (resolved_on >= given_on)
    waits = (resolved_on - given_on)[dated]
    owner = mine["owner"].to_numpy()
    complained = mask_of_places(owner, len(people))
    # The others from their latest order day that lies 90 days back or more.
    old = ~complained[days.owner] & (days.day <= as_of_day - RETURN_DAYS)
    without = _latest(days.owner[old], days.day[old])
    after = _latest(owner[done], resolved_on[done])
    return {
        "open": int((~done).sum()),
        "resolved": int(done.sum()),
        "median_days_to_resolve": float(np.median(waits)) if len(waits) else None,
        "came_back_after": _came_back(*after, days, as_of_day).as_data(),
        "came_back_without": _came_back(*without, days, as_of_day).as_data(),
    }


def _latest(owner: Ints, day: Ints) -> tuple[Ints, Ints]:
    """Each owner once, with their latest day."""
    order = np.lexsort((day, owner))
    last = order[_ends(owner[order])]
    return owner[last], day[last]


def _ends(owner: Ints) -> Mask:
    """Which entries of a sorted column are the last of their value."""
    return is_group_start(owner[::-1])[::-1]


def _came_back(owner: Ints, since: Ints, days: OrderDays, as_of_day: int) -> Share:
    """How many of those watched for 90 days after a day ordered in that time."""
    watched = since <= as_of_day - RETURN_DAYS
    owner, since = owner[watched], since[watched]
    ordered, asked = owner_day_keys(days.owner, days.day), owner_day_keys(owner, since)
    next_order = np.searchsorted(ordered, asked, side="right")
    place = np.minimum(next_order, max(len(days.owner) - 1, 0))
    if not len(days.owner):
        return Share(len(owner), 0)
    theirs = (days.owner[place] == owner) & (next_order < len(days.owner))
    soon = days.day[place] - since <= RETURN_DAYS
    return Share(len(owner), int((theirs & soon).sum()))


def repurchase_by_satisfaction(
    feedback: pd.DataFrame, days: OrderDays, as_of_day: int
) -> dict[str, Any]:
    """Whether the ecstatic (9-10) came back within 90 days more than the satisfied (7-8).

    By each buyer's latest answer that is 90 days old or more. Jones & Sasser (1995) found that only
    complete satisfaction makes customers loyal.

    Args:
        feedback: owner, given_on, nps.
        days: the order days.
        as_of_day: in days since 1970-01-01.
    """
    known = (feedback["nps"].notna() & feedback["given_on"].notna()).to_numpy()
    rows = feedback[known]
    day = rows["given_on"].to_numpy(dtype=np.int64)
    old = day <= as_of_day - RETURN_DAYS
    owner, day = rows["owner"].to_numpy()[old], day[old]
    nps = rows["nps"].to_numpy(dtype=np.int64)[old]
    order = np.lexsort((-nps, day, owner))  # of two on a day the lower comes last, and counts
    last = order[_ends(owner[order])]
    owner, day, nps = owner[last], day[last], nps[last]
    groups = {
        "ecstatic": nps >= PROMOTER_MIN,
        "satisfied": (nps >= _SATISFIED) & (nps < PROMOTER_MIN),
        "unhappy": nps < _SATISFIED,
    }
    return {
        name: _came_back(owner[who], day[who], days, as_of_day).as_data()
        for name, who in groups.items()
    }


def candidate_accuracy(people: pd.DataFrame) -> dict[str, Any]:
    """How many would recommend us (9 or 10) of those whose orders suggest it, and of the others.

    Of everybody with two order days or more who has answered, whatever they answered; reads
    order_days, latest_nps and orders_suggest.
    """
    nps = people["latest_nps"].to_numpy(dtype=np.int64, na_value=-1)
    asked, promotes = (nps >= 0) & (people["order_days"].to_numpy() > 1), nps >= PROMOTER_MIN
    suggested = people["orders_suggest"].to_numpy(dtype=bool)
    more, less = (
        Share.from_masks(asked & suggested, promotes),
        Share.from_masks(asked & ~suggested, promotes),
    )
    return {
        "suggested": more.as_data(),
        "others": less.as_data(),
        "orders_tell": is_higher_share(more, less),
    }


def is_higher_share(more: Share, less: Share) -> bool | None:
    """Whether one share is above another beyond chance; None of too few people."""
    if not (more.is_enough and less.is_enough):
        return None
    return difference_of_shares(more, less).low > 0


def referrals_and_feedback(
    people: pd.DataFrame, frames: Mapping[str, pd.DataFrame], days: OrderDays, as_of_day: int
) -> dict[str, Any]:
    """All that the evidence says, money in whole 1/10,000; None where its table is not supplied."""
    found: dict[str, Any] = dict.fromkeys(
        ("referrals", "complaints", "answers", "delight", "candidates")
    )
    if "referrals" in frames:
        found["referrals"] = referrals_by_stage(people, frames["referrals"])
    if "feedback" not in frames:
        return found
    feedback = frames["feedback"]
    found["complaints"] = complaints(people, feedback, days, as_of_day)
    if feedback["nps"].notna().any():
        found["answers"] = nps_by_stage(people)
        found["delight"] = repurchase_by_satisfaction(feedback, days, as_of_day)
        found["candidates"] = candidate_accuracy(people)
    return found
