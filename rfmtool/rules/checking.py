"""Checks shared by the sections of a rules file: known keys, usable numbers, printable texts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeGuard

from rfmtool.errors import RulesError
from rfmtool.money import UNITS_PER_CURRENCY

Unchecked = Any
"""Whatever a rules file may have where it is used."""
_MAX_UNITS: Final = 2**62


def check_keys(data: Unchecked, known: set[str], where: str) -> None:
    """Check that data is a table with only known keys."""
    if not isinstance(data, Mapping):
        raise RulesError(f"{where}: must be a table")
    unknown = sorted(set(data) - known)
    if unknown:
        raise RulesError(
            f"{where}: unknown key {unknown[0]!r}", f"Known are {', '.join(sorted(known))}."
        )


def is_number(value: Unchecked) -> TypeGuard[int | Decimal]:
    """Whether a value is a finite number; comparing TOML's nan would raise."""
    is_numeric = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return is_numeric and Decimal(value).is_finite()


def cut_to_units(value: Unchecked, money: bool, method: str, where: str) -> int:  # noqa: FBT001
    """A cut in integer units; "above 2.5 orders" is above 2, "at least 2.5" is at least 3."""
    return to_integer_units(value, UNITS_PER_CURRENCY if money else 1, method, where)


def to_integer_units(value: Unchecked, unit: int, method: str, where: str) -> int:
    """A number times `unit` as an integer, rounded up for method at_least, else down.

    Raises RulesError where it is no number, or too large.
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise RulesError(f"{where}: {value!r} is not a number")
    largest = _MAX_UNITS // max(unit, UNITS_PER_CURRENCY)
    # Compared before scaling: arithmetic would overflow with a huge exponent.
    if not Decimal(value).is_finite() or not -largest <= Decimal(value) <= largest:
        raise RulesError(f"{where}: {value} is no usable number")
    scaled = Decimal(value) * unit
    floor = math.floor(scaled)
    return floor + int(method == "at_least" and scaled != floor)


def printable_texts(row: Mapping[str, Any], keys: Iterable[str], where: str) -> dict[str, str]:
    """The texts under these keys of a row; empty where a key is missing."""
    texts = {key: row.get(key, "") for key in keys}
    for key, text in texts.items():
        if not isinstance(text, str) or not text.isprintable():
            raise RulesError(f"{where}.{key}: must be a text of printable characters")
    return texts
