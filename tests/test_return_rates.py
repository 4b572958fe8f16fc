"""Who came back, what was known on a day, and how sure a share is."""

from datetime import date

import numpy as np
import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfmtool.analyses.lookbacks import orders_between
from rfmtool.analyses.return_rates import Share, backtest_date
from rfmtool.grouping.order_dates import OrderDates
from rfmtool.scoring.timing import OrderDays, distinct_order_days

VISITS = st.lists(st.lists(st.integers(0, 60), max_size=5), min_size=1, max_size=6)


def days_of(customers):
    owner = [place for place, days in enumerate(customers) for _ in days]
    day = [day for days in customers for day in sorted(days)]
    return distinct_order_days(OrderDates(np.array(owner, np.int64), np.array(day, np.int64)))


def test_wilsons_interval_of_a_known_case():
    # Newcombe (1998), table I: 81 of 263.
    low, high = Share(263, 81).interval

    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def test_of_nobody_there_is_no_share():
    assert Share(0, 0).ratio is None
    assert Share(0, 0).interval is None


@pytest.mark.parametrize(("customers", "is_enough"), [(0, False), (29, False), (30, True)])
def test_a_share_of_less_than_thirty_says_nothing(customers, is_enough):
    assert Share(customers, 0).is_enough is is_enough


@given(st.integers(1, 300), st.data())
def test_any_interval_is_where_the_score_test_turns(customers, data):
    returned = data.draw(st.integers(0, customers))
    low, high = Share(customers, returned).interval

    assert (low, high) == pytest.approx(oracle.wilson(returned, customers), abs=1e-9)
    assert 0 <= low <= returned / customers <= high <= 1


def test_under_half_a_year_of_history_there_is_no_looking_back():
    assert backtest_date(date(2024, 1, 1), date(2024, 6, 28)) is None  # 179 days
    assert backtest_date(date(2024, 1, 1), date(2024, 6, 29)) == date(2024, 3, 31)


@given(VISITS, st.integers(0, 60))
def test_what_was_known_on_a_day_is_what_had_happened_by_then(customers, last):
    days = days_of(customers)
    is_past = days.day <= last
    known = OrderDays(days.owner[is_past], days.day[is_past])
    by_then = days_of([[day for day in days if day <= last] for days in customers])

    for name in ("owner", "day", "gap_owner", "gap_days"):
        assert getattr(known, name).tolist() == getattr(by_then, name).tolist()


@given(VISITS, st.integers(0, 60), st.integers(0, 60))
def test_who_came_back_ordered_after_and_not_later(customers, after, until):
    orders = orders_between(days_of(customers), after, until, len(customers))

    assert orders.tolist() == [sum(after < day <= until for day in {*days}) for days in customers]
