"""What the columns asked for rest on, so that nothing else is read, fitted or computed."""

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
"""What is held against the times in which orders come."""
BREADTH: Final = frozenset({"category_breadth", "missing_category", "missing_category_value"})
CATEGORY_PREFERENCES: Final = frozenset(
    {"favourite_category", "last_category", "next_category", "next_category_lift"}
)
CATEGORIES: Final = BREADTH | CATEGORY_PREFERENCES | {"categories"}
COSTS: Final = frozenset({"cost", "margin"})
YEARLY: Final = frozenset({"contribution", "service_minutes"})
"""What the contact log tells of a year beside its orders."""
WALLET_SCORES: Final = frozenset({"sow_score", "rfm_sow"})
"""Scores of the share of wallet, which only who asks for them gets."""
ESTIMATED: Final = frozenset(
    {"wallet", "wallet_low", "wallet_high", "share_of_wallet", "wallet_basis", "wallet_tier",
     "headroom", "wallet_plan"}
)  # fmt: skip
"""What may rest on the spend of peers."""
WALLETS: Final = ESTIMATED | {"told_basis", "share_is_low", "headroom_is_high"}
CONTACT_HISTORY: Final = frozenset(
    {"open_complaint_cause", "recommended_by", "brought", "last_contacted_on",
     "last_contacted_for", "last_outcome"}
)  # fmt: skip
"""What whoever calls somebody should know of them."""
STAGES: Final = frozenset({"stage", "stage_evidence", "stage_reason", "candidate"})
FORECASTS: Final = frozenset({"return_probability", "expected_spend"})
"""What is foretold from what became of customers on earlier days."""
ACTIONS: Final = frozenset({"action", "priority", "channel", "resting"})


def with_dependencies(asked: Iterable[str], rules: Rules, *, allow_proxy: bool) -> frozenset[str]:
    """The columns asked for, and all that they rest on under these rules.

    Args:
        asked: names of `columns.COLUMNS`, or any other.
        rules: what the ladder, the segments and the playbook ask of a customer.
        allow_proxy: whether orders alone may make a supporter.
    """
    rests_on = _rests_on(rules, allow_proxy=allow_proxy)
    found: set[str] = set()
    more = {*asked}
    while more:
        found |= more
        more = {one for name in more for one in rests_on.get(name, ())} - found
    return frozenset(found)


def _rests_on(rules: Rules, *, allow_proxy: bool) -> dict[str, set[str]]:
    """What each column is computed from, but for what is measured of every customer."""
    ladder = _asked_by(rules.ladder)
    quoted = {name for rung in rules.ladder for name in re.findall(r"\{(\w+)\}", rung.because)}
    return {
        "segment": _asked_by(rules.segments.rows),
        **dict.fromkeys(STAGES, ladder),
        "stage_reason": ladder | quoted,
        "candidate": ladder | {"looks_like_supporter"},
        "by_proxy": {"looks_like_supporter"} if allow_proxy else set(),
        "looks_like_supporter": {"activity", "categories"},
        "activity": {"overdue_ratio"},
        **dict.fromkeys(ACTIONS, _asked_by(rules.playbook) | {"email", "phone", "consent"}),
        "holdout": {"action"},
        "loses_money": {"cost"},
        "contribution": {"cost"},
        **{name: {"recency_score", "frequency_score"} for name in FORECASTS},
        **{name: {"share_of_wallet", "rfm"} for name in WALLET_SCORES},
    }


def _asked_by(rules: Iterable[Rule]) -> set[str]:
    """The columns that rules ask for; the basis of a wallet only where it may be an estimate."""
    return {
        "told_basis"
        if one.column == "wallet_basis" and "peer_estimate" not in (one.words or ())
        else one.column
        for rule in rules
        for one in rule.conditions
    }
