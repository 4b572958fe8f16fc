"""Cut points fitted to whole values: bands of equally many, or of equal cumulated value."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from rfmtool.arrays import Ints


def quantile_cuts(values: Ints, bins: int) -> tuple[int, ...]:
    """Type-7 quantiles (Hyndman & Fan 1996) at 1/bins, 2/bins, ..., floored to whole units.

    Flooring moves nobody, because values are whole: above 2.5 is above 2. All in whole numbers.
    """
    if not len(values):
        return (0,) * (bins - 1)
    shares = [Fraction(k, bins) for k in range(1, bins)]
    read = {place for share in shares for place in _around(len(values), share)}
    in_place = np.partition(values, sorted(read))  # sorted as far as anybody looks
    return tuple(quantile_of(in_place, share) for share in shares)


def quantile(values: Ints, share: Fraction) -> int:
    """The type-7 quantile of values in any order, floored to whole units."""
    return quantile_of(np.partition(values, _around(len(values), share)), share)


def quantile_of(ordered: Ints, share: Fraction) -> int:
    """The type-7 quantile of ascending values, floored to whole units."""
    below, above = _around(len(ordered), share)
    low, high = int(ordered[below]), int(ordered[above])
    rest = (len(ordered) - 1) * share.numerator % share.denominator
    return low + (high - low) * rest // share.denominator


def _around(count: int, share: Fraction) -> tuple[int, int]:
    """The places of the two values between which a quantile lies."""
    below = (count - 1) * share.numerator // share.denominator
    return below, min(below + 1, count - 1)


def cumulative_cuts(values: Ints, bins: int) -> tuple[int, ...]:
    """Cuts between bands that each hold about as much of the total (Miglautsch 2000).

    Equal values are one stretch of the total, and go where its middle lies: above k/bins of the
    total they are above the k-th cut. All in whole numbers.

    Raises:
        ValueError: a value is below zero, or all are zero.
    """
    if not len(values):
        return (0,) * (bins - 1)
    distinct, counts = np.unique(values, return_counts=True)
    if distinct[0] < 0 or distinct[-1] == 0:
        raise ValueError("bands of equal value need values from 0 on, and one above it")
    # Python's own numbers where twice the total is vast.
    is_vast = float(distinct[-1]) * len(values) >= 2.0**61
    ends = np.cumsum((distinct.astype(object) if is_vast else distinct) * counts)
    twice_the_middle = np.concatenate([[0], ends[:-1]]) + ends
    # What stands below the first cut when nobody does: one less than the smallest value.
    below = np.concatenate([distinct[:1] - 1, distinct])
    total = int(ends[-1])
    passed = [
        int(np.searchsorted(twice_the_middle, 2 * k * total // bins, side="right"))
        for k in range(1, bins)
    ]
    return tuple(int(below[place]) for place in passed)
