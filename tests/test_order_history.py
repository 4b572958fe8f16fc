"""The past out of what each order moved on each day is what reading the export then would say."""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from unittest.mock import Mock

import numpy as np
import oracle
import pandas as pd
import pytest
from effort import SLOW
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import detailed_ledgers, ledgers

from rfmtool import memory
from rfmtool.engines import OrderEntries
from rfmtool.errors import SystemFailureError
from rfmtool.grouping import order_history
from rfmtool.grouping.lookback import GroupedAsOf
from rfmtool.grouping.order_history import (
    OrderHistories,
    are_known_by_day,
    counting_order_dates,
    entries_until,
    spend_in_periods,
    with_owners,
)
from rfmtool.grouping.read import read_export
from rfmtool.scoring.customers import rfm_values
from rfmtool.settings import Settings
from rfmtool.sources.layout import Asked, Detail

EPOCH = date(1970, 1, 1)
ENTRIES_TOO = Settings(detail=Detail(entries=True))
POINT = Asked(decimal=".")
HEADER = "customer_id,order_id,ordered_at,amount"


def ordinal(day):
    return (day - EPOCH).days


def units(amount):
    return int(amount * 10_000)


def read(path, **settings):
    return read_export(path, asked=POINT, settings=replace(ENTRIES_TOO, **settings))


def written(ledger, scratch):
    path = scratch / "past.csv"
    path.write_text(ledger.csv(), "utf-8", newline="")
    return path


def some_day(ledger, place):
    """A day on which there is a line, one before or one after."""
    days = sorted(line.day for line in ledger.lines)
    return days[place % len(days)] + timedelta(place % 3 - 1)


def standing(grouped, day):
    """The customers and the days of their orders at the end of a day."""
    people = len(grouped.table)
    pasts = OrderHistories(grouped.entries, is_cached=False)
    then = GroupedAsOf.from_grouped(grouped, pasts, ordinal(day), dated=True).slice(0, people)
    return then.table, then.order_dates


def measured(table, dates, day):
    """The customers with a line by then, by id."""
    frame = rfm_values(table, dates, ordinal(day))
    rows = frame.drop(columns=["lines"]).astype(object).where(frame.notna(), None)
    return {row["customer_id"]: row for row in rows.to_dict("records")}


# Any ledger as of any day ------------------------------------------------------------------------


