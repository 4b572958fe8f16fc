"""Everybody placed as they stood on earlier days, held against who has ordered since."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import numpy as np

from rfmtool.analyses.backtest import Backtest, backtest
from rfmtool.analyses.lookbacks import orders_between
from rfmtool.analyses.return_rates import BACKTEST_DAYS, MIN_HISTORY_DAYS, Share
from rfmtool.days import day_number
from rfmtool.standing import Standing

_DAYS_A_YEAR: Final = 364
"""Whole weeks, so that the same days of the week are compared."""


def backtest_of(now: Standing) -> Backtest | None:
    """Who came back of those who stood somewhere on the days looked back from; None of no day."""
    if not now.lookbacks:
        return None
    day, dates = now.as_of - timedelta(days=_DAYS_A_YEAR), now.grouped.order_dates
    last, customers = day_number(day), len(now.grouped.table)
    year_before = None
    if last - int(dates.day.min()) >= MIN_HISTORY_DAYS:
        bought = np.bincount(dates.owner[dates.day <= last], minlength=customers) > 0
        came = orders_between(dates, last, last + BACKTEST_DAYS, customers) > 0
        year_before = day, Share.from_masks(bought, came)
    return backtest(now.lookbacks, year_before)
