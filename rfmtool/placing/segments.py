"""The segment of each customer: a cell of the recency × frequency grid, or a custom list."""

from __future__ import annotations

import pandas as pd

from rfmtool.placing.matching import first_match, labelled
from rfmtool.rules import NO_ORDERS, Condition, Rule, SegmentMap


def place_segments(people: pd.DataFrame, segments: SegmentMap) -> pd.DataFrame:
    """Add `segment`; reads frequency and the three scores. Without a counting order: no_orders."""
    without_orders = Rule(NO_ORDERS, (Condition("frequency", largest=0),))
    rules = [without_orders, *segments.rows]
    labels = [rule.label for rule in rules]
    segment = labelled(first_match(people, rules), labels).cat.reorder_categories(
        [*dict.fromkeys(labels[1:]), NO_ORDERS]
    )
    return people.assign(segment=segment)
