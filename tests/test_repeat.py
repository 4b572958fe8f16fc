"""The second order: published figures, the oracle on any shop, and too little data."""

import json
from datetime import date

import oracle
import pandas as pd
import pytest
from effort import SLOW
from hypothesis import given, settings
from ledgers import ledgers
from shell import SHOP, assert_snapshot, rfmtool, written

import rfmtool as library
from rfmtool.errors import UsageError

HEADER = "customer_id,order_id,ordered_at,amount\n"
ONE = HEADER + "ann,1,2024-01-05,20\n"
REFUNDS = HEADER + "ann,1,2024-01-05,-20\n"
AT_ONCE = HEADER + "".join(
    f"c{number},{number}{day},2024-01-0{day},5\n" for number in range(40) for day in (1, 2)
)
"""Everybody comes back on the next day."""
REGULARS = HEADER + "".join(
    f"c{number:02},{number}-{visit},{date.fromordinal(738_000 + number + gap)},{10 + number}.5\n"
    for number in range(60)
    for visit, gap in enumerate((0, 20 + number, 90 + 2 * number)[: 1 + number % 3])
)
"""Sixty who came once, twice or three times, after waiting three weeks or longer."""
NEW = "".join(
    f"n{number:02},n{number},{date.fromordinal(738_180 + 5 * number)},{50 - number * 7 % 13}\n"
    for number in range(18)
)
"""Eighteen more who came once, five days apart, at the end."""


def answer(text, tmp_path, **how):
    return library.repeat(written(tmp_path / "shop.csv", text), **how)


# Published figures -------------------------------------------------------------------------------


@pytest.mark.long
def test_online_retail_is_as_published(online_retail):
    found = library.repeat(online_retail, by="cohort")
    data = found.as_data()

    assert (data["buyers"], data["repeaters"], data["median_days"]) == (4_338, 2_790, 104)
    shares = {day: round(share, 4) for day, share in data["by_day"].items()}
    assert shares == {"30": 0.1916, "60": 0.3551, "90": 0.4599, "180": 0.6576, "365": 0.8481}
    assert data["windows"] == {"w25": 34, "w50": 79, "w80": 197, "w95": 335}
    rates = [round(rate, 2) for rate in data["weekly_hazard"][:7]]
    assert rates == [7.82, 7.47, 6.32, 6.23, 8.14, 8.63, 7.27]
    assert data["best_weeks"] == [5, 6]
    assert [step["median_days"] for step in data["latency"][:5]] == [57, 45, 39, 33, 27]
    cohort = data["groups"][0]
    assert (cohort["name"], cohort["buyers"]) == ("2010-12", 885)
    assert sum(group["repeaters"] for group in data["groups"]) == 2_790


def test_cdnow_is_as_published(cdnow):
    data = library.repeat(cdnow).as_data()

    assert (data["buyers"], data["repeaters"], data["median_days"]) == (23_502, 11_513, None)
    shares = {day: round(share, 4) for day, share in data["by_day"].items()}
    assert shares == {"30": 0.1750, "60": 0.2522, "90": 0.2930, "180": 0.3755, "365": 0.4598}
    assert data["windows"] == {"w25": 18, "w50": 58, "w80": 212, "w95": 398}
    assert [round(rate, 2) for rate in data["weekly_hazard"][:4]] == [8.65, 6.89, 6.09, 4.61]
    assert data["best_weeks"] == [1, 1]
    assert [step["median_days"] for step in data["latency"][:5]] == [57, 52, 44, 37, 32]


# Any shop ----------------------------------------------------------------------------------------


