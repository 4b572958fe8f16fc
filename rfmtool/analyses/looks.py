"""Everybody as they stood on earlier days, and what became of them in the days after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from functools import partial
from typing import Final

import numpy as np
import pandas as pd

from rfmtool.analyses.backtest import GROUPINGS, LookBack
from rfmtool.analyses.returned import BACKTEST_DAYS, look_back_days
from rfmtool.arrays import Ints, Mask, parts_of
from rfmtool.days import day_number, day_of
from rfmtool.errors import RulesError
from rfmtool.frames import joined, small
from rfmtool.grouping.grouped import Grouped
from rfmtool.grouping.history import Pasts, spent_between
from rfmtool.grouping.order_days import OrderDates
from rfmtool.threads import in_order

SCORED: Final = ("recency_score", "frequency_score")
"""The columns of earlier days that forecasts need."""
PLACED: Final = (*GROUPINGS, *SCORED)
"""The columns of earlier days that base rates of groups need."""
MEASURED: Final = ("frequency", "monetary")
"""The columns that both need and everybody has."""
_SMALL: Final = {"frequency": "int32", "recency_score": "Int8", "frequency_score": "Int8"}
"""How many bits are enough for them."""


def looked_back(
    grouped: Grouped,
    pasts: Pasts,
    as_of: date,
    place: Callable[[date], Iterator[tuple[pd.DataFrame, Mask]]],
    threads: int,
) -> Iterator[LookBack]:
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
    dates, customers = grouped.dates, len(grouped.table)
    if not len(dates.day):
        return
    days = look_back_days(day_of(int(dates.day.min())), as_of)

    def look_back(day: date) -> LookBack:
        after, people, orders, spent = day_number(day), [], [], []
        until = after + BACKTEST_DAYS
        for (start, stop), (part, known) in zip(parts_of(customers), place(day), strict=True):
            people.append(small(part, _SMALL))
            came = orders_between(dates.between(start, stop), after, until, len(known))
            orders.append(came[known].astype(np.int32))
            money = spent_between(pasts.between(start, stop), after, until, len(known))
            spent.append(money[known])
        return LookBack(day, joined(people), np.concatenate(orders), np.concatenate(spent))

    jobs = (partial(look_back, day) for day in days)
    # With one thread none is begun before it is asked for, and one is held at a time.
    looks = (job() for job in jobs) if threads == 1 else in_order(jobs, threads)
    with suppress(RulesError):  # such as values below 0 that cannot be cumulated
        yield from looks


def orders_between(dates: OrderDates, after: int, until: int, customers: int) -> Ints:
    """How many orders that count each customer placed after a day until another."""
    within = (dates.day > after) & (dates.day <= until)
    return np.bincount(dates.owner[within], minlength=customers)
