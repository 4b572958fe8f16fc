"""Where time goes and where it pays: contribution, returns by rung, rewards, who is at stake.

All money is in whole 1/10,000. A year is the 365 days up to as_of.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.analyses.return_rates import BACKTEST_DAYS, MIN_GROUP_SIZE
from rfmtool.arrays import Ints, Mask
from rfmtool.columns import MILLION
from rfmtool.days import UNKNOWN_DAY, integer_column
from rfmtool.engines import OrderEntries
from rfmtool.money import divide_half_even, exact_total, round_half_even
from rfmtool.placing.contact_limits import contact_costs
from rfmtool.rules import RelationshipRules

YEAR_DAYS: Final = 365
WINDOWS: Final = 4
"""Of BACKTEST_DAYS each: together a year, so that a season shows as a range."""


@dataclass(frozen=True)
class YearTotals:
    """What each person spent in a year, what was left after costs, and what they took of our time.

    `margin` is None where no costs are read; `is_known` says whose every cost is.
    """

    net: Ints
    margin: Ints | None
    is_cost_known: Mask
    contacts: Ints
    minutes: Ints
    contact_cost: Ints

    @property
    def contribution(self) -> Ints | None:
        """Margin less refunds, which it has taken off already, less what contacts cost."""
        return None if self.margin is None else self.margin - self.contact_cost


def year_totals(
    entries: OrderEntries,
    log: pd.DataFrame | None,
    people: int,
    minute_cost: Decimal,
    as_of_day: int,
) -> YearTotals:
    """Add up a year.

    Args:
        entries: what each order moved on each day.
        log: the contact log, with `owner`; None where there is none.
        people: how many there are.
        minute_cost: of contact, in currency units, where the log gives no cost.
        as_of_day: in days since 1970-01-01.
    """
    late = (entries.day > as_of_day - YEAR_DAYS) & (entries.day <= as_of_day)
    owner = entries.owner[late]
    net = _sums(owner, (entries.sales - entries.refunds)[late], people)
    margin, is_known = None, np.ones(people, dtype=bool)
    if entries.cost is not None and entries.uncosted is not None:
        margin = net - _sums(owner, entries.cost[late], people)
        is_known = _sums(owner, entries.uncosted[late], people) == 0
    nothing = np.zeros(people, dtype=np.int64)
    if log is None:
        return YearTotals(net, margin, is_known, nothing, nothing, nothing)
    day = integer_column(log, "contacted_on")
    rows = log[(day > as_of_day - YEAR_DAYS) & (day <= as_of_day)]
    by = rows["owner"].to_numpy(dtype=np.int64)
    minutes = np.rint(rows["minutes"].to_numpy(dtype=np.float64, na_value=0.0)).astype(np.int64)
    return YearTotals(
        net,
        margin,
        is_known,
        np.bincount(by, minlength=people),
        _sums(by, minutes, people),
        _sums(by, contact_costs(rows, float(minute_cost)), people),
    )


def _sums(owner: Ints, amounts: Ints, people: int) -> Ints:
    sums = np.zeros(people, dtype=np.int64)
    np.add.at(sums, owner, amounts)
    return sums


# Where returns are greatest ----------------------------------------------------------------------


def returns_by_stage(
    people: pd.DataFrame,
    year: YearTotals,
    log: pd.DataFrame,
    results: Mapping[str, Mapping[str, Any]],
    as_of_day: int,
) -> list[dict[str, Any]]:
    """Of each rung a year's revenue, margin and contacts, and what a contact has earned.

    Args:
        people: stage, a row each.
        year: of them.
        log: the contact log, with `owner`.
        results: what each action earned a person by the last measurement, in currency units.
        as_of_day: in days since 1970-01-01.

    Returns:
        A row for each rung with members. What a contact earned is the mean over its contacts for
        actions that were measured; None of fewer than ENOUGH.
    """
    day = integer_column(log, "contacted_on")
    rows = log[(day > as_of_day - YEAR_DAYS) & (day <= as_of_day)]
    action = rows["action"].astype("str").str.strip().str.lower()
    earned = {name: told for name, told in results.items() if told.get("difference") is not None}
    stage = people["stage"].array.take(rows["owner"].to_numpy(dtype=np.int64))
    found = []
    for name in people["stage"].cat.categories:
        mine = people["stage"].eq(name).to_numpy()
        if not mine.any():
            continue
        measured = action[np.asarray(stage == name) & action.isin(earned).to_numpy(dtype=bool)]
        means = {
            part: math.fsum(earned[one][part] for one in measured) / len(measured)
            for part in ("difference", "low", "high")
        } | {"kind": "randomised"} if len(measured) >= MIN_GROUP_SIZE else None  # fmt: skip
        found.append(
            {
                "stage": str(name),
                "people": int(mine.sum()),
                "revenue": exact_total(year.net[mine]),
                "margin": None
                if year.margin is None
                else exact_total(year.margin[mine & year.is_cost_known]),
                "contacts": int(year.contacts[mine].sum()),
                "minutes": int(year.minutes[mine].sum()),
                "contact_cost": exact_total(year.contact_cost[mine]),
                "measured_contacts": len(measured),
                "earned_per_contact": means,
            }
        )
    return found


# Partners and advocates --------------------------------------------------------------------------


def referred_by(referrals: pd.DataFrame, who: Mask) -> pd.DataFrame:
    """Each person once whom some of the people brought, by whom and since when: the first to name.

    Reads owner, referred and referred_on.
    """
    rows = referrals[referrals["owner"] != referrals["referred"]]
    rows = rows.assign(since=integer_column(rows, "referred_on"))
    first = rows.sort_values(["referred", "since", "owner"], kind="stable")
    first = first.drop_duplicates("referred")
    found: pd.DataFrame = first[who[first["owner"].to_numpy()]]
    return found[["owner", "referred", "since"]]


def partner_rewards(
    partners: pd.DataFrame,
    brought: pd.DataFrame,
    first_day: Ints,
    entries: OrderEntries,
    rules: RelationshipRules,
) -> pd.DataFrame:
    """What is due to each partner for each month, against what those they brought left.

    What somebody spends counts from the day they were named on, while the partner is one. The share
    is that of the highest tier that the month's revenue reaches; the sum is for each person whose
    first order falls into the month.

    Args:
        partners: owner, from_on and until_on.
        brought: as `brought_by` gives it, of these partners.
        first_day: of everybody's orders; before all where there is none.
        entries: what each order moved on each day.
        rules: the rewards.

    Returns:
        month (its first day, since 1970-01-01), owner, bought (new buyers), revenue, margin
        (missing where a cost is not known) and reward; by month and owner.
    """
    terms = partners.assign(begin=integer_column(partners, "from_on"),
                            end=integer_column(partners, "until_on", -UNKNOWN_DAY))  # fmt: skip
    terms = terms.groupby("owner").agg({"begin": "min", "end": "max"}).reset_index()
    people = brought.merge(terms, on="owner")
    people = people.assign(begin=people[["since", "begin"]].max(axis=1))
    known = entries.cost is not None and entries.uncosted is not None
    cost, uncosted = (entries.cost, entries.uncosted) if known else (0, 1)
    moved = pd.DataFrame({"referred": entries.owner.astype(np.int64), "day": entries.day,
                          "net": entries.sales - entries.refunds, "cost": cost,
                          "uncosted": uncosted, "bought": 0})  # fmt: skip
    day = first_day[people["referred"].to_numpy()]
    began = pd.DataFrame({"referred": people["referred"], "day": day, "net": 0, "cost": 0,
                          "uncosted": 0, "bought": 1})[day > UNKNOWN_DAY]  # fmt: skip
    moved = moved[moved["referred"].isin(people["referred"])]
    rows = pd.concat([moved, began], ignore_index=True).merge(people, on="referred")
    rows = rows[rows["day"].between(rows["begin"], rows["end"])]
    month = rows["day"].to_numpy(np.int64).astype("datetime64[D]").astype("datetime64[M]")
    rows = rows.assign(month=month.astype("datetime64[D]").astype(np.int64))
    sums = rows.groupby(["month", "owner"], sort=True)[
        ["bought", "net", "cost", "uncosted"]
    ].sum().reset_index()  # fmt: skip
    revenue = sums["net"].to_numpy(dtype=np.int64)
    starts, shares = np.array(rules.reward_tiers).T
    at = np.searchsorted(starts, revenue, side="right") - 1
    share = np.where(revenue > 0, shares[np.maximum(at, 0)], 0)
    # In two steps, because the product of both may be beyond 2^63.
    whole, rest = np.divmod(revenue, MILLION)
    quotient, left = np.divmod(rest * share, MILLION)
    reward = round_half_even(whole * share + quotient, left, np.full(len(revenue), MILLION))
    return pd.DataFrame(
        {
            "month": sums["month"],
            "owner": sums["owner"],
            "bought": sums["bought"],
            "revenue": revenue,
            "margin": (sums["net"] - sums["cost"]).astype("Int64").mask(sums["uncosted"] > 0),
            "reward": reward + sums["bought"].to_numpy() * rules.reward_sum,
        }
    )


def revenue_at_stake(
    top: Mask, referrals: pd.DataFrame, entries: OrderEntries, as_of_day: int
) -> tuple[pd.DataFrame, Ints]:
    """What would be lost with each of some people: their orders, and of those whom they brought.

    Args:
        top: who; what one of them brought of another is not counted twice.
        referrals: owner, referred, referred_on.
        entries: what each order moved on each day.
        as_of_day: in days since 1970-01-01.

    Returns:
        owner, brought (people), own and others (what they spent in 90 days, the mean of the last
        four times as many), low and high (the least and the most that both together came to); and
        what all of them came to in each of the four, the latest first.
    """
    brought = referred_by(referrals, top)
    brought = brought[~top[brought["referred"].to_numpy()]]
    window = (as_of_day - entries.day) // BACKTEST_DAYS
    late = (entries.day <= as_of_day) & (window < WINDOWS)
    own = np.zeros((len(top), WINDOWS), dtype=np.int64)
    np.add.at(own, (entries.owner[late], window[late]), (entries.sales - entries.refunds)[late])
    others = np.zeros_like(own)
    np.add.at(others, brought["owner"].to_numpy(), own[brought["referred"].to_numpy()])
    who = np.flatnonzero(top)
    own, others = own[who], others[who]
    both, times = own + others, np.full(len(who), WINDOWS)
    table = pd.DataFrame(
        {
            "owner": who,
            "brought": np.bincount(brought["owner"], minlength=len(top))[who],
            "own": divide_half_even(own.sum(axis=1), times),
            "others": divide_half_even(others.sum(axis=1), times),
            "low": both.min(axis=1),
            "high": both.max(axis=1),
        }
    )
    return table, both.sum(axis=0)
