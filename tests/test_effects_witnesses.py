"""The effects beside those of statsmodels and scipy.

These are imported by the tests: a second or two, which every process of the suite would wait for.
"""

import numpy as np
import pytest
from effort import SLOW
from hypothesis import given, settings
from hypothesis import strategies as st

from rfmtool.analyses.effects import (
    SpendByArm,
    adjusted_for_past_spend,
    difference_of_shares,
    holm,
    sample_ratio_p,
)
from rfmtool.analyses.return_rates import Share

pytestmark = pytest.mark.long


@st.composite
def shares(draw):
    people = draw(st.integers(2, 5_000))
    return Share(people, draw(st.integers(1, people - 1)))


@given(shares(), shares())
def test_shares_differ_as_statsmodels_says(treated, held_out):
    from statsmodels.stats.proportion import confint_proportions_2indep

    effect = difference_of_shares(treated, held_out)

    low, high = confint_proportions_2indep(
        treated.returned, treated.customers, held_out.returned, held_out.customers,
        compare="diff", method="newcomb",
    )  # fmt: skip
    assert (effect.low, effect.high) == pytest.approx((low, high), abs=1e-6)


@given(st.integers(50, 5_000), st.integers(50, 5_000), st.sampled_from([0.1, 0.2, 0.5]))
def test_an_uneven_split_is_as_likely_as_scipy_says(treated, held_out, share):
    from scipy import stats

    people = treated + held_out
    expected = [people * (1 - share), people * share]

    p = stats.chisquare([treated, held_out], expected).pvalue

    assert sample_ratio_p(treated, held_out, people * share, share) == pytest.approx(p, abs=1e-9)


@given(st.integers(1, 40), st.integers(0, 4))
def test_a_small_split_is_as_likely_as_the_binomial_test_of_scipy(treated, held_out):
    from scipy import stats

    people = treated + held_out
    p = stats.binomtest(held_out, people, 0.1).pvalue

    assert sample_ratio_p(treated, held_out, people * 0.1, 0.1) == pytest.approx(p, abs=1e-6)


@settings(max_examples=SLOW)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=9))
def test_holm_is_that_of_statsmodels(p_values):
    from statsmodels.stats.multitest import multipletests

    adjusted = multipletests(p_values, method="holm")[1]

    assert holm(p_values) == pytest.approx(list(adjusted), abs=1e-12)


def test_theta_is_the_slope_over_all_people():
    from scipy import stats

    rng = np.random.default_rng(1)
    before = rng.lognormal(3, 1, 300)
    spent = 0.6 * before + rng.normal(0, 5, 300)
    sides = SpendByArm(spent[:250], spent[250:], before[:250], before[250:])

    effect = adjusted_for_past_spend([sides])

    assert effect.theta == pytest.approx(stats.linregress(before, spent).slope)
