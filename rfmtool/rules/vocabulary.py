"""What rules may ask of a person: every column by the kind of its values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

COUNTS: Final = frozenset(
    {
        *("frequency", "order_days", "recency_days", "lines", "categories"),
        *("recency_score", "frequency_score", "monetary_score"),
        *("latest_nps", "recent_nps", "complaints", "open_complaints"),
        *("referrals", "unsolicited_bought", "unknown_referred", "unknown_bought"),
        *("unsolicited_reviews", "solicited_reviews"),
    }
)
"""Whole numbers."""

MONEY: Final = frozenset(
    {"monetary", "sales", "refunds", "average_order", "wallet", "headroom", "cost"}
)
"""Money, in currency units in a rules file, in whole 1/10,000 everywhere else."""

RATIOS: Final = frozenset({"share_of_wallet", "overdue_ratio"})
"""Numbers with decimals, compared in whole millionths as they are written to files."""

MILLION: Final = 1_000_000

WALLET: Final = frozenset(
    {
        *("wallet", "share_of_wallet", "wallet_basis", "wallet_tier", "headroom"),
        *("share_is_low", "headroom_is_high"),
    }
)
"""What share of wallet tells, in any of these kinds."""

FLAGS: Final = frozenset(
    {
        *("partner_listed", "is_contact", "in_scheme", "paused", "gave_feedback", "detractor"),
        *("named_as_referred", "named_by_customer", "held_by_complaint", "held_by_nps"),
        *("by_proxy", "share_is_low", "headroom_is_high", "loses_money", "refund_heavy"),
        *("within_w50", "past_w95"),
    }
)
"""Yes or no; what nobody said is a no."""

ACTIVITIES: Final = ("never", "newcomer", "active", "overdue", "lapsed", "paused")

WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "stage": (),
    "segment": (),
    "contact_status": (),
    "candidate": (),
    "activity": ACTIVITIES,
    "wallet_basis": ("known", "stated_rank", "peer_estimate"),
    "wallet_tier": ("low", "mid", "high", "unknown"),
}
"""Columns of words, and which words there can be where that is settled."""

DATES: Final = frozenset(
    {"first_order_on", "last_order_on", "last_referral_on", "last_review_on", "latest_nps_on"}
)

_AFTER_THE_LADDER: Final = frozenset(
    {"stage", "candidate", "loses_money", "refund_heavy", "within_w50", "past_w95"}
)
PLAYBOOK: Final = COUNTS | MONEY | RATIOS | FLAGS | frozenset(WORDS)
"""What a row of the playbook may ask."""

LADDER: Final = PLAYBOOK - _AFTER_THE_LADDER
"""What a rung may ask."""

FILLED_IN: Final = COUNTS | DATES | {"contact_status"}
"""What a reason may quote in braces."""
