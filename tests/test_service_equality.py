"""Is everybody served alike: follow-ups, answers and complaints by what people spend."""

import numpy as np
import pandas as pd
import pytest

from rfmtool.analyses.service_equality import (
    compare_service,
    follow_up_shares,
    follow_ups,
    spend_quintiles,
)
from rfmtool.scoring.timing import OrderDays

AS_OF = 1_000


def log(*rows):
    columns = ["owner", "action", "contacted_on", "direction", "answered_on"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({"contacted_on": "Int64", "answered_on": "Int64"})


def shop(people=100):
    """A hundred people who ordered once, each spending more than the one before."""
    stage = pd.Categorical(["customer"] * people, ["client", "customer"])
    return pd.DataFrame(
        {"monetary": np.arange(1, people + 1) * 10_000, "order_days": 1, "stage": stage,
         "segment": pd.Categorical(["new"] * people)}
    )  # fmt: skip


def test_an_order_is_followed_up_once_after_it_and_before_the_next():
    days = OrderDays(np.array([0, 0, 1, 2, 3]), np.array([900, 910, 900, 900, 995]))
    rows = log(
        (0, "follow_up", 912, "out", None),  # of the second order, not of the first
        (1, "follow_up", 920, "out", None),  # too late
        (2, "club", 890, "out", None),
        (3, "follow_up", 999, "out", None),  # of those whose days are not over, only some are known
    )
    found = follow_ups(days, rows, 14, AS_OF)

    assert found.followed.tolist() == [False, True, False, False]
    data = follow_up_shares(found)
    assert (data["all"]["people"], data["all"]["of"]) == (1, 4)
    assert (data["first"]["people"], data["first"]["of"]) == (0, 3)
    assert (data["later"]["people"], data["later"]["of"]) == (1, 1)


def test_orders_before_the_log_begins_or_whose_days_are_not_over_do_not_count():
    days = OrderDays(np.array([0, 1, 2]), np.array([800, 900, 995]))

    assert len(follow_ups(days, log((1, "club", 850, "out", None)), 14, AS_OF)["owner"]) == 1
    assert len(follow_ups(days, log(), 14, AS_OF)["owner"]) == 0


def test_equal_spends_share_a_fifth_and_who_has_not_ordered_is_in_none():
    spent = np.array([10, 10, 20, 30, 40, 50, 60, 70, 80, 90, 5])

    found = spend_quintiles(spent, spent > 5)

    assert found.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, -1]
    assert spend_quintiles(np.array([7, 7, 7]), np.ones(3, dtype=bool)).tolist() == [0, 0, 0]


def feedback(slow_days, fast_days, each=2):
    """Complaints of the lowest and of the highest fifth, settled in so many days."""
    owner = np.repeat([*range(20), *range(80, 100)], each)
    wait = np.where(owner < 50, slow_days, fast_days)
    return pd.DataFrame(
        {"owner": owner, "kind": "complaint", "given_on": pd.array([900] * len(owner), "Int64"),
         "resolved_on": pd.array(900 + wait, "Int64")}
    )  # fmt: skip


def test_that_small_spenders_wait_longer_is_said():
    found = compare_service(shop(), {"feedback": feedback(12, 4)}, None, AS_OF)

    assert "settled" in found["worse"]
    assert found["days_to_settle"] == {
        "lowest_fifth": 12, "highest_fifth": 4, "ratio": 3.0, "too_few": False,
    }  # fmt: skip


def test_that_small_spenders_are_served_sooner_is_neither_worse_nor_alike():
    found = compare_service(shop(), {"feedback": feedback(4, 12)}, None, AS_OF)

    assert "settled" not in {*found["worse"], *found["alike"]}


def test_of_too_few_nothing_is_said():
    found = compare_service(shop(), {"feedback": feedback(12, 4, each=1)}, None, AS_OF)

    assert found["worse"] == ()
    assert found["days_to_settle"]["too_few"]
    assert found["days_to_settle"]["ratio"] == 3.0


def test_an_open_complaint_counts_for_as_long_as_it_waits():
    rows = feedback(12, 4)
    rows.loc[rows["owner"] < 15, "resolved_on"] = pd.NA  # 30 of 40 wait for 100 days by now

    found = compare_service(shop(), {"feedback": rows}, None, AS_OF)

    lowest = found["things"]["settled"]["by"]["spend"][0]
    assert lowest["value"] is None  # the median is not seen yet


@pytest.mark.parametrize(("answered", "worse"), [(10, ("answered",)), (38, ())])
def test_messages_left_without_an_answer_are_compared_with_their_interval(answered, worse):
    asked = [*range(20), *range(80, 100)] * 2
    low = iter(range(40))
    rows = [
        (owner, "question", 950, "in", 951 if owner >= 50 or next(low) < answered else None)
        for owner in asked
    ]
    found = compare_service(shop(), {"contacted": log(*rows)}, None, AS_OF)

    fifths = found["things"]["answered"]["by"]["spend"]
    lowest, highest = fifths[0], fifths[-1]
    assert (lowest["value"], highest["value"]) == (answered / 40, 1.0)
    assert found["worse"] == worse