@settings(max_examples=SLOW // 4)
@given(ledgers())
def test_any_shop_gives_what_the_oracle_gives(ledger):
    days_of = oracle.order_days(ledger.lines)
    as_of = oracle.as_of_day(ledger.lines)
    try:
        data = library.repeat(pd.DataFrame(ledger.rows), as_of="last").as_data()
    except library.errors.InputError:  # nobody is named
        assert not oracle.customers(ledger.lines)
        return
    times, events = oracle.second_order_times(days_of, as_of)
    steps = oracle.kaplan_meier(times, events)

    assert (data["buyers"], data["repeaters"]) == (len(times), sum(events))
    assert data["by_day"] == {
        str(day): pytest.approx(float(oracle.share_by(steps, day)))
        for day in (30, 60, 90, 180, 365)
    }
    assert [point["day"] for point in data["curve"]] == [step.day for step in steps]
    numbers = [step["order"] for step in data["latency"]]
    assert [step["median_days"] for step in data["latency"]] == [
        oracle.latency(days_of, number) for number in numbers
    ]


def test_the_order_of_rows_changes_nothing(tmp_path):
    header, *rows = REGULARS.splitlines(keepends=True)
    shuffled = header + "".join(sorted(rows, key=lambda row: row[::-1]))

    found, again = answer(REGULARS, tmp_path), answer(shuffled, tmp_path)

    assert found.as_data() == again.as_data()
    assert found.table.equals(again.table)


# Who may still come back -------------------------------------------------------------------------


def test_one_time_buyers_in_the_window_are_listed_by_when_to_ask_and_worth(tmp_path):
    found = answer(REGULARS + NEW, tmp_path)
    table = found.table
    today = pd.Timestamp(found.as_of)
    now = (table["ask_from_on"] <= today) & (today <= table["ask_until_on"])
    later = table["ask_from_on"] > today

    assert found.ask == {"now": now.sum(), "later": later.sum(), "late": (~now & ~later).sum()}
    assert min(found.ask.values()) > 0
    assert table["ask"].tolist() == [name for name, many in found.ask.items() for _ in range(many)]
    assert table["monetary"][now].is_monotonic_decreasing
    assert table["ask_from_on"][later].is_monotonic_increasing
    assert table["monetary"][~now & ~later].is_monotonic_decreasing
    assert (table["days_since"] + table["days_left"] == found.windows.w95).all()
    assert (table["days_left"] >= 0).all()
    first, last = found.best_weeks
    assert ((table["ask_from_on"] - table["first_order_on"]).dt.days == 7 * first - 6).all()
    assert ((table["ask_until_on"] - table["first_order_on"]).dt.days == 7 * last).all()


def test_the_page_says_how_many_to_ask_now(tmp_path):
    crowd = rfmtool("repeat", written(tmp_path / "shop.csv", REGULARS + NEW), COLUMNS="200").stdout
    few = rfmtool("repeat", written(tmp_path / "few.csv"), COLUMNS="200").stdout

    assert "ask 2 of them now, 11 later; for 3 the best weeks are past." in crowd
    assert "2 one-time buyers may still come back (first order ≤ 365 days ago); -o FILE" in few


def test_the_list_is_written_as_it_is_asked_for(tmp_path):
    shop, target = written(tmp_path / "shop.csv"), tmp_path / "waiting.csv"
    assert rfmtool("repeat", shop, "--quiet", "-o", target).stdout == ""

    assert target.read_text() == (
        "customer_id,first_order_on,days_since,days_left,ask,ask_from_on,ask_until_on,monetary\n"
        "dan,2024-02-02,108,257,,,,12\n"
        "cleo,2024-03-03,78,287,,,,0\n"
    )
    rfmtool("repeat", shop, "--quiet", "-o", tmp_path / "all.json")
    printed = rfmtool("repeat", shop, "--format", "json").stdout
    assert json.loads((tmp_path / "all.json").read_text()) == json.loads(printed)


# Too little data ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (ONE, "Nobody has ordered on a second day"),
        (REFUNDS, "Nobody has an order that counts"),
        (AT_ONCE, "Half of all buyers come back within 1 day."),
    ],
    ids=["one", "refunds", "at_once"],
)
def test_too_little_data_is_said_in_a_sentence(tmp_path, text, sentence):
    shop = written(tmp_path / "shop.csv", text)
    page = rfmtool("repeat", shop, "--by", "cohort")
    data = rfmtool("repeat", shop, "--format", "json")

    assert (page.exit_code, data.exit_code) == (0, 0)
    assert sentence in page.stdout
    assert "nan" not in page.stdout.lower()
    assert "NaN" not in data.stdout


def test_where_all_come_back_there_is_no_error(tmp_path):
    data = answer(AT_ONCE, tmp_path).as_data()

    assert data["curve"] == [{"day": 1, "share": 1, "se": None, "low": None, "high": None}]
    assert (data["median_days"], data["best_weeks"]) == (1, [1, 1])


def test_a_column_of_the_export_tells_customers_apart(tmp_path):
    places = {"ann": "Oslo", "bob": "Rome", "cleo": "", "dan": "Rome"}
    header, *rows = SHOP.splitlines()
    with_place = [f"{row},{places.get(row.split(',')[0], '')}" for row in rows]
    text = "\n".join([f"{header},city", *with_place, ""])
    data = answer(text, tmp_path, by="city").as_data()

    groups = {group["name"]: (group["buyers"], group["repeaters"]) for group in data["groups"]}
    assert groups == {"(empty)": (1, 0), "Oslo": (1, 1), "Rome": (2, 1)}
    page = rfmtool("repeat", tmp_path / "shop.csv", "--by", "city").stdout
    assert "CITY" in page
    assert "(empty)" in page


def test_an_unknown_column_is_refused(tmp_path):
    shop = written(tmp_path / "shop.csv")
    assert rfmtool("repeat", shop, "--by", "nowhere").exit_code == 2
    with pytest.raises(UsageError, match="did not keep"):
        library.repeat(library.run(shop), by="stage")


# The page ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", ["80", "120"])
def test_the_page(tmp_path, width):
    shop = written(tmp_path / "shop.csv", REGULARS)
    result = rfmtool("repeat", shop, "--by", "cohort", COLUMNS=width)
    assert result.exit_code == 0
    assert_snapshot(f"repeat-{width}", result.stdout)


@pytest.mark.parametrize("width", [40, 100])
def test_no_line_is_wider_than_the_terminal(tmp_path, width):
    shop = written(tmp_path / "shop.csv", REGULARS)
    page = rfmtool("repeat", shop, "--by", "cohort", COLUMNS=str(width)).stdout
    assert max(map(len, page.splitlines())) <= width
