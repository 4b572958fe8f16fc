"""Referrals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator

from rfmtool.arrays import Ints
from rfmtool.demo import sampling, shop_calendar

REMEMBERED_DAYS = 640  # referrals of buyers go back this far
NAMED_BEFORE_DAYS = 14  # friends are named up to two weeks before their first contact
UNKNOWN = 0.15  # share of referrers with unknown `solicited`


def referrals(
    people: pd.DataFrame, order_days: pd.DataFrame, today: int, rng: Generator
) -> pd.DataFrame:
    """One row per person brought by a customer, by day.

    The referrer had ordered by then, and the referred had not; some never did.
    """
    bought = order_days.groupby("person")["day"].min()
    # Friends who never ordered, and recent buyers as many as `referrals` adds up to.
    friends = people.index[people["archetype"].eq("friend")]
    is_recent = (people["known_day"] >= today - REMEMBERED_DAYS) & people["referrals"].eq(0)
    buyers = people.index[is_recent].intersection(bought.index)
    count = min(round(people["referrals"].sum()), len(buyers))
    referred = friends.append(pd.Index(rng.choice(buyers, count, replace=False)))
    named_on = people["known_day"].reindex(referred).to_numpy()
    named_on = np.clip(named_on - rng.integers(0, NAMED_BEFORE_DAYS, len(named_on)), 0, today)
    referrer = _referrers(people, bought, named_on, rng)
    known = referrer >= 0
    referred, named_on, referrer = referred[known], named_on[known], referrer[known]
    asked = sampling.bernoulli(people["prompted"].reindex(referrer).to_numpy(), len(referrer), rng)
    solicited = np.where(asked, "yes", "no")
    unknown = pd.Series(sampling.bernoulli(UNKNOWN, len(named_on), rng)).groupby(referrer)
    columns = {
        "referrer_id": people["customer_id"].reindex(referrer).array,
        "referred_id": people["customer_id"].reindex(referred).array,
        "referred_on": shop_calendar.iso_dates(named_on),
        "solicited": np.where(unknown.transform("first"), "", solicited),
    }
    return pd.DataFrame(columns).sort_values(["referred_on", "referred_id"], ignore_index=True)


def _referrers(
    people: pd.DataFrame, bought: pd.Series[int], named_on: Ints, rng: Generator
) -> Ints:
    """For each day of `named_on`, a referrer who had ordered by then; -1 where there is none."""
    referrers = sampling.repeat_rows(people["referrals"], rng)
    first = bought.reindex(referrers).dropna().sort_values(kind="stable")
    choice = np.searchsorted(first.to_numpy(), named_on, side="right")
    place = np.floor(rng.random(len(named_on)) * choice).astype(np.int64)
    candidates = np.append(first.index.to_numpy(), -1)  # never empty
    return np.where(choice > 0, candidates[place], -1).astype(np.int64)