@settings(max_examples=SLOW // 5)
@given(ledger=detailed_ledgers(), place=st.integers(0, 60))
def test_everyone_as_of_any_earlier_day_is_what_the_oracle_makes_of_the_lines_by_then(
    scratch, ledger, place
):
    day = some_day(ledger, place)
    grouped = read(written(ledger, scratch))
    expected = oracle.levels(ledger.lines, until=day)

    table, dates = standing(grouped, day)

    assert table["customer_id"].equals(grouped.table["customer_id"])
    for owner, row in enumerate(table.to_pylist()):
        person = expected.get(row["customer_id"], oracle.Moved())
        assert (row["sales"], row["refunds"]) == (units(person.sales), units(person.refunds))
        assert (row["cost"], row["uncosted"]) == (units(person.cost), person.uncosted)
        assert bool(row["rows"]) == bool(person.rows)
        assert dates.day[dates.owner == owner].tolist() == [ordinal(one) for one in person.days]


@settings(max_examples=SLOW // 6)
@given(ledger=ledgers(), place=st.integers(0, 60))
def test_everyone_as_of_any_earlier_day_is_as_in_reading_the_export_as_of_that_day(
    scratch, ledger, place
):
    day, path = some_day(ledger, place), written(ledger, scratch)
    whole, then = read(path), read(path, as_of=day)

    now = measured(*standing(whole, day), day)

    known = measured(then.table, then.order_dates, day)
    nothing = {"frequency": 0, "order_days": 0, "monetary": 0, "sales": 0, "refunds": 0}
    assert {name: now[name] for name in known} == known
    for name in now.keys() - known:
        assert {column: now[name][column] for column in nothing} == nothing


@settings(max_examples=SLOW // 6)
@given(ledger=ledgers(), start=st.none() | st.integers(0, 60), stop=st.none() | st.integers(0, 60))
def test_spend_in_any_period_open_or_not_is_what_the_oracle_adds_up(scratch, ledger, start, stop):
    first, last = (None if one is None else some_day(ledger, one) for one in (start, stop))
    grouped = read(written(ledger, scratch))
    ids = grouped.table["customer_id"].to_pylist()
    ends = [pd.NA if day is None else ordinal(day) for day in (first, last)]
    periods = pd.DataFrame({"owner": range(len(ids))}).assign(
        from_day=pd.array([ends[0]] * len(ids), "Int64"),
        until_day=pd.array([ends[1]] * len(ids), "Int64"),
    )

    spent = spend_in_periods(grouped.entries, periods[::-1])

    assert spent.tolist()[::-1] == [
        units(oracle.spend(ledger.lines, name, first, last)) for name in ids
    ]


# One by one --------------------------------------------------------------------------------------

GIVEN_BACK = [
    HEADER,
    "ann,1,2024-06-10,30",
    "ann,1,2024-07-05,-30",  # in July everything went back
    "bob,2,2024-06-20,10",
    "bob,2,2024-06-25,10",  # the rest of the same order
    "cy,3,2024-07-02,5",
    "cy,3,2024-06-15,-1",  # a discount booked before the sale
]


def test_an_order_given_back_in_july_still_counts_at_the_end_of_june(write):
    grouped = read(write(GIVEN_BACK))

    june, july = date(2024, 6, 30), date(2024, 7, 5)
    in_june = measured(*standing(grouped, june), june)
    in_july = measured(*standing(grouped, july), july)

    assert [in_june[name]["frequency"] for name in ("ann", "bob", "cy")] == [1, 1, 0]
    assert in_june["ann"]["monetary"] == 300_000
    assert in_june["cy"]["monetary"] == -10_000
    assert [in_july[name]["frequency"] for name in ("ann", "bob", "cy")] == [0, 1, 1]
    assert in_july["ann"]["refunds"] == 300_000
    assert in_july["bob"]["last_order_on"] == pd.Timestamp("2024-06-20")


def test_before_the_first_line_nobody_has_anything(write):
    grouped = read(write(GIVEN_BACK))

    table, dates = standing(grouped, date(2024, 6, 9))

    assert len(table) == 3
    assert not len(dates.day)
    assert table["sales"].to_pylist() == table["rows"].to_pylist() == [0, 0, 0]
    assert not len(counting_order_dates(entries_until(grouped.entries, 0)).owner)


def test_the_days_of_periods_belong_to_them_and_a_period_turned_round_holds_nothing(write):
    grouped = read(write(GIVEN_BACK))
    days = [date(2024, 6, 10), date(2024, 7, 5)]
    first, last = (pd.array([ordinal(day)] * 2, "Int64") for day in days)
    owner = {"owner": [0, 1]}

    within = spend_in_periods(grouped.entries, pd.DataFrame(owner | {"from_day": first,
                                                                 "until_day": last}))  # fmt: skip
    around = spend_in_periods(grouped.entries, pd.DataFrame(owner | {"from_day": last,
                                                                 "until_day": first}))  # fmt: skip

    assert within.tolist() == [0, 200_000]
    assert around.tolist() == [0, 0]


def test_people_who_moved_to_other_places_keep_what_is_theirs(write):
    grouped = read(write(GIVEN_BACK))
    places = np.array([1, 4, 5])

    spread = with_owners(grouped.entries, places)

    dates = counting_order_dates(spread)
    assert dates.owner.tolist() == [4, 5]
    assert dates.day.tolist() == [ordinal(date(2024, 6, 20)), ordinal(date(2024, 7, 2))]


# Who was known -----------------------------------------------------------------------------------


def entries(*moves):
    """What orders of their own moved, of these customers on these days."""
    owner, day = np.array(moves, dtype=np.int32).reshape(-1, 2).T
    money = np.zeros(len(moves), dtype=np.int64)
    return OrderEntries(owner, np.arange(len(moves), dtype=np.int32), day, money, money)


@pytest.mark.parametrize("is_kept", [True, False])
def test_threads_that_want_the_past_of_the_same_have_it_laid_out_once(is_kept):
    pasts = OrderHistories(entries((0, 1), (1, 2)), is_cached=is_kept)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: pasts.slice(1, 2), range(200)))

    assert {id(past) for past in found} == {id(found[0])}
    assert found[0].amounts.day.tolist() == [2]


def test_of_the_pasts_of_very_many_the_latest_alone_is_kept():
    pasts = OrderHistories(entries((0, 1), (1, 2)), is_cached=False)

    assert pasts.slice(0, 1).amounts.day.tolist() == [1]
    assert pasts.slice(1, 2).amounts.day.tolist() == [2]
    assert [*pasts.cached] == [(1, 2)]


@pytest.mark.skipif(sys.platform != "linux", reason="others hold it in memory")
@pytest.mark.parametrize("has_room", [True, False])
def test_the_pasts_of_very_many_orders_are_kept_in_files_while_there_is_room(monkeypatch, has_room):
    if not has_room:
        monkeypatch.setattr(memory, "_file_of", Mock(side_effect=OSError))
    monkeypatch.setattr(memory, "is_memory_filesystem", lambda _: False)
    monkeypatch.setattr(order_history, "FILE_BACKED_ROWS", 1)
    few, pasts = (
        OrderHistories(entries((0, 1), (1, 2), (1, 5)), is_cached=kept) for kept in (True, False)
    )

    for place in ((0, 1), (1, 2)):
        past, alike = pasts.slice(*place), few.slice(*place)
        assert past.amounts.rows_by(4).tolist() == alike.amounts.rows_by(4).tolist()
        assert past.amounts.totals["sales"].tolist() == alike.amounts.totals["sales"].tolist()
        assert past.counting_spans.on(4).day.tolist() == alike.counting_spans.on(4).day.tolist()
        assert (memory.in_memory_bytes(past.amounts.day) == 0) is has_room

    assert [*pasts.cached] == ([(0, 1), (1, 2)] if has_room else [(1, 2)])


@pytest.mark.parametrize(("name", "column"), [("contacts", "since_on"), ("feedback", "given_on")])
def test_an_event_makes_known_from_its_day_on_and_one_without_a_day_never_did(name, column):
    june = ordinal(date(2024, 6, 9))
    days = pd.array([june + 1, june, pd.NA], "Int64")
    evidence = {name: pd.DataFrame({"owner": [0, 1, 2], column: days})}

    assert are_known_by_day(entries(), 3, evidence, june).tolist() == [False, True, False]
    assert are_known_by_day(entries(), 3, evidence, june + 1).tolist() == [True, True, False]
    moves = entries((0, june), (0, june - 1), (1, june + 1), (2, june))
    assert are_known_by_day(moves, 3, {}, june).tolist() == [True, False, True]


def test_a_referral_makes_both_sides_known():
    referrals = pd.DataFrame({"owner": [0], "referred": [2], "referred_on": [1]})

    known = are_known_by_day(entries(), 3, {"referrals": referrals.astype("Int64")}, 1)

    assert known.tolist() == [True, False, True]


def test_money_of_many_days_adds_up_exactly(write):
    rows = [f"ann,{day},2024-01-{day:02},0.0001" for day in range(1, 31)]
    grouped = read(write([HEADER, *rows]))
    everything = pd.DataFrame({"owner": [0]}).assign(
        from_day=pd.array([pd.NA], "Int64"), until_day=pd.array([pd.NA], "Int64")
    )

    assert spend_in_periods(grouped.entries, everything).tolist() == [units(Decimal("0.0030"))]


def test_more_orders_than_can_be_numbered_are_refused():
    vast = np.broadcast_to(np.int32(0), (1 << 31,))

    with pytest.raises(SystemFailureError, match="2,147,483,648 orders are more"):
        OrderEntries(vast, vast, vast, vast, vast)
