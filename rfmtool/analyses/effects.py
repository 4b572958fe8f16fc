"""Did one side do better than the other, and how sure is that: shares, spend, and the split itself.

Treated people are compared with people who were held out by lot. Every interval is at 95 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from rfmtool.analyses.return_rates import Share
from rfmtool.arrays import Floats
from rfmtool.scoring.survival import Z_95

_POWER_80: Final = 0.841621
"""The normal quantile of a power of 80 %."""
ENOUGH_FOR_PAST: Final = 10
"""Below this many people on a side, what they spent before tells nothing of what they spend."""
_MOST_WEEKS: Final = 520
_EXACT_BELOW: Final = 5
"""Below this expected count the chi-square of a split is no good guide."""


@dataclass(frozen=True)
class Effect:
    """A difference, treated less held out, and its limits."""

    difference: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half of what lies between the limits."""
        return (self.high - self.low) / 2

    @property
    def p_value(self) -> float:
        """How likely so large a difference is where there is none, by the interval's own width."""
        if not self.half_width:
            return 1.0 if not self.difference else 0.0
        return math.erfc(abs(self.difference) * Z_95 / self.half_width / math.sqrt(2))


@dataclass(frozen=True)
class SpendByArm:
    """What each person of a stratum spent within their window, and in as many days before.

    Amounts are in currency units, one for each person; `before` ones are None where the export
    does not reach back far enough.
    """

    treated: Floats
    held_out: Floats
    treated_before: Floats | None = None
    held_out_before: Floats | None = None

    @property
    def difference(self) -> float:
        """Mean spend of the treated less that of the held out."""
        return float(self.treated.mean() - self.held_out.mean())

    @property
    def variance(self) -> float:
        """The variance of `difference`.

        Sides borrow from each other how much is spent by those who spend at all: few are held out,
        and among them the one large order that makes a mean is often missing.
        """
        everyone = np.concatenate([self.treated, self.held_out])
        spent = everyone[everyone != 0]
        if not len(spent):
            return 0.0
        share, mean, square = len(spent) / len(everyone), spent.mean(), np.square(spent).mean()
        total = 0.0
        for side in (self.treated, self.held_out):
            own = side[side != 0]
            part = (len(own) + 4 * share) / (len(side) + 4)
            largest = max(square, np.square(own).mean() if len(own) else 0.0)
            total += float(part * largest - (part * mean) ** 2) / len(side)
        return total


@dataclass(frozen=True)
class AdjustedEffect(Effect):
    """An effect with what people spent before taken into account; `theta` is by how much."""

    theta: float


def difference_of_shares(treated: Share, held_out: Share) -> Effect:
    """Newcombe's score interval for a difference of two shares (1998, method 10)."""
    return pooled_shares([(treated, held_out)])


def pooled_shares(strata: Sequence[tuple[Share, Share]]) -> Effect:
    """The mean difference of several strata, weighted by their treated people.

    Limits are recovered from Wilson's limits of each share (Zou & Donner 2008); of each stratum
    there is somebody on either side.
    """
    everyone = sum(treated.customers for treated, _ in strata)
    difference = below = above = 0.0
    for treated, held_out in strata:
        weight = treated.customers / everyone
        (low_t, high_t), (low_c, high_c) = _limits(treated), _limits(held_out)
        part_t = treated.returned / treated.customers
        part_c = held_out.returned / held_out.customers
        difference += weight * (part_t - part_c)
        below += weight**2 * ((part_t - low_t) ** 2 + (high_c - part_c) ** 2)
        above += weight**2 * ((high_t - part_t) ** 2 + (part_c - low_c) ** 2)
    return Effect(difference, difference - math.sqrt(below), difference + math.sqrt(above))


def difference_between(
    one: float, limits: tuple[float, float], other: float, its_limits: tuple[float, float]
) -> Effect:
    """A difference of two shares of whatever kind, by the limits of each (Zou & Donner 2008)."""
    below = math.hypot(one - limits[0], its_limits[1] - other)
    above = math.hypot(limits[1] - one, other - its_limits[0])
    return Effect(one - other, one - other - below, one - other + above)


def _limits(share: Share) -> tuple[float, float]:
    assert share.interval is not None, "nobody on a side"  # noqa: S101 - the caller's promise
    return share.interval


def difference_of_spend(strata: Sequence[SpendByArm]) -> Effect:
    """The mean difference of spend a person, weighted by treated people over strata."""
    weights = _weights(strata)
    difference = sum(w * side.difference for w, side in zip(weights, strata, strict=True))
    variance = sum(w**2 * side.variance for w, side in zip(weights, strata, strict=True))
    half_width = Z_95 * math.sqrt(variance)
    return Effect(difference, difference - half_width, difference + half_width)


