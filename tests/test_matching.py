"""The first rule that holds gives the label."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfmtool.placing.matching import first_match, labelled
from rfmtool.rules import Condition, Rule

BOUNDS = st.none() | st.integers(-3, 3)
CONDITIONS = st.builds(Condition, st.sampled_from("ab"), BOUNDS, BOUNDS)
RULES = st.lists(st.lists(CONDITIONS, max_size=3).map(tuple), max_size=4)
CELLS = st.none() | st.integers(-4, 4)


def holds(row, conditions):
    return all(
        row[one.column] is not None
        and (one.smallest is None or row[one.column] >= one.smallest)
        and (one.largest is None or row[one.column] <= one.largest)
        for one in conditions
    )


@given(st.lists(st.fixed_dictionaries({"a": CELLS, "b": CELLS}), min_size=1), RULES)
def test_rows_find_their_rule_as_a_plain_loop_would(rows, conditions):
    frame = pd.DataFrame(rows, dtype="Int64")
    rules = [Rule(str(place), those) for place, those in enumerate([*conditions, ()])]

    assert first_match(frame, rules).tolist() == [
        next(place for place, rule in enumerate(rules) if holds(row, rule.conditions))
        for row in rows
    ]


@given(st.lists(CONDITIONS, max_size=3), st.lists(CONDITIONS, max_size=3))
def test_a_rule_that_covers_another_holds_wherever_it_does(ours, theirs):
    wide, narrow = Rule("wide", tuple(ours)), Rule("narrow", tuple(theirs))
    everywhere = [{"a": a, "b": b} for a in range(-4, 5) for b in range(-4, 5)]

    if wide.covers(narrow):
        assert all(holds(row, ours) for row in everywhere if holds(row, theirs))


@pytest.mark.parametrize("bound", [{"smallest": 0}, {"largest": 0}, {}])
def test_a_missing_value_meets_no_condition(bound):
    frame = pd.DataFrame({"a": pd.array([None, 0], "Int64")})
    rules = [Rule("known", (Condition("a", **bound),)), Rule("unknown")]

    assert first_match(frame, rules).tolist() == [1, 0]


def test_labels_keep_the_order_of_the_rules_and_may_recur():
    rules = [Rule("late"), Rule("early"), Rule("late")]

    labels = labelled(first_match(pd.DataFrame({"a": []}), rules), [rule.label for rule in rules])
    assert labels.cat.categories.tolist() == ["late", "early"]


def test_no_rows_are_no_matter():
    frame = pd.DataFrame({"a": pd.array([], "Int64")})

    assert first_match(frame, [Rule("x", (Condition("a", 1),)), Rule("y")]).tolist() == []
