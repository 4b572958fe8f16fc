"""What every section of a rules file is checked for: known keys and usable numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeGuard

from rfmtool.errors import RulesError
from rfmtool.money import UNITS_PER_CURRENCY

_MOST_UNITS: Final = 2**62


def check_keys(data: Any, known: set[str], where: str) -> None:  # noqa: ANN401 - unchecked input
    """Check that data is a table with known keys only."""
    if not isinstance(data, Mapping):
        raise RulesError(f"{where}: must be a table")
    unknown = sorted(set(data) - known)
    if unknown:
        raise RulesError(
            f"{where}: unknown key {unknown[0]!r}", f"Known are {', '.join(sorted(known))}."
        )


def is_number(value: Any) -> TypeGuard[int | Decimal]:  # noqa: ANN401 - unchecked input
    """Whether a value is a finite number; TOML's nan cannot even be compared."""
    known = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return known and Decimal(value).is_finite()


def cut_to_units(value: Any, money: bool, method: str, where: str) -> int:  # noqa: ANN401, FBT001
    """A cut in whole units; "above 2.5 orders" is above 2, "at least 2.5" is at least 3."""
    return to_integer_units(value, UNITS_PER_CURRENCY if money else 1, method, where)


def to_integer_units(value: Any, unit: int, method: str, where: str) -> int:  # noqa: ANN401 - unchecked input
    """A number in whole parts, `unit` of them to one: rounded up for at_least, else down.

    Raises:
        RulesError: it is no number, or too large a one.
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise RulesError(f"{where}: {value!r} is not a number")
    largest = _MOST_UNITS // max(unit, UNITS_PER_CURRENCY)
    # Compared as it is written: arithmetic overflows where the power of ten is huge.
    if not Decimal(value).is_finite() or not -largest <= Decimal(value) <= largest:
        raise RulesError(f"{where}: {value} is no usable number")
    scaled = Decimal(value) * unit
    floor = math.floor(scaled)
    return floor + int(method == "at_least" and scaled != floor)


def printable_texts(row: Mapping[str, Any], keys: Iterable[str], where: str) -> dict[str, str]:
    """The texts under some keys of a row, empty where left out."""
    texts = {key: row.get(key, "") for key in keys}
    for key, text in texts.items():
        if not isinstance(text, str) or not text.isprintable():
            raise RulesError(f"{where}.{key}: must be a text of printable characters")
    return texts
