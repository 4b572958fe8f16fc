"""Every column name and bin name that users meet, in the order they meet them."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Final

CUSTOMERS: Final = (
    "customer_id",
    "stage",
    "segment",
    "activity",
    "action",
    "priority",
    "channel",
    "rfm",
    "rfm_total",
    "recency_score",
    "frequency_score",
    "monetary_score",
    "recency_days",
    "frequency",
    "monetary",
    "first_order_on",
    "last_order_on",
    "order_days",
    "average_order",
    "refunds",
    "usual_gap_days",
    "overdue_ratio",
    "wallet",
    "share_of_wallet",
    "wallet_basis",
    "wallet_tier",
    "headroom",
    "category_breadth",
    "stage_evidence",
    "stage_reason",
    "candidate",
)
"""The columns of every customer row, in the order in which they are written."""

SAID: Final = {"latest_nps": "feedback", "open_complaints": "feedback", "referrals": "referrals"}
"""Columns that rest on one evidence table, and are written where it is supplied."""

EXTRAS: Final = (
    *("cost", "margin", "wallet_plan", "sow_score", "rfm_sow"),
    *("missing_category", "missing_category_value"),
    *SAID,
)
"""Further columns of a customer row, each only where the run knows anything of it."""

CONTACTS: Final = ("email", "phone", "name", "consent")
"""How to reach a customer; written after customer_id, those that are known."""

MONEY: Final = frozenset(
    {
        *("monetary", "average_order", "refunds", "wallet", "headroom", "missing_category_value"),
        *("cost", "margin"),
    }
)
"""Customer columns that hold money, in whole 1/10,000 of the currency unit until written."""


def written(known: Container[str], keep: Sequence[str] = ()) -> tuple[str, ...]:
    """The columns that are written of those known, in their order.

    Args:
        known: the names of the columns there are.
        keep: columns carried through under their own names.
    """
    first, *rest = CUSTOMERS
    order = (first, *CONTACTS, *rest, *EXTRAS, *keep)
    return tuple(name for name in order if name in known)


DATES: Final = frozenset({"first_order_on", "last_order_on"})
"""Customer columns that hold days."""

WHOLE: Final = frozenset(
    {
        *("priority", "recency_score", "frequency_score", "monetary_score", "recency_days"),
        *("frequency", "order_days", "latest_nps", "open_complaints", "referrals"),
        "sow_score",
    }
)
"""Customer columns that hold whole numbers."""

RATIOS: Final = frozenset(
    {"rfm_total", "usual_gap_days", "overdue_ratio", "share_of_wallet", "category_breadth"}
)
"""Customer columns that hold numbers with decimals."""

DIMENSIONS: Final = ("recency", "frequency", "monetary")

EXCLUSIONS: Final = (
    "suppressed",
    "not_a_sale",
    "other_currency",
    "before_since",
    "after_as_of",
)
"""Why a readable row is outside the question; the first that holds counts."""

REJECTIONS: Final = (
    "wrong_cell_count",
    "bad_encoding",
    "bad_text",
    "missing_date",
    "bad_date",
    "missing_amount",
    "bad_amount",
    "bad_quantity",
    "bad_price",
    "bad_nps",
    "bad_kind",
    "bad_rank",
    "bad_wallet",
)
"""Why a row cannot be read; the first that holds counts. The last four are of evidence only."""

BINS: Final = ("used", "anonymous", "blank", *EXCLUSIONS, *REJECTIONS)
"""Every row of an export ends in exactly one of these."""

EVIDENCE: Final = ("contacts", "referrals", "feedback", "partners", "wallets", "suppress")
"""The evidence tables."""
