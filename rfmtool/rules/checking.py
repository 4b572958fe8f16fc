"""What every section of a rules file is checked for: known keys and usable numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from rfmtool.columns import UNITS_PER_CURRENCY
from rfmtool.errors import RulesError

_LARGEST_NUMBER: Final = 2**62 // UNITS_PER_CURRENCY


def only_known(data: Any, known: set[str], where: str) -> None:  # noqa: ANN401 - unchecked input
    """Check that data is a table with known keys only.

    Raises:
        RulesError: it is not; naming the key.
    """
    if not isinstance(data, Mapping):
        raise RulesError(f"{where}: must be a table")
    unknown = sorted(set(data) - known)
    if unknown:
        raise RulesError(
            f"{where}: unknown key {unknown[0]!r}", f"Known are {', '.join(sorted(known))}."
        )


def whole_units(value: Any, money: bool, method: str, where: str) -> int:  # noqa: ANN401, FBT001
    """A cut in whole units; "above 2.5 orders" is above 2, "at least 2.5" is at least 3."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise RulesError(f"{where}: {value!r} is not a number")
    if not Decimal(value).is_finite() or abs(Decimal(value)) > _LARGEST_NUMBER:
        raise RulesError(f"{where}: {value} is no usable number")
    scaled = Decimal(value) * (UNITS_PER_CURRENCY if money else 1)
    floor = math.floor(scaled)
    return floor + int(method == "at_least" and scaled != floor)
