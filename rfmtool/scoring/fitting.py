"""Cut points fitted to all customers at once: overall, and within groups of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date

import numpy as np
import pandas as pd

from rfmtool.arrays import Ints, Mask
from rfmtool.columns import DIMENSIONS
from rfmtool.errors import RulesError
from rfmtool.rules import FitRules, Method
from rfmtool.scoring.cuts import cumulative_cuts, quantile_cuts
from rfmtool.scoring.peer_spend import PeerSpend
from rfmtool.scoring.scales import BETTER, SCORED_COLUMNS, GroupScales, Scale, Scales
from rfmtool.scoring.scores import rows_by_group
from rfmtool.scoring.timing import Timing


def fit_scales(  # noqa: PLR0913 - all but the last are what makes up Scales
    customers: pd.DataFrame,
    scoring: Mapping[str, Method],
    timing: Timing,
    peer_spend: PeerSpend,
    as_of: date,
    *,
    rules: FitRules | None = None,
) -> Scales:
    """Fit cut points on the customers with at least one counting order.

    Args:
        customers: frame with recency_days, frequency, monetary (1/10,000), and the column that the
            rules name.
        scoring: the method of each dimension.
        timing: what `timing.fit_timing` found.
        peer_spend: what `peer_spend.fit_peer_spend` found.
        as_of: the day recency is counted from.
        rules: who is fitted on, and within which column; everyone, and none, by default.

    Raises:
        RulesError: a method cannot score these values, there is no such column, or the limits
            leave nobody.
    """
    rules = rules or FitRules()
    buyer = customers["frequency"].to_numpy() > 0
    inside = buyer & is_within_fit_limits(customers, rules)
    if buyer.any() and not inside.any():
        raise RulesError(
            "nobody lies within the limits that cut points are fitted on",
            "Look at --min-orders, --max-orders, --min-spend and --max-spend.",
        )
    overall = _fit_dimensions(customers, inside, scoring)
    within = fit_group_scales(customers[inside], scoring, rules.within) if rules.within else None
    return Scales(as_of, overall, timing, peer_spend, within)


def is_within_fit_limits(customers: pd.DataFrame, rules: FitRules) -> Mask:
    """Who lies within the limits of those whom cut points are fitted on."""
    inside = np.ones(len(customers), dtype=bool)
    for column, least, most in (
        ("frequency", rules.min_orders, rules.max_orders),
        ("monetary", rules.min_spend, rules.max_spend),
    ):
        values = customers[column].to_numpy()
        if least is not None:
            inside &= values >= least
        if most is not None:
            inside &= values <= most
    return inside


def fit_group_scales(
    buyers: pd.DataFrame, scoring: Mapping[str, Method], column: str
) -> GroupScales:
    """Fit cut points for each value of a column on those who have it.

    A group whose values a method cannot score (see `cumulative_cuts`) is left out, like one that
    was never seen.

    Raises:
        RulesError: there is no such column.
    """
    groups = {}
    for name, rows in rows_by_group(buyers, column):
        with suppress(RulesError):
            groups[name] = _fit_dimensions(buyers, rows, scoring)
    return GroupScales(column, groups)


def _fit_dimensions(
    customers: pd.DataFrame, chosen: Ints | Mask, scoring: Mapping[str, Method]
) -> dict[str, Scale]:
    """Fit on those who are chosen, all of whom have bought."""
    scales: dict[str, Scale] = {}
    is_nested = any(method.name == "nested" for method in scoring.values())
    before: list[Ints] = []
    for name in DIMENSIONS:
        values = customers[SCORED_COLUMNS[name]].array[chosen].to_numpy(dtype=np.int64)
        scales[name] = _fit_one(name, scoring[name], values, before)
        if is_nested:
            before.append(scales[name].scores(values, before))
    return scales


def _fit_one(name: str, method: Method, values: Ints, before: Sequence[Ints]) -> Scale:
    bins, own_cuts = method.bins, {}
    if method.name in ("quantile", "nested"):
        cuts = quantile_cuts(values, bins)
    elif method.name == "cumulative":
        try:
            cuts = cumulative_cuts(values, bins)
        except ValueError:
            below = int((values < 0).sum())
            why = f"{below:,} of {len(values):,} buyers have less than 0" if below else "all have 0"
            leave_out = ", or leave them out of the fit with --min-spend 0" if below else ""
            raise RulesError(
                f"{name} cannot be scored by method cumulative: {why}",
                f"Take --cuts {name}=quantile:{bins}{leave_out}.",
            ) from None
    else:
        cuts = method.cuts
    if method.name == "nested":
        # Among those with equal scores in the dimensions before, as SPSS nests.
        cells, place = np.unique(np.stack(before), axis=1, return_inverse=True)
        for number, cell in enumerate(cells.T.tolist()):
            own_cuts[tuple(cell)] = quantile_cuts(values[place == number], bins)
    return Scale(method.name, cuts, BETTER[name], own_cuts)
