"""The drift of a run: cut points in force against those that would be fitted today."""

from __future__ import annotations

from typing import Any

from rfmtool.analyses.drift import drift
from rfmtool.errors import RulesError
from rfmtool.scoring.fitting import fit_scales
from rfmtool.standing import Standing


def drift_data(result: Standing) -> dict[str, Any] | None:
    """See `analyses.drift`; None where the cut points are fitted today, or none can be."""
    people, rules, scales = result.report_data.frame, result.rules, result.scales
    if result.fitted or (rules.fit.within and rules.fit.within not in people):
        return None
    kept = scales.timing, scales.peer_spend, result.as_of
    try:
        today = fit_scales(people, rules.scoring, *kept, rules=rules.fit)
    except RulesError:  # such as values below 0 that cannot be cumulated
        return None
    return drift(people, scales, today, rules.weights)
