"""Drift: how far cut points fitted today lie from those in force."""

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

_MIN_SHARE: Final = 1e-4
"""The share of a score without buyers, so that its logarithm exists."""


def drift(
    people: pd.DataFrame, in_force: Scales, today: Scales, weights: Mapping[str, Decimal]
) -> dict[str, Any]:
    """Compare the scores of people, given by the scales in force, with those by today's scales.

    Returns:
        share: of all buyers, who would have another score in some dimension; stability: the
        population stability index of each dimension (under 0.1 little changed, over 0.25 much did),
        None where the number of scores differs; fitted_on: the day of the scales in force.
    """
    buyers = people[people["frequency"] > 0]
    rescored = apply_scales(buyers, today, weights)
    differs, stability = np.zeros(len(buyers), dtype=bool), {}
    for name in DIMENSIONS:
        actual, expected = (
            frame[f"{name}_score"].to_numpy(dtype=np.int64) for frame in (buyers, rescored)
        )
        differs |= actual != expected
        bins = in_force[name].bins
        is_same_size = bins == today[name].bins
        stability[name] = stability_index(actual, expected, bins) if is_same_size else None
    share = float(differs.mean()) if len(buyers) else 0.0
    return {"share": share, "stability": stability, "fitted_on": in_force.as_of.isoformat()}


def stability_index(actual: Ints, expected: Ints, bins: int) -> float:
    """The population stability index of scores from 1 to `bins`: sum of (a - e) ln(a / e)."""
    if not len(actual):
        return 0.0
    a, e = (
        np.maximum(np.bincount(scores, minlength=bins + 1)[1:] / len(scores), _MIN_SHARE)
        for scores in (actual, expected)
    )
    return float(((a - e) * np.log(a / e)).sum())
