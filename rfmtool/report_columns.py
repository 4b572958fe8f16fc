"""The columns of all customers that are held in memory for reports and lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from rfmtool.frames import compact_columns
from rfmtool.scoring.scales import Scales

_REPORT_COLUMNS: Final = (
    *("monetary", "refunds", "first_order_on", "last_order_on", "frequency", "order_days"),
    *("recency_days", "recency_score", "frequency_score", "monetary_score"),
    *("usual_gap_days", "overdue_ratio", "average_order"),
    *("stage", "segment", "activity", "action", "priority", "channel", "stage_evidence"),
    *("wallet", "wallet_low", "wallet_high", "share_of_wallet", "wallet_basis", "wallet_spend"),
    *("headroom", "wallet_plan", "wallet_understated", "margin", "contribution"),
    *("service_minutes", "latest_nps", "phone"),
    *("holdout", "resting", "snooze_until", "return_probability", "expected_spend"),
    *("open_complaints", "open_complaint_on", "orders_suggest"),
)
_COMPACT_KINDS: Final = {
    **dict.fromkeys(("frequency", "order_days", "priority"), "int32"),
    **dict.fromkeys(("recency_days", "latest_nps"), "Int32"),
    **dict.fromkeys(("recency_score", "frequency_score", "monetary_score"), "Int8"),
}


@dataclass(frozen=True)
class ReportData:
    """The data that reports and lists are made from."""

    frame: pd.DataFrame
    """One row per customer."""
    escaped_cells: int
    """How many text cells a spreadsheet would run as formulas."""


def select_report_columns(customers: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """The columns of reports; where scores are within groups, the group's column too."""
    within = () if scales.within is None else (scales.within.column,)
    names = [name for name in dict.fromkeys((*_REPORT_COLUMNS, *within)) if name in customers]
    return compact_columns(customers[names], _COMPACT_KINDS)
