"""Recency, frequency and monetary value of each customer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from rfmtool.days import to_datetimes
from rfmtool.grouping.order_dates import OrderDates
from rfmtool.money import divide_half_even


def rfm_values(grouped: pa.Table, dates: OrderDates, as_of_day: int) -> pd.DataFrame:
    """Compute the RFM values of all customers from the engine's table of them, by customer_id.

    Returns:
        customer_id, frequency, order_days, first_order_on, last_order_on, recency_days (missing
        where no order counts), and monetary, sales, refunds, average_order in whole 1/10,000; lines
        (used rows), cost and margin (1/10,000, missing where a row has no cost) where the engine
        gives them.
    """
    count = len(grouped)
    frequency = np.bincount(dates.owner, minlength=count)
    order_days = np.bincount(dates.distinct_days.owner, minlength=count)
    ends = np.cumsum(frequency)
    is_buyer = frequency > 0
    first, last = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    buyers = np.flatnonzero(is_buyer)
    first[buyers] = dates.day[(ends - frequency)[buyers]]
    last[buyers] = dates.day[ends[buyers] - 1]
    sales = grouped.column("sales").to_numpy()
    refunds = grouped.column("refunds").to_numpy()
    monetary = sales - refunds
    optional: dict[str, Any] = {}
    if "rows" in grouped.column_names:
        optional["lines"] = grouped["rows"].to_numpy()
    if "cost" in grouped.column_names:
        known = grouped["uncosted"].to_numpy() == 0
        cost = grouped["cost"].to_numpy()
        optional["cost"] = pd.arrays.IntegerArray(cost.copy(), ~known)
        optional["margin"] = pd.arrays.IntegerArray(monetary - cost, ~known)
    average_order = divide_half_even(monetary, frequency)
    columns = {
        "customer_id": grouped.column("customer_id").to_pandas(),
        "frequency": frequency,
        "order_days": order_days,
        "first_order_on": to_datetimes(first, is_buyer),
        "last_order_on": to_datetimes(last, is_buyer),
        "recency_days": pd.arrays.IntegerArray(as_of_day - last, ~is_buyer),
        "monetary": monetary,
        "sales": sales,
        "refunds": refunds,
        "average_order": pd.arrays.IntegerArray(average_order, ~is_buyer),
        **optional,
    }
    return pd.DataFrame(columns, copy=False)
