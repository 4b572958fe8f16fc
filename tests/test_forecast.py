"""What to expect of everybody: rates by cell, spend, and the check against what came."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfmtool.analyses.backtest import Lookback
from rfmtool.analyses.forecast import CellRates, add_forecasts, check_forecast, forecast_data
from rfmtool.analyses.return_rates import lookback_dates

DAYS = [date(2024, 6, 1), date(2024, 3, 3)]


def people(rows):
    """A row for each (recency_score, frequency_score, frequency, monetary); no scores: no order."""
    columns = ["recency_score", "frequency_score", "frequency", "monetary"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype(dict.fromkeys(columns[:2], "Int64"))


def look(rows, orders, spent=None, day=DAYS[0]):
    spent = [0] * len(rows) if spent is None else spent
    return Lookback(day, people(rows), np.array(orders, np.int64), np.array(spent, np.int64))


def foretold(now, looks):
    """The forecasts of people who are all of the shop."""
    orders = int(now["frequency"].sum())
    return add_forecasts(
        now, CellRates.from_lookbacks(looks), int(now["monetary"].sum()) / max(orders, 1)
    )


def test_a_rate_leans_on_all_as_if_twenty_more_had_stood_in_the_cell():
    looks = [look([(5, 5, 9, 1)] * 10 + [(1, 1, 1, 1)] * 30, [2] * 10 + [1] * 10 + [0] * 20)]
    now = foretold(people([(5, 5, 1, 0), (1, 1, 1, 0), (3, 3, 1, 0)]), looks)

    assert now["return_probability"].tolist() == pytest.approx(
        [(10 + 20 * 0.5) / 30, (10 + 20 * 0.5) / 50, 0.5], abs=6e-7
    )


def test_expected_spend_is_probability_times_orders_times_value():
    looks = [look([(5, 5, 9, 1)] * 10, [3] * 10)]
    now = foretold(people([(5, 5, 3, 90_000), (1, 1, 1, 10_000)]), looks)

    value = (90_000 + 2 * 100_000 / 4) / (3 + 2)
    assert now["expected_spend"].tolist()[0] == round(1.0 * 3 * value)


def test_who_never_ordered_has_no_forecast():
    some = foretold(people([(pd.NA, pd.NA, 0, -5), (5, 5, 1, 10)]), [look([(5, 5, 1, 1)], [1])])

    assert some["return_probability"].isna().tolist() == [True, False]
    assert some["expected_spend"].isna().tolist() == [True, False]
    assert forecast_data(some, []) is None


@pytest.mark.long
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(0, 9)), min_size=1))
def test_probabilities_lie_between_nothing_and_one_and_add_up_to_those_who_came(rows):
    looks = [look([(r, f, 1, 1) for r, f, _ in rows], [orders for _, _, orders in rows])]
    now = foretold(looks[0].people, looks)

    probability = now["return_probability"]
    assert probability.between(0, 1).all()
    assert (now["expected_spend"] >= 0).all()
    back = sum(orders > 0 for _, _, orders in rows)
    assert min(back, 1) * probability.min() > -1e-9
    assert abs(probability.sum() - back) <= len(rows)


def test_one_look_back_cannot_be_checked():
    assert check_forecast([look([(5, 5, 1, 1)], [1])]) is None


def test_the_check_foretells_the_latest_day_by_those_before_it():
    latest = look([(5, 5, 2, 40_000)] * 5, [1, 1, 0, 0, 0], [30_000, 10_000, 0, 0, 0])
    before = look([(5, 5, 1, 20_000)] * 10, [1] * 10, day=DAYS[1])

    data = check_forecast([latest, before])

    assert data["from"] == "2024-06-01"
    assert (data["foretold_buyers"], data["buyers"]) == (5.0, 2)
    assert (data["foretold_spend"], data["spend"]) == ("10", "4")  # 5 × 1 × (4 + 2·2) ÷ 4
    assert data["misses"]
    assert data["best_fifth"] == data["best_fifth_by_monetary"] == 0.75
    assert not data["beats_monetary"]


def test_a_forecast_that_finds_the_best_beats_what_was_spent():
    rows = [(1, 1, 1, 50_000), (5, 5, 1, 40_000), (1, 1, 1, 1), (1, 1, 1, 1), (1, 1, 1, 1)]
    latest = look(rows, [0, 1, 0, 0, 0], [0, 60_000, 0, 0, 0])
    before = look([(5, 5, 1, 1)] * 40 + [(1, 1, 1, 1)] * 40, [1] * 40 + [0] * 40, day=DAYS[1])

    assert check_forecast([latest, before])["beats_monetary"]


def test_each_day_looked_back_from_has_half_a_year_before_it():
    as_of = date(2024, 12, 31)
    assert lookback_dates(date(2024, 4, 6), as_of) == []  # 269 days
    assert lookback_dates(date(2024, 4, 5), as_of) == [date(2024, 10, 2)]
    assert len(lookback_dates(date(2010, 1, 1), as_of)) == 4


@pytest.mark.long
def test_online_retail_is_as_computed(online_retail):
    lookbacks = online_retail.lookbacks
    buyers = [(one.day.isoformat(), one.buyer_return_share.customers) for one in lookbacks]
    assert buyers == [("2011-09-10", 3_370), ("2011-06-12", 2_821)]
    rates = CellRates.from_lookbacks(online_retail.lookbacks)
    assert (rates.people.sum(), rates.returned.sum(), rates.orders.sum()) == (6_191, 3_268, 8_257)
    frame = online_retail.frame
    scores = frame["recency_score"] * 10 + frame["frequency_score"]
    expected = {55: 0.960593, 51: 0.438279, 22: 0.489036, 11: 0.294490}
    for cell, probability in expected.items():
        found = frame.loc[scores == cell, "return_probability"]
        assert found.round(6).unique().tolist() == [probability]
    two = frame.set_index("customer_id").loc[["12347", "12350"]]
    assert two["return_probability"].round(6).tolist() == [0.842040, 0.294490]
    assert two["expected_spend"].tolist() == [14_199_161, 1_916_301]
    checked = check_forecast(online_retail.lookbacks)
    assert not checked["misses"]
    assert not checked["beats_monetary"]  # .6706 against .6732
