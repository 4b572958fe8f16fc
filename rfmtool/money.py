"""Money as whole 1/10,000 of the currency unit: added up, divided, and as plain decimal text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:  # rules need none of it, and load at once
    import pandas as pd

    from rfmtool.arrays import Ints

UNITS_PER_CURRENCY: Final = 10_000
"""Integer sums are equal in any order, on any engine."""
_HALF: Final = 32
_LOW_BITS: Final = (1 << _HALF) - 1


def money_text(units: int) -> str:
    """Whole 1/10,000 as plain decimal text without needless zeros."""
    whole, part = divmod(abs(units), UNITS_PER_CURRENCY)
    text = f"{whole}.{part:04}".rstrip("0").rstrip(".")
    return f"-{text}" if units < 0 else text


def exact_total(units: Ints | pd.Series[int]) -> int:
    """The sum of whole numbers that together may be more than 64 bits hold; none is missing."""
    whole = np.asarray(units, dtype=np.int64)
    high, low = whole >> _HALF, whole & _LOW_BITS
    return (int(high.sum()) << _HALF) + int(low.sum())


def exact_totals(groups: Ints, units: Ints, count: int) -> list[int]:
    """The `total_of` each of so many groups.

    Args:
        groups: the group of each number, counted from 0.
        units: whole numbers, none of them missing.
        count: how many groups there are.
    """
    high, low = np.zeros((2, count), dtype=np.int64)
    np.add.at(high, groups, units >> _HALF)
    np.add.at(low, groups, units & _LOW_BITS)
    pairs = zip(high.tolist(), low.tolist(), strict=True)
    return [(upper << _HALF) + lower for upper, lower in pairs]


def divide_half_even(total: Ints, count: Ints) -> Ints:
    """Divide whole numbers, rounding half to even; 0 where the count is 0."""
    divisor = np.maximum(count, 1)
    return round_half_even(*np.divmod(total, divisor), divisor)


def round_half_even(quotient: Ints, rest: Ints, divisor: Ints) -> Ints:
    """A quotient, one more where the rest of the division is more than half, or makes it even."""
    twice = 2 * rest
    up = (twice > divisor) | ((twice == divisor) & (quotient % 2 == 1))
    return np.asarray(quotient + up)
