"""The segment of each customer: a cell of the recency × frequency grid, or a custom list."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rfmtool.frames import categorical_from_codes
from rfmtool.placing.matching import first_match
from rfmtool.rules import NO_ORDERS, Condition, Rule, SegmentMap


def assign_segments(customers: pd.DataFrame, segments: SegmentMap) -> pd.DataFrame:
    """Add `segment`, no_orders without a counting order; reads frequency and the scores."""
    without_orders = Rule(NO_ORDERS, (Condition("frequency", largest=0),))
    rules = [without_orders, *segments.rows]
    names = [*dict.fromkeys(rule.label for rule in segments.rows), NO_ORDERS]
    codes = np.array([names.index(rule.label) for rule in rules])
    segment = categorical_from_codes(codes[first_match(customers, rules)], names)
    return customers.assign(segment=segment)