def adjusted_for_past_spend(strata: Sequence[SpendByArm]) -> AdjustedEffect | None:
    """The same with what people spent before taken off as far as it foretells (CUPED).

    Deng, Xu, Kohavi & Walker (2013); one theta for all strata.

    Returns:
        None where what was spent before is not known; see also `ENOUGH_FOR_PAST`.
    """
    plain, weights = difference_of_spend(strata), _weights(strata)
    ahead = 0.0
    spent, before, spent_by_side, before_by_side = [], [], [], []
    for weight, side in zip(weights, strata, strict=True):
        if side.treated_before is None or side.held_out_before is None:
            return None
        ahead += weight * float(side.treated_before.mean() - side.held_out_before.mean())
        now, past = (side.treated, side.held_out), (side.treated_before, side.held_out_before)
        spent.append(_centred(np.concatenate(now)))
        before.append(_centred(np.concatenate(past)))
        spent_by_side += [_centred(amounts) for amounts in now]
        before_by_side += [_centred(amounts) for amounts in past]
    y, x = np.concatenate(spent), np.concatenate(before)
    varies = float(x @ x)
    theta = float(x @ y) / varies if varies else 0.0
    y, x = np.concatenate(spent_by_side), np.concatenate(before_by_side)
    both = float(y @ y) * float(x @ x)
    correlation = float(x @ y) / math.sqrt(both) if both else 0.0
    left = 1 - correlation**2
    half_width = plain.half_width * math.sqrt(max(left, 0.0))
    difference = plain.difference - theta * ahead
    return AdjustedEffect(difference, difference - half_width, difference + half_width, theta)


def _weights(strata: Sequence[SpendByArm]) -> list[float]:
    everyone = sum(len(side.treated) for side in strata)
    return [len(side.treated) / everyone for side in strata]


def _centred(amounts: Floats) -> Floats:
    centred: Floats = amounts - amounts.mean()
    return centred


def sample_ratio_p(
    treated: int, held_out: int, expected_held_out: float, share: float | None
) -> float:
    """How likely so uneven a split is where people were drawn as asked.

    Args:
        treated: people treated.
        held_out: people held out.
        expected_held_out: the sum of everybody's share.
        share: the one share of all, which lets small counts be told exactly; None of several.
    """
    people = treated + held_out
    expected = (people - expected_held_out, expected_held_out)
    if share is not None and min(expected) < _EXACT_BELOW:
        return _binomial_p(held_out, people, share)
    if not min(expected):
        return 1.0
    off = held_out - expected_held_out
    return math.erfc(math.sqrt(sum(off**2 / count for count in expected) / 2))


def _binomial_p(count: int, people: int, share: float) -> float:
    """Two-sided: all counts that are no likelier than this one."""
    if share in (0.0, 1.0):
        return float(count == share * people)
    logs = [
        math.lgamma(people + 1) - math.lgamma(k + 1) - math.lgamma(people - k + 1)
        + k * math.log(share) + (people - k) * math.log1p(-share)
        for k in range(people + 1)
    ]  # fmt: skip
    return min(1.0, math.fsum(math.exp(x) for x in logs if x <= logs[count] + 1e-7))


def minimum_detectable_share(base: float, treated: int, held_out: int) -> float | None:
    """The smallest rise of a share that would be seen four times in five; None where none would.

    `base` is the share of those held out, from 0 to 1.
    """
    k = (Z_95 + _POWER_80) ** 2
    square = 1 + k / treated
    linear = -k * (1 - 2 * base) / treated
    rest = -k * base * (1 - base) * (1 / treated + 1 / held_out)
    rise = (-linear + math.sqrt(linear**2 - 4 * square * rest)) / (2 * square)
    return rise if rise > 0 and base + rise <= 1 else None


def minimum_detectable_spend(strata: Sequence[SpendByArm]) -> float:
    """The smallest rise of spend a person that would be seen four times in five."""
    return difference_of_spend(strata).half_width / Z_95 * (Z_95 + _POWER_80)


def holm(p_values: Sequence[float]) -> list[float]:
    """P values of several questions asked at once, adjusted after Holm (1979); in their order."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted


def weeks_to_detect(
    effect: float, base: float, sides: tuple[int, int], a_week: tuple[float, float]
) -> int | None:
    """How many more weeks until a rise of a share would be seen four times in five.

    Args:
        effect: the rise.
        base: the share of those held out, from 0 to 1.
        sides: people treated and held out by now.
        a_week: how many come to each side in a week.

    Returns:
        None where ten years do not suffice, or the share cannot rise so far.
    """
    if base + effect > 1:
        return None
    for weeks in range(_MOST_WEEKS):
        treated, held_out = (
            round(people + weeks * more) for people, more in zip(sides, a_week, strict=True)
        )
        if min(treated, held_out) < 1:
            continue
        smallest = minimum_detectable_share(base, treated, held_out)
        if smallest is not None and smallest <= effect:
            return weeks
    return None
