"""When second orders come and who is overdue: the published figures, and the oracle on any days."""

from datetime import date, timedelta

import numpy as np
import oracle
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfmtool.grouping.order_dates import OrderDates
from rfmtool.pipeline import run
from rfmtool.scoring.timing import (
    Timing,
    Windows,
    add_usual_gaps,
    distinct_order_days,
    fit_timing,
    fit_windows,
    usual_gaps,
    waiting_times,
)

EPOCH = date(1970, 1, 1)
SHOP_TIMING = Timing(Windows(30, 60, 180, 365), 34.0, 2.0, 4.0, limits_are_fitted=False)


def days_of(*customers):
    """Order days of customers, each a list of days since 1970-01-01."""
    owner = [place for place, days in enumerate(customers) for _ in days]
    day = [day for days in customers for day in sorted(days)]
    return distinct_order_days(OrderDates(np.array(owner, np.int64), np.array(day, np.int64)))


# The second order --------------------------------------------------------------------------------


def test_those_without_a_second_order_are_watched_until_as_of():
    second = waiting_times(days_of([10], [10, 25, 40], [], [7, 7]), as_of_day=50)

    assert second.owner.tolist() == [0, 1, 3]
    assert second.days.tolist() == [40, 15, 43]
    assert second.ended.tolist() == [False, True, False]


def test_the_third_is_waited_for_by_those_who_came_twice():
    third = waiting_times(days_of([10], [10, 25, 40], [3, 8]), as_of_day=50, number=2)

    assert third.owner.tolist() == [1, 2]
    assert third.days.tolist() == [15, 42]
    assert third.ended.tolist() == [True, False]


def test_under_thirty_second_orders_the_windows_are_round_numbers():
    assert fit_windows(np.arange(1, 30), np.ones(29, bool)) == Windows(30, 60, 180, 365)
    assert fit_windows(np.arange(1, 31), np.ones(30, bool)).is_fitted


def test_with_nobody_there_is_still_a_timing():
    assert fit_timing(days_of(), as_of_day=0) == Timing(Windows(), 60.0, 2.0, 4.0, False)  # noqa: FBT003


@pytest.mark.long
@given(st.lists(st.lists(st.integers(0, 400), min_size=1, max_size=6), min_size=30, max_size=60))
def test_any_order_days_give_what_the_oracle_gives(customers):
    as_of = 400
    dates = {
        str(place): sorted({EPOCH + timedelta(day) for day in days})
        for place, days in enumerate(customers)
    }
    timing = fit_timing(days_of(*customers), as_of)
    times = oracle.second_order_times(dates, EPOCH + timedelta(as_of))
    windows = timing.windows

    assert oracle.windows(*times) == {
        name: getattr(windows, name) for name in ("w25", "w50", "w80", "w95")
    }
    if any(len(days) > 1 for days in dates.values()):
        limits = oracle.overdue_limits(dates)
        assert [timing.overdue_ratio, timing.lapsed_ratio] == [
            pytest.approx(limit, abs=0.005_001) for limit in limits
        ]


# Usual gaps --------------------------------------------------------------------------------------


def test_the_worked_example_of_a_usual_gap():
    usual, regular = usual_gaps(days_of([0, 20, 50, 78]), 1, median_gap_days=34.0)
    people = pd.DataFrame({"recency_days": pd.array([80], "Int64")})
    timed = add_usual_gaps(people, days_of([0, 20, 50, 78]), SHOP_TIMING)

    assert regular.tolist() == [True]
    assert round(usual[0], 2) == 29.51
    assert round(timed["overdue_ratio"].item(), 3) == 2.711


def test_two_order_days_make_no_usual_gap():
    people = pd.DataFrame({"recency_days": pd.array([3, None], "Int64")})
    timed = add_usual_gaps(people, days_of([0, 20], []), SHOP_TIMING)

    assert timed[["usual_gap_days", "overdue_ratio"]].isna().all(axis=None)


def test_two_orders_on_a_day_are_one_order_day():
    assert days_of([1, 1, 5, 5]).gap_days.tolist() == [4]


# Published figures -------------------------------------------------------------------------------


@pytest.mark.long
def test_online_retail_is_as_published(online_retail):
    timing = online_retail.scales.timing
    windows = timing.windows

    assert (windows.w25, windows.w50, windows.w80, windows.w95) == (34, 79, 197, 335)
    assert (timing.median_gap_days, timing.overdue_ratio, timing.lapsed_ratio) == (28, 2.25, 4.38)
    frame = online_retail.frame
    newcomers = frame[frame["activity"] == "newcomer"]
    assert (len(newcomers), newcomers["monetary"].sum()) == (615, 2_377_047_310)
    missing = frame[(frame["activity"] == "overdue") & (frame["order_days"] >= 3)]
    assert (len(missing), missing["monetary"].sum()) == (187, 3_417_186_000)
    lapsed = frame[(frame["activity"] == "lapsed") & (frame["stage"] == "client")]
    lost = lapsed[lapsed["monetary_score"] >= 4]
    assert (len(lost), lost["monetary"].sum()) == (61, 1_970_013_200)


def test_cdnow_is_as_published(real_data):
    table = pd.read_csv(
        real_data("cdnow/CDNOW_master.txt"), sep=r"\s+", dtype={"customer_id": str, "date": str}
    )
    result = run(pa.Table.from_pandas(table), columns={"amount": "dollar_value"})
    timing = result.scales.timing
    windows = timing.windows

    assert result.ledger["used"] == 69_659
    assert (windows.w25, windows.w50, windows.w80, windows.w95) == (18, 58, 212, 398)
    assert (timing.median_gap_days, timing.overdue_ratio, timing.lapsed_ratio) == (34, 3.19, 7.84)
    stages = result.frame["stage"].value_counts().to_dict()
    assert {name: count for name, count in stages.items() if count} == {
        "client": 11_513,
        "customer": 11_989,
        "prospect": 68,
    }


@given(st.lists(st.integers(1, 400), min_size=1))
def test_the_median_gap_is_the_median_of_all_gaps(gaps):
    days = days_of([0, *np.cumsum(gaps).tolist()])
    assert fit_timing(days, int(days.day[-1])).median_gap_days == np.median(gaps)
