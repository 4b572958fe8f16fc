"""The rules in force: scoring, segments, ladder and playbook as rows, read from TOML.

Whatever reads a section or checks a value raises RulesError, naming the file and the key, where
that cannot be meant: a key is unknown, a value is of another kind, a row leaves somebody out.
"""

from rfmtool.rules.load import Paths, load_rules, rules_of, shipped_text
from rfmtool.rules.lots import ALL, marketing, parse_lots, with_lots, with_results
from rfmtool.rules.scoring import LIMITS, parse_cuts, parse_fit
from rfmtool.rules.values import (
    GONE,
    MAX_BINS,
    METHODS,
    MIN_BINS,
    NEW,
    NO_ORDERS,
    Action,
    Condition,
    Contacting,
    FitRules,
    Lots,
    Method,
    MethodName,
    Relationship,
    Rule,
    Rules,
    Rung,
    SegmentMap,
    WalletRules,
)
from rfmtool.rules.writing import to_toml

__all__ = [
    "ALL", "GONE", "LIMITS", "MAX_BINS", "METHODS", "MIN_BINS", "NEW", "NO_ORDERS", "Action",
    "Condition", "Contacting", "FitRules", "Lots", "Method", "MethodName", "Paths", "Relationship",
    "Rule", "Rules", "Rung", "SegmentMap", "WalletRules", "load_rules", "marketing", "parse_cuts",
    "parse_fit", "parse_lots", "rules_of", "shipped_text", "to_toml", "with_lots", "with_results",
]  # fmt: skip
