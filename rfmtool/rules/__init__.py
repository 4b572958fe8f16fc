"""The rules in force: scoring, segments, ladder and playbook as rows, read from TOML."""

from rfmtool.rules.load import Paths, load_rules, rules_of, shipped_text
from rfmtool.rules.scoring import LIMITS, parse_cuts, parse_fit
from rfmtool.rules.values import (
    MAX_BINS,
    METHODS,
    MIN_BINS,
    NO_ORDERS,
    Action,
    Condition,
    FitRules,
    Method,
    MethodName,
    Rule,
    Rules,
    Rung,
    SegmentMap,
    WalletRules,
)
from rfmtool.rules.writing import to_toml

__all__ = [
    "LIMITS",
    "MAX_BINS",
    "METHODS",
    "MIN_BINS",
    "NO_ORDERS",
    "Action",
    "Condition",
    "FitRules",
    "Method",
    "MethodName",
    "Paths",
    "Rule",
    "Rules",
    "Rung",
    "SegmentMap",
    "WalletRules",
    "load_rules",
    "parse_cuts",
    "parse_fit",
    "rules_of",
    "shipped_text",
    "to_toml",
]
