"""Days as whole numbers, counted from 1970-01-01."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

_EPOCH: Final = date(1970, 1, 1)


def day_number(day: date) -> int:
    """The number of a day; 0 is 1970-01-01, days before are negative."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """The day of a number."""
    return _EPOCH + timedelta(days=number)
