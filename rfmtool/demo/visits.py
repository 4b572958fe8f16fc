"""When people order: a rhythm of their own, on the shop's clock."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rfmtool.demo import shop_calendar

SECOND_ORDER_SAME_DAY = 0.02  # "I forgot the filters"
ANONYMOUS = 0.03
MORNING, EVENING = 10.5 * 60, 20 * 60  # the two humps of a shop's day, in minutes


def order_days(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The days on which each person orders.

    Histories are told backwards from the last order, so that how long somebody has been silent
    is exactly what their archetype says; what lies before the opening is forgotten. Reads
    `order_days`, `usual_gap_days`, `wobble` and `last_day`.

    Returns:
        Distinct `person` (row number), `day`; by person, latest day first.
    """
    steps = people["order_days"].to_numpy()
    person = np.repeat(np.arange(len(people)), steps)
    begins = np.repeat(np.cumsum(steps) - steps, steps)
    wobble = rng.lognormal(0, people["wobble"].to_numpy()[person])
    gaps = people["usual_gap_days"].to_numpy()[person] * wobble
    walked = np.cumsum(gaps)
    back = walked - walked[begins] if len(walked) else walked
    last = people["last_day"].to_numpy()[person]
    # From noon of the last day: the same day for the first step, whatever the day's speed.
    day = shop_calendar.SEASONAL_CLOCK.to_days(
        shop_calendar.SEASONAL_CLOCK.from_days(last + 0.5) - back
    )
    return pd.DataFrame({"person": person, "day": day})[day >= 0].drop_duplicates()


def orders(people: pd.DataFrame, visits: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The orders made on those days, and those of people who give no name.

    Returns:
        One row per order, indexed from 0: `person`, `named`, `day`, `minute`, `cancelled`.
    """
    again = visits[rng.random(len(visits)) < SECOND_ORDER_SAME_DAY]
    own = pd.concat([visits, again]).assign(named=True)
    # Guests shop like the customers they stand next to.
    count = round(len(own) * ANONYMOUS)
    alike = own["person"].to_numpy()[rng.integers(0, max(len(own), 1), count)]
    from_day = np.full(count, shop_calendar.EXPORT_BEGINS)
    day = shop_calendar.GROWTH_CLOCK.draw_days(
        from_day, np.full(count, shop_calendar.EXPORT_ENDS), rng
    )
    guests = pd.DataFrame({"person": alike, "day": day, "named": np.full(count, fill_value=False)})
    made = pd.concat([own, guests], ignore_index=True)
    middle = np.where(rng.random(len(made)) < 0.55, MORNING, EVENING)  # noqa: PLR2004 - mornings win
    minute = np.clip(rng.normal(middle, 100), 0, 1439).astype(np.int64)
    chance = people["cancels"].to_numpy()[made["person"]]
    return made.assign(minute=minute, cancelled=rng.random(len(made)) < chance)
