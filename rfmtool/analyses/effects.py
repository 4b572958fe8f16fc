"""Statistics of a holdout test: effects on return shares and spend, sample ratio, power.

Treated people are compared with people held out at random. Every interval is at 95 %.
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
MIN_ARM_FOR_PAST: Final = 10
"""With fewer people in an arm, past spend does not predict spend."""
_MAX_WEEKS: Final = 520
_EXACT_BELOW: Final = 5
"""Below this expected count the chi-square test of a split is inexact."""


@dataclass(frozen=True)
class Effect:
    """A difference, treated less held out, and its confidence limits."""

    difference: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the distance between the limits."""
        return (self.high - self.low) / 2

    @property
    def p_value(self) -> float:
        """The two-sided p value of no difference, by the width of the interval."""
        if not self.half_width:
            return 1.0 if not self.difference else 0.0
        return math.erfc(abs(self.difference) * Z_95 / self.half_width / math.sqrt(2))


@dataclass(frozen=True)
class SpendByArm:
    """What each person of a stratum spent within their window, and in as many days before.

    Amounts are in currency units, one per person; those of `before` are None where the export does
    not reach back far enough.
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

        How much spenders spend is pooled over both arms: few people are held out, and the one
        large order that makes a mean is often missing among them.
        """
        everyone = np.concatenate([self.treated, self.held_out])
        spent = everyone[everyone != 0]
        if not len(spent):
            return 0.0
        share, mean, square = len(spent) / len(everyone), spent.mean(), np.square(spent).mean()
        total = 0.0
        for amounts in (self.treated, self.held_out):
            own = amounts[amounts != 0]
            own_share = (len(own) + 4 * share) / (len(amounts) + 4)
            largest = max(square, np.square(own).mean() if len(own) else 0.0)
            total += float(own_share * largest - (own_share * mean) ** 2) / len(amounts)
        return total


@dataclass(frozen=True)
class AdjustedEffect(Effect):
    """An effect adjusted for past spend with the coefficient `theta`."""

    theta: float


def difference_of_shares(treated: Share, held_out: Share) -> Effect:
    """Newcombe's score interval for a difference of two shares (1998, method 10)."""
    return pooled_shares([(treated, held_out)])


def pooled_shares(strata: Sequence[tuple[Share, Share]]) -> Effect:
    """The mean difference over strata, weighted by their treated people; no arm may be empty.

    Limits are recovered from Wilson's limits of each share (Zou & Donner 2008).
    """
    everyone = sum(treated.customers for treated, _ in strata)
    difference = below = above = 0.0
    for treated, held_out in strata:
        weight = treated.customers / everyone
        (low_t, high_t), (low_c, high_c) = _limits(treated), _limits(held_out)
        share_t = treated.returned / treated.customers
        share_c = held_out.returned / held_out.customers
        difference += weight * (share_t - share_c)
        below += weight**2 * ((share_t - low_t) ** 2 + (high_c - share_c) ** 2)
        above += weight**2 * ((high_t - share_t) ** 2 + (share_c - low_c) ** 2)
    return Effect(difference, difference - math.sqrt(below), difference + math.sqrt(above))


def difference_between(
    first: tuple[float, float, float], second: tuple[float, float, float]
) -> Effect:
    """The difference of two shares, each given with its low and high limit (Zou & Donner 2008)."""
    (a, low_a, high_a), (b, low_b, high_b) = first, second
    return Effect(a - b, a - b - math.hypot(a - low_a, high_b - b),
                  a - b + math.hypot(high_a - a, b - low_b))  # fmt: skip


def _limits(share: Share) -> tuple[float, float]:
    assert share.interval is not None, "nobody on a side"  # noqa: S101 - the caller's duty
    return share.interval


def difference_of_spend(strata: Sequence[SpendByArm]) -> Effect:
    """The mean difference of spend a person over strata, weighted by their treated people."""
    weights = _weights(strata)
    difference = sum(w * stratum.difference for w, stratum in zip(weights, strata, strict=True))
    variance = sum(w**2 * stratum.variance for w, stratum in zip(weights, strata, strict=True))
    half_width = Z_95 * math.sqrt(variance)
    return Effect(difference, difference - half_width, difference + half_width)


