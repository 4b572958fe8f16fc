"""Movements of customers between two runs, and where the change in revenue came from.

Money is in whole 1/10,000, and sums are exact.
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
from rfmtool.columns import GROUPINGS
from rfmtool.grouping.ids import matching_keys
from rfmtool.money import exact_total
from rfmtool.rules import GONE, NEW

FLOWS: Final = ("new", "up", "down", "gone", "neither", "same")
MOVES: Final = ("up", "same", "down", "other", "new", "gone", "lapsed", "reactivated")
NUMBERS: Final = ("frequency", "monetary")
_LAPSED: Final = "lapsed"
_DIGITS: Final = 50
"""Logarithms of decimals are the same on every machine; those of doubles are not."""

Totals = tuple[int, int, int]
"""Buyers, orders, and revenue in whole 1/10,000 of a run."""


@dataclass(frozen=True)
class Comparison:
    """How customers and revenue changed between two runs."""

    transitions: Mapping[str, pd.DataFrame]
    """For each of GROUPINGS the customers by old label (rows) and new label (columns)."""
    moves: Mapping[str, int]
    """How many customers made each of MOVES."""
    moved_customers: Mapping[str, pd.DataFrame]
    """Who was promoted, demoted, lapsed and reactivated, the most valuable first."""
    revenue: Mapping[str, Any]
    """`old` and `new` in whole 1/10,000; `flow`, for each of FLOWS its `customers` and `change`,
    which add up to new - old exactly; and `reactivated`, who are counted in `flow` too."""
    factors: Mapping[str, int] | None
    """See `revenue_factors`."""


def compare(
    old: pd.DataFrame,
    new: pd.DataFrame,
    labels: Mapping[str, Sequence[str]],
    ladder: Sequence[str],
    old_as_of: date,
) -> Comparison:
    """Compare two runs customer by customer, on the union of their ids.

    Reads customer_id, stage, segment, activity, frequency, monetary and last_order_on. `labels` are
    those of each of GROUPINGS, in the order of the matrices. `ladder` has the stages of the later
    run from the top, which define what is up; to or from a rung that is not among them, a customer
    moved neither up nor down, but `other`. Who had lapsed by the day of the old run and ordered
    after it is reactivated.
    """
    both = _side_by_side(old, new)
    movers = _movers(both, ladder, old_as_of)
    columns = [f"{name}{end}" for name in (*GROUPINGS, "monetary") for end in ("_before", "")]
    moved = {"promoted": "up", "demoted": "down", "lapsed": "lapsed", "reactivated": "reactivated"}
    return Comparison(
        {name: transitions(both, name, labels[name]) for name in GROUPINGS},
        {name: int(movers[name].sum()) for name in MOVES},
        {
            name: both.loc[movers[move], ["customer_id", *columns]].reset_index(drop=True)
            for name, move in moved.items()
        },
        _revenue(both, movers["reactivated"]),
        revenue_factors(_totals(old), _totals(new)),
    )


def _side_by_side(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Every customer of either run, with the old run's columns suffixed `_before`.

    Where a run lacks the customer, labels are missing and numbers are 0. The largest new spend
    comes first.
    """
    # Nullable integers in the merge, because doubles would round money.
    old, new = (
        run.astype(dict.fromkeys(NUMBERS, "Int64")).assign(key=matching_keys(run["customer_id"]))
        for run in (old, new)
    )
    both = old.merge(new, how="outer", on="key", suffixes=("_before", ""), sort=True)
    both["customer_id"] = both["customer_id"].fillna(both["customer_id_before"])
    numbers = [f"{name}{end}" for name in NUMBERS for end in ("_before", "")]
    both = both.fillna(dict.fromkeys(numbers, 0)).astype(dict.fromkeys(numbers, "int64"))
    # Stable, so that equal spends stay ordered by customer_id.
    return both.sort_values("monetary", ascending=False, kind="stable")


def transitions(both: pd.DataFrame, grouping: str, labels: Sequence[str]) -> pd.DataFrame:
    """Count customers by old label or NEW (rows), and new label or GONE (columns).

    Reads the column `grouping` and the same with `_before`; rows and columns without customers are
    left out.
    """
    size = len(labels) + 1
    start, end = (_label_places(both[name], labels) for name in (f"{grouping}_before", grouping))
    counts = np.bincount(start * size + end, minlength=size * size).reshape(size, size)
    matrix = pd.DataFrame(counts, index=[*labels, NEW], columns=[*labels, GONE])
    return matrix.iloc[np.flatnonzero(counts.any(axis=1)), np.flatnonzero(counts.any(axis=0))]


def _label_places(column: pd.Series[str], labels: Sequence[str]) -> npt.NDArray[np.int64]:
    """The place of each row's label; len(labels) where it is missing or unknown."""
    places = pd.Index(labels).get_indexer(pd.Index(column)).astype(np.int64)
    return np.where(places < 0, len(labels), places)


def _movers(both: pd.DataFrame, ladder: Sequence[str], old_as_of: date) -> dict[str, Mask]:
    """Who made each of MOVES; every customer is in exactly one of the first six."""
    before, after = (_label_places(both[name], ladder) for name in ("stage_before", "stage"))
    is_in_old, is_in_new = (both[name].notna().to_numpy() for name in ("stage_before", "stage"))
    is_in_both = is_in_old & is_in_new
    ranked = is_in_both & (before < len(ladder)) & (after < len(ladder))
    lapsed_before = (both["activity_before"] == _LAPSED).to_numpy(dtype=bool)
    lapsed = (both["activity"] == _LAPSED).to_numpy(dtype=bool)
    ordered_since = (both["last_order_on"] > pd.Timestamp(old_as_of)).to_numpy(dtype=bool)
    return {
        "up": ranked & (after < before),
        "same": ranked & (after == before),
        "down": ranked & (after > before),
        "other": is_in_both & ~ranked,
        "new": ~is_in_old,
        "gone": ~is_in_new,
        "lapsed": is_in_both & lapsed & ~lapsed_before,
        "reactivated": is_in_both & lapsed_before & ordered_since,
    }


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

    def change_of(customers: Mask) -> dict[str, int]:
        change = exact_total(after[customers]) - exact_total(before[customers])
        return {"customers": int(customers.sum()), "change": change}

    return {
        "old": exact_total(before),
        "new": exact_total(after),
        "flow": {name: change_of(members[name]) for name in FLOWS},
        "reactivated": change_of(reactivated),
    }


def _totals(people: pd.DataFrame) -> Totals:
    orders = people["frequency"].to_numpy()
    return int((orders > 0).sum()), int(orders.sum()), exact_total(people["monetary"])


def revenue_factors(old: Totals, new: Totals) -> dict[str, int] | None:
    """Decompose a change in revenue into buyers, orders per buyer and revenue per order.

    Each factor gets the logarithmic mean of the two revenues times the logarithm of its own growth
    (the additive LMDI of Ang, 2004), which leaves no remainder. Each is rounded half-even to whole
    1/10,000, and revenue per order takes the rounding errors.

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
