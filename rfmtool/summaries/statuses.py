"""The values of status columns as plain data."""

from __future__ import annotations

from typing import Any

from rfmtool.grouping.grouped import Grouped
from rfmtool.grouping.statuses import status_rows
from rfmtool.money import money_text


def statuses_data(grouped: Grouped) -> list[dict[str, Any]]:
    """Each status with its rows, money and meaning; null where it may be a customer's data."""
    return [
        {
            "column": grouped.export.columns[row.role],
            "status": row.word,
            "rows": row.status_sum.rows,
            "money": money_text(row.status_sum.net_units),
            "taken_as": row.taken_as,
        }
        for row in status_rows(grouped.ledger)
    ]
