"""The curve of waiting: worked numbers, and the oracle's exact fractions on any times."""

import math

import numpy as np
import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfmtool.scoring.survival import best_weeks, survival_curve, weekly_hazard

TOY = [5, 8, 8, 12, 15, 20, 20, 30], [1, 1, 0, 1, 0, 1, 0, 0]
WAITS = st.lists(st.tuples(st.integers(0, 60), st.booleans()), min_size=1, max_size=40)


def curve_of(times, events):
    return survival_curve(np.array(times, np.int64), np.array(events, bool))


def split(waits):
    """Times and events; nothing happens on day 0, on which a first order is."""
    return [time for time, _ in waits], [event and time > 0 for time, event in waits]


def test_the_toy_curve_is_as_published():
    curve = curve_of(*TOY)

    assert curve.day.tolist() == [5, 8, 12, 20]
    assert curve.survival.round(12).tolist() == [0.875, 0.75, 0.6, 0.4]
    assert curve.se.round(4).tolist() == [0.1169, 0.1531, 0.1817, 0.2033]
    assert (curve.customers, curve.watched_days) == (8, 30)


def test_the_toy_band_is_on_the_scale_of_log_minus_log():
    low, high = curve_of(*TOY).confidence_band()

    # By hand for S(5) = .875: 1 - .875 ** exp(+-1.96 * .1169 / (.875 * ln .875)).
    assert (round(low[0], 3), round(high[0], 3)) == (0.019, 0.613)
    assert low[3] < 0.6 < high[3]


def test_a_share_is_read_off_the_steps():
    curve = curve_of(*TOY)

    assert [round(curve.event_share(day), 3) for day in (0, 4, 5, 19, 20, 365)] == [
        0,
        0,
        0.125,
        0.4,
        0.6,
        0.6,
    ]
    assert (curve.quantile(0.5), curve.quantile(0.61)) == (20, None)


def test_where_all_have_come_there_is_no_error():
    curve = curve_of([3, 3], [1, 1])

    assert (curve.event_share(3), curve.quantile(1)) == (1, 3)
    assert np.isnan(curve.se).all()
    assert np.isnan(curve.confidence_band()).all()


@pytest.mark.parametrize("times", [[], [0], [4, 9]])
def test_where_nothing_happens_there_is_no_curve(times):
    curve = curve_of(times, [0] * len(times))

    assert len(curve.day) == 0
    assert (curve.event_share(365), curve.quantile(0.5)) == (0, None)


@given(WAITS)
def test_any_times_give_what_exact_fractions_give(waits):
    times, events = split(waits)
    curve = curve_of(times, events)
    steps = oracle.kaplan_meier(times, events)

    assert curve.day.tolist() == [step.day for step in steps]
    assert curve.survival.tolist() == pytest.approx([float(step.survival) for step in steps])
    errors = [math.nan if step.se is None else step.se for step in steps]
    assert curve.se.tolist() == pytest.approx(errors, nan_ok=True)


@given(WAITS)
def test_any_times_give_what_lifelines_gives(waits):
    lifelines = pytest.importorskip("lifelines", reason="`make lifelines` runs this")
    times, events = split(waits)
    curve = curve_of(times, events)
    low, high = curve.confidence_band()
    fitted = lifelines.KaplanMeierFitter().fit(times, events)
    known = ~np.isnan(curve.se)

    shares = fitted.survival_function_at_times(curve.day).to_numpy()
    assert curve.survival == pytest.approx(shares)
    limits = fitted.confidence_interval_survival_function_
    limits = limits.loc[curve.day[known]].to_numpy().reshape(-1, 2)
    assert 1 - low[known] == pytest.approx(limits[:, 1])
    assert 1 - high[known] == pytest.approx(limits[:, 0])


@given(WAITS)
def test_a_band_lies_around_its_share(waits):
    curve = curve_of(*split(waits))
    low, high = curve.confidence_band()
    known = ~np.isnan(curve.se)

    assert (np.isnan(low) == ~known).all()
    share = 1 - curve.survival[known]
    assert (low[known] >= 0).all()
    assert (low[known] <= share).all()
    assert (share <= high[known]).all()
    assert (high[known] <= 1).all()


@given(WAITS)
def test_any_times_give_the_hazard_of_the_oracle(waits):
    times, events = split(waits)
    weeks = max(1, max(times) // 7)
    rates = weekly_hazard(np.array(times), np.array(events, bool), weeks)

    if max(times) >= 7 * weeks:
        expected = oracle.weekly_hazard(times, events, weeks)
        assert rates.tolist() == pytest.approx(expected)
        if any(expected):
            assert list(best_weeks(rates)) == oracle.best_weeks(expected)


def test_a_week_in_which_nobody_was_watched_has_no_hazard():
    rates = weekly_hazard(np.array([3]), np.array([True]), 2)

    assert rates[0] == pytest.approx(1000 / 3)
    assert np.isnan(rates[1])
    assert best_weeks(rates) == (1, 1)


def test_where_nothing_happens_no_week_is_best():
    assert best_weeks(weekly_hazard(np.array([30]), np.array([False]), 3)) is None
