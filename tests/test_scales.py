"""Cut points are fitted as defined, kept in a file, and score equals equally."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfmtool.errors import RulesError
from rfmtool.pipeline import run
from rfmtool.rules import FitRules, Method, load_rules
from rfmtool.scoring.cuts import quantile_cuts
from rfmtool.scoring.peers import Peers
from rfmtool.scoring.scales import Scale, Scales, apply_scales, fit, is_unseen, load_scales
from rfmtool.scoring.timing import Timing, Windows
from rfmtool.scoring.wallet import PeerSpend, fit_peer_spend

TOY_ORDERS = [1, 1, 1, 1, 1, 1, 2, 2, 3, 10]
TOY_MONEY = [10, 20, 30, 40, 50, 60, 70, 80, 90, 550]
QUINTILES = Method("quantile", 5)
AS_OF = date(2024, 1, 31)
TIMING = Timing(Windows(), 30.0, 2.0, 4.0, limits_are_fitted=False)
PEER_SPEND = PeerSpend(Decimal("0.8"), Peers((), (0, 0, 0), ((),)), (0,))
EVEN_WEIGHTS = {name: Decimal(1) for name in ("recency", "frequency", "monetary")}


def people(recency=None, frequency=None, monetary=None):
    """A frame of customers; what is not given is the same for all."""
    count = len(recency or frequency or monetary)
    return pd.DataFrame(
        {
            "recency_days": recency or [0] * count,
            "frequency": frequency or [1] * count,
            "monetary": monetary or [10_000] * count,
        }
    )


def scores(frame, dimension, method=QUINTILES):
    methods = dict.fromkeys(EVEN_WEIGHTS, QUINTILES) | {dimension: method}
    scored = apply_scales(frame, fit(frame, methods, TIMING, PEER_SPEND, AS_OF), EVEN_WEIGHTS)
    return scored[f"{dimension}_score"].tolist()


# Fitting -----------------------------------------------------------------------------------------


def test_toy_orders_by_quantile():
    cuts = fit(
        people(frequency=TOY_ORDERS),
        dict.fromkeys(EVEN_WEIGHTS, QUINTILES),
        TIMING,
        PEER_SPEND,
        AS_OF,
    )

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

    scales = fit(both, methods, TIMING, PEER_SPEND, AS_OF)
    scored = apply_scales(both, scales, EVEN_WEIGHTS)

    assert scales == fit(frame, methods, TIMING, PEER_SPEND, AS_OF)
    assert scored.loc[:4, "monetary_score"].tolist() == [1, 2, 3, 4, 5]
    added = ["recency_score", "frequency_score", "monetary_score", "rfm", "rfm_total"]
    assert scored.loc[5:, added].isna().all(axis=None)


def test_with_no_buyer_at_all_there_are_still_scales():
    frame = people(frequency=[0], monetary=[-5])

    scales = fit(frame, dict.fromkeys(EVEN_WEIGHTS, QUINTILES), TIMING, PEER_SPEND, AS_OF)

    assert scales["monetary"].cuts == (0, 0, 0, 0)


# Applying ----------------------------------------------------------------------------------------


def test_a_value_on_a_cut_is_below_it_unless_the_rules_say_at_least():
    values = np.array([9, 10, 11, 20, 21])

    assert Scale("fixed", (10, 20), "higher").scores(values).tolist() == [1, 1, 2, 2, 3]
    assert Scale("at_least", (10, 20), "higher").scores(values).tolist() == [1, 2, 2, 3, 3]
    assert Scale("fixed", (10, 20), "lower").scores(values).tolist() == [3, 3, 2, 2, 1]
    assert Scale("at_least", (10, 20), "lower").scores(values).tolist() == [3, 2, 2, 1, 1]


def test_values_outside_a_reused_scale_take_the_end_scores():
    scale = Scale("quantile", (10, 20, 30, 40), "higher")

    assert scale.scores(np.array([-(10**18), 10**18])).tolist() == [1, 5]


def test_the_argument_is_left_as_it_was():
    frame = people(monetary=TOY_MONEY)
    before = frame.copy()

    apply_scales(frame, fit(frame, load_rules().scoring, TIMING, PEER_SPEND, AS_OF), EVEN_WEIGHTS)

    pd.testing.assert_frame_equal(frame, before)


def with_codes(r, f, m, weights=EVEN_WEIGHTS, **bins):
    """The rfm and rfm_total of one customer whose value equals its score in every dimension."""
    cuts = {name: tuple(range(1, bins.get(name, 5))) for name in EVEN_WEIGHTS}
    better = {"recency": "lower"}
    scales = Scales(
        AS_OF,
        {name: Scale("fixed", cuts[name], better.get(name, "higher")) for name in EVEN_WEIGHTS},
        TIMING,
        PEER_SPEND,
    )
    recency = len(cuts["recency"]) + 2 - r
    scored = apply_scales(people([recency], [f], [m]), scales, weights)
    return scored["rfm"].tolist(), scored["rfm_total"].tolist()


def test_rfm_is_the_digits_and_their_sum():
    assert with_codes(5, 4, 1) == (["541"], [10])


def test_ten_bins_put_dashes_between_the_digits():
    assert with_codes(10, 4, 1, recency=10) == (["10-4-1"], [15])
    assert with_codes(3, 4, 1, monetary=10) == (["3-4-1"], [8])
    assert with_codes(9, 4, 1, recency=9) == (["941"], [14])


@pytest.mark.parametrize(
    ("weights", "total"), [((2, 1, 1), 15), (("0.5", "0.25", "0.1"), 3.6), ((0, 0, 0), 0)]
)
def test_the_total_is_weighted(weights, total):
    weights = dict(zip(EVEN_WEIGHTS, map(Decimal, weights), strict=True))

    assert with_codes(5, 4, 1, weights)[1] == [total]


# The file ----------------------------------------------------------------------------------------

CUTS = st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=9).map(sorted).map(tuple)


@given(CUTS, CUTS, CUTS, st.sampled_from(("quantile", "fixed", "at_least")))
def test_scales_come_back_from_their_file_as_they_were(scratch, recency, frequency, money, method):
    scales = Scales(
        AS_OF,
        {
            "recency": Scale(method, recency, "lower"),
            "frequency": Scale(method, frequency, "higher"),
            "monetary": Scale(method, money, "higher"),
        },
        TIMING,
        PEER_SPEND,
    )
    path = scratch / "scales.json"
    path.write_text(json.dumps(scales.as_data()))

    assert load_scales(path) == scales


def good_file():
    scale = {"method": "fixed", "cuts": [1, 2, 3, 4]}
    return {
        "version": 1,
        "as_of": "2024-01-31",
        "recency": {**scale, "better": "lower"},
        "frequency": {**scale, "better": "higher"},
        "monetary": {**scale, "better": "higher", "cuts": ["1", "2.5", "3", "4"]},
        "timing": TIMING.as_data(),
        "wallet": PEER_SPEND.as_data(),
    }


def test_money_cuts_are_decimal_text(write):
    scales = load_scales(write(json.dumps(good_file())))

    assert scales["monetary"].cuts == (10_000, 25_000, 30_000, 40_000)
    assert scales.as_data() == good_file()


@pytest.mark.parametrize(
    ("dimension", "key", "value"),
    [
        ("recency", "cuts", [2, 1]),
        ("recency", "cuts", []),
        ("recency", "cuts", list(range(10))),
        ("recency", "cuts", [None]),
        ("recency", "cuts", ["x"]),
        ("recency", "cuts", [1.5]),
        ("recency", "cuts", ["nan"]),
        ("recency", "cuts", ["1e30"]),
        ("recency", "cuts", "1234"),
        ("recency", "cuts", 5),
        ("recency", "method", "magic"),
        ("recency", "method", None),
        ("recency", "better", "higher"),
        ("monetary", "better", "lower"),
        ("monetary", "better", "sideways"),
        ("monetary", "cuts", ["0.00005"]),
        ("version", None, 2),
        ("as_of", None, "yesterday"),
        ("as_of", None, None),
        ("monetary", None, None),
        ("monetary", None, "all"),
        ("timing", "median_gap_days", "28"),
        ("timing", "median_gap_days", float("nan")),
        ("timing", "overdue_ratio", float("nan")),
        ("timing", "lapsed_ratio", float("inf")),
        ("timing", "overdue_ratio", True),
        ("timing", "limits_are_fitted", "no"),
        ("timing", "windows", dict.fromkeys(("w25", "w50", "w80", "w95"), "30")),
        ("timing", "windows", dict.fromkeys(("w25", "w50", "w80", "w95"), 30.5)),
        ("timing", "windows", {"is_fitted": 1}),
        ("timing", "windows", {"w33": 1}),
    ],
)
def test_a_bad_scales_file_is_refused_by_name(write, dimension, key, value):
    data = good_file()
    if key is None:
        data[dimension] = value
    else:
        data[dimension][key] = value

    with pytest.raises(RulesError, match=r"scales\.json: is not a scales file"):
        load_scales(write(json.dumps(data), "scales.json"))


@pytest.mark.parametrize("content", ["", "[]", "5", "{", '"text"', b"\xff\xfe"])
def test_what_is_no_scales_file_at_all_is_refused(write, content):
    with pytest.raises(RulesError, match="is not a scales file"):
        load_scales(write(content, "scales.json"))


def test_a_scales_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(RulesError, match=r"gone\.json: cannot be read"):
        load_scales(tmp_path / "gone.json")


SHOP = ["customer_id,ordered_at,amount", "ann,2024-01-01,10", "bob,2024-01-31,30"]


def test_reused_scales_score_a_later_export_without_fitting(write):
    scales = run(write(SHOP)).scales

    later = run(write([*SHOP, "cy,2024-02-29,99"], "later.csv"), scales=scales)

    assert later.scales == scales
    assert not later.fitted
    assert later.frame["monetary_score"].tolist() == [1, 5, 5]


def test_scales_whose_scores_the_segments_do_not_cover_are_refused(write):
    ten = [*range(1, 10)]
    data = good_file()
    data["recency"]["cuts"] = ten

    with pytest.raises(RulesError, match="10 bins of recency, and the segments are for 5"):
        run(write(SHOP), scales=write(json.dumps(data), "scales.json"))


def test_scales_with_other_bins_of_money_are_fine_where_no_segment_asks_for_money(write):
    data = good_file()
    data["monetary"]["cuts"] = ["15"]

    result = run(write(SHOP), scales=write(json.dumps(data), "scales.json"))

    assert result.frame["monetary_score"].tolist() == [1, 2]


# Back from scores to values ----------------------------------------------------------------------


@given(
    st.sampled_from(["quantile", "at_least"]),
    st.lists(st.integers(-9, 9), min_size=1, max_size=5).map(sorted),
    st.sampled_from(["higher", "lower"]),
    st.integers(1, 6),
    st.integers(1, 6),
)
def test_the_values_of_scores_are_those_that_get_them(method, cuts, better, one, other):
    scale = Scale(method, tuple(cuts), better)
    worst, best = sorted(min(score, scale.bins) for score in (one, other))
    low, high = scale.values(worst, best)

    values = np.arange(-12, 13)
    inside = [(low is None or low <= v) and (high is None or v <= high) for v in values]

    scored = scale.scores(values)
    assert inside == ((worst <= scored) & (scored <= best)).tolist()


# Bands of equal value, and bands within bands ----------------------------------------------------


def fitted(frame, methods, rules=None):
    return fit(frame, methods, TIMING, PEER_SPEND, AS_OF, rules=rules)


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


NESTED = {
    "recency": Method("quantile", 3), "frequency": Method("nested", 3),
    "monetary": Method("nested", 3),
}  # fmt: skip
BUYERS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(1, 9), st.integers(-99, 99)), min_size=1, max_size=40
)


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


def test_nested_scales_score_cells_that_the_fit_did_not_see_by_everyone():
    frame = people([0, 0, 9, 9], [1, 2, 5, 9], [10, 20, 30, 40])
    scales = fitted(frame, dict.fromkeys(EVEN_WEIGHTS, Method("quantile", 2)) | {
        "monetary": Method("nested", 2)})  # fmt: skip
    assert (2, 2) not in scales["monetary"].cells

    later = apply_scales(people([0], [9], [30]), scales, EVEN_WEIGHTS)

    assert later["rfm"].tolist() == ["222"]
    assert scales["monetary"].at((2, 2)).cuts == scales["monetary"].cuts == (25,)
    assert scales["monetary"].at((2, 1)).cuts == (15,)


# Whom cut points are fitted on -------------------------------------------------------------------


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


WITHIN = FitRules(within="country")


def in_countries(**values):
    return people(**values).assign(country=["DE", "FR"] * 3)


def test_each_group_has_cut_points_of_its_own():
    """French customers spend ten times what Germans do."""
    frame = in_countries(monetary=[1, 10, 2, 20, 3, 30])
    thirds = dict.fromkeys(EVEN_WEIGHTS, Method("quantile", 3))

    scales = fitted(frame, thirds, WITHIN)

    scored = apply_scales(frame, scales, EVEN_WEIGHTS)
    assert scored["monetary_score"].tolist() == [1, 1, 2, 2, 3, 3]
    assert scales["monetary"].cuts == fitted(frame, thirds)["monetary"].cuts
    assert scales.of(frame[1:2])["monetary"].cuts == (16, 23)


def test_a_group_that_the_fit_did_not_see_is_scored_like_everyone():
    frame = in_countries(monetary=[1, 10, 2, 20, 3, 30])
    scales = fitted(frame, dict.fromkeys(EVEN_WEIGHTS, QUINTILES), WITHIN)
    later = people(monetary=[25, 25]).assign(country=["US", None])

    assert is_unseen(later, scales).tolist() == [True, True]
    assert not is_unseen(frame, scales).any()
    overall = scales["monetary"].scores(np.array([25, 25]))
    scored = apply_scales(later, scales, EVEN_WEIGHTS)
    assert scored["monetary_score"].tolist() == overall.tolist()


def test_a_group_that_a_method_cannot_score_is_scored_like_everyone():
    frame = in_countries(recency=[0, 4, 0, 5, 0, 6])
    methods = dict.fromkeys(EVEN_WEIGHTS, QUINTILES) | {"recency": Method("cumulative", 5)}

    assert list(fitted(frame, methods, WITHIN).within.groups) == ["FR"]


def test_a_column_that_is_not_there_is_refused():
    with pytest.raises(RulesError, match="no column 'country' to score within"):
        fitted(people([1]), NESTED, WITHIN)


@given(BUYERS, st.randoms())
def test_everything_a_fit_finds_comes_back_from_its_file(scratch, buyers, random):
    frame = people(*map(list, zip(*buyers, strict=True)))
    frame = frame.assign(country=random.choices(["DE", "FR", "", None], k=len(buyers)))
    frame = frame.assign(first_order_on=pd.Timestamp("2024-01-01").as_unit("s"))
    peer_spend = fit_peer_spend(frame, load_rules().wallet, 19_753)
    scales = replace(fitted(frame, NESTED, WITHIN), peer_spend=peer_spend)
    path = scratch / "all.json"
    path.write_text(json.dumps(scales.as_data()))

    assert load_scales(path) == scales


@pytest.mark.parametrize(
    ("dimension", "more"),
    [
        ("frequency", {"cells": [{"at": [1, 1], "cuts": [1, 2, 3, 4]}]}),
        ("frequency", {"cells": [{"at": [0], "cuts": [1, 2, 3, 4]}]}),
        ("frequency", {"cells": [{"at": [True], "cuts": [1, 2, 3, 4]}]}),
        ("frequency", {"cells": [{"at": [1], "cuts": [1, 2, 3]}]}),
        ("frequency", {"cells": [{"at": [1], "cuts": "1234"}]}),
        ("frequency", {"cells": 1}),
        ("recency", {"cells": [{"at": [], "cuts": [1, 2, 3, 4]}]}),
        ("within", {"column": "country"}),
        ("within", {"column": 1, "groups": {}}),
        ("within", {"column": "country", "groups": []}),
        ("within", {"column": "country", "groups": {"DE": {}}}),
        ("wallet", {"tau": "2"}),
        ("wallet", {"groups": []}),
    ],
)
def test_bad_cells_groups_and_estimates_are_refused(write, dimension, more):
    data = good_file()
    data[dimension] = {**data.get(dimension, {}), **more}

    with pytest.raises(RulesError, match=r"scales\.json: is not a scales file"):
        load_scales(write(json.dumps(data), "scales.json"))


def test_groups_with_other_bins_than_everyone_are_refused(write):
    data = good_file()
    other = {name: dict(data[name]) for name in EVEN_WEIGHTS}
    other["recency"]["cuts"] = [1]
    data["within"] = {"column": "country", "groups": {"DE": other}}

    with pytest.raises(RulesError, match="is not a scales file"):
        load_scales(write(json.dumps(data), "scales.json"))
