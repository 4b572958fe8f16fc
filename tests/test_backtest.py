"""Looking back: who came back of those who stood somewhere ninety days ago."""

from datetime import date

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfmtool.analyses.backtest import Lookback, backtest, counts_by_label
from rfmtool.analyses.return_rates import Share

THEN = date(2024, 3, 1)
LABELS = {"segment": ["loyal", "new", "lost"], "stage": ["client", "customer"]}


def placed(**labels):
    """A frame with these labels as categories in the order of LABELS."""
    columns = {name: pd.Categorical(values, LABELS[name]) for name, values in labels.items()}
    return pd.DataFrame(columns).assign(frequency=1)


def look(people, returned, spent, day=THEN):
    return Lookback(day, people, np.array(returned, np.int64), np.array(spent, np.int64))


def groups_of(*looks):
    found = backtest([look(*one) for one in looks])
    return {(group["by"], group["name"]): group for group in found["groups"]}


def test_each_label_tells_how_many_came_back_and_what_all_of_them_spent():
    people = placed(segment=["loyal"] * 40 + ["lost"] * 60, stage=["client"] * 100)
    returned = [True] * 30 + [False] * 10 + [True] * 6 + [False] * 54
    spent = [20_000] * 30 + [0] * 10 + [10_001] * 6 + [-5_000] + [0] * 53

    groups = groups_of((people, returned, spent))

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
    people = placed(stage=["client"] * 29 + ["customer"] * 30)
    groups = groups_of((people, [True] * 59, [5] * 59))
    assert groups["stage", "client"] == {
        "by": "stage", "name": "client", "customers": 29, "returned": 29, "latest_customers": 29,
        "latest_returned": 29, "low": None, "high": None, "lowest": None, "highest": None,
        "average_next": None, "note": "too few",
    }  # fmt: skip
    assert groups["stage", "customer"]["high"] == 1.0


def test_days_are_pooled_with_the_interval_of_the_latest_and_the_range_of_all():
    winter = (placed(stage=["client"] * 40), [1] * 30 + [0] * 10, [10_000] * 40)
    summer = (placed(stage=["client"] * 60), [1] * 6 + [0] * 54, [0] * 60)

    client = groups_of(winter, summer)["stage", "client"]

    assert (client["customers"], client["returned"], client["average_next"]) == (100, 36, "0.4")
    assert (client["low"], client["high"]) == pytest.approx(oracle.wilson(30, 40))
    assert (client["lowest"], client["highest"]) == (0.1, 0.75)


def test_a_label_that_nobody_has_on_the_latest_day_has_no_interval():
    old = (placed(stage=["customer"] * 60), [1] * 60, [0] * 60)

    customer = groups_of((placed(stage=["client"]), [0], [0]), old)["stage", "customer"]

    assert (customer["customers"], customer["low"], customer["note"]) == (60, None, "too few")


def test_the_data_names_the_days_and_the_season():
    before = (date(2023, 12, 2), Share(10, 4))
    data = backtest([look(placed(segment=["new"]), [1], [5])], before)
    assert (data["from"], data["days"]) == ("2024-03-01", 90)
    assert data["looked_back"] == [
        {"from": "2024-03-01", "until": "2024-05-30", "customers": 1, "returned": 1}
    ]
    assert data["year_before"]["from"] == "2023-12-02"
    assert (data["buyers"]["customers"], data["buyers"]["returned"]) == (1, 1)


@pytest.mark.parametrize(
    ("back", "differ"),
    [((30, 30), False), ((30, 32), False), ((30, 60), True), ((0, 0), False), ((100, 100), False)],
)
def test_segments_that_come_back_alike_tell_nothing(back, differ):
    people = placed(segment=["loyal"] * 100 + ["lost"] * 100)
    returned = [place < many for many in back for place in range(100)]

    assert backtest([look(people, returned, [0] * 200)])["segments_differ"] is differ


def test_of_a_single_segment_nobody_can_say_whether_segments_differ():
    found = backtest([look(placed(segment=["loyal"] * 100), [1] * 100, [0] * 100)])

    assert found["segments_differ"] is None


@given(st.lists(st.tuples(st.sampled_from(LABELS["segment"]), st.booleans(),
                          st.integers(-(2**62), 2**62)), max_size=80))  # fmt: skip
def test_every_customer_and_all_money_is_in_one_group_of_each_kind(rows):
    people = placed(segment=[label for label, _, _ in rows])
    returned = np.array([back for _, back, _ in rows], dtype=bool)
    spent = np.array([units for _, _, units in rows], dtype=np.int64)
    groups = counts_by_label(look(people, returned, spent), "segment").values()
    assert sum(share.customers for share, _ in groups) == len(rows)
    assert sum(share.returned for share, _ in groups) == sum(back for _, back, _ in rows)
    assert sum(money for _, money in groups) == sum(units for _, _, units in rows)
