"""What rules may ask of a customer, by the table of columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rfmtool.columns import COLUMNS

ACTIVITIES: Final = ("never", "newcomer", "active", "overdue", "lapsed", "paused")
VERDICTS: Final = ("earned_more", "earned_less", "no_difference", "too_few")
"""What `measure` says of an action."""
_SETTLED: Final = {
    "activity": ACTIVITIES,
    "wallet_basis": ("known", "stated_rank", "peer_estimate"),
    "wallet_tier": ("low", "mid", "high", "unknown"),
}
_ASKED: Final = tuple(one for one in COLUMNS if one.rule_scope != "nothing")

WORD_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    one.name: _SETTLED.get(one.name, ()) for one in _ASKED if one.kind == "word"
}
"""Columns of words, and which words there can be where that is settled."""

MONEY: Final = frozenset(one.name for one in _ASKED if one.kind == "money")
"""Money, in currency units in a rules file, in whole 1/10,000 everywhere else."""

PLAYBOOK_COLUMNS: Final = frozenset(one.name for one in _ASKED)
"""What a row of the playbook may ask."""

LADDER_COLUMNS: Final = frozenset(one.name for one in _ASKED if one.rule_scope == "ladder")
"""What a rung may ask."""

QUOTABLE_COLUMNS: Final = frozenset(
    one.name
    for one in COLUMNS
    if one.kind == "date" or (one in _ASKED and one.kind == "whole") or one.name == "contact_status"
)
"""What a reason may quote in braces."""
