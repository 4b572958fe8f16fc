"""Every pair of recency and frequency score has its segment; without orders there is no_orders."""

import itertools

import oracle
import pandas as pd
import pytest

from rfmtool.placing.segments import assign_segments
from rfmtool.rules import Condition, Rule, SegmentMap, load_rules


def placed(segments, *scores, frequency=1):
    frame = pd.DataFrame(
        [(frequency, *each) for each in scores],
        columns=["frequency", "recency_score", "frequency_score", "monetary_score"],
    ).astype("Int64")
    return assign_segments(frame, segments)["segment"]


@pytest.mark.parametrize(("r", "f"), [*itertools.product(range(1, 6), range(1, 6))])
def test_the_shipped_grid_is_the_one_of_the_definitions(r, f):
    found = placed(load_rules().segments, *[(r, f, m) for m in range(1, 6)])

    assert set(found) == {oracle.segment(r, f)}


def test_a_customer_without_a_counting_order_is_in_no_orders_whatever_the_map():
    everyone = SegmentMap("list", (Rule("everyone"),))

    for segments in (everyone, load_rules().segments):
        assert placed(segments, (None, None, None), frequency=0).tolist() == ["no_orders"]


def test_segments_keep_the_order_of_the_rules_with_no_orders_last():
    names = [rule.label for rule in load_rules().segments.rows]

    assert placed(load_rules().segments, (5, 5, 5)).cat.categories.tolist() == [*names, "no_orders"]


def test_a_list_is_read_from_the_top_and_may_ask_for_money():
    rich = Rule("rich", (Condition("monetary_score", 4, 5),))
    recent = Rule("recent", (Condition("recency_score", 4, 5),))
    rows = (rich, recent, Rule("rest"), rich)

    found = placed(SegmentMap("list", rows), (5, 1, 5), (5, 1, 1), (1, 1, 1))

    assert found.tolist() == ["rich", "recent", "rest"]
    assert found.cat.categories.tolist() == ["rich", "recent", "rest", "no_orders"]
