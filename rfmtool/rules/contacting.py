"""The contacting section: how often anybody is contacted, and what a minute of it costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from rfmtool.errors import RulesError
from rfmtool.rules.checking import is_number, only_known
from rfmtool.rules.values import Contacting

_MOST_DAYS: Final = 3_650


def contacting_of(data: Any, where: str) -> Contacting:  # noqa: ANN401 - unchecked input
    """Read the contacting section.

    Raises:
        RulesError: a key is unknown, or its value cannot be meant.
    """
    only_known(data, {"rest_days", "most_in_30_days", "minute_cost"}, where)
    most = data.get("most_in_30_days")
    if type(most) is not int or most < 1:
        raise RulesError(f"{where}.most_in_30_days: a whole number from 1 on")
    cost = data.get("minute_cost")
    if not is_number(cost) or not 0 <= cost < 10**6:
        raise RulesError(f"{where}.minute_cost: a number from 0 on")
    rest = rest_days_of(data.get("rest_days"), f"{where}.rest_days")
    return Contacting(rest, most, Decimal(cost))


def rest_days_of(value: Any, where: str) -> int:  # noqa: ANN401 - unchecked input
    """Read a number of days; 0 lets nobody rest.

    Raises:
        RulesError: it is none.
    """
    if type(value) is not int or not 0 <= value <= _MOST_DAYS:
        raise RulesError(f"{where}: a whole number of days from 0 on")
    return value
