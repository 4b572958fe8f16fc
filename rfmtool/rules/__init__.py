"""The rules in force: scoring, segments, ladder and playbook as rows, read from TOML.

Functions that parse a section or check a value raise RulesError, naming the file and the key, if a
key is unknown, a value has the wrong type, or rows leave some customers without a match.
"""

from rfmtool.rules.holdouts import (
    ALL_MARKETING,
    marketing_actions,
    parse_holdouts,
    with_holdouts,
    with_results,
)
from rfmtool.rules.load import Paths, load_rules, parse_rules, shipped_text
from rfmtool.rules.scoring import FIT_LIMITS, parse_cuts, parse_fit
from rfmtool.rules.values import (
    GONE,
    MAX_BINS,
    METHODS,
    MIN_BINS,
    NEW,
    NO_ORDERS,
    Action,
    Condition,
    ContactRules,
    FitRules,
    HoldoutRules,
    Method,
    MethodName,
    RelationshipRules,
    Rule,
    Rules,
    Rung,
    SegmentMap,
    WalletRules,
)
from rfmtool.rules.writing import to_toml

__all__ = [
    "ALL_MARKETING", "FIT_LIMITS", "GONE", "MAX_BINS", "METHODS", "MIN_BINS", "NEW", "NO_ORDERS",
    "Action", "Condition", "ContactRules", "FitRules", "HoldoutRules", "Method", "MethodName",
    "Paths", "RelationshipRules", "Rule", "Rules", "Rung", "SegmentMap", "WalletRules",
    "load_rules", "marketing_actions", "parse_cuts", "parse_fit", "parse_holdouts", "parse_rules",
    "shipped_text", "to_toml", "with_holdouts", "with_results",
]  # fmt: skip
