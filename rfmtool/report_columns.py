"""What is kept of every customer for reports and lists, which grows with the customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from rfmtool.frames import compact_columns
from rfmtool.scoring.scales import Scales

_COUNTED: Final = (
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
_SMALL: Final = {
    **dict.fromkeys(("frequency", "order_days", "priority"), "int32"),
    **dict.fromkeys(("recency_days", "latest_nps"), "Int32"),
    **dict.fromkeys(("recency_score", "frequency_score", "monetary_score"), "Int8"),
}
"""How many bits are enough for some of them."""


@dataclass(frozen=True)
class ReportData:
    """What is counted of everybody."""

    frame: pd.DataFrame
    """A row for each customer, of the columns that reports and lists are made from."""
    escaped_cells: int
    """How many text cells a spreadsheet would run."""


def select_report_columns(people: pd.DataFrame, scales: Scales) -> pd.DataFrame:
    """The columns that are counted; where scores are within groups, the group too."""
    within = () if scales.within is None else (scales.within.column,)
    there = [name for name in dict.fromkeys((*_COUNTED, *within)) if name in people]
    return compact_columns(people[there], _SMALL)
