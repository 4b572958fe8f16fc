"""The days and minutes of orders."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator

from rfmtool.demo.shop_calendar import EXPORT_BEGINS, EXPORT_ENDS, GROWTH_CLOCK, SEASONAL_CLOCK

SECOND_ORDER_SAME_DAY = 0.02  # "I forgot the filters"
ANONYMOUS = 0.03
MORNING, EVENING = 10.5 * 60, 20 * 60  # the two peaks of a day, in minutes


def order_days(people: pd.DataFrame, rng: Generator) -> pd.DataFrame:
    """The days on which each person orders.

    Histories are drawn backwards from the last order, so that its recency is exactly that of the
    archetype; days before the opening are dropped. Reads `order_days`, `usual_gap_days`, `wobble`
    and `last_day`.

    Returns:
        Distinct `person` (row number), `day`; by person, latest day first.
    """
    steps = people["order_days"].to_numpy()
    person = np.repeat(np.arange(len(people)), steps)
    starts = np.repeat(np.cumsum(steps) - steps, steps)
    wobble = rng.lognormal(0, people["wobble"].to_numpy()[person])
    gaps = people["usual_gap_days"].to_numpy()[person] * wobble
    elapsed = np.cumsum(gaps)
    back = elapsed - elapsed[starts] if len(elapsed) else elapsed
    last = people["last_day"].to_numpy()[person]
    # From noon, so that the first step stays on the last day, whatever its speed.
    day = SEASONAL_CLOCK.to_days(SEASONAL_CLOCK.from_days(last + 0.5) - back)
    return pd.DataFrame({"person": person, "day": day})[day >= 0].drop_duplicates()


def orders(people: pd.DataFrame, visits: pd.DataFrame, rng: Generator) -> pd.DataFrame:
    """The orders made on those days, and anonymous ones.

    Indexed from 0: `person`, `named`, `day`, `minute`, `cancelled`.
    """
    second = visits[rng.random(len(visits)) < SECOND_ORDER_SAME_DAY]
    named = pd.concat([visits, second]).assign(named=True)
    # Anonymous buyers shop like a customer drawn at random.
    count = round(len(named) * ANONYMOUS)
    model = named["person"].to_numpy()[rng.integers(0, max(len(named), 1), count)]
    begin, end = (np.full(count, day) for day in (EXPORT_BEGINS, EXPORT_ENDS))
    day = GROWTH_CLOCK.draw_days(begin, end, rng)
    guests = pd.DataFrame({"person": model, "day": day, "named": np.full(count, fill_value=False)})
    made = pd.concat([named, guests], ignore_index=True)
    middle = np.where(rng.random(len(made)) < 0.55, MORNING, EVENING)  # noqa: PLR2004 - mornings win
    minute = np.clip(rng.normal(middle, 100), 0, 1439).astype(np.int64)
    cancel_share = people["cancels"].to_numpy()[made["person"]]
    return made.assign(minute=minute, cancelled=rng.random(len(made)) < cancel_share)
