"""The columns and words that conditions of rules may use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rfmtool.columns import COLUMNS

ACTIVITIES: Final = ("never", "newcomer", "active", "overdue", "lapsed", "paused")
VERDICTS: Final = ("earned_more", "earned_less", "no_difference", "too_few")
"""What `measure` concludes about an action."""
BASES: Final = ("known", "stated_rank", "peer_estimate")
"""What a wallet is known by, the best first."""
TIERS: Final = ("low", "mid", "high", "unknown")
_FIXED_WORDS: Final = {"activity": ACTIVITIES, "wallet_basis": BASES, "wallet_tier": TIERS}
_USABLE: Final = tuple(column for column in COLUMNS if column.rule_scope != "nothing")
WORD_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    column.name: _FIXED_WORDS.get(column.name, ()) for column in _USABLE if column.kind == "word"
}
"""Columns of words, and their possible words where these are fixed."""
MONEY: Final = frozenset(column.name for column in _USABLE if column.kind == "money")
"""In currency units in a rules file, in units of 1/10,000 everywhere else."""
PLAYBOOK_COLUMNS: Final = frozenset(column.name for column in _USABLE)
LADDER_COLUMNS: Final = frozenset(c.name for c in _USABLE if c.rule_scope == "ladder")
QUOTABLE_COLUMNS: Final = frozenset(
    c.name
    for c in COLUMNS
    if c.kind == "date" or (c in _USABLE and c.kind == "whole") or c.name == "contact_status"
)
"""The columns that the reason of a rung may quote in braces."""
