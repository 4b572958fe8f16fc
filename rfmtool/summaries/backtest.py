"""The backtest of a run: labels of earlier days against the orders since."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import numpy as np

from rfmtool.analyses.backtest import backtest
from rfmtool.analyses.lookbacks import orders_between
from rfmtool.analyses.return_rates import BACKTEST_DAYS, MIN_HISTORY_DAYS, Share
from rfmtool.days import day_number
from rfmtool.standing import Standing

_DAYS_A_YEAR: Final = 364
"""Whole weeks, so that the same days of the week are compared."""


def backtest_of(result: Standing) -> dict[str, Any] | None:
    """Who returned, by label on the lookback days; None where history is too short."""
    if not result.lookbacks:
        return None
    date, orders = result.as_of - timedelta(days=_DAYS_A_YEAR), result.grouped.order_dates
    day, customers = day_number(date), len(result.grouped.table)
    year_before = None
    if day - int(orders.day.min()) >= MIN_HISTORY_DAYS:
        is_buyer = np.bincount(orders.owner[orders.day <= day], minlength=customers) > 0
        is_returned = orders_between(orders, day, day + BACKTEST_DAYS, customers) > 0
        year_before = date, Share.from_masks(is_buyer, is_returned)
    data, window_days = backtest(result.lookbacks, year_before), result.settings.window_days
    # Of a window, earlier days have only a part behind them.
    return data if window_days is None else {**data, "window_days": window_days}
