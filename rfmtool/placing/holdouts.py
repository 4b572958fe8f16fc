"""Holdout groups: drawn once for each customer, on the day they enter, and permanent.

The draw is a hash of the id and a salt, so it is the same on any machine and in any order.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterable
from decimal import Decimal
from functools import cache
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from rfmtool.arrays import Mask
from rfmtool.frames import categorical_from_codes, is_among
from rfmtool.grouping.ids import matching_keys
from rfmtool.rules import ALL_MARKETING, HoldoutRules, Rules, marketing_actions
from rfmtool.sources.cells.ids import is_listed

HOLDOUT_COLUMNS: Final = ("customer_id", "lot", "action", "held_out", "share", "salt", "from_on")
"""Columns of a table of draws: held_out is boolean, from_on in days since 1970-01-01."""
_BITS: Final = 64
_SEPARATOR: Final = b"\x1f"


def drawn_by_hash(parts: Iterable[str], ids: Iterable[str], share: Decimal) -> Mask:
    """Which ids (as `matching_keys`) the hash of `parts` puts into the holdout group."""
    prefix = b"".join(part.encode() + _SEPARATOR for part in parts)
    limit = math.ceil(share * 2**_BITS)
    hashes = (hashlib.sha256(prefix + key.encode()).digest() for key in ids)
    return np.fromiter((int.from_bytes(each[:8], "big") < limit for each in hashes), dtype=bool)


@cache
def empty_holdouts() -> pd.DataFrame:
    """A table of draws without rows."""
    kinds = {"held_out": "bool", "from_on": "int64"}
    return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, "str")) for name in HOLDOUT_COLUMNS})


def assign_holdouts(
    customers: pd.DataFrame, rules: Rules, draws: pd.DataFrame, suppressed: frozenset[str], day: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw for customers new to a holdout, and mark those held out of their action.

    Reads customer_id and action. `draws` are those of earlier runs, of which those of `suppressed`
    ids are dropped; `day` is the as_of day, since 1970-01-01.

    Returns:
        The customers with `holdout`, and all draws, HOLDOUT_COLUMNS.
    """
    holdout, marketing = rules.holdout, marketing_actions(rules.playbook)
    dropped = is_listed(pa.array(draws["customer_id"], pa.string()), suppressed)
    draws, mask = draws[~dropped], np.zeros(len(customers), dtype=bool)
    if holdout.shares:
        draws = with_entrants(draws, customers, holdout, marketing, day)
        mask = is_held_out(customers, draws, holdout, marketing)
    labels = categorical_from_codes(np.where(mask, 0, -1), ["yes"])
    return customers.assign(holdout=labels), draws


def with_entrants(
    draws: pd.DataFrame,
    customers: pd.DataFrame,
    holdout: HoldoutRules,
    marketing: Collection[str],
    day: int,
) -> pd.DataFrame:
    """Draw for customers new to a holdout; earlier `draws` stay as they are.

    `marketing` are the actions that may have a holdout; `day` is the as_of day, since 1970-01-01.
    """
    keys = matching_keys(customers["customer_id"])
    for lot in sorted(holdout.shares, key=lambda name: name != ALL_MARKETING):
        actions = marketing if lot == ALL_MARKETING else {lot}
        earlier = draws[draws["salt"].eq(holdout.salt) & draws["lot"].isin([lot, ALL_MARKETING])]
        settled = earlier[earlier["lot"].eq(lot) | earlier["held_out"]]["customer_id"]
        is_new = customers["action"].isin(actions) & ~is_among(keys, matching_keys(settled))
        entrants, share = customers[is_new.to_numpy()], holdout.shares[lot]
        parts = (holdout.salt,) if lot == ALL_MARKETING else (holdout.salt, lot)
        columns = {
            "customer_id": entrants["customer_id"].astype("str"),
            "lot": lot,
            "action": entrants["action"].astype("str"),
            "held_out": drawn_by_hash(parts, keys[is_new], share),
            "share": f"{share:f}",
            "salt": holdout.salt,
            "from_on": np.full(len(entrants), day),
        }
        kinds = empty_holdouts().dtypes.to_dict()
        new = pd.DataFrame(columns, columns=list(HOLDOUT_COLUMNS)).astype(kinds)
        draws = pd.concat([draws, new], ignore_index=True)
    return draws


def is_held_out(
    customers: pd.DataFrame, draws: pd.DataFrame, holdout: HoldoutRules, marketing: Collection[str]
) -> Mask:
    """Which customers are held out of their current action, by all marketing or the action."""
    is_in_force = draws["salt"].eq(holdout.salt) & draws["lot"].isin([*holdout.shares])
    held = draws[draws["held_out"] & is_in_force]
    keys, held_keys = matching_keys(customers["customer_id"]), matching_keys(held["customer_id"])
    of_all = is_among(keys, held_keys[held["lot"].eq(ALL_MARKETING)])
    mask = of_all & customers["action"].isin(marketing).to_numpy()
    for lot in holdout.shares.keys() - {ALL_MARKETING}:
        of_action = is_among(keys, held_keys[held["lot"].eq(lot)])
        mask |= of_action & customers["action"].eq(lot).to_numpy(dtype=bool)
    return mask
