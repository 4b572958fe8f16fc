"""The first rule that holds gives the label."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfmtool.placing.matching import first_match, labels_at
from rfmtool.rules import Condition, Rule

BOUNDS = st.none() | st.integers(-3, 3)
CONDITIONS = st.builds(Condition, st.sampled_from("ab"), BOUNDS, BOUNDS)
RULES = st.lists(st.lists(CONDITIONS, max_size=3).map(tuple), max_size=4)
WORDS = st.frozensets(st.sampled_from("xyz"), min_size=1).map(
    lambda words: Condition("c", words=words)
)
CELLS = st.none() | st.integers(-4, 4)


def holds(row, conditions):
    return all(
        row[one.column] is not None
        and (one.words is None or row[one.column] in one.words)
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


MIXED = st.lists(CONDITIONS | WORDS, max_size=3)


@given(MIXED, MIXED)
def test_a_rule_that_covers_another_holds_wherever_it_does(ours, theirs):
    wide, narrow = Rule("wide", tuple(ours)), Rule("narrow", tuple(theirs))
    everywhere = [
        {"a": a, "b": b, "c": c} for a in range(-4, 5) for b in range(-4, 5) for c in "xyz"
    ]

    if wide.covers(narrow):
        assert all(holds(row, ours) for row in everywhere if holds(row, theirs))


@pytest.mark.parametrize("bound", [{"smallest": 0}, {"largest": 0}, {}])
def test_a_missing_value_meets_no_condition(bound):
    frame = pd.DataFrame({"a": pd.array([None, 0], "Int64")})
    rules = [Rule("known", (Condition("a", **bound),)), Rule("unknown")]

    assert first_match(frame, rules).tolist() == [1, 0]


def test_words_are_looked_up_and_a_missing_one_is_none_of_them():
    frame = pd.DataFrame({"stage": pd.array(["client", "partner", None, "suspect"], "str")})
    rules = [Rule("top", (Condition("stage", words=frozenset({"partner", "client"})),)), Rule("x")]

    assert first_match(frame, rules).tolist() == [0, 0, 1, 1]
    assert first_match(frame.astype("category"), rules).tolist() == [0, 0, 1, 1]


def test_what_nobody_said_is_a_no():
    frame = pd.DataFrame({"paused": pd.array([True, False, None], "boolean")})
    yes, no = Rule("yes", (Condition("paused", 1, 1),)), Rule("no", (Condition("paused", 0, 0),))

    assert first_match(frame, [yes, no]).tolist() == [0, 1, 1]
    assert first_match(frame[[]], [yes, no]).tolist() == [1, 1, 1]


def test_a_number_that_nobody_counted_meets_no_condition():
    frame = pd.DataFrame({"a": [1, 2]})

    assert first_match(frame, [Rule("x", (Condition("b", largest=9),)), Rule("y")]).tolist() == [
        1,
        1,
    ]


def test_ratios_are_compared_by_the_six_decimals_that_are_written():
    shares = pd.DataFrame({"share_of_wallet": [0.33, 0.33 - 1e-6, 0.1 + 0.2 + 0.03, None]})
    rules = [Rule("x", (Condition("share_of_wallet", 330_000),)), Rule("y")]

    assert first_match(shares, rules).tolist() == [0, 1, 0, 1]


def test_large_money_is_compared_to_the_last_unit():
    frame = pd.DataFrame({"monetary": [2**53, 2**53 + 1]})

    rules = [Rule("x", (Condition("monetary", 2**53 + 1),)), Rule("y")]

    assert first_match(frame, rules).tolist() == [1, 0]


def test_labels_keep_the_order_of_the_rules_and_may_recur():
    rules = [Rule("late"), Rule("early"), Rule("late")]

    labels = labels_at(first_match(pd.DataFrame({"a": []}), rules), [rule.label for rule in rules])
    assert labels.categories.tolist() == ["late", "early"]


def test_no_rows_are_no_matter():
    frame = pd.DataFrame({"a": pd.array([], "Int64")})

    assert first_match(frame, [Rule("x", (Condition("a", 1),)), Rule("y")]).tolist() == []
