"""Lookbacks: everybody as labelled on earlier days, and what they ordered in the days after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from functools import partial
from typing import Final

import numpy as np
import pandas as pd

from rfmtool.analyses.backtest import BACKTEST_GROUPINGS, Lookback
from rfmtool.analyses.return_rates import BACKTEST_DAYS, lookback_dates
from rfmtool.arrays import Ints, Mask, part_bounds
from rfmtool.days import date_from_day, day_number
from rfmtool.errors import RulesError
from rfmtool.frames import compact_columns, concatenated_frames
from rfmtool.grouping.grouped import Grouped
from rfmtool.grouping.order_dates import OrderDates
from rfmtool.grouping.order_history import OrderHistories, spend_between
from rfmtool.threads import run_in_order

FORECAST_COLUMNS: Final = ("recency_score", "frequency_score")
"""The columns of earlier days that forecasts need."""
BACKTEST_COLUMNS: Final = (*BACKTEST_GROUPINGS, *FORECAST_COLUMNS)
"""The columns of earlier days that base rates of groups need."""
BASE_COLUMNS: Final = ("frequency", "monetary")
"""Columns that both need, and that exist in every run."""
_COMPACT_DTYPES: Final = {"frequency": "int32", "recency_score": "Int8", "frequency_score": "Int8"}


def compute_lookbacks(
    grouped: Grouped,
    histories: OrderHistories,
    as_of: date,
    place: Callable[[date], Iterator[tuple[pd.DataFrame, Mask]]],
    threads: int,
) -> Iterator[Lookback]:
    """Label customers as of each lookback day and count their later orders, `threads` at a time.

    `place` yields, a part of the customers at a time, those known on a day with BASE_COLUMNS and
    FORECAST_COLUMNS or BACKTEST_COLUMNS as of that day, and the mask of who is known.

    Yields:
        The latest day first; none where history is short, or the rules could not be fitted then.
    """
    dates, customers = grouped.order_dates, len(grouped.table)
    if not len(dates.day):
        return
    days = lookback_dates(date_from_day(int(dates.day.min())), as_of)

    def look_back(day: date) -> Lookback:
        after, people, orders, spent = day_number(day), [], [], []
        until = after + BACKTEST_DAYS
        for (start, stop), (part, known) in zip(part_bounds(customers), place(day), strict=True):
            people.append(compact_columns(part, _COMPACT_DTYPES))
            counts = orders_between(dates.slice(start, stop), after, until, len(known))
            orders.append(counts[known].astype(np.int32))
            money = spend_between(histories.slice(start, stop), after, until, len(known))
            spent.append(money[known])
        frame = concatenated_frames(people)
        return Lookback(day, frame, np.concatenate(orders), np.concatenate(spent))

    jobs = (partial(look_back, day) for day in days)
    # With one thread each day is computed when it is asked for, so that one is held at a time.
    lookbacks = (job() for job in jobs) if threads == 1 else run_in_order(jobs, threads)
    with suppress(RulesError):  # such as values below 0 that cannot be cumulated
        yield from lookbacks


def orders_between(dates: OrderDates, after: int, until: int, customers: int) -> Ints:
    """Each customer's counting orders later than `after` and not later than `until`."""
    within = (dates.day > after) & (dates.day <= until)
    return np.bincount(dates.owner[within], minlength=customers)
