"""Cut points fitted to all customers: overall, and within groups of them."""

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
from rfmtool.scoring.scores import places_by_group
from rfmtool.scoring.timing import Timing


def fit_scales(  # noqa: PLR0913
    customers: pd.DataFrame,
    scoring: Mapping[str, Method],
    timing: Timing,
    peer_spend: PeerSpend,
    as_of: date,
    *,
    rules: FitRules | None = None,
) -> Scales:
    """Fit cut points on the customers with at least one counting order.

    Reads recency_days, frequency, monetary (1/10,000), and the column that the rules name; by
    default they are fitted on everyone, and within none.

    Raises:
        RulesError: a method cannot score these values, there is no such column, or the limits
            exclude everyone.
    """
    rules = rules or FitRules()
    is_buyer = customers["frequency"].to_numpy() > 0
    is_fitted = is_buyer & is_within_fit_limits(customers, rules)
    if is_buyer.any() and not is_fitted.any():
        raise RulesError(
            "nobody lies within the limits that cut points are fitted on",
            "Look at --min-orders, --max-orders, --min-spend and --max-spend.",
        )
    overall = _fit_dimensions(customers, is_fitted, scoring)
    within = fit_group_scales(customers[is_fitted], scoring, rules.within) if rules.within else None
    return Scales(as_of, overall, timing, peer_spend, within)


def is_within_fit_limits(customers: pd.DataFrame, rules: FitRules) -> Mask:
    """Which customers are within the limits on orders and spend for the fit."""
    mask = np.ones(len(customers), dtype=bool)
    for column, smallest, largest in (
        ("frequency", rules.min_orders, rules.max_orders),
        ("monetary", rules.min_spend, rules.max_spend),
    ):
        values = customers[column].to_numpy()
        if smallest is not None:
            mask &= values >= smallest
        if largest is not None:
            mask &= values <= largest
    return mask


def fit_group_scales(
    buyers: pd.DataFrame, scoring: Mapping[str, Method], column: str
) -> GroupScales:
    """Fit cut points for each value of a column on the buyers with that value.

    A group that a method cannot score (see `cumulative_cuts`) is left out, like an unseen one.
    Raises RulesError where there is no such column.
    """
    groups = {}
    for name, rows in places_by_group(buyers, column):
        with suppress(RulesError):
            groups[name] = _fit_dimensions(buyers, rows, scoring)
    return GroupScales(column, groups)


def _fit_dimensions(
    customers: pd.DataFrame, rows: Ints | Mask, scoring: Mapping[str, Method]
) -> dict[str, Scale]:
    """Fit on these rows, all of them buyers."""
    scales: dict[str, Scale] = {}
    is_nested = any(method.name == "nested" for method in scoring.values())
    before: list[Ints] = []
    for name in DIMENSIONS:
        values = customers[SCORED_COLUMNS[name]].array[rows].to_numpy(dtype=np.int64)
        scales[name] = _fit_dimension(name, scoring[name], values, before)
        if is_nested:
            before.append(scales[name].scores(values, before))
    return scales


def _fit_dimension(name: str, method: Method, values: Ints, before: Sequence[Ints]) -> Scale:
    bins, nested_cuts = method.bins, {}
    if method.name in ("quantile", "nested"):
        cuts = quantile_cuts(values, bins)
    elif method.name == "cumulative":
        try:
            cuts = cumulative_cuts(values, bins)
        except ValueError:
            negative = int((values < 0).sum())
            reason = "all have 0"
            if negative:
                reason = f"{negative:,} of {len(values):,} buyers have less than 0"
            leave_out = ", or leave them out of the fit with --min-spend 0" if negative else ""
            raise RulesError(
                f"{name} cannot be scored by method cumulative: {reason}",
                f"Take --cuts {name}=quantile:{bins}{leave_out}.",
            ) from None
    else:
        cuts = method.cuts
    if method.name == "nested":
        # Separately for equal scores in the previous dimensions, as in SPSS.
        cells, codes = np.unique(np.stack(before), axis=1, return_inverse=True)
        for code, cell in enumerate(cells.T.tolist()):
            nested_cuts[tuple(cell)] = quantile_cuts(values[codes == code], bins)
    return Scale(method.name, cuts, BETTER[name], nested_cuts)
