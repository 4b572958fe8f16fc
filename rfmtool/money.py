"""Money as integers of 1/10,000 currency unit: exact sums, half-even division, decimal text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:  # so that loading rules does not import pandas
    import pandas as pd

    from rfmtool.arrays import Ints

UNITS_PER_CURRENCY: Final = 10_000
"""Integer sums are the same in any order, on any engine."""
_HALF: Final = 32
_LOW_BITS: Final = (1 << _HALF) - 1


def money_text(units: int) -> str:
    """Units of 1/10,000 as decimal text without trailing zeros."""
    whole, part = divmod(abs(units), UNITS_PER_CURRENCY)
    text = f"{whole}.{part:04}".rstrip("0").rstrip(".")
    return f"-{text}" if units < 0 else text


def exact_total(units: Ints | pd.Series[int]) -> int:
    """The sum of integers, which may exceed 64 bits; none may be missing."""
    values = np.asarray(units, dtype=np.int64)
    high, low = values >> _HALF, values & _LOW_BITS
    return (int(high.sum()) << _HALF) + int(low.sum())


def exact_totals(groups: Ints, units: Ints, count: int) -> list[int]:
    """The `exact_total` of each of `count` groups; `groups` has that of each number, from 0."""
    high, low = np.zeros((2, count), dtype=np.int64)
    np.add.at(high, groups, units >> _HALF)
    np.add.at(low, groups, units & _LOW_BITS)
    pairs = zip(high.tolist(), low.tolist(), strict=True)
    return [(upper << _HALF) + lower for upper, lower in pairs]


def divide_half_even(total: Ints, count: Ints) -> Ints:
    """Divide integers, rounding half to even; 0 where the count is 0."""
    divisor = np.maximum(count, 1)
    return round_half_even(*np.divmod(total, divisor), divisor)


def round_half_even(quotient: Ints, remainder: Ints, divisor: Ints) -> Ints:
    """Round the quotient of a division with this remainder, half to even."""
    twice = 2 * remainder
    up = (twice > divisor) | ((twice == divisor) & (quotient % 2 == 1))
    return np.asarray(quotient + up)
