"""Simulated campaigns and years whose truth is known."""

import numpy as np
import pandas as pd

from rfmtool.analyses.effects import SpendByArm

CONDITIONS = {  # share who buy and mean order of the treated, of those of the held out
    "nothing": (1.0, 1.0),
    "a third more buy": (1.3, 1.0),
    "a third fewer buy": (0.7, 1.0),
    "they spend less": (1.0, 0.7),
}
BUY, MEAN = 0.10, 40.0


def campaign(rng, more_buy, more_spent, treated=1_800, held_out=200):
    """What everybody spent, and what the treated truly spend more a person."""

    def side(people, share, mean):
        amounts = rng.lognormal(np.log(mean) - 0.5, 1.0, people)
        return np.where(rng.random(people) < share, amounts, 0.0)

    sides = SpendByArm(side(treated, BUY * more_buy, MEAN * more_spent), side(held_out, BUY, MEAN))
    return sides, BUY * MEAN * (more_buy * more_spent - 1)


LISTS = {"works": 3.0, "idle": 0.0, "harms": -3.0}
PEOPLE = 5_000


def year(rng, months=12, share=0.2):
    """A year of monthly runs between three lists, each with a lot of its own.

    What a list does to somebody moves them: who buys goes to the list that works, some of the
    others to the next. Each person counts once for a list, in the month in which they entered it.

    Returns:
        A row for each person and list, as `analyses.measure.measure` takes them.
    """
    people = PEOPLE * len(LISTS)
    names = [*LISTS]
    on = rng.integers(0, len(names), people)
    held = rng.random((len(names), people)) < share
    entered = np.full((len(names), people), -1)
    bought = np.zeros((months, people), dtype=bool)
    effects = np.array([LISTS[name] for name in names]) / 100
    everybody = np.arange(people)
    for month in range(months):
        new = entered[on, everybody] < 0
        entered[on[new], everybody[new]] = month
        is_treated = ~held[on, everybody]
        # A list does its work once, on those who come to it.
        chance = 0.10 + np.where(is_treated & new, effects[on], 0.0)
        bought[month] = rng.random(people) < chance
        on = np.where(bought[month], 0, (on + (rng.random(people) < 0.3)) % len(names))
    rows = []
    for place, name in enumerate(names):
        who = np.flatnonzero((entered[place] >= 0) & (entered[place] < months))
        since = entered[place, who]
        within = bought[since, who]
        amounts = within * rng.lognormal(np.log(MEAN) - 0.5, 1.0, len(who))
        rows.append(
            pd.DataFrame(
                {"lot": name, "action": name, "held_out": held[place, who], "share": share,
                 "returned": within, "spent": amounts, "before": 0.0, "cost": 0.0,
                 "own_cost": 0.0}
            )
        )  # fmt: skip
    return pd.concat(rows, ignore_index=True)
