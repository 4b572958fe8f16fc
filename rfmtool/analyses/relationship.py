"""Needs, introductions and communities.

Intervals are at 95 %. Comparisons of groups say how they were made, and show associations only.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.analyses.backtest import Lookback
from rfmtool.analyses.effects import pooled_shares
from rfmtool.analyses.return_rates import MIN_GROUP_SIZE, Share
from rfmtool.analyses.service_equality import spend_quintiles
from rfmtool.arrays import Mask, mask_of_places
from rfmtool.days import UNKNOWN_DAY, day_number, integer_column, months_before
from rfmtool.money import exact_total
from rfmtool.placing.tasks import is_member
from rfmtool.scoring.survival import survival_curve

OUTCOMES: Final = ("met", "quote", "order", "none")
_TENURES: Final = 3


def needs_met(needs: pd.DataFrame, people: pd.DataFrame, as_of_day: int) -> dict[str, Any]:
    """How many needs were met by as_of_day and in what time, and which are open.

    Reads need, asked_on and met_on, and monetary (1/10,000) and order_days of people.

    Returns:
        The share of buyers who were asked, the share of needs met, the median days with limits
        (open needs are censored), and the open needs with their people and these people's spend,
        that of most people first; money in whole 1/10,000.
    """
    asked, met = integer_column(needs, "asked_on"), integer_column(needs, "met_on")
    is_met = (met != UNKNOWN_DAY) & (met <= as_of_day)
    is_dated = (asked != UNKNOWN_DAY) & (~is_met | (met >= asked))
    waits = np.where(is_met, met, as_of_day)[is_dated] - asked[is_dated]
    curve = survival_curve(waits, is_met[is_dated])
    is_buyer = people["order_days"].to_numpy() > 0
    was_asked = mask_of_places(needs["owner"], len(people))
    open_needs = needs[~is_met].drop_duplicates(["owner", "need"])
    money = people["monetary"].to_numpy()
    unmet = [
        {"need": str(name), "people": len(rows), "revenue": exact_total(money[rows["owner"]])}
        for name, rows in open_needs.groupby("need", sort=True)
    ]
    low, high = curve.quantile_limits(0.5)
    return {
        "asked": Share.from_masks(is_buyer, was_asked).as_data(),
        "met": Share(len(needs), int(is_met.sum())).as_data(),
        "days": {"median": curve.quantile(0.5), "low": low, "high": high, "of": curve.customers,
                 "too_few": curve.customers < MIN_GROUP_SIZE},
        "unmet": sorted(unmet, key=lambda row: (-row["people"], -row["revenue"], row["need"])),
    }  # fmt: skip


def introduction_results(
    rows: pd.DataFrame, business: Mask, months: int, as_of_day: int
) -> dict[str, Any]:
    """Introductions given and received, their outcomes, and businesses without one lately.

    `rows` have owner (who was introduced), giver (-1: the shop), introduced_on and outcome;
    `months` is how far back "lately" goes.
    """
    is_recent = integer_column(rows, "introduced_on") > months_before(as_of_day, months)
    outcome = rows["outcome"].astype("str")
    known = int(outcome.isin(OUTCOMES).sum())
    giver = rows["giver"].to_numpy(dtype=np.int64)
    gave = np.bincount(giver[giver >= 0], minlength=len(business))
    got = np.bincount(rows["owner"].to_numpy(dtype=np.int64), minlength=len(business))
    introduced = mask_of_places(rows["owner"][is_recent], len(business))
    return {
        "months": months,
        "introductions": len(rows),
        "lately": int(is_recent.sum()),
        "by_us": int((giver < 0).sum()),
        "outcomes": {
            name: Share(known, int(outcome.eq(name).sum())).as_data() for name in OUTCOMES
        },
        "balance": {
            "gave_only": int(((gave > 0) & (got == 0)).sum()),
            "got_only": int(((gave == 0) & (got > 0)).sum()),
            "gave_more": int(((gave > got) & (got > 0)).sum()),
            "got_more": int(((got > gave) & (gave > 0)).sum()),
            "even": int(((got == gave) & (gave > 0)).sum()),
        },
        "businesses": int(business.sum()),
        "found_none": Share.from_masks(business, ~introduced).as_data(),
    }


def communities(
    rows: pd.DataFrame, people: pd.DataFrame, lookback: Lookback | None, as_of_day: int
) -> dict[str, Any]:
    """Members and attendance by community, invitations, and members compared with others.

    `rows` have owner, community, joined_on, left_on, attended_on and inviter (-1: unknown). Reads
    stage and first_order_on of people; `lookback` is None where history is short.
    """
    year_start = months_before(as_of_day, 12)
    is_in = is_member(rows, len(people), as_of_day)
    advocates = people["stage"].eq("advocate").to_numpy()
    inviter = rows["inviter"].to_numpy(dtype=np.int64)
    invited = rows[(inviter >= 0) & (inviter != rows["owner"].to_numpy(dtype=np.int64))]
    attended = integer_column(rows, "attended_on")
    groups = []
    for name, group in rows.groupby("community", sort=True):
        day = attended[group.index.to_numpy()]
        recent = group[(day > year_start) & (day <= as_of_day)]
        members = is_member(group, len(people), as_of_day)
        attendees = mask_of_places(recent["owner"], len(people))
        row = {
            "community": str(name),
            "members": int(members.sum()),
            "events": int(recent["attended_on"].nunique()),
            "came": Share.from_masks(members, attendees).as_data(),
        }
        groups.append(row)
    return {
        "communities": groups,
        "members": int(is_in.sum()),
        "advocates_in_none": Share.from_masks(advocates, ~is_in).as_data(),
        "invited": int(invited["owner"].nunique()),
        "inviters": int(invited["inviter"].nunique()),
        "compared": lookback and _matched_comparison(rows, people, lookback),
    }


def _matched_comparison(
    rows: pd.DataFrame, people: pd.DataFrame, lookback: Lookback
) -> dict[str, Any]:
    """Members and others matched on the lookback day: who returned within 90 days of it.

    Strata are rung, third of tenure and fifth of spend on that day; the difference is weighted by
    members, and None with too few people.
    """
    buyers, returned = lookback.people[lookback.is_buyer], lookback.returned[lookback.is_buyer]
    index = buyers.index.to_numpy()
    is_in = is_member(rows, len(people), day_number(lookback.day))[index]
    first = people["first_order_on"].to_numpy().astype("datetime64[D]")[index].astype(np.int64)
    tenure = np.ceil(pd.Series(first).rank(pct=True).to_numpy() * _TENURES).astype(np.int64)
    spend = spend_quintiles(buyers["monetary"].to_numpy(), np.ones(len(buyers), dtype=bool))
    keys = pd.DataFrame({"stage": buyers["stage"].cat.codes.to_numpy(), "tenure": tenure,
                         "spend": spend})  # fmt: skip
    stratum = keys.groupby([*keys], sort=True).ngroup().to_numpy()
    strata = (stratum == number for number in np.unique(stratum[is_in]))
    pairs = [
        (Share.from_masks(mask & is_in, returned), Share.from_masks(mask & ~is_in, returned))
        for mask in strata
    ]
    pairs = [pair for pair in pairs if pair[1].customers]
    members, others = (
        Share(sum(pair[arm].customers for pair in pairs), sum(pair[arm].returned for pair in pairs))
        for arm in (0, 1)
    )
    enough = members.is_enough and others.is_enough
    return {
        "kind": "matched",
        "members": members.as_data(),
        "others": others.as_data(),
        "unmatched": int(is_in.sum()) - members.customers,
        "difference": vars(pooled_shares(pairs)) if enough else None,
    }
