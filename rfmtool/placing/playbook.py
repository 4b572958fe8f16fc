"""The action for each customer, its channel, and the order of work lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from rfmtool.arrays import Ints, Mask
from rfmtool.days import day_numbers
from rfmtool.frames import with_columns
from rfmtool.placing.channels import CALL_CHANNELS, first_open_channels
from rfmtool.placing.matching import first_match, labels_at
from rfmtool.rules import Action
from rfmtool.scoring.timing import Timing

WORKLIST_ORDER_COLUMNS: Final = (
    *("monetary", "expected_spend", "activity", "first_order_on"),
    *("open_complaints", "open_complaint_on"),
)
"""The columns that `worklist_order` reads."""
_HEAVY_REFUND_DIVISOR: Final = 4


def assign_actions(
    customers: pd.DataFrame,
    playbook: Sequence[Action],
    timing: Timing,
    closed: Mapping[str, Mask] | None = None,
) -> pd.DataFrame:
    """Add `action`, `priority` (1 = first) and `channel` (empty where none is open).

    Reads the columns that the playbook names, and email, phone and consent if present; `closed`
    has by channel who opted out of marketing there.
    """
    recency = customers["recency_days"].to_numpy(dtype=np.int64, na_value=-1)
    sales, refunds = customers["sales"].to_numpy(), customers["refunds"].to_numpy()
    windows, loses_money = timing.windows, np.zeros(len(customers), dtype=bool)
    if "cost" in customers:
        loses_money = customers["cost"].gt(customers["monetary"]).fillna(value=False).to_numpy(bool)
    flags = {  # used by the playbook only
        "within_w50": (recency >= 0) & (recency <= windows.w50),
        "past_w95": recency > windows.w95,
        "loses_money": loses_money,
        "refund_heavy": (refunds > 0) & (_HEAVY_REFUND_DIVISOR * refunds >= sales),
    }
    places = first_match(with_columns(customers, flags), playbook)
    added = {
        "action": labels_at(places, [row.label for row in playbook]),
        "priority": np.array([row.priority for row in playbook])[places],
        "channel": first_open_channels(customers, places, playbook, closed or {}),
    }
    return with_columns(customers, added)


def sort_by_urgency(customers: pd.DataFrame) -> pd.DataFrame:
    """Sort customers by priority, then by `worklist_order`."""
    order = worklist_order(customers)
    by_priority = np.argsort(customers["priority"].to_numpy()[order], kind="stable")
    return customers.iloc[order[by_priority]]


def worklist_order(customers: pd.DataFrame) -> Ints:
    """The places of customers in the order of a work list.

    Open complaints come first, the oldest first and whatever the spend; then by value at stake:
    expected_spend where there is one, else monetary. Newcomers follow, by their first order,
    because their value is unknown until they could have come back. The sort is stable. Reads
    WORKLIST_ORDER_COLUMNS.
    """
    value = customers["monetary"]
    if "expected_spend" in customers:
        value = customers["expected_spend"].fillna(value)
    complaint = np.full(len(customers), np.iinfo(np.int64).max)
    if "open_complaint_on" in customers:
        is_open = customers["open_complaints"].to_numpy() > 0
        complaint[is_open] = day_numbers(customers["open_complaint_on"].to_numpy())[is_open]
    is_new, rank = np.zeros(len(customers), dtype=bool), -value.to_numpy(dtype=np.int64)
    if {"activity", "first_order_on"} <= {*customers.columns}:
        is_new = customers["activity"].eq("newcomer").to_numpy()
        rank = np.where(is_new, day_numbers(customers["first_order_on"].to_numpy()), rank)
    return np.lexsort((rank, is_new, complaint))


def call_queue(customers: pd.DataFrame) -> pd.DataFrame:
    """The customers to call, the most urgent first."""
    return sort_by_urgency(customers[customers["channel"].isin(CALL_CHANNELS).to_numpy()])
