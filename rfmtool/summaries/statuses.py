"""The words of status columns as plain data: what each holds, and what it was taken for."""

from __future__ import annotations

from typing import Any

from rfmtool.grouping.grouped import Grouped
from rfmtool.grouping.statuses import status_rows
from rfmtool.money import money_text


def statuses_data(grouped: Grouped) -> list[dict[str, Any]]:
    """Each status word with its rows and money; the word is null where it may be somebody's."""
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
