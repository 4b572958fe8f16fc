"""Who moved between two runs, and where the change in revenue came from.

Money is in whole 1/10,000 and adds up to the last one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from rfmtool.arrays import Mask
from rfmtool.grouping.ids import matching_keys
from rfmtool.money import exact_total
from rfmtool.rules import GONE, NEW

GROUPINGS: Final = ("stage", "segment", "activity")
FLOWS: Final = ("new", "up", "down", "gone", "neither", "same")
MOVES: Final = ("up", "same", "down", "other", "new", "gone", "lapsed", "reactivated")
NUMBERS: Final = ("frequency", "monetary")
_LAPSED: Final = "lapsed"
_DIGITS: Final = 50
"""Logarithms of decimals are the same on every machine; those of doubles are not."""


Totals = tuple[int, int, int]
"""What the revenue of a run is a product of: buyers, orders, and revenue in whole 1/10,000."""


@dataclass(frozen=True)
class Comparison:
    """What became of the customers of two runs."""

    transitions: Mapping[str, pd.DataFrame]
    """For each of GROUPINGS how many went from where (rows) to where (columns)."""
    moves: Mapping[str, int]
    """How many made each of MOVES."""
    moved_customers: Mapping[str, pd.DataFrame]
    """Who was promoted, demoted, lapsed and reactivated, the most valuable first."""
    revenue: Mapping[str, Any]
    """`old` and `new` in whole 1/10,000; `flow`, how many `customers` of each of FLOWS did what
    `change`, which add up to new - old exactly; and `reactivated`, who are among these too."""
    factors: Mapping[str, int] | None
    """As `revenue_factors` gives them."""


def compare(
    old: pd.DataFrame,
    new: pd.DataFrame,
    labels: Mapping[str, Sequence[str]],
    ladder: Sequence[str],
    old_as_of: date,
) -> Comparison:
    """Compare two runs customer by customer, on the union of their ids.

    Args:
        old: the earlier run, one row per customer: customer_id, stage, segment, activity,
            frequency, monetary (whole 1/10,000), last_order_on.
        new: the later run, alike.
        labels: every label of each of GROUPINGS, in the order of the matrices.
        ladder: the stages of the later run from the top, which say what is up; a customer on a
            rung that is not among them moved neither up nor down, but `other`.
        old_as_of: the day of the old run; who lapsed before it and ordered after it is reactivated.
    """
    both = _side_by_side(old, new)
    groups = _groups(both, ladder, old_as_of)
    listed = [f"{name}{end}" for name in (*GROUPINGS, "monetary") for end in ("_before", "")]
    return Comparison(
        {name: transitions(both, name, labels[name]) for name in GROUPINGS},
        {name: int(groups[name].sum()) for name in MOVES},
        {
            name: both.loc[groups[move], ["customer_id", *listed]].reset_index(drop=True)
            for name, move in {
                "promoted": "up",
                "demoted": "down",
                "lapsed": "lapsed",
                "reactivated": "reactivated",
            }.items()
        },
        _revenue(both, groups["reactivated"]),
        revenue_factors(_totals(old), _totals(new)),
    )


def _side_by_side(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Every customer of either run, what the old one says in columns that end in `_before`.

    Labels are missing where a run does not know the customer, numbers are 0. Those with the most
    money come first.
    """
    # Nullable on the way, because doubles would not carry all of the money.
    old, new = (
        run.astype(dict.fromkeys(NUMBERS, "Int64")).assign(key=matching_keys(run["customer_id"]))
        for run in (old, new)
    )
    both = old.merge(new, how="outer", on="key", suffixes=("_before", ""), sort=True)
    both["customer_id"] = both["customer_id"].fillna(both["customer_id_before"])
    numbers = [f"{name}{end}" for name in NUMBERS for end in ("_before", "")]
    both = both.fillna(dict.fromkeys(numbers, 0)).astype(dict.fromkeys(numbers, "int64"))
    # Stable, so that equal ones stay ordered by customer_id.
    return both.sort_values("monetary", ascending=False, kind="stable")


# Movement ----------------------------------------------------------------------------------------


