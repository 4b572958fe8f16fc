"""Cut points score each customer alone, with their group or by everyone."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from buyers import (
    AS_OF,
    EVEN_WEIGHTS,
    PEER_SPEND,
    QUINTILES,
    TIMING,
    TOY_MONEY,
    WITHIN,
    fitted,
    in_countries,
    people,
)

from rfmtool.rules import Method, load_rules
from rfmtool.scoring.scales import Scale, Scales
from rfmtool.scoring.scores import apply_scales, is_in_unseen_group


def test_the_argument_is_left_as_it_was():
    frame = people(monetary=TOY_MONEY)
    before = frame.copy()

    apply_scales(frame, fitted(frame, load_rules().scoring), EVEN_WEIGHTS)

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


def test_nested_scales_score_cells_that_the_fit_did_not_see_by_everyone():
    frame = people([0, 0, 9, 9], [1, 2, 5, 9], [10, 20, 30, 40])
    scales = fitted(frame, dict.fromkeys(EVEN_WEIGHTS, Method("quantile", 2)) | {
        "monetary": Method("nested", 2)})  # fmt: skip
    assert (2, 2) not in scales["monetary"].nested_cuts

    later = apply_scales(people([0], [9], [30]), scales, EVEN_WEIGHTS)

    assert later["rfm"].tolist() == ["222"]
    assert scales["monetary"].for_scores((2, 2)).cuts == scales["monetary"].cuts == (25,)
    assert scales["monetary"].for_scores((2, 1)).cuts == (15,)


def test_a_group_that_the_fit_did_not_see_is_scored_like_everyone():
    frame = in_countries(monetary=[1, 10, 2, 20, 3, 30])
    scales = fitted(frame, dict.fromkeys(EVEN_WEIGHTS, QUINTILES), WITHIN)
    later = people(monetary=[25, 25]).assign(country=["US", None])

    assert is_in_unseen_group(later, scales).tolist() == [True, True]
    assert not is_in_unseen_group(frame, scales).any()
    overall = scales["monetary"].scores(np.array([25, 25]))
    scored = apply_scales(later, scales, EVEN_WEIGHTS)
    assert scored["monetary_score"].tolist() == overall.tolist()
