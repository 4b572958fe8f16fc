"""Looking back: who came back of those who stood somewhere ninety days ago."""

from datetime import date

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfmtool.analyses.backtest import backtest

THEN = date(2024, 3, 1)
LABELS = {"segment": ["loyal", "new", "lost"], "stage": ["client", "customer"]}


def placed(**labels):
    """A frame with these labels as categories in the order of LABELS."""
    return pd.DataFrame(
        {name: pd.Categorical(values, LABELS[name]) for name, values in labels.items()}
    )


def groups_of(people, returned, spent):
    found = backtest(people, np.array(returned, dtype=bool), np.array(spent, dtype=np.int64), THEN)
    return {(group["by"], group["name"]): group for group in found.as_data()["groups"]}


def test_each_label_tells_how_many_came_back_and_what_all_of_them_spent():
    people = placed(segment=["loyal"] * 40 + ["lost"] * 60, stage=["client"] * 100)
    returned = [True] * 30 + [False] * 10 + [True] * 6 + [False] * 54
    spent = [20_000] * 30 + [0] * 10 + [10_001] * 6 + [-5_000] + [0] * 53

    groups = groups_of(people, returned, spent)

    loyal, lost, client = groups.values()
    assert list(groups) == [("segment", "loyal"), ("segment", "lost"), ("stage", "client")]
    assert (loyal["customers"], loyal["returned"], loyal["average_next"]) == (40, 30, "1.5")
    assert (lost["customers"], lost["returned"], lost["average_next"]) == (60, 6, "0.0917")
    assert (client["customers"], client["returned"]) == (100, 36)
    for group in groups.values():
        low, high = oracle.wilson(group["returned"], group["customers"])
        assert group["low"] == pytest.approx(low)
        assert group["high"] == pytest.approx(high)
        assert "note" not in group


def test_a_group_of_less_than_thirty_says_too_few_and_no_more():
    groups = groups_of(placed(stage=["client"] * 29 + ["customer"] * 30), [True] * 59, [5] * 59)
    assert groups["stage", "client"] == {
        "by": "stage", "name": "client", "customers": 29, "returned": 29, "low": None,
        "high": None, "average_next": None, "note": "too few",
    }  # fmt: skip
    assert groups["stage", "customer"]["high"] == 1.0


def test_the_data_names_the_day_and_how_long_was_watched():
    empty = np.array([], dtype=np.int64)
    data = backtest(placed(segment=[]), empty.astype(bool), empty, THEN).as_data()
    assert data == {"from": "2024-03-01", "days": 90, "groups": []}


@given(st.lists(st.tuples(st.sampled_from(LABELS["segment"]), st.booleans(),
                          st.integers(-(2**62), 2**62)), max_size=80))  # fmt: skip
def test_every_customer_and_all_money_is_in_one_group_of_each_kind(rows):
    people = placed(segment=[label for label, _, _ in rows])
    returned = np.array([back for _, back, _ in rows], dtype=bool)
    spent = np.array([units for _, _, units in rows], dtype=np.int64)
    groups = backtest(people, returned, spent, THEN).groups
    assert sum(group.share.customers for group in groups) == len(rows)
    assert sum(group.share.returned for group in groups) == sum(back for _, back, _ in rows)
    assert sum(group.spent for group in groups) == sum(units for _, _, units in rows)
