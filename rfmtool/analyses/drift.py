"""How far cut points fitted today lie from those in force."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd

from rfmtool.arrays import Ints
from rfmtool.columns import DIMENSIONS
from rfmtool.scoring.scales import Scales
from rfmtool.scoring.scores import apply_scales

_LEAST_SHARE: Final = 1e-4
"""A score that nobody has counts as this share, for its logarithm."""


def drift(
    people: pd.DataFrame, in_force: Scales, today: Scales, weights: Mapping[str, Decimal]
) -> dict[str, Any]:
    """Score people, who are scored by the scales in force, by those fitted today, and compare.

    Returns:
        share: of all buyers, who would have another score in some dimension; stability: the
        population stability index of each dimension (under 0.1 little changed, over 0.25 much did),
        None where the number of scores differs; fitted_on: the day of the scales in force.
    """
    buyers = people[people["frequency"] > 0]
    anew = apply_scales(buyers, today, weights)
    other, stability = np.zeros(len(buyers), dtype=bool), {}
    for name in DIMENSIONS:
        now, then = (frame[f"{name}_score"].to_numpy(dtype=np.int64) for frame in (buyers, anew))
        other |= now != then
        bins = in_force[name].bins
        same = bins == today[name].bins
        stability[name] = stability_index(now, then, bins) if same else None
    share = float(other.mean()) if len(buyers) else 0.0
    return {"share": share, "stability": stability, "fitted_on": in_force.as_of.isoformat()}


def stability_index(now: Ints, expected: Ints, bins: int) -> float:
    """The population stability index of scores from 1 to `bins`: sum of (a - e) ln(a / e)."""
    if not len(now):
        return 0.0
    actual, wanted = (
        np.maximum(np.bincount(scores, minlength=bins + 1)[1:] / len(scores), _LEAST_SHARE)
        for scores in (now, expected)
    )
    return float(((actual - wanted) * np.log(actual / wanted)).sum())
