"""How far the cut points in force have drifted from those that would be fitted today."""

from __future__ import annotations

from typing import Any

from rfmtool.analyses.drift import drift
from rfmtool.errors import RulesError
from rfmtool.scoring.fitting import fit_scales
from rfmtool.standing import Standing


def drifted(now: Standing) -> dict[str, Any] | None:
    """How far cut points fitted today lie from those in force.

    Returns:
        None where those in force are fitted today, or none can be.
    """
    people, rules, scales = now.figures.frame, now.rules, now.scales
    if now.fitted or (rules.fit.within and rules.fit.within not in people):
        return None
    fixed = scales.timing, scales.peer_spend, now.as_of
    try:
        today = fit_scales(people, rules.scoring, *fixed, rules=rules.fit)
    except RulesError:  # such as values below 0 that cannot be cumulated
        return None
    return drift(people, scales, today, rules.weights)
