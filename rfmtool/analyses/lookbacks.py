"""Everybody as they stood on earlier days, and what became of them in the days after."""

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
"""The columns that both need and everybody has."""
_SMALL: Final = {"frequency": "int32", "recency_score": "Int8", "frequency_score": "Int8"}
"""How many bits are enough for them."""


def compute_lookbacks(
    grouped: Grouped,
    pasts: OrderHistories,
    as_of: date,
    place: Callable[[date], Iterator[tuple[pd.DataFrame, Mask]]],
    threads: int,
) -> Iterator[Lookback]:
    """Find who has ordered after each of the days to look back from.

    Args:
        grouped: everyone, and what they ordered.
        pasts: what each of their orders moved on each day.
        as_of: the day of the run.
        place: gives everybody known as they stood on a day, MEASURED and SCORED or PLACED, and who
            that is, a part of the customers at a time.
        threads: how many days to look at together.

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
            people.append(compact_columns(part, _SMALL))
            came = orders_between(dates.slice(start, stop), after, until, len(known))
            orders.append(came[known].astype(np.int32))
            money = spend_between(pasts.slice(start, stop), after, until, len(known))
            spent.append(money[known])
        return Lookback(
            day, concatenated_frames(people), np.concatenate(orders), np.concatenate(spent)
        )

    jobs = (partial(look_back, day) for day in days)
    # With one thread none is begun before it is asked for, and one is held at a time.
    looks = (job() for job in jobs) if threads == 1 else run_in_order(jobs, threads)
    with suppress(RulesError):  # such as values below 0 that cannot be cumulated
        yield from looks


def orders_between(dates: OrderDates, after: int, until: int, customers: int) -> Ints:
    """How many orders that count each customer placed after a day until another."""
    within = (dates.day > after) & (dates.day <= until)
    return np.bincount(dates.owner[within], minlength=customers)
