"""What is measured of each customer, and the day recency is counted from."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import oracle
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfmtool.days import to_datetimes
from rfmtool.engines import CUSTOMERS_SCHEMA
from rfmtool.errors import AmbiguousInputError, InputError
from rfmtool.grouping.order_dates import (
    check_stray_last_days,
    last_day,
    order_dates_from_lists,
    strip_point_zero,
)
from rfmtool.money import exact_total, money_text
from rfmtool.pipeline import run
from rfmtool.scoring.customers import rfm_values
from rfmtool.settings import Settings


def grouped(**people):
    """The engine's answer for customers given as (order days, sales, refunds)."""
    rows = [
        {"customer_id": name, "order_dates": days, "sales": sales, "refunds": refunds}
        for name, (days, sales, refunds) in people.items()
    ]
    return pa.Table.from_pylist(rows, schema=CUSTOMERS_SCHEMA)


def measured(as_of_day=100, **people):
    table = grouped(**people)
    return rfm_values(table, order_dates_from_lists(table), as_of_day).set_index("customer_id")


def dates_of(days):
    return order_dates_from_lists(grouped(ann=(list(days), 1, 0)))


def test_orders_days_and_recency_are_counted():
    """Ann ordered thrice on two days, bob on ann's last day, cy gave everything back."""
    people = measured(ann=([90, 40, 90], 300, 0), bob=([90], 100, 0), cy=(None, 50, 50))

    assert people["frequency"].tolist() == [3, 1, 0]
    assert people["order_days"].tolist() == [2, 1, 0]
    assert people["recency_days"].tolist()[:2] == [10, 10]
    assert people["first_order_on"].iloc[0].date() == date(1970, 1, 1) + timedelta(40)
    assert people["last_order_on"].iloc[0].date() == date(1970, 1, 1) + timedelta(90)
    assert people.loc["cy", ["recency_days", "average_order"]].isna().all()
    assert people.loc["cy", ["first_order_on", "last_order_on"]].isna().all()


@pytest.mark.parametrize("day", [-719_162, -1, 0, 1, 2_932_896])
def test_days_from_the_year_1_to_9999_survive_the_sorting(day):
    table = grouped(ann=([day], 1, 0), bob=([5, day], 1, 0))
    dates = order_dates_from_lists(table)

    assert dates.owner.tolist() == [0, 1, 1]
    assert dates.day.tolist() == [day, *sorted([5, day])]


@pytest.mark.long
@given(st.lists(st.tuples(st.integers(-(10**15), 10**15), st.integers(1, 50)), min_size=1))
def test_averages_round_half_to_even(people):
    table = grouped(
        **{
            f"c{place}": ([1] * orders, max(total, 0), max(-total, 0))
            for place, (total, orders) in enumerate(people)
        }
    )

    averages = rfm_values(table, order_dates_from_lists(table), 1)["average_order"].tolist()

    assert averages == [round(Fraction(total, orders)) for total, orders in people]


@pytest.mark.parametrize(
    ("total", "orders", "average"), [(5, 2, 2), (7, 2, 4), (-5, 2, -2), (-7, 2, -4), (1, 3, 0)]
)
def test_a_tie_goes_to_the_even_neighbour_on_both_sides_of_zero(total, orders, average):
    people = measured(ann=([1] * orders, max(total, 0), max(-total, 0)))

    assert people.loc["ann", "average_order"] == average


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_money_text_is_plain_and_exact(units):
    text = money_text(units)

    assert Decimal(text) * 10_000 == units
    assert "E" not in text
    assert not ("." in text and text.endswith(("0", ".")))


@pytest.mark.parametrize(
    ("units", "text"),
    [(0, "0"), (1, "0.0001"), (-1, "-0.0001"), (15_000, "1.5"), (83_000_658_140, "8300065.814")],
)
def test_money_text_has_no_needless_zeros(units, text):
    assert money_text(units) == text


# Ids ---------------------------------------------------------------------------------------------


def ids_after_stripping(*ids):
    table = strip_point_zero(grouped(**dict.fromkeys(ids, ([1], 1, 0))))
    return None if table is None else table["customer_id"].to_pylist()


def test_point_zero_goes_where_every_id_has_it_and_the_order_stays_by_bytes():
    assert ids_after_stripping("1.0", "10.0", "2.0", "007.0") == ["007", "1", "10", "2"]


@pytest.mark.parametrize("odd", ["1", "a.0", "1.00", "-1.0", "1.0 ", ".0"])
def test_point_zero_stays_where_one_id_is_written_differently(odd):
    assert ids_after_stripping("5.0", odd) is None
    assert ids_after_stripping() is None


def test_one_word_in_the_last_row_keeps_every_point_zero(write):
    rows = [f"{10_000 + row}.0,2024-01-31,1" for row in range(5000)]
    path = write(["customer_id,ordered_at,amount", *rows, "A,2024-01-31,1"])

    ids = run(path).frame["customer_id"]

    assert len(ids) == 5001
    assert ids.str.endswith(".0").sum() == 5000


def test_one_bare_number_in_the_last_row_is_asked_about(write):
    rows = [f"{10_000 + row}.0,2024-01-31,1" for row in range(5000)]
    path = write(["customer_id,ordered_at,amount", *rows, "10001,2024-01-31,1"])

    with pytest.raises(AmbiguousInputError, match=r"both as in 17850\.0"):
        run(path)


