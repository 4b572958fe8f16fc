"""Dependencies between columns, so that only what is needed is read, fitted and computed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from rfmtool.rules import Rule, Rules

SCORES: Final = frozenset(
    {"recency_score", "frequency_score", "monetary_score", "rfm", "rfm_total"}
)
GAPS: Final = frozenset({"usual_gap_days", "overdue_ratio"})
TIMED: Final = GAPS | {"activity", "within_w50", "past_w95"}
"""Columns that depend on the fitted timing of orders."""
BREADTH: Final = frozenset({"category_breadth", "missing_category", "missing_category_value"})
CATEGORY_PREFERENCES: Final = frozenset(
    {"favourite_category", "last_category", "next_category", "next_category_lift"}
)
CATEGORIES: Final = BREADTH | CATEGORY_PREFERENCES | {"categories"}
COSTS: Final = frozenset({"cost", "margin"})
YEARLY: Final = frozenset({"contribution", "service_minutes"})
"""Columns from a year's contact log and orders."""
WALLET_SCORES: Final = frozenset({"sow_score", "rfm_sow"})
"""Scores of the share of wallet, computed on request only."""
ESTIMATED: Final = frozenset(
    {"wallet", "wallet_low", "wallet_high", "share_of_wallet", "wallet_basis", "wallet_tier",
     "headroom", "wallet_plan"}
)  # fmt: skip
"""Columns that may depend on the spend of peers."""
BY_PEERS: Final = ESTIMATED | BREADTH
WALLETS: Final = ESTIMATED | {"declared_basis", "share_is_low", "headroom_is_high"}
CONTACT_HISTORY: Final = frozenset(
    {"open_complaint_cause", "recommended_by", "brought", "last_contacted_on",
     "last_contacted_for", "last_outcome"}
)  # fmt: skip
STAGES: Final = frozenset({"stage", "stage_evidence", "stage_reason", "candidate"})
FORECASTS: Final = frozenset({"return_probability", "expected_spend"})
"""Columns computed from lookback days."""
ACTIONS: Final = frozenset({"action", "priority", "channel", "resting"})


def with_dependencies(asked: Iterable[str], rules: Rules, *, allow_proxy: bool) -> frozenset[str]:
    """The columns asked for, and all that they depend on under these rules.

    `allow_proxy` is whether orders alone may make a supporter.
    """
    dependencies = _direct_dependencies(rules, allow_proxy=allow_proxy)
    needed: set[str] = set()
    added = {*asked}
    while added:
        needed |= added
        added = {column for name in added for column in dependencies.get(name, ())} - needed
    return frozenset(needed)


def _direct_dependencies(rules: Rules, *, allow_proxy: bool) -> dict[str, set[str]]:
    """The columns that each column is computed from, without base columns."""
    ladder = _used_by(rules.ladder)
    quoted = {name for rung in rules.ladder for name in re.findall(r"\{(\w+)\}", rung.because)}
    return {
        "segment": _used_by(rules.segments.rows),
        **dict.fromkeys(STAGES, ladder),
        "stage_reason": ladder | quoted,
        "candidate": ladder | {"looks_like_supporter"},
        "by_proxy": {"looks_like_supporter"} if allow_proxy else set(),
        "looks_like_supporter": {"activity", "categories"},
        "activity": {"overdue_ratio"},
        **dict.fromkeys(ACTIONS, _used_by(rules.playbook) | {"email", "phone", "consent"}),
        "holdout": {"action"},
        "loses_money": {"cost"},
        "contribution": {"cost"},
        **{name: {"recency_score", "frequency_score"} for name in FORECASTS},
        **{name: {"share_of_wallet", "rfm"} for name in WALLET_SCORES},
    }


def _used_by(rules: Iterable[Rule]) -> set[str]:
    """The columns in conditions; `declared_basis` where the wallet may not be a peer estimate."""
    return {
        "declared_basis"
        if condition.column == "wallet_basis" and "peer_estimate" not in (condition.words or ())
        else condition.column
        for rule in rules
        for condition in rule.conditions
    }
