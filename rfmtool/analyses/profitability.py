"""Contribution of customers, returns on contacts by rung, partner rewards, revenue at stake.

All money is in whole 1/10,000. A year is the 365 days up to as_of.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.analyses.return_rates import BACKTEST_DAYS, MIN_GROUP_SIZE
from rfmtool.arrays import Ints, Mask
from rfmtool.columns import MILLION
from rfmtool.days import UNKNOWN_DAY, YEAR_DAYS, integer_column
from rfmtool.engines import OrderEntries
from rfmtool.money import divide_half_even, exact_total, round_half_even
from rfmtool.placing.contact_limits import contact_costs
from rfmtool.rules import RelationshipRules

WINDOWS: Final = 4
"""Windows of BACKTEST_DAYS that make a year, so that seasons show as a range."""


def year_totals(
    entries: OrderEntries, log: pd.DataFrame, count: int, minute_cost: Decimal, as_of_day: int
) -> pd.DataFrame:
    """Add up a year; `minute_cost`, in currency units, is for contacts logged without a cost.

    Returns:
        For each person net (spend), contacts, minutes and contact_cost; where costs are read also
        margin, which is net of refunds, and contribution, which is less the cost of contacts as
        well, both missing where a cost is not known.
    """
    recent = (entries.day > as_of_day - YEAR_DAYS) & (entries.day <= as_of_day)
    owner = entries.owner[recent]
    net = _sums(owner, (entries.sales - entries.refunds)[recent], count)
    rows = _contacts_of_year(log, as_of_day)
    contacted = rows["owner"].to_numpy(dtype=np.int64)
    minutes = np.rint(rows["minutes"].to_numpy(dtype=np.float64, na_value=0.0)).astype(np.int64)
    contact_cost = _sums(contacted, contact_costs(rows, float(minute_cost)), count)
    columns: dict[str, Any] = {
        "net": net,
        "contacts": np.bincount(contacted, minlength=count),
        "minutes": _sums(contacted, minutes, count),
        "contact_cost": contact_cost,
    }
    if entries.cost is not None and entries.uncosted is not None:
        margin = net - _sums(owner, entries.cost[recent], count)
        unknown = _sums(owner, entries.uncosted[recent], count) != 0
        columns["margin"] = pd.arrays.IntegerArray(margin, unknown)
        columns["contribution"] = pd.arrays.IntegerArray(margin - contact_cost, unknown)
    return pd.DataFrame(columns)


def _contacts_of_year(log: pd.DataFrame, as_of_day: int) -> pd.DataFrame:
    day = integer_column(log, "contacted_on")
    return log[(day > as_of_day - YEAR_DAYS) & (day <= as_of_day)]


def _sums(owner: Ints, amounts: Ints, count: int) -> Ints:
    sums = np.zeros(count, dtype=np.int64)
    np.add.at(sums, owner, amounts)
    return sums


def returns_by_stage(
    people: pd.DataFrame,
    year: pd.DataFrame,
    log: pd.DataFrame,
    results: Mapping[str, Mapping[str, Any]],
    as_of_day: int,
) -> Iterator[dict[str, Any]]:
    """By rung with members, a year's revenue, margin and contacts, and what a contact has earned.

    What a contact earned is the mean over the contacts for measured actions, by what each of them
    earned a person (`results`, in currency units); None below MIN_GROUP_SIZE.
    """
    rows = _contacts_of_year(log, as_of_day)
    action = rows["action"].astype("str").str.strip().str.lower()
    earned = {name: row for name, row in results.items() if row.get("difference") is not None}
    is_measured = action.isin(earned).to_numpy(dtype=bool)
    stage = people["stage"].array.take(rows["owner"].to_numpy(dtype=np.int64))
    for name, members in year.groupby(people["stage"].array, observed=True, sort=True):
        measured = action[np.asarray(stage == name) & is_measured]
        means = {
            part: math.fsum(earned[label][part] for label in measured) / len(measured)
            for part in ("difference", "low", "high")
        } | {"kind": "randomised"} if len(measured) >= MIN_GROUP_SIZE else None  # fmt: skip
        margin = exact_total(members["margin"].dropna()) if "margin" in year else None
        yield {
            "stage": str(name),
            "people": len(members),
            "revenue": exact_total(members["net"]),
            "margin": margin,
            "contacts": int(members["contacts"].sum()),
            "minutes": int(members["minutes"].sum()),
            "contact_cost": exact_total(members["contact_cost"]),
            "measured_contacts": len(measured),
            "earned_per_contact": means,
        }


def referred_by(referrals: pd.DataFrame, referrers: Mask) -> pd.DataFrame:
    """Each person once whose first referral came from one of the referrers, and since when.

    Reads owner, referred and referred_on.
    """
    rows = referrals[referrals["owner"] != referrals["referred"]]
    rows = rows.assign(since=integer_column(rows, "referred_on"))
    first = rows.sort_values(["referred", "since", "owner"], kind="stable")
    first = first.drop_duplicates("referred")
    is_theirs = referrers[first["owner"].to_numpy()]
    referred: pd.DataFrame = first.loc[is_theirs, ["owner", "referred", "since"]]
    return referred


def partner_rewards(
    partners: pd.DataFrame,
    referred: pd.DataFrame,
    first_day: Ints,
    entries: OrderEntries,
    rules: RelationshipRules,
) -> pd.DataFrame:
    """The reward due to each partner for each month, beside the margin of those they referred.

    Spend counts from the day of the referral, while the referrer is a partner. The share is that of
    the highest tier that the month's revenue reaches; the sum is for each referred person whose
    first order is in the month.

    Reads owner, from_on and until_on of partners; `referred` are whom they referred, from
    `referred_by`; `first_day` is that of everybody's orders, before all where there is none.

    Returns:
        month (its first day, since 1970-01-01), owner, bought (new buyers), revenue, margin
        (missing where a cost is not known) and reward; by month and owner.
    """
    terms = partners.assign(begin=integer_column(partners, "from_on"),
                            end=integer_column(partners, "until_on", -UNKNOWN_DAY))  # fmt: skip
    terms = terms.groupby("owner").agg({"begin": "min", "end": "max"}).reset_index()
    people = referred.merge(terms, on="owner")
    people = people.assign(begin=people[["since", "begin"]].max(axis=1))
    known = entries.cost is not None and entries.uncosted is not None
    cost, uncosted = (entries.cost, entries.uncosted) if known else (0, 1)
    amounts = pd.DataFrame({"referred": entries.owner.astype(np.int64), "day": entries.day,
                            "net": entries.sales - entries.refunds, "cost": cost,
                            "uncosted": uncosted, "bought": 0})  # fmt: skip
    amounts = amounts[amounts["referred"].isin(people["referred"])]
    day = first_day[people["referred"].to_numpy()]
    first_orders = pd.DataFrame({"referred": people["referred"], "day": day, "net": 0, "cost": 0,
                                 "uncosted": 0, "bought": 1})[day > UNKNOWN_DAY]  # fmt: skip
    rows = pd.concat([amounts, first_orders], ignore_index=True).merge(people, on="referred")
    rows = rows[rows["day"].between(rows["begin"], rows["end"])]
    month = rows["day"].to_numpy(np.int64).astype("datetime64[D]").astype("datetime64[M]")
    rows = rows.assign(month=month.astype("datetime64[D]").astype(np.int64))
    columns = ["bought", "net", "cost", "uncosted"]
    sums = rows.groupby(["month", "owner"], sort=True)[columns].sum().reset_index()
    revenue = sums["net"].to_numpy(dtype=np.int64)
    reward = _revenue_shares(revenue, rules) + sums["bought"].to_numpy() * rules.reward_sum
    margin = (sums["net"] - sums["cost"]).astype("Int64").mask(sums["uncosted"] > 0)
    ids: pd.DataFrame = sums[["month", "owner", "bought"]]
    return ids.assign(revenue=revenue, margin=margin, reward=reward)


def _revenue_shares(revenue: Ints, rules: RelationshipRules) -> Ints:
    """The share of each month's revenue by the tier that it reaches."""
    starts, shares = np.array(rules.reward_tiers).T
    tier = np.searchsorted(starts, revenue, side="right") - 1
    share = np.where(revenue > 0, shares[np.maximum(tier, 0)], 0)
    # In two steps, because the product of both may be beyond 2^63.
    quotient, remainder = np.divmod(revenue, MILLION)
    carried, rest = np.divmod(remainder * share, MILLION)
    return round_half_even(quotient * share + carried, rest, np.full(len(revenue), MILLION))