def test_ids_of_rows_without_customer_do_not_keep_the_point_zero(write):
    path = write(["customer_id,ordered_at,amount", "7.0,2024-01-31,1", ",2024-01-31,1"])

    assert run(path).frame["customer_id"].tolist() == ["7"]


# The day recency is counted from -----------------------------------------------------------------


def test_as_of_is_the_latest_counting_order_else_the_last_line():
    assert last_day(dates_of([3, 9, 5]), 50) == 9
    assert last_day(dates_of([]), 50) == 50
    assert last_day(dates_of([]), None) is None


@pytest.mark.parametrize(
    ("orders", "strays", "gap", "refused"),
    [
        (98, 1, 61, False),  # 99 orders are too few to tell
        (99, 1, 61, True),
        (99, 1, 60, False),
        (98, 2, 61, False),  # two of 100 are more than one
        (1998, 2, 61, True),  # two of 2,000 are 0.1 %
        (1997, 2, 61, False),  # two of 1,999 are more
        (2997, 3, 400, True),
    ],
)
def test_the_guard_refuses_few_orders_long_after_all_others(orders, strays, gap, refused):
    days = [row % 50 for row in range(orders)] + [49 + gap] * strays

    assert bool(oracle.stray_days(date(1970, 1, 1) + timedelta(day) for day in days)) == refused
    if refused:
        with pytest.raises(AmbiguousInputError, match=f"{strays} of {orders + strays:,} orders"):
            check_stray_last_days(dates_of(days))
    else:
        check_stray_last_days(dates_of(days))


@given(
    st.lists(st.sampled_from([0, 1, 2, 61, 62, 123, 124, 400]), min_size=1, max_size=6),
    st.integers(90, 130),
)
def test_the_guard_agrees_with_the_oracle(odd_days, orders):
    days = [0] * orders + odd_days
    as_dates = [date(1970, 1, 1) + timedelta(day) for day in days]

    try:
        check_stray_last_days(dates_of(days))
        refused = False
    except AmbiguousInputError:
        refused = True

    assert refused == bool(oracle.stray_days(as_dates))


def test_the_guard_names_the_days_and_both_ways_out(write):
    rows = [f"c{row},o{row},2024-01-{row % 28 + 1:02},1" for row in range(150)]
    path = write(["customer_id,order_id,ordered_at,amount", *rows, "x,x,2025-01-15,1"])

    with pytest.raises(AmbiguousInputError) as raised:
        run(path)
    assert "2025-01-15" in str(raised.value)
    assert "--as-of 2024-01-28" in raised.value.hint

    assert run(path, settings=Settings(accept_last=True)).as_of == date(2025, 1, 15)
    assert run(path, as_of="2024-01-28").ledger["after_as_of"] == 1


def test_as_of_may_be_text_a_day_or_a_timestamp(write):
    path = write(["customer_id,ordered_at,amount", "ann,2024-01-31,1"])

    for day in ("2024-02-10", date(2024, 2, 10), np.datetime64("2024-02-10T12:00").item()):
        assert run(path, as_of=day).frame["recency_days"].tolist() == [10]


def test_an_export_of_refunds_alone_is_counted_from_its_last_line(write):
    path = write(["customer_id,ordered_at,amount", "ann,2024-01-31,-1", "bob,2024-02-03,-2"])

    result = run(path)

    assert result.as_of == date(2024, 2, 3)
    assert result.frame["segment"].tolist() == ["no_orders"] * 2
    assert result.frame["refunds"].tolist() == [10_000, 20_000]


def test_an_export_without_a_usable_row_is_refused_with_the_reasons(write):
    path = write(["customer_id,ordered_at,amount", "ann,2024-01-31,x", ",,"])

    with pytest.raises(
        InputError, match=r"none of the 2 rows can be used \(blank 1, bad_amount 1\)"
    ):
        run(path, max_rejects="100%")


@pytest.mark.parametrize(
    ("rows", "settings", "hint"),
    [
        (["ann,2024-01-31,x"], {}, "--column amount=NAME"),
        (["ann,2024-01-31,1,2"], {}, "--delimiter"),
        (["ann,2024-01-31,1"], {"suppressed": frozenset({"ann"})}, "--suppress"),
        (["ann,2024-01-31,1"], {"since": date(2025, 1, 1)}, "--since"),
        (["ann,2024-01-31,€1"], {"currency": "USD"}, "--currency"),
        ([",2024-01-31,1", ",2024-01-31,2", "a,2023-01-01,3"], {"since": date(2024, 1, 1)},
         "customer_id=NAME"),
    ],
    ids=["amounts", "cells", "suppressed", "since", "currency", "anonymous"],
)  # fmt: skip
def test_what_to_look_at_hangs_on_what_became_of_most_rows(write, rows, settings, hint):
    path = write(["customer_id,ordered_at,amount", *rows])

    with pytest.raises(InputError, match="none of the") as refused:
        run(path, max_rejects="100%", settings=Settings(**settings))

    assert hint in refused.value.hint


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_a_total_is_exact_whatever_its_size(values):
    assert exact_total(np.array(values, dtype=np.int64)) == sum(values)


def test_days_are_dates_and_unknown_ones_are_missing():
    days = np.array([0, -719_162, 2_932_896, 5])
    dates = to_datetimes(days, np.array([True, True, True, False]))

    assert dates.astype(str).tolist() == [
        "1970-01-01T00:00:00", "0001-01-01T00:00:00", "9999-12-31T00:00:00", "NaT",
    ]  # fmt: skip
