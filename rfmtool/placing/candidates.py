"""Candidates for supporter by orders alone: frequent, with few refunds, and long-standing."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from rfmtool.arrays import Ints
from rfmtool.days import day_numbers
from rfmtool.placing.evidence_columns import DETRACTOR_MAX
from rfmtool.scoring.cuts import quantile_cuts

MIN_ORDER_DAYS: Final = 4
MIN_CATEGORIES: Final = 2
_REFUND_DIVISOR: Final = 10
_THIRDS: Final = 3


def add_candidates(customers: pd.DataFrame, long_tenure: int | None = None) -> pd.DataFrame:
    """Add `orders_suggest`, by orders alone, and `looks_like_supporter`, by feedback as well.

    The latter holds for four order days or more, neither overdue nor lapsed, refunds below a tenth
    of sales, neither an open complaint nor a latest NPS of 6 or less, and either two categories or
    more or the longest third of tenure among all buyers. Without categories only tenure counts.

    Reads order_days, first_order_on, sales, refunds, activity, and `categories` if present;
    `long_tenure` is the `tenure_limit` of all customers, None if these are all.
    """
    if long_tenure is None:
        long_tenure = tenure_limit(customers)
    late = customers["activity"].isin(["overdue", "lapsed"]).to_numpy()
    refunds, sales = customers["refunds"].to_numpy(), customers["sales"].to_numpy()
    frequent = customers["order_days"].to_numpy() >= MIN_ORDER_DAYS
    kept = _REFUND_DIVISOR * refunds < sales
    attached = _tenure(customers) > long_tenure
    if "categories" in customers:
        categories = customers["categories"].to_numpy(dtype=np.int64, na_value=0)
        attached |= categories >= MIN_CATEGORIES
    suggested = frequent & ~late & kept & attached
    unhappy = np.zeros(len(customers), dtype=bool)
    if "open_complaints" in customers:
        unhappy |= customers["open_complaints"].to_numpy() > 0
    if "latest_nps" in customers:
        nps = customers["latest_nps"].to_numpy(np.int64, na_value=DETRACTOR_MAX + 1)
        unhappy |= nps <= DETRACTOR_MAX
    return customers.assign(orders_suggest=suggested, looks_like_supporter=suggested & ~unhappy)


def tenure_limit(customers: pd.DataFrame) -> int:
    """The 2/3 quantile of buyers' tenure, counted to 1970 so that it does not depend on the day."""
    is_buyer = customers["first_order_on"].notna().to_numpy()
    return quantile_cuts(_tenure(customers)[is_buyer], _THIRDS)[1]


def _tenure(customers: pd.DataFrame) -> Ints:
    """Days from the first order to 1970; the lowest integer where there is none."""
    first = day_numbers(customers["first_order_on"].to_numpy())
    return np.where(customers["first_order_on"].isna(), np.iinfo(np.int64).min, -first)
