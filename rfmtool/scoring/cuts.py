"""Cut points fitted to integers: bands of equal counts, or of equal cumulated value."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from rfmtool.arrays import Ints


def quantile_cuts(values: Ints, bins: int) -> tuple[int, ...]:
    """Type-7 quantiles (Hyndman & Fan 1996) at 1/bins, 2/bins, ..., floored to integers.

    Flooring changes no band, because values are integers: above 2.5 is above 2. Exact arithmetic.
    """
    if not len(values):
        return (0,) * (bins - 1)
    shares = [Fraction(k, bins) for k in range(1, bins)]
    places = {place for share in shares for place in _neighbours(len(values), share)}
    partitioned = np.partition(values, sorted(places))
    return tuple(quantile_of(partitioned, share) for share in shares)


def quantile(values: Ints, share: Fraction) -> int:
    """The type-7 quantile of values in any order, floored to an integer."""
    return quantile_of(np.partition(values, _neighbours(len(values), share)), share)


def quantile_of(ordered: Ints, share: Fraction) -> int:
    """The type-7 quantile of ascending values, floored to an integer."""
    below, above = _neighbours(len(ordered), share)
    low, high = int(ordered[below]), int(ordered[above])
    remainder = (len(ordered) - 1) * share.numerator % share.denominator
    return low + (high - low) * remainder // share.denominator


def _neighbours(count: int, share: Fraction) -> tuple[int, int]:
    """The places of the two values between which a quantile lies."""
    below = (count - 1) * share.numerator // share.denominator
    return below, min(below + 1, count - 1)


def cumulative_cuts(values: Ints, bins: int) -> tuple[int, ...]:
    """Cuts between bands that each hold about as much of the total (Miglautsch 2000).

    Equal values make up one interval of the total and stay together: if its middle is above k/bins
    of the total, they are above the k-th cut. Exact arithmetic.

    Raises:
        ValueError: a value is below zero, or all are zero.
    """
    if not len(values):
        return (0,) * (bins - 1)
    distinct, counts = np.unique(values, return_counts=True)
    if distinct[0] < 0 or distinct[-1] == 0:
        raise ValueError("bands of equal value need values from 0 on, and one above it")
    # Python integers where twice the total may exceed 64 bits.
    may_overflow = float(distinct[-1]) * len(values) >= 2.0**61
    ends = np.cumsum((distinct.astype(object) if may_overflow else distinct) * counts)
    doubled_middles = np.concatenate([[0], ends[:-1]]) + ends
    # A cut below all values is one less than the smallest.
    candidates = np.concatenate([distinct[:1] - 1, distinct])
    total = int(ends[-1])
    places = [
        int(np.searchsorted(doubled_middles, 2 * k * total // bins, side="right"))
        for k in range(1, bins)
    ]
    return tuple(int(candidates[place]) for place in places)
