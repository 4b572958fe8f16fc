"""The orders of the next quarter, simulated with a true effect of each list."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

QUARTER_DAYS: Final = 95
"""The window of 90 days, and some more."""
HOLDOUT_SHARE: Final = "30%"
"""A small shop needs a large one to detect effects."""
TRUE_EFFECTS: Final = {
    "welcome": (0.35, 0.75, "a welcome brings many back"),
    "last_second_order": (0.20, 0.20, "a last offer changes nothing"),
    "club": (0.75, 0.40, "mailed too often, good clients stay away"),
    "last_try": (0.06, 0.12, "one cheap try brings back a few"),
}
"""By list: the share who order within a quarter if held out, if treated, and the reason."""
_OTHERS: Final = (0.35, 0.39, "a little better than nothing")
_LISTS_OF_NON_BUYERS: Final = (
    "awareness", "trial", "introduce", "ask_what_went_wrong", "no_action",
)  # fmt: skip
_NON_BUYERS: Final = (0.03, 0.04, "a few begin to buy")
_MORE_ORDERS: Final = 0.4
_AMOUNTS: Final = (8.0, 25.0)  # the range of a new order's amount


def true_effects(actions: list[str]) -> pd.DataFrame:
    """The true effect of each list, as text cells."""
    known = {**dict.fromkeys(_LISTS_OF_NON_BUYERS, _NON_BUYERS), **TRUE_EFFECTS}
    rows = [(action, *known.get(action, _OTHERS)) for action in actions]
    effects = pd.DataFrame(rows, columns=["action", "left_alone", "treated", "because"])
    shares = ("left_alone", "treated")
    return effects.assign(**{name: effects[name].map("{:.2f}".format) for name in shares})


def orders(before: pd.DataFrame, people: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The orders before and those of the next quarter, as text cells.

    Reads `customer_id`, `action` and `held_out` of people.
    """
    rng = np.random.default_rng([seed, QUARTER_DAYS])
    effects = true_effects(sorted(people["action"].unique())).set_index("action")
    treated, left_alone = (
        people["action"].map(effects[side]).astype(float) for side in ("treated", "left_alone")
    )
    is_returning = rng.random(len(people)) < np.where(people["held_out"], left_alone, treated)
    order_counts = is_returning * (1 + rng.poisson(_MORE_ORDERS, len(people)))
    customer = np.repeat(people["customer_id"].to_numpy(), order_counts)
    day = rng.integers(1, QUARTER_DAYS + 1, len(customer))
    order = np.argsort(day, kind="stable")
    customer, day = customer[order], day[order]
    last = np.datetime64(before["ordered_at"].str[:10].max(), "D")
    amount = before["quantity"].astype(int) * before["unit_price"].astype(float)
    lines = before[amount.between(*_AMOUNTS)]
    bought = lines.iloc[rng.integers(0, len(lines), len(customer))].reset_index(drop=True)
    first = before["order_id"].str[1:].astype(int).max() + 1
    later = bought.assign(
        order_id=[f"A{number}" for number in range(first, first + len(customer))],
        ordered_at=np.strings.add(np.datetime_as_string(last + day, unit="D"), " 12:00"),
        customer_id=customer,
    )
    return pd.concat([before, later], ignore_index=True)
