"""The people whom the shop knows, and their habits."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator

from rfmtool.arrays import Ints
from rfmtool.demo import sampling
from rfmtool.demo.catalogue import LEANING_SHARES, LEANINGS
from rfmtool.demo.shop_calendar import EXPORT_ENDS, GROWTH_CLOCK
from rfmtool.demo.tables import ARCHETYPES, MOODS

COUNTRIES = ("GB", "IE", "DE", "FR")
COUNTRY_SHARES = (0.82, 0.09, 0.05, 0.04)
SPEND_SIGMA = 0.5


def draw_people(customers: int, rng: Generator) -> pd.DataFrame:
    """Draw the persons, in no particular order.

    Returns:
        One row per person, indexed from 0: the columns of their archetype and mood, and
        `usual_gap_days`, `order_days`, `last_day`, `leaning` (place in `LEANINGS`), `appetite`
        (1 = an ordinary household), `country`.
    """
    kinds = np.repeat(np.arange(len(ARCHETYPES)), _head_counts(customers))
    kind = ARCHETYPES.take(rng.permutation(kinds)).merge(MOODS, on="mood", how="left")
    gap = sampling.log_uniform(kind["gap_min"], kind["gap_max"], rng)
    # The number of order days, some of which may lie before the opening.
    most = sampling.log_uniform(kind["days_min"].clip(lower=1), kind["days_max"] + 1, rng)
    # The last order, or the first contact of those who never order.
    earliest, latest = (EXPORT_ENDS - np.floor(gap * kind[name]).to_numpy()
                        for name in ("silence_max", "silence_min"))  # fmt: skip
    last = GROWTH_CLOCK.draw_days(earliest, latest, rng)
    # The leaning of the archetype, or else one drawn.
    own = pd.Index(LEANINGS).get_indexer(pd.Index(kind["taste"]))
    drawn = rng.choice(len(LEANINGS), customers, p=LEANING_SHARES)
    return kind.assign(
        usual_gap_days=gap,
        order_days=np.minimum(most.astype(np.int64), kind["days_max"]),
        last_day=last,
        leaning=np.where(own >= 0, own, drawn).astype(np.int64),
        appetite=kind["spend"] * rng.lognormal(0, SPEND_SIGMA, customers),
        country=rng.choice(COUNTRIES, customers, p=COUNTRY_SHARES),
    )


def add_first_contact(people: pd.DataFrame, visits: pd.DataFrame, rng: Generator) -> pd.DataFrame:
    """Add `known_day`, the day of first contact, and `customer_id`.

    Ids ascend with first contact, with gaps for deleted accounts.
    """
    first = visits.groupby("person")["day"].min().reindex(people.index)
    # Many sign up at the till, others browse for weeks.
    browsing = np.floor(30 * rng.random(len(people)) ** 4)
    known = (first.fillna(people["last_day"]) - browsing).clip(lower=0).astype("int64")
    numbers = 100 + np.cumsum(rng.integers(1, 6, len(people)))
    rank = np.argsort(np.argsort(known.to_numpy(), kind="stable"), kind="stable")
    ids = pd.Series(numbers[rank], index=people.index).astype("str").str.zfill(6)
    return people.assign(known_day=known, customer_id=ids)


def _head_counts(customers: int) -> Ints:
    """The number of people of each archetype, by largest remainder."""
    # Drawing them instead would leave the rarest kinds out of some shops.
    parts = ARCHETYPES["parts"].to_numpy()
    exact = parts / parts.sum() * customers
    counts = np.floor(exact).astype(np.int64)
    by_remainder = np.argsort(counts - exact, kind="stable")
    counts[by_remainder[: customers - counts.sum()]] += 1
    return np.asarray(counts)
