"""All column names of customer rows, and the names of bins and evidence tables."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Final, Literal, NamedTuple

Kind = Literal["text", "contact", "word", "flag", "date", "whole", "money", "ratio"]
"""The type of a column. `contact` is text to reach a customer by, `word` one of a list of words,
`whole` an integer; money is in integers of 1/10,000 until it is written."""
Written = Literal["always", "known", "feedback", "referrals", "never"]
"""When a column is in customers.csv: always, where the run knows a value, where that evidence is
supplied, never."""
RuleScope = Literal["ladder", "playbook", "nothing"]
"""Which rules may use a column; the playbook may use those of the ladder too."""


class Column(NamedTuple):
    """A column of a customer row."""

    name: str
    kind: Kind
    written: Written
    rule_scope: RuleScope
    unit: str
    meaning: str


_TABLE: Final = (
    ("customer_id", "text", "always", "nothing", "", "who it is, exactly as the export writes it"),
    ("email", "contact", "known", "nothing", "", "where to write to"),
    ("phone", "contact", "known", "nothing", "", "where to call"),
    ("name", "contact", "known", "nothing", "", "what they are called"),
    ("consent", "contact", "known", "nothing", "", "whether they may be written to"),
    ("stage", "word", "always", "playbook", "", "the rung of the loyalty ladder"),
    ("segment", "word", "always", "ladder", "", "the group by the scores"),
    ("activity", "word", "always", "ladder", "", "how present they are, on whatever rung"),
    ("action", "word", "always", "nothing", "", "what to do"),
    ("priority", "whole", "always", "nothing", "1 = first", "how soon to do it"),
    ("channel", "word", "always", "nothing", "", "by what to do it: the first that reaches them"),
    ("rfm", "word", "always", "nothing", "", "the three scores as one text"),
    ("rfm_total", "ratio", "always", "nothing", "score", "the three scores, weighted and added up"),
    ("recency_score", "whole", "always", "ladder", "score", "how lately they ordered"),
    ("frequency_score", "whole", "always", "ladder", "score", "how often they ordered"),
    ("monetary_score", "whole", "always", "ladder", "score", "how much they spent"),
    ("recency_days", "whole", "always", "ladder", "days", "from the last order that counts"),
    ("frequency", "whole", "always", "ladder", "orders", "that net above zero"),
    ("monetary", "money", "always", "ladder", "currency", "what they spent, refunds taken off"),
    ("first_order_on", "date", "always", "nothing", "", "the first day with an order that counts"),
    ("last_order_on", "date", "always", "nothing", "", "the last day with an order that counts"),
    ("order_days", "whole", "always", "ladder", "days", "with an order that counts"),
    ("average_order", "money", "always", "ladder", "currency", "spent for each order"),
    ("refunds", "money", "always", "ladder", "currency", "what was refunded to them"),
    ("usual_gap_days", "ratio", "always", "nothing", "days", "a regular lets pass between orders"),
    ("overdue_ratio", "ratio", "always", "ladder", "usual gaps", "since a regular's last order"),
    ("wallet", "money", "always", "ladder", "currency", "what they spend on such things anywhere"),
    ("wallet_low", "money", "always", "nothing", "currency", "it may well be as little, by peers"),
    ("wallet_high", "money", "always", "nothing", "currency", "it may well be as much, by peers"),
    ("share_of_wallet", "ratio", "always", "ladder", "0–1", "how much of it they spend here"),
    ("wallet_basis", "word", "always", "ladder", "", "what the wallet is known by"),
    ("wallet_tier", "word", "always", "ladder", "", "whether the share is low or high"),
    ("headroom", "money", "always", "ladder", "currency", "what they spend elsewhere"),
    ("category_breadth", "ratio", "always", "nothing", "0–1", "of the categories that they buy"),
    ("stage_evidence", "word", "always", "nothing", "", "what kind of thing proves the stage"),
    ("stage_reason", "text", "always", "nothing", "", "why they stand there, in words"),
    ("candidate", "word", "always", "playbook", "", "the rung that their orders suggest"),
    ("return_probability", "ratio", "always", "nothing", "0–1", "of an order in 90 days"),
    ("expected_spend", "money", "always", "nothing", "currency", "to come in 90 days"),
    ("favourite_category", "text", "always", "nothing", "", "what they spend most on"),
    ("last_category", "text", "always", "nothing", "", "what they bought last"),
    ("next_category", "text", "always", "nothing", "", "what who buys alike buys too"),
    ("holdout", "word", "always", "nothing", "", "yes: held out of it, to measure against"),
    ("stage_since_on", "date", "known", "nothing", "", "the first run that saw them there"),
    ("segment_since_on", "date", "known", "nothing", "", "the same of their segment"),
    ("stage_before", "text", "known", "nothing", "", "the rung that they came from"),
    ("resting", "word", "known", "nothing", "", "why they are not contacted again just now"),
    ("snooze_until", "date", "known", "nothing", "", "the day until which they asked to wait"),
    ("snooze_reason", "text", "known", "nothing", "", "why they asked to wait"),
    ("cost", "money", "known", "ladder", "currency", "what was paid for what they bought"),
    ("margin", "money", "known", "nothing", "currency", "what is left of their spend after costs"),
    ("contribution", "money", "known", "playbook", "currency", "a year's margin less contacts"),
    ("wallet_plan", "word", "known", "nothing", "", "what to do by the size of wallet and share"),
    ("sow_score", "whole", "known", "nothing", "score", "how large the share of wallet is"),
    ("rfm_sow", "word", "known", "nothing", "", "rfm with that digit behind it"),
    ("next_category_lift", "ratio", "known", "nothing", "times", "as many buy it as of everybody"),
    ("missing_category", "text", "known", "nothing", "", "what they lack and peers buy"),
    ("missing_category_value", "money", "known", "nothing", "currency", "what that is worth"),
    ("latest_nps", "whole", "feedback", "ladder", "0–10", "their latest answer to a survey"),
    ("open_complaints", "whole", "feedback", "ladder", "complaints", "that nobody has settled"),
    ("open_complaint_on", "date", "feedback", "nothing", "", "since when one is open"),
    ("open_complaint_cause", "text", "known", "nothing", "", "what it is about"),
    ("referrals", "whole", "referrals", "ladder", "people", "whom they referred in 24 months"),
    ("recommended_by", "text", "known", "nothing", "", "who named them, by their ids"),
    ("brought", "text", "known", "nothing", "", "whom they named, by their ids"),
    ("last_contacted_on", "date", "known", "nothing", "", "by the contact log"),
    ("last_contacted_for", "text", "known", "nothing", "", "for which action"),
    ("last_outcome", "text", "known", "nothing", "", "what came of it"),
    ("service_minutes", "whole", "never", "playbook", "minutes", "of contact in a year"),
    ("sales", "money", "never", "ladder", "currency", "what they bought, nothing taken off"),
    ("lines", "whole", "never", "ladder", "rows", "of theirs that are used"),
    ("categories", "whole", "never", "ladder", "categories", "that they spent anything in"),
    ("contact_status", "word", "never", "ladder", "", "what contacts say of them"),
    ("recent_nps", "whole", "never", "ladder", "0–10", "their latest answer, if of 24 months"),
    ("complaints", "whole", "never", "ladder", "complaints", "they ever had"),
    ("unsolicited_bought", "whole", "never", "ladder", "people", "referred unasked, who bought"),
    ("unknown_referred", "whole", "never", "ladder", "people", "referred, asked or not is unknown"),
    ("unknown_bought", "whole", "never", "ladder", "people", "of these, who bought"),
    ("unsolicited_reviews", "whole", "never", "ladder", "reviews", "they praised us in unasked"),
    ("solicited_reviews", "whole", "never", "ladder", "reviews", "they praised us in when asked"),
    ("last_referral_on", "date", "never", "nothing", "", "the day of the latest referral"),
    ("last_review_on", "date", "never", "nothing", "", "the day of the latest praise"),
    ("latest_nps_on", "date", "never", "nothing", "", "the day of the latest answer"),
    ("partner_listed", "flag", "never", "ladder", "", "is a partner on the day"),
    ("is_contact", "flag", "never", "ladder", "", "is among the contacts"),
    ("in_scheme", "flag", "never", "ladder", "", "is in the recommend-a-friend scheme"),
    ("paused", "flag", "never", "ladder", "", "asked for a pause"),
    ("gave_feedback", "flag", "never", "ladder", "", "ever said anything"),
    ("detractor", "flag", "never", "ladder", "", "answered 6 or less last"),
    ("named_as_referred", "flag", "never", "ladder", "", "was referred"),
    ("named_by_customer", "flag", "never", "ladder", "", "was referred by somebody who ordered"),
    ("held_by_complaint", "flag", "never", "ladder", "", "an open complaint holds them below"),
    ("held_by_nps", "flag", "never", "ladder", "", "their latest answer holds them below"),
    ("by_proxy", "flag", "never", "ladder", "", "orders alone may make a supporter of them"),
    ("share_is_low", "flag", "never", "ladder", "", "the share of a told wallet is low"),
    ("headroom_is_high", "flag", "never", "ladder", "", "the headroom of a told wallet is high"),
    ("loses_money", "flag", "never", "playbook", "", "cost more than they spent"),
    ("refund_heavy", "flag", "never", "playbook", "", "gave a quarter or more back"),
    ("within_w50", "flag", "never", "playbook", "", "ordered within the median second order"),
    ("past_w95", "flag", "never", "playbook", "", "longer ago than nearly all second orders"),
)  # fmt: skip
COLUMNS: Final = tuple(Column(*row) for row in _TABLE)
"""Every column of a customer row; those that are written are in the order of customers.csv."""


def _written(kind: Kind) -> frozenset[str]:
    return frozenset(c.name for c in COLUMNS if c.kind == kind and c.written != "never")


ALWAYS_WRITTEN: Final = tuple(column.name for column in COLUMNS if column.written == "always")
CONTACT_COLUMNS: Final = tuple(column.name for column in COLUMNS if column.kind == "contact")
EVIDENCE_COLUMNS: Final = {
    column.name: column.written for column in COLUMNS if column.written in ("feedback", "referrals")
}
"""Columns from a single evidence table, by name, with that table."""
WRITTEN: Final = tuple(column.name for column in COLUMNS if column.written != "never")
MONEY: Final = _written("money")
DATES: Final = _written("date")
INTEGERS: Final = _written("whole")
RATIOS: Final = _written("ratio")
FLAGS: Final = frozenset(column.name for column in COLUMNS if column.kind == "flag")

MILLION: Final = 1_000_000
"""Ratios are compared, and logarithms added, in integer millionths: the same in any order."""


def written_columns(known: Container[str], keep: Sequence[str] = ()) -> tuple[str, ...]:
    """Those of the known columns that are written, in order, with `keep` behind them."""
    return tuple(name for name in (*WRITTEN, *keep) if name in known)


GROUP_NOUNS: Final = {
    "stage": "stages", "segment": "segments", "activity": "activity", "action": "actions",
}  # fmt: skip
"""The columns that group customers, and what summaries and folders call their groups."""

DIMENSIONS: Final = ("recency", "frequency", "monetary")

EXCLUSIONS: Final = ("suppressed", "not_a_sale", "other_currency", "before_since", "after_as_of")
"""Why a readable row is excluded; the first reason that applies counts."""

REJECTIONS: Final = (
    "wrong_cell_count", "bad_encoding", "bad_text", "missing_date", "bad_date", "missing_amount",
    "bad_amount", "bad_quantity", "bad_price", "bad_nps", "bad_kind", "bad_rank", "bad_wallet",
)  # fmt: skip
"""Why a row cannot be read; the first that applies counts. The last four are for evidence only."""

BINS: Final = ("used", "anonymous", "blank", *EXCLUSIONS, *REJECTIONS)
"""Every row of an export is counted in exactly one of these."""

EVIDENCE: Final = (
    "contacts", "referrals", "feedback", "partners", "wallets", "contacted", "introductions",
    "memberships", "needs", "suppress",
)  # fmt: skip
