"""Every column name and bin name that users meet, in the order they meet them."""

from __future__ import annotations

from typing import Final

CUSTOMERS: Final = (
    "customer_id",
    "stage",
    "segment",
    "activity",
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
    "stage_evidence",
    "stage_reason",
)
"""The columns of a customer row, in the order in which they are written."""

MONEY: Final = frozenset({"monetary", "average_order", "refunds"})
"""Customer columns that hold money, in whole 1/10,000 of the currency unit until written."""

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

UNITS_PER_CURRENCY: Final = 10_000
"""Money is held in whole 1/10,000: integer sums are equal in any order, on any engine."""
