"""What treated and held-out people did differently, beside published numbers."""

import math

import numpy as np
import pytest

from rfmtool.analyses.effects import (
    SpendByArm,
    adjusted_for_past_spend,
    difference_of_shares,
    difference_of_spend,
    holm,
    minimum_detectable_share,
    pooled_shares,
    sample_ratio_p,
    weeks_to_detect,
)
from rfmtool.analyses.return_rates import Share

MANY, FEW = (Share(70, 56), Share(80, 48)), (Share(10, 9), Share(10, 3))
SPENT = SpendByArm(
    treated=np.array([0, 0, 30, 0, 45, 20, 0, 60, 0, 15.0]),
    held_out=np.array([0, 0, 0, 25, 0, 0, 10, 0.0]),
    treated_before=np.array([10, 0, 40, 5, 50, 15, 0, 70, 5, 20.0]),
    held_out_before=np.array([5, 0, 10, 30, 0, 5, 20, 0.0]),
)


def rounded(effect, digits=4):
    return tuple(round(value, digits) for value in (effect.difference, effect.low, effect.high))


def test_shares_differ_as_newcombe_published():
    assert rounded(difference_of_shares(*MANY)) == (0.2, 0.0524, 0.3339)
    assert rounded(difference_of_shares(*FEW)) == (0.6, 0.1705, 0.8090)


def test_strata_are_weighted_by_their_treated_people():
    assert rounded(pooled_shares([MANY, FEW])) == (0.25, 0.1102, 0.37)


def test_spend_differs_within_limits_that_borrow_from_both_sides():
    assert rounded(difference_of_spend([SPENT])) == (12.625, -4.9503, 30.2003)


def test_no_number_of_weeks_shows_a_rise_beyond_everybody():
    assert weeks_to_detect(0.05, 0.951, (30, 30), (5, 5)) is None
    assert weeks_to_detect(0.04, 0.951, (30, 30), (50, 50)) is not None


def test_past_spend_takes_off_what_it_foretells():
    adjusted = adjusted_for_past_spend([SPENT])

    assert round(adjusted.theta, 5) == 0.88703
    assert rounded(adjusted) == (1.3154, -2.6836, 5.3144)


def test_past_spend_that_does_not_vary_takes_nothing_off():
    nothing = SpendByArm(SPENT.treated, SPENT.held_out, np.zeros(10), np.zeros(8))

    assert adjusted_for_past_spend([nothing]).theta == 0
    assert rounded(adjusted_for_past_spend([nothing])) == rounded(difference_of_spend([SPENT]))


def test_without_past_spend_nothing_is_adjusted():
    assert adjusted_for_past_spend([SPENT, SpendByArm(SPENT.treated, SPENT.held_out)]) is None


def test_nobody_who_spent_is_no_difference_at_all():
    nobody = SpendByArm(np.zeros(10), np.zeros(10))

    assert rounded(difference_of_spend([nobody])) == (0, 0, 0)
    assert difference_of_spend([nobody]).p_value == 1


def test_an_uneven_split_is_told_from_chance():
    assert round(sample_ratio_p(5_150, 4_850, 5_000, 0.5), 4) == 0.0027
    assert round(sample_ratio_p(930, 70, 100, 0.1), 5) == 0.00157


@pytest.mark.parametrize(
    ("held_out", "people", "share"), [(0, 30, 0.1), (5, 40, 0.1), (3, 10, 0.2)]
)
def test_a_small_split_is_told_exactly(held_out, people, share):
    """The binomial test, two-sided: the likelihoods of all counts no likelier, added up."""
    chances = [
        math.comb(people, k) * share**k * (1 - share) ** (people - k) for k in range(people + 1)
    ]
    expected = sum(chance for chance in chances if chance <= chances[held_out] * (1 + 1e-7))

    p = sample_ratio_p(people - held_out, held_out, share * people, share)

    assert p == pytest.approx(min(1, expected), rel=1e-9)


def test_the_smallest_effect_that_would_be_seen():
    assert round(minimum_detectable_share(0.73, 94, 93), 4) == 0.1579
    assert round(minimum_detectable_share(0.1, 900, 100), 4) == 0.0917
    assert minimum_detectable_share(0.95, 20, 10) is None


def test_several_questions_at_once_are_adjusted_after_holm():
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
