"""How present somebody is: by their own habit, else by the windows; a pause goes before all."""

import numpy as np
import pandas as pd
import pytest

from rfmtool.placing.activity import assign_activity, missing_regulars
from rfmtool.scoring.timing import Timing, Windows

TIMING = Timing(Windows(30, 60, 180, 365), 34.0, 2.0, 4.0, limits_are_fitted=False)


def activity_of(*, days, since, ratio=np.nan):
    people = pd.DataFrame(
        {
            "order_days": [days],
            "recency_days": pd.array([since], "Int64"),
            "overdue_ratio": [ratio],
        }
    )
    return assign_activity(people, TIMING)["activity"].item()


@pytest.mark.parametrize(
    ("days", "since", "activity"),
    [
        (0, None, "never"),
        (1, 60, "newcomer"),
        (1, 61, "active"),
        (2, 10, "active"),
        (2, 180, "active"),
        (1, 181, "overdue"),
        (2, 365, "overdue"),
        (2, 366, "lapsed"),
    ],
)
def test_without_a_habit_activity_is_told_by_the_windows(days, since, activity):
    assert activity_of(days=days, since=since) == activity


@pytest.mark.parametrize(
    ("ratio", "activity"),
    [(0, "active"), (2.0, "active"), (2.1, "overdue"), (4.0, "overdue"), (4.1, "lapsed")],
)
def test_a_regular_is_told_by_their_own_habit(ratio, activity):
    assert activity_of(days=3, since=1000, ratio=ratio) == activity


def test_a_regular_is_missing_while_overdue_and_nobody_else_is():
    rows = [(3, "overdue"), (2, "overdue"), (3, "lapsed"), (9, "active"), (9, "paused")]
    people = pd.DataFrame(rows, columns=["order_days", "activity"])

    assert missing_regulars(people).tolist() == [True, False, False, False, False]


@pytest.mark.parametrize(
    ("order_days", "recency", "ratio"),
    [(0, None, np.nan), (1, 5, np.nan), (1, 999, np.nan), (3, 20, 1.0), (3, 99, 9.0)],
)
def test_who_asked_for_a_pause_is_paused(order_days, recency, ratio):
    people = pd.DataFrame(
        {
            "order_days": [order_days] * 3,
            "recency_days": pd.array([recency] * 3, "Int64"),
            "overdue_ratio": [ratio] * 3,
        }
    )

    plain = assign_activity(people, TIMING)["activity"]
    asked = assign_activity(people.assign(paused=[True, False, False]), TIMING)["activity"]

    assert "paused" not in set(plain)
    assert asked.tolist() == ["paused", *plain[1:]]
