"""Cut points are fitted as defined, and equals score equally."""

from decimal import Decimal

import numpy as np
import oracle
import pandas as pd
import pytest
from buyers import (
    BUYERS,
    EVEN_WEIGHTS,
    NESTED,
    QUINTILES,
    TOY_MONEY,
    WITHIN,
    fitted,
    in_countries,
    people,
)
from hypothesis import given
from hypothesis import strategies as st

from rfmtool.errors import RulesError
from rfmtool.rules import FitRules, Method
from rfmtool.scoring.cuts import quantile_cuts
from rfmtool.scoring.scores import apply_scales, scales_for_customer

TOY_ORDERS = [1, 1, 1, 1, 1, 1, 2, 2, 3, 10]


def scores(frame, dimension, method=QUINTILES):
    methods = dict.fromkeys(EVEN_WEIGHTS, QUINTILES) | {dimension: method}
    scored = apply_scales(frame, fitted(frame, methods), EVEN_WEIGHTS)
    return scored[f"{dimension}_score"].tolist()


def test_toy_orders_by_quantile():
    cuts = fitted(people(frequency=TOY_ORDERS), dict.fromkeys(EVEN_WEIGHTS, QUINTILES))

    assert cuts["frequency"].cuts == (1, 1, 1, 2)  # 1, 1, 1.4, 2.2, floored
    assert scores(people(frequency=TOY_ORDERS), "frequency") == [1] * 6 + [4, 4, 5, 5]


def test_toy_orders_by_fixed_cuts():
    fixed = Method("fixed", 5, (1, 2, 4, 9))

    assert scores(people(frequency=TOY_ORDERS), "frequency", fixed) == [1] * 6 + [2, 2, 3, 5]


def test_toy_money_by_quantile():
    assert scores(people(monetary=TOY_MONEY), "monetary") == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_recency_scores_the_other_way_round():
    assert scores(people(recency=TOY_MONEY), "recency") == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]


@pytest.mark.parametrize("count", [1, 2, 7])
def test_where_all_are_equal_or_alone_recency_is_best_and_the_others_worst(count):
    frame = people(recency=[9] * count)

    assert scores(frame, "recency") == [5] * count
    assert scores(frame, "frequency") == [1] * count
    assert scores(frame, "monetary") == [1] * count


@given(st.lists(st.integers(-(10**18), 10**18), min_size=1, max_size=30), st.integers(2, 10))
def test_cuts_are_the_floors_of_exact_type_7_quantiles(values, bins):
    assert list(quantile_cuts(np.array(values), bins)) == oracle.quantile_cuts(values, bins)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=30), st.integers(2, 10))
def test_flooring_the_cuts_moves_nobody(values, bins):
    exact = [oracle.quantile(values, oracle.Fraction(k, bins)) for k in range(1, bins)]

    assert scores(people(monetary=values), "monetary", Method("quantile", bins)) == [
        oracle.score(value, exact, "higher") for value in values
    ]


@pytest.mark.long
@given(st.lists(st.integers(0, 8), min_size=2, max_size=30), st.integers(2, 10), st.randoms())
def test_equal_customers_get_equal_scores_in_any_order(values, bins, random):
    method = Method("quantile", bins)
    by_value = dict(zip(values, scores(people(recency=values), "recency", method), strict=True))
    random.shuffle(values)

    shuffled = scores(people(recency=values), "recency", method)

    assert shuffled == [by_value[value] for value in values]


def test_customers_without_a_counting_order_have_no_scores_and_move_no_cut():
    frame = people(monetary=[1, 2, 3, 4, 5]).assign(
        frequency=[1, 1, 1, 1, 1], recency_days=pd.array([1, 2, 3, 4, 5], "Int64")
    )
    absent = pd.DataFrame(
        {"recency_days": pd.array([None] * 9, "Int64"), "frequency": 0, "monetary": -99}
    )
    both = pd.concat([frame, absent], ignore_index=True)
    methods = dict.fromkeys(EVEN_WEIGHTS, QUINTILES)

    scales = fitted(both, methods)
    scored = apply_scales(both, scales, EVEN_WEIGHTS)

    assert scales == fitted(frame, methods)
    assert scored.loc[:4, "monetary_score"].tolist() == [1, 2, 3, 4, 5]
    added = ["recency_score", "frequency_score", "monetary_score", "rfm", "rfm_total"]
    assert scored.loc[5:, added].isna().all(axis=None)


def test_with_no_buyer_at_all_there_are_still_scales():
    frame = people(frequency=[0], monetary=[-5])

    scales = fitted(frame, dict.fromkeys(EVEN_WEIGHTS, QUINTILES))

    assert scales["monetary"].cuts == (0, 0, 0, 0)


