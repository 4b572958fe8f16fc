"""The past that one pass has kept is that of an export which ended then."""

from datetime import date, timedelta

import oracle
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import FIRST_DAY, detailed_ledgers

from rfmtool.grouping import Settings, look
from rfmtool.scoring.customers import customers
from rfmtool.scoring.history import spend_within, standing
from rfmtool.sources.layout import Detail

ENTRIES = Settings(detail=Detail(entries=True))
DAYS = st.integers(-1, 420).map(lambda days: FIRST_DAY + timedelta(days))
NOBODY = oracle.Moved()


def place_of(day):
    return (day - date(1970, 1, 1)).days


def units(amount):
    return int(amount * 10_000)


def listed(dates, count):
    """The order days of each customer."""
    days_of = [[] for _ in range(count)]
    for owner, day in zip(dates.owner.tolist(), dates.day.tolist(), strict=True):
        days_of[owner].append(day)
    return days_of


@settings(max_examples=20)
@given(ledger=detailed_ledgers(), days=st.lists(DAYS, min_size=2, max_size=4))
def test_customers_stood_and_spent_as_the_oracle_has_it_on_each_day(scratch, ledger, days):
    path = scratch / "history.csv"
    path.write_text(ledger.csv(), "utf-8", newline="")
    grouped = look(path, settings=ENTRIES)
    ids = grouped.table["customer_id"].to_pylist()

    for day in days:
        table, dates = standing(grouped.table, grouped.entries, place_of(day))

        then = oracle.levels(ledger.lines, until=day)
        moved = [then.get(who, NOBODY) for who in ids]
        assert table["customer_id"].to_pylist() == ids
        assert table["sales"].to_pylist() == [units(each.sales) for each in moved]
        assert table["refunds"].to_pylist() == [units(each.refunds) for each in moved]
        assert listed(dates, len(ids)) == [
            [place_of(order_day) for order_day in each.days] for each in moved
        ]

    asked = [(who, *days[:2]) for who in range(len(ids))]
    periods = pd.DataFrame(asked, columns=["owner", "from_day", "until_day"])
    for name in ("from_day", "until_day"):
        periods[name] = periods[name].map(place_of).astype("Int64")
    assert spend_within(grouped.entries, periods).tolist() == [
        units(oracle.spend(ledger.lines, ids[who], *period)) for who, *period in asked
    ]


def test_a_customer_measured_then_is_as_if_nothing_had_come_after(write):
    rows = ["ann,1,2024-01-10,5", "ann,1,2024-03-10,-5", "ann,2,2024-03-11,7", "bob,3,2024-03-11,1"]
    grouped = look(write(["customer_id,order_id,ordered_at,amount", *rows]), settings=ENTRIES)
    day = place_of(date(2024, 1, 31))

    people = customers(*standing(grouped.table, grouped.entries, day), day)

    assert people["customer_id"].tolist() == ["ann", "bob"]
    assert people["frequency"].tolist() == [1, 0]
    assert people["recency_days"].tolist() == [21, pd.NA]
    assert people["monetary"].tolist() == [50_000, 0]
