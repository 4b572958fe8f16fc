"""Everybody placed as they stood an earlier day, held against who has ordered since."""

from __future__ import annotations

import numpy as np
import pandas as pd

from rfmtool.analyses.backtest import GROUPINGS, Backtest, backtest
from rfmtool.analyses.returned import backtest_day
from rfmtool.errors import RulesError
from rfmtool.grouping.history import laid_out
from rfmtool.standing import Standing


def look_back(now: Standing) -> Backtest | None:
    """Place everyone as they stood an earlier day, and count who has ordered since.

    Returns:
        None where history is short, the run did not keep what each order moved on each day, or the
        rules could not be fitted then.
    """
    entries, dates = now.grouped.entries, now.grouped.dates
    first = now.figures.frame["first_order_on"].min()
    from_on = None if pd.isna(first) else backtest_day(first.date(), now.as_of)
    if entries is None or from_on is None:
        return None
    try:
        then = now.before(from_on, laid_out(entries), GROUPINGS)
    except RulesError:  # such as values below 0 that cannot be cumulated
        return None
    since = dates.owner[dates.day > then.as_of_day]
    returned = np.bincount(since, minlength=len(then.grouped.table)) > 0
    spent = (now.figures.frame["monetary"] - then.figures.frame["monetary"]).to_numpy()
    known = then.known
    return backtest(then.figures.frame[known], returned[known], spent[known], from_on)
