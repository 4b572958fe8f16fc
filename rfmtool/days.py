"""Days as integers, counted from 1970-01-01."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from rfmtool.arrays import Ints, Mask

if TYPE_CHECKING:
    import pandas as pd

_EPOCH: Final = date(1970, 1, 1)
_SECONDS_A_DAY: Final = 86_400
_NAT: Final = np.iinfo(np.int64).min
UNKNOWN_DAY: Final = -(2**31)
"""Stands for a missing day: before all others, and safe to add to and subtract from."""
YEAR_DAYS: Final = 365


def day_number(day: date) -> int:
    """Days from 1970-01-01 to a day; earlier days are negative."""
    return (day - _EPOCH).days


def date_from_day(number: int) -> date:
    """The date `number` days after 1970-01-01."""
    return _EPOCH + timedelta(days=number)


def months_before(day: int, months: int) -> int:
    """The same day of the month some months earlier, or that month's last day."""
    month = np.datetime64(day, "D").astype("datetime64[M]")
    days_into_month = day - int(month.astype("datetime64[D]").astype(np.int64))
    earlier = int(month.astype(np.int64)) - months
    first, following = np.array([earlier, earlier + 1], "datetime64[M]").astype("datetime64[D]")
    return min(int(first.astype(np.int64)) + days_into_month, int(following.astype(np.int64)) - 1)


def to_datetimes(days: Ints, known: Mask) -> npt.NDArray[np.datetime64]:
    """Days since 1970-01-01 as dates; NaT where `known` is False."""
    # As integers, because NumPy takes ten times as long with dates.
    return np.where(known, days * _SECONDS_A_DAY, _NAT).view("datetime64[s]")


def day_numbers(dates: npt.NDArray[Any], missing: int = _NAT) -> Ints:
    """Dates as days since 1970-01-01; NaT becomes `missing`, by default before all other days."""
    days: Ints = dates.astype("datetime64[D]").astype(np.int64)
    return days if missing == _NAT else np.where(days == _NAT, missing, days)


def latest_days(owner: Ints, day: Ints, count: int) -> Ints:
    """The latest of the days of each of `count` owners; UNKNOWN_DAY where there is none."""
    latest = np.full(count, UNKNOWN_DAY, dtype=np.int64)
    np.maximum.at(latest, owner, day)
    return latest


def integer_column(rows: pd.DataFrame, name: str, missing: int = UNKNOWN_DAY) -> Ints:
    """A column of integers; `missing` for each missing cell, or if there is no such column."""
    if name not in rows:
        return np.full(len(rows), missing, dtype=np.int64)
    return rows[name].to_numpy(dtype=np.int64, na_value=missing)
