"""What people need, whom they were introduced to, and which communities they are in.

Intervals are at 95 %. Where groups are compared it says how, and that it is an association.
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


# Needs -------------------------------------------------------------------------------------------


def needs_met(needs: pd.DataFrame, people: pd.DataFrame, as_of_day: int) -> dict[str, Any]:
    """How many needs were met and in what time, and which are not, by whom and how much they spend.

    Args:
        needs: owner, need, asked_on, met_on.
        people: one row each: monetary (1/10,000) and order_days.
        as_of_day: in days since 1970-01-01; what is met later is not met yet.

    Returns:
        Of buyers the share who were asked, of needs the share met, the median days with limits
        (those that wait count for as long as they do), and the unmet needs, that of most people
        first; money in whole 1/10,000.
    """
    asked, met = integer_column(needs, "asked_on"), integer_column(needs, "met_on")
    is_met = (met != UNKNOWN_DAY) & (met <= as_of_day)
    dated = (asked != UNKNOWN_DAY) & (~is_met | (met >= asked))
    waited = np.where(is_met, met, as_of_day)[dated] - asked[dated]
    curve = survival_curve(waited, is_met[dated])
    ordered = people["order_days"].to_numpy() > 0
    told = mask_of_places(needs["owner"], len(people))
    open_ = needs[~is_met].drop_duplicates(["owner", "need"])
    money = people["monetary"].to_numpy()
    unmet = [
        {"need": str(name), "people": len(rows), "revenue": exact_total(money[rows["owner"]])}
        for name, rows in open_.groupby("need", sort=True)
    ]
    low, high = curve.quantile_limits(0.5)
    return {
        "asked": Share.from_masks(ordered, told).as_data(),
        "met": Share(len(needs), int(is_met.sum())).as_data(),
        "days": {"median": curve.quantile(0.5), "low": low, "high": high, "of": curve.customers,
                 "too_few": curve.customers < MIN_GROUP_SIZE},
        "unmet": sorted(unmet, key=lambda one: (-one["people"], -one["revenue"], one["need"])),
    }  # fmt: skip


# Introductions -----------------------------------------------------------------------------------


def introduction_results(
    rows: pd.DataFrame, business: Mask, months: int, as_of_day: int
) -> dict[str, Any]:
    """How much work was found for whom, what came of it, and who was found none for a year.

    Args:
        rows: owner (who was introduced), giver (-1: the shop), introduced_on and outcome.
        business: who is marked as a business.
        months: how far back "lately" goes.
        as_of_day: in days since 1970-01-01.
    """
    lately = integer_column(rows, "introduced_on") > months_before(as_of_day, months)
    outcome = rows["outcome"].astype("str")
    known = outcome.isin(OUTCOMES).to_numpy(dtype=bool)
    given = rows["giver"].to_numpy(dtype=np.int64)
    gave, got = np.zeros(len(business), dtype=np.int64), np.zeros(len(business), dtype=np.int64)
    np.add.at(gave, given[given >= 0], 1)
    np.add.at(got, rows["owner"].to_numpy(dtype=np.int64), 1)
    some = mask_of_places(rows["owner"][lately], len(business))
    return {
        "months": months,
        "introductions": len(rows),
        "lately": int(lately.sum()),
        "by_us": int((given < 0).sum()),
        "outcomes": {
            name: Share(int(known.sum()), int(outcome.eq(name).sum())).as_data()
            for name in OUTCOMES
        },
        "balance": {
            "gave_only": int(((gave > 0) & (got == 0)).sum()),
            "got_only": int(((gave == 0) & (got > 0)).sum()),
            "gave_more": int(((gave > got) & (got > 0)).sum()),
            "got_more": int(((got > gave) & (gave > 0)).sum()),
            "even": int(((got == gave) & (gave > 0)).sum()),
        },
        "businesses": int(business.sum()),
        "found_none": Share.from_masks(business, ~some).as_data(),
    }


# Communities -------------------------------------------------------------------------------------


def communities(
    rows: pd.DataFrame, people: pd.DataFrame, look: Lookback | None, as_of_day: int
) -> dict[str, Any]:
    """Who is in which community and comes, who invited whom, and how members fare.

    Args:
        rows: owner, community, joined_on, left_on, attended_on and inviter (-1: nobody known).
        people: one row each: stage, order_days, first_order_on.
        look: an earlier day and what became of everybody since; None where history is short.
        as_of_day: in days since 1970-01-01.
    """
    start = months_before(as_of_day, 12)
    is_in = is_member(rows, len(people), as_of_day)
    advocates = people["stage"].eq("advocate").to_numpy()
    inviter = rows["inviter"].to_numpy(dtype=np.int64)
    invited = rows[(inviter >= 0) & (inviter != rows["owner"].to_numpy(dtype=np.int64))]
    came = integer_column(rows, "attended_on")
    groups = []
    for name, mine in rows.groupby("community", sort=True):
        on = came[mine.index.to_numpy()]
        recent = mine[(on > start) & (on <= as_of_day)]
        now = is_member(mine, len(people), as_of_day)
        seen = mask_of_places(recent["owner"], len(people))
        groups.append(
            {
                "community": str(name),
                "members": int(now.sum()),
                "events": int(recent["attended_on"].nunique()),
                "came": Share.from_masks(now, seen).as_data(),
            }
        )
    return {
        "communities": groups,
        "members": int(is_in.sum()),
        "advocates_in_none": Share.from_masks(advocates, ~is_in).as_data(),
        "invited": int(invited["owner"].nunique()),
        "inviters": int(invited["inviter"].nunique()),
        "compared": look and _matched(rows, people, look),
    }


def _matched(rows: pd.DataFrame, people: pd.DataFrame, look: Lookback) -> dict[str, Any]:
    """Members held against others alike: who came back within 90 days of the earlier day.

    Alike are those of a stratum of rung, third of tenure and fifth of spend on that day; the
    difference is weighted by members, and None of too few.
    """
    then, back = look.people[look.is_buyer], look.returned[look.is_buyer]
    place = then.index.to_numpy()
    is_in = is_member(rows, len(people), day_number(look.day))[place]
    first = people["first_order_on"].to_numpy().astype("datetime64[D]")[place].astype(np.int64)
    tenure = np.ceil(pd.Series(first).rank(pct=True).to_numpy() * _TENURES).astype(np.int64)
    spend = spend_quintiles(then["monetary"].to_numpy(), np.ones(len(then), dtype=bool))
    keys = pd.DataFrame({"stage": then["stage"].cat.codes.to_numpy(), "tenure": tenure,
                         "spend": spend})  # fmt: skip
    stratum = keys.groupby([*keys], sort=True).ngroup().to_numpy()
    strata = [
        (
            Share.from_masks((stratum == one) & is_in, back),
            Share.from_masks((stratum == one) & ~is_in, back),
        )
        for one in np.unique(stratum[is_in])
    ]
    both = [(one, other) for one, other in strata if other.customers]
    one, other = (
        Share(sum(pair[at].customers for pair in both), sum(pair[at].returned for pair in both))
        for at in (0, 1)
    )
    enough = one.is_enough and other.is_enough
    return {
        "kind": "matched",
        "members": one.as_data(),
        "others": other.as_data(),
        "unmatched": int(is_in.sum()) - one.customers,
        "difference": vars(pooled_shares(both)) if enough else None,
    }