def revenue_at_stake(
    top: Mask, referrals: pd.DataFrame, entries: OrderEntries, as_of_day: int
) -> tuple[pd.DataFrame, Ints]:
    """The revenue that would be lost with each of the people in `top`: their own and referred.

    Those of them who were referred by another are not counted twice.

    Returns:
        owner, brought (people), own and others (spend in 90 days, the mean of the last four
        windows), low and high (the minimum and maximum of both together); and the total of all of
        them in each of the four windows, the latest first.
    """
    referred = referred_by(referrals, top)
    referred = referred[~top[referred["referred"].to_numpy()]]
    window = (as_of_day - entries.day) // BACKTEST_DAYS
    recent = (entries.day <= as_of_day) & (window < WINDOWS)
    net = (entries.sales - entries.refunds)[recent]
    own = np.zeros((len(top), WINDOWS), dtype=np.int64)
    np.add.at(own, (entries.owner[recent], window[recent]), net)
    others = np.zeros_like(own)
    np.add.at(others, referred["owner"].to_numpy(), own[referred["referred"].to_numpy()])
    owner = np.flatnonzero(top)
    own, others = own[owner], others[owner]
    both, windows = own + others, np.full(len(owner), WINDOWS)
    columns = {
        "owner": owner,
        "brought": np.bincount(referred["owner"], minlength=len(top))[owner],
        "own": divide_half_even(own.sum(axis=1), windows),
        "others": divide_half_even(others.sum(axis=1), windows),
        "low": both.min(axis=1),
        "high": both.max(axis=1),
    }
    return pd.DataFrame(columns), both.sum(axis=0)
