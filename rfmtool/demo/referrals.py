"""Who brought whom."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rfmtool.arrays import Places
from rfmtool.demo import sampling, shop_calendar

REMEMBERED_DAYS = 640  # referrals of buyers go back this far
NAMED_BEFORE_DAYS = 14  # friends are named up to two weeks before the shop hears from them
UNKNOWN = 0.15  # share of referrers of whom nobody wrote down whether we had asked


def referrals(
    people: pd.DataFrame, occasions: pd.DataFrame, today: int, rng: np.random.Generator
) -> pd.DataFrame:
    """One row per person brought by a customer, by day.

    The referrer had ordered by then, and the referred had not; some never did.
    """
    bought = occasions.groupby("person")["day"].min()
    brought = _brought(people, bought, today, rng)
    named = people["known_day"].reindex(brought).to_numpy()
    named = np.clip(named - rng.integers(0, NAMED_BEFORE_DAYS, len(named)), 0, today)
    referrer = _referrers(people, bought, named, rng)
    known = referrer >= 0
    brought, named, referrer = brought[known], named[known], referrer[known]
    asked = sampling.bernoulli(people["prompted"].reindex(referrer).to_numpy(), len(referrer), rng)
    solicited = np.where(asked, "yes", "no")
    unknown = pd.Series(sampling.bernoulli(UNKNOWN, len(named), rng)).groupby(referrer)
    table = pd.DataFrame(
        {
            "referrer_id": people["customer_id"].reindex(referrer).array,
            "referred_id": people["customer_id"].reindex(brought).array,
            "referred_on": shop_calendar.iso_dates(named),
            "solicited": np.where(unknown.transform("first"), "", solicited),
        }
    )
    return table.sort_values(["referred_on", "referred_id"], ignore_index=True)


def _brought(
    people: pd.DataFrame, bought: pd.Series[int], today: int, rng: np.random.Generator
) -> pd.Index[int]:
    """The friends who never ordered, and as many recent buyers as the referrers' moods say."""
    friends = people.index[people["archetype"].eq("friend")]
    fresh = (people["known_day"] >= today - REMEMBERED_DAYS) & people["referrals"].eq(0)
    buyers = people.index[fresh].intersection(bought.index)
    wanted = min(round(people["referrals"].sum()), len(buyers))
    return friends.append(pd.Index(rng.choice(buyers, wanted, replace=False)))


def _referrers(
    people: pd.DataFrame,
    bought: pd.Series[int],
    named: Places,
    rng: np.random.Generator,
) -> Places:
    """For each day, one who had ordered by then and likes to refer; -1 when there was none."""
    eager = sampling.repeat_rows(people["referrals"], rng)
    first = bought.reindex(eager).dropna().sort_values(kind="stable")
    choice = np.searchsorted(first.to_numpy(), named, side="right")
    place = np.floor(rng.random(len(named)) * choice).astype(np.int64)
    candidates = np.append(first.index.to_numpy(), -1)  # never empty
    return np.where(choice > 0, candidates[place], -1).astype(np.int64)