def adjusted_for_past_spend(strata: Sequence[SpendByArm]) -> AdjustedEffect | None:
    """`difference_of_spend` less the part that past spend predicts (CUPED).

    Deng, Xu, Kohavi & Walker (2013); one theta for all strata. None where past spend is not known.
    """
    plain, weights = difference_of_spend(strata), _weights(strata)
    past_difference = 0.0
    spent, before, spent_by_arm, before_by_arm = [], [], [], []
    for weight, arms in zip(weights, strata, strict=True):
        if arms.treated_before is None or arms.held_out_before is None:
            return None
        past_difference += weight * float(arms.treated_before.mean() - arms.held_out_before.mean())
        now, past = (arms.treated, arms.held_out), (arms.treated_before, arms.held_out_before)
        spent.append(_centred(np.concatenate(now)))
        before.append(_centred(np.concatenate(past)))
        spent_by_arm += [_centred(amounts) for amounts in now]
        before_by_arm += [_centred(amounts) for amounts in past]
    y, x = np.concatenate(spent), np.concatenate(before)
    variation = float(x @ x)
    theta = float(x @ y) / variation if variation else 0.0
    y, x = np.concatenate(spent_by_arm), np.concatenate(before_by_arm)
    product = float(y @ y) * float(x @ x)
    correlation = float(x @ y) / math.sqrt(product) if product else 0.0
    half_width = plain.half_width * math.sqrt(max(1 - correlation**2, 0.0))
    difference = plain.difference - theta * past_difference
    return AdjustedEffect(difference, difference - half_width, difference + half_width, theta)


def _weights(strata: Sequence[SpendByArm]) -> list[float]:
    everyone = sum(len(stratum.treated) for stratum in strata)
    return [len(stratum.treated) / everyone for stratum in strata]


def _centred(amounts: Floats) -> Floats:
    return np.asarray(amounts - amounts.mean())


def sample_ratio_p(
    treated: int, held_out: int, expected_held_out: float, share: float | None
) -> float:
    """The p value of a split at least this uneven, if people were drawn with the shares asked for.

    `expected_held_out` is the sum of everybody's share; `share` is that of all, for an exact test
    of small counts, None where shares differ.
    """
    people = treated + held_out
    expected = (people - expected_held_out, expected_held_out)
    if share is not None and min(expected) < _EXACT_BELOW:
        return _binomial_p(held_out, people, share)
    if not min(expected):
        return 1.0
    deviation = held_out - expected_held_out
    return math.erfc(math.sqrt(sum(deviation**2 / count for count in expected) / 2))


def _binomial_p(count: int, people: int, share: float) -> float:
    """Two-sided exact test: the probability of all counts that are no likelier than this one."""
    if share in (0.0, 1.0):
        return float(count == share * people)
    logs = [
        math.lgamma(people + 1) - math.lgamma(k + 1) - math.lgamma(people - k + 1)
        + k * math.log(share) + (people - k) * math.log1p(-share)
        for k in range(people + 1)
    ]  # fmt: skip
    return min(1.0, math.fsum(math.exp(x) for x in logs if x <= logs[count] + 1e-7))


def minimum_detectable_share(base: float, treated: int, held_out: int) -> float | None:
    """The smallest rise above the share `base` (0-1) detected with a power of 80 %, or None."""
    k = (Z_95 + _POWER_80) ** 2
    square = 1 + k / treated
    linear = -k * (1 - 2 * base) / treated
    rest = -k * base * (1 - base) * (1 / treated + 1 / held_out)
    rise = (-linear + math.sqrt(linear**2 - 4 * square * rest)) / (2 * square)
    return rise if rise > 0 and base + rise <= 1 else None


def minimum_detectable_spend(strata: Sequence[SpendByArm]) -> float:
    """The smallest rise of spend a person detected with a power of 80 %."""
    return difference_of_spend(strata).half_width / Z_95 * (Z_95 + _POWER_80)


def holm(p_values: Sequence[float]) -> list[float]:
    """P values of several questions asked at once, adjusted after Holm (1979), in their order."""
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def weeks_to_detect(
    effect: float, base: float, arms: tuple[int, int], weekly_entries: tuple[float, float]
) -> int | None:
    """How many more weeks until a rise of the share `base` (0-1) is detected with a power of 80 %.

    `arms` are the people treated and held out by now. None where ten years do not suffice, or the
    share cannot rise so far.
    """
    if base + effect > 1:
        return None
    for weeks in range(_MAX_WEEKS):
        treated, held_out = (
            round(people + weeks * more) for people, more in zip(arms, weekly_entries, strict=True)
        )
        if min(treated, held_out) < 1:
            continue
        smallest = minimum_detectable_share(base, treated, held_out)
        if smallest is not None and smallest <= effect:
            return weeks
    return None
