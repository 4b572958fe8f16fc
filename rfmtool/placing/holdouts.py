"""Who is left out by lot: drawn once, on the day somebody enters, and for good.

A lot is a hash of the person and of a word, so that it is the same on any machine and in any order.
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
from rfmtool.frames import categorical_from_codes
from rfmtool.grouping.ids import matching_keys
from rfmtool.rules import ALL_MARKETING, HoldoutRules, Rules, marketing_actions
from rfmtool.sources.cells.ids import is_listed

HOLDOUT_COLUMNS: Final = ("customer_id", "lot", "action", "held_out", "share", "salt", "from_on")
"""What is known of everybody in a round: held_out is yes or no, from_on a day since 1970-01-01."""
_BITS: Final = 64
_BETWEEN: Final = b"\x1f"


def drawn_by_hash(parts: Iterable[str], ids: Iterable[str], share: Decimal) -> Mask:
    """Who of some customers, by ids as they are compared, is left out of a lot drawn with `parts`."""
    before = b"".join(part.encode() + _BETWEEN for part in parts)
    limit = math.ceil(share * 2**_BITS)
    hashes = (hashlib.sha256(before + one.encode()).digest() for one in ids)
    return np.fromiter((int.from_bytes(each[:8], "big") < limit for each in hashes), dtype=bool)


@cache
def empty_holdouts() -> pd.DataFrame:
    """A round that nobody has entered."""
    kinds = {"held_out": "bool", "from_on": "int64"}
    return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, "str")) for name in HOLDOUT_COLUMNS})


def assign_holdouts(
    customers: pd.DataFrame,
    rules: Rules,
    entered: pd.DataFrame,
    suppressed: frozenset[str],
    day: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw for those who come to a lot for the first time, and see who is left out.

    Args:
        customers: one row per person; reads customer_id and action.
        rules: the lots, and the actions that customers may be left out of.
        entered: HOLDOUTS of earlier runs.
        suppressed: who is to be left out of everything, and so leaves the round.
        day: the as_of day, since 1970-01-01.

    Returns:
        The customers with `holdout`, and HOLDOUTS of everybody.
    """
    lots, offered = rules.holdout, marketing_actions(rules.playbook)
    gone = is_listed(pa.array(entered["customer_id"], pa.string()), suppressed)
    rows, left_out = entered[~gone], np.zeros(len(customers), dtype=bool)
    if lots.shares:
        rows = with_entrants(rows, customers, lots, offered, day)
        left_out = is_held_out(customers, rows, lots, offered)
    return customers.assign(
        holdout=categorical_from_codes(np.where(left_out, 0, -1), ["yes"])
    ), rows


def with_entrants(
    entered: pd.DataFrame,
    customers: pd.DataFrame,
    lots: HoldoutRules,
    marketing: Collection[str],
    day: int,
) -> pd.DataFrame:
    """Draw for those who come to a lot for the first time; who has entered stays as drawn.

    Args:
        entered: HOLDOUTS of earlier runs.
        customers: customer_id and action of everybody.
        lots: which lots there are.
        marketing: the actions that customers may be left out of.
        day: the as_of day, since 1970-01-01.

    Returns:
        HOLDOUTS of everybody, by from_on, lot and customer_id.
    """
    rows, keys = entered, matching_keys(customers["customer_id"])
    for lot in sorted(lots.shares, key=lambda name: name != ALL_MARKETING):
        named = marketing if lot == ALL_MARKETING else {lot}
        known = rows[rows["salt"].eq(lots.salt) & rows["lot"].isin([lot, ALL_MARKETING])]
        passed = known[known["lot"].eq(lot) | known["held_out"]]["customer_id"]
        comes = customers["action"].isin(named) & ~keys.isin(matching_keys(passed))
        entrants, share = customers[comes.to_numpy()], lots.shares[lot]
        parts = (lots.salt,) if lot == ALL_MARKETING else (lots.salt, lot)
        columns = {
            "customer_id": entrants["customer_id"].astype("str"),
            "lot": lot,
            "action": entrants["action"].astype("str"),
            "held_out": drawn_by_hash(parts, keys[comes], share),
            "share": f"{share:f}",
            "salt": lots.salt,
            "from_on": np.full(len(entrants), day),
        }
        kinds = empty_holdouts().dtypes.to_dict()
        rows = pd.concat([rows, pd.DataFrame(columns, columns=list(HOLDOUT_COLUMNS)).astype(kinds)])
    return rows.sort_values(["from_on", "lot", "customer_id", "salt"], ignore_index=True)


def is_held_out(
    customers: pd.DataFrame, rows: pd.DataFrame, lots: HoldoutRules, marketing: Collection[str]
) -> Mask:
    """Who is left out of the action they have now: of all marketing, or of its own lot."""
    out = rows[rows["held_out"] & rows["salt"].eq(lots.salt) & rows["lot"].isin([*lots.shares])]
    keys, left_out = matching_keys(customers["customer_id"]), matching_keys(out["customer_id"])
    of_all = keys.isin(left_out[out["lot"].eq(ALL_MARKETING)])
    mask: Mask = (of_all & customers["action"].isin(marketing)).to_numpy()
    for lot in lots.shares.keys() - {ALL_MARKETING}:
        of_list = keys.isin(left_out[out["lot"].eq(lot)])
        mask = mask | (of_list & customers["action"].eq(lot)).to_numpy()
    return mask
