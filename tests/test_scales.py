"""Scales are values: bands between cut points, kept in a file."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from buyers import (
    AS_OF,
    BUYERS,
    EVEN_WEIGHTS,
    NESTED,
    PEER_SPEND,
    TIMING,
    WITHIN,
    fitted,
    people,
)
from hypothesis import given
from hypothesis import strategies as st

from rfmtool.errors import RulesError
from rfmtool.pipeline import run
from rfmtool.rules import load_rules
from rfmtool.scoring.peer_spend import fit_peer_spend
from rfmtool.scoring.scales import Scale, Scales, load_scales


def test_a_value_on_a_cut_is_below_it_unless_the_rules_say_at_least():
    values = np.array([9, 10, 11, 20, 21])

    assert Scale("fixed", (10, 20), "higher").scores(values).tolist() == [1, 1, 2, 2, 3]
    assert Scale("at_least", (10, 20), "higher").scores(values).tolist() == [1, 2, 2, 3, 3]
    assert Scale("fixed", (10, 20), "lower").scores(values).tolist() == [3, 3, 2, 2, 1]
    assert Scale("at_least", (10, 20), "lower").scores(values).tolist() == [3, 2, 2, 1, 1]


def test_values_outside_a_reused_scale_take_the_end_scores():
    scale = Scale("quantile", (10, 20, 30, 40), "higher")

    assert scale.scores(np.array([-(10**18), 10**18])).tolist() == [1, 5]


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
    low, high = scale.value_range(worst, best)

    values = np.arange(-12, 13)
    inside = [(low is None or low <= v) and (high is None or v <= high) for v in values]

    scored = scale.scores(values)
    assert inside == ((worst <= scored) & (scored <= best)).tolist()


@pytest.mark.long
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


def test_lists_too_deep_to_be_read_are_no_scales_file(write):
    with pytest.raises(RulesError, match="is not a scales file"):
        load_scales(write("[" * 100_000, "scales.json"))
