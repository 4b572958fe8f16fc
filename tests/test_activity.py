"""How present somebody is; a pause goes before everything."""

import numpy as np
import pandas as pd
import pytest

from rfmtool.placing.activity import place_activity
from rfmtool.scoring.timing import Timing, Windows

TIMING = Timing(Windows(10, 30, 60, 90), 20.0, 2.0, 4.0, limits_are_fitted=False)


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

    plain = place_activity(people, TIMING)["activity"]
    asked = place_activity(people.assign(paused=[True, False, False]), TIMING)["activity"]

    assert "paused" not in set(plain)
    assert asked.tolist() == ["paused", *plain[1:]]
