"""The shop a quarter later, where each list did what is told of it: one works, one does harm."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

QUARTER_DAYS: Final = 95
"""How many days the later export goes on: the windows of 90 days, and some more."""
HOLDOUT_SHARE: Final = "30%"
"""Who is left out of all marketing in the demo; a small shop has to leave out many to see much."""
TRUE_EFFECTS: Final = {
    "welcome": (0.35, 0.75, "a welcome brings many back"),
    "last_second_order": (0.20, 0.20, "a last offer changes nothing"),
    "club": (0.75, 0.40, "mailed too often, good clients stay away"),
    "last_try": (0.06, 0.12, "one cheap try brings back a few"),
}
"""Of a list, the share who order within a quarter if left alone, and if treated; and why."""
_OTHERS: Final = (0.35, 0.39, "a little better than nothing")
_SILENT: Final = ("awareness", "trial", "introduce", "ask_what_went_wrong", "no_action")
"""The lists of people who have not ordered so far; few begin."""
_BEGIN: Final = (0.03, 0.04, "a few begin to buy")
_MORE_ORDERS: Final = 0.4
_USUAL: Final = (8.0, 25.0)
"""What an order of the quarter is worth."""


def true_effects(actions: list[str]) -> pd.DataFrame:
    """What each list truly does, as text cells."""
    usual = {action: _BEGIN if action in _SILENT else _OTHERS for action in actions}
    rows = [(action, *TRUE_EFFECTS.get(action, usual[action])) for action in actions]
    told = pd.DataFrame(rows, columns=["action", "left_alone", "treated", "because"])
    return told.assign(
        left_alone=told["left_alone"].map("{:.2f}".format),
        treated=told["treated"].map("{:.2f}".format),
    )


def orders(before: pd.DataFrame, people: pd.DataFrame, seed: int) -> pd.DataFrame:
    """All orders up to a quarter later, as text cells; reads customer_id, action and held_out."""
    rng = np.random.default_rng([seed, QUARTER_DAYS])
    truth = true_effects(sorted(people["action"].unique())).set_index("action")
    side = np.where(people["held_out"], "left_alone", "treated")
    shares = np.where(
        side == "treated",
        people["action"].map(truth["treated"]).astype(float),
        people["action"].map(truth["left_alone"]).astype(float),
    )
    returns = rng.random(len(people)) < shares
    many = returns * (1 + rng.poisson(_MORE_ORDERS, len(people)))
    who = np.repeat(people["customer_id"].to_numpy(), many)
    day = rng.integers(1, QUARTER_DAYS + 1, len(who))
    order = np.argsort(day, kind="stable")
    who, day = who[order], day[order]
    last = np.datetime64(before["ordered_at"].str[:10].max(), "D")
    amount = before["quantity"].astype(int) * before["unit_price"].astype(float)
    lines = before[amount.between(*_USUAL)]
    bought = lines.iloc[rng.integers(0, len(lines), len(who))].reset_index(drop=True)
    first = before["order_id"].str[1:].astype(int).max() + 1
    later = bought.assign(
        order_id=[f"A{number}" for number in range(first, first + len(who))],
        ordered_at=np.strings.add(np.datetime_as_string(last + day, unit="D"), " 12:00"),
        customer_id=who,
    )
    return pd.concat([before, later], ignore_index=True)