def transitions(both: pd.DataFrame, grouping: str, labels: Sequence[str]) -> pd.DataFrame:
    """Count who went from which label to which.

    Args:
        both: what both runs say of each customer; `grouping` and the same with `_before`.
        grouping: the column.
        labels: its labels in order.

    Returns:
        Counts; a row for each label that somebody left or kept and one for NEW, a column for each
        that somebody reached and one for GONE, as far as there are such.
    """
    size = len(labels) + 1
    start, end = (_places(both[name], labels) for name in (f"{grouping}_before", grouping))
    counts = np.bincount(start * size + end, minlength=size * size).reshape(size, size)
    matrix = pd.DataFrame(counts, index=[*labels, NEW], columns=[*labels, GONE])
    return matrix.iloc[np.flatnonzero(counts.any(axis=1)), np.flatnonzero(counts.any(axis=0))]


def _places(column: pd.Series[str], labels: Sequence[str]) -> npt.NDArray[np.int64]:
    """The place of each label; one past the last where it is missing."""
    places = pd.Index(labels).get_indexer(pd.Index(column)).astype(np.int64)
    return np.where(places < 0, len(labels), places)


def _groups(both: pd.DataFrame, ladder: Sequence[str], old_as_of: date) -> dict[str, Mask]:
    """Who made each of MOVES; the first six share out everybody."""
    before, after = _places(both["stage_before"], ladder), _places(both["stage"], ladder)
    was, stays = both["stage_before"].notna().to_numpy(), both["stage"].notna().to_numpy()
    known = was & stays
    ranked = known & (before < len(ladder)) & (after < len(ladder))
    lapsed_before = (both["activity_before"] == _LAPSED).to_numpy(dtype=bool)
    lapsed = (both["activity"] == _LAPSED).to_numpy(dtype=bool)
    ordered_since = (both["last_order_on"] > pd.Timestamp(old_as_of)).to_numpy(dtype=bool)
    return {
        "up": ranked & (after < before),
        "same": ranked & (after == before),
        "down": ranked & (after > before),
        "other": known & ~ranked,
        "new": ~was,
        "gone": ~stays,
        "lapsed": known & lapsed & ~lapsed_before,
        "reactivated": known & lapsed_before & ordered_since,
    }


# Revenue -----------------------------------------------------------------------------------------


def _revenue(both: pd.DataFrame, reactivated: Mask) -> dict[str, Any]:
    before, after = both["monetary_before"].to_numpy(), both["monetary"].to_numpy()
    bought_before = both["frequency_before"].to_numpy() > 0
    buys = both["frequency"].to_numpy() > 0
    stayed = bought_before & buys
    members = {
        "new": ~bought_before & buys,
        "up": stayed & (after > before),
        "down": stayed & (after < before),
        "gone": bought_before & ~buys,
        "neither": ~bought_before & ~buys,
        "same": stayed & (after == before),
    }

    def part(held: Mask) -> dict[str, int]:
        change = exact_total(after[held]) - exact_total(before[held])
        return {"customers": int(held.sum()), "change": change}

    return {
        "old": exact_total(before),
        "new": exact_total(after),
        "flow": {name: part(members[name]) for name in FLOWS},
        "reactivated": part(reactivated),
    }


def _totals(people: pd.DataFrame) -> Totals:
    orders = people["frequency"].to_numpy()
    return int((orders > 0).sum()), int(orders.sum()), exact_total(people["monetary"])


def revenue_factors(old: Totals, new: Totals) -> dict[str, int] | None:
    """Share a change in revenue out among buyers, orders per buyer and revenue per order.

    Each factor gets the logarithmic mean of the two revenues times the logarithm of its own growth
    (the additive LMDI of Ang, 2004), which leaves no remainder. Each is rounded half-even to whole
    1/10,000, and revenue per order takes what that leaves.

    Returns:
        customers, frequency and average, which add up to the change exactly; None where a run has
        no buyers or no revenue above zero.
    """
    (old_buyers, old_orders, before), (new_buyers, new_orders, after) = old, new
    if min(old_buyers, new_buyers, before, after) <= 0:
        return None
    with localcontext(prec=_DIGITS):
        growth, change = (Decimal(after) / before).ln(), after - before
        weight = change / growth if change else Decimal(before)
        buyers = (Decimal(new_buyers) / old_buyers).ln()
        orders = (Decimal(new_orders) / old_orders).ln()
        customers = int((weight * buyers).to_integral_value())
        frequency = int((weight * (orders - buyers)).to_integral_value())
    average = change - customers - frequency
    return {"customers": customers, "frequency": frequency, "average": average}