def test_toy_orders_by_cumulated_value():
    cumulative = Method("cumulative", 5)

    assert scores(people(frequency=TOY_ORDERS), "frequency", cumulative) == [1] * 6 + [2, 2, 3, 4]


@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=30).filter(any),
    st.integers(2, 10),
    st.sampled_from(["recency", "monetary"]),
)
def test_bands_of_equal_value_are_those_of_the_slow_way(values, bins, dimension):
    better = "lower" if dimension == "recency" else "higher"

    got = scores(people(**{dimension: values}), dimension, Method("cumulative", bins))

    assert got == oracle.cumulative_scores(values, bins, better)


def test_vast_values_are_cumulated_exactly():
    values = [2**61, 2**61, 2**62, 1]

    assert scores(people(monetary=values), "monetary", Method("cumulative", 2)) == [1, 1, 2, 1]


@pytest.mark.parametrize(
    ("values", "complaint"),
    [([5, -1, 7], "1 of 3 buyers have less than 0"), ([0, 0], "all have 0")],
)
def test_what_has_no_shares_of_a_total_is_refused(values, complaint):
    with pytest.raises(RulesError, match=f"monetary cannot be scored .*cumulative: {complaint}"):
        scores(people(monetary=values), "monetary", Method("cumulative", 5))


def test_with_no_buyer_there_are_still_cuts_of_every_kind():
    methods = {
        "recency": Method("cumulative", 5), "frequency": Method("nested", 5),
        "monetary": Method("nested", 5),
    }  # fmt: skip

    scales = fitted(people(frequency=[0]), methods)

    assert {name: scales[name].bins for name in methods} == dict.fromkeys(methods, 5)


@given(BUYERS)
def test_nested_bands_are_those_of_the_slow_way(buyers):
    frame = people(*map(list, zip(*buyers, strict=True)))
    got = apply_scales(frame, fitted(frame, NESTED), EVEN_WEIGHTS)

    unit = oracle.CENT_OF_A_CENT
    slow = {
        place: oracle.Customer(str(place), f, f, None, None, r, m * unit, Decimal(0), None)
        for place, (r, f, m) in enumerate(buyers)
    }
    expected = oracle.nested_scores(slow, 3)
    columns = [f"{name}_score" for name in EVEN_WEIGHTS]
    assert [tuple(row) for row in got[columns].to_numpy().tolist()] == [
        expected[str(place)] for place in range(len(buyers))
    ]


def test_who_lies_outside_of_the_limits_moves_no_cut_and_is_scored():
    """One wholesaler and one who gave everything back."""
    frame = people(monetary=[10, 20, 30, 40, 50, 10**9, -5], frequency=[2, 2, 2, 2, 2, 90, 1])
    rules = FitRules(max_orders=50, min_spend=0)

    scales = fitted(frame, dict.fromkeys(EVEN_WEIGHTS, QUINTILES), rules)

    assert scales == fitted(frame[:5], dict.fromkeys(EVEN_WEIGHTS, QUINTILES))
    scored = apply_scales(frame, scales, EVEN_WEIGHTS)
    assert scored["monetary_score"].tolist() == [1, 2, 3, 4, 5, 5, 1]


def test_limits_that_leave_nobody_are_refused():
    with pytest.raises(RulesError, match="nobody lies within the limits"):
        fitted(people([1]), NESTED, FitRules(min_orders=9))


def test_each_group_has_cut_points_of_its_own():
    """French customers spend ten times what Germans do."""
    frame = in_countries(monetary=[1, 10, 2, 20, 3, 30])
    thirds = dict.fromkeys(EVEN_WEIGHTS, Method("quantile", 3))

    scales = fitted(frame, thirds, WITHIN)

    scored = apply_scales(frame, scales, EVEN_WEIGHTS)
    assert scored["monetary_score"].tolist() == [1, 1, 2, 2, 3, 3]
    assert scales["monetary"].cuts == fitted(frame, thirds)["monetary"].cuts
    assert scales_for_customer(frame[1:2], scales)["monetary"].cuts == (16, 23)


def test_a_group_that_a_method_cannot_score_is_scored_like_everyone():
    frame = in_countries(recency=[0, 4, 0, 5, 0, 6])
    methods = dict.fromkeys(EVEN_WEIGHTS, QUINTILES) | {"recency": Method("cumulative", 5)}

    assert list(fitted(frame, methods, WITHIN).within.groups) == ["FR"]


def test_a_column_that_is_not_there_is_refused():
    with pytest.raises(RulesError, match="no column 'country' to score within"):
        fitted(people([1]), NESTED, WITHIN)
