"""Missing regulars: published figures, who is listed, the look back, and too little data."""

from datetime import date, timedelta
from itertools import accumulate, chain, cycle, takewhile

import numpy as np
import pytest
from shell import QUIETLY, SHOP, assert_snapshot, rfmtool, written

import rfmtool as library

HEADER = "customer_id,order_id,ordered_at,amount\n"
ONE = HEADER + "ann,1,2024-01-05,20\n"
REFUNDS = HEADER + "ann,1,2024-01-05,-20\n"
FIRST = date(2023, 1, 2)


def row(customer, number, days, amount="10"):
    return f"{customer},{customer}-{number},{FIRST + timedelta(days)},{amount}\n"


def visits(customer, gap, last, amount="10"):
    """Rows of somebody who comes every `gap` days, now and then after three times as long."""
    days = accumulate(chain([0], cycle((gap, gap, gap, gap, 3 * gap))))
    upto = takewhile(lambda day: day <= last, days)
    return "".join(row(customer, number, day, amount) for number, day in enumerate(upto))


FAITHFUL = "".join(visits(f"f{number:02}", 20 + number % 11, 395) for number in range(80))
GONE = "".join(visits(f"g{number:02}", 20 + number % 11, 180 + 3 * number) for number in range(35))
LATE = visits("late", 40, 330, "99.99") + visits("later", 40, 330, "200")
REGULARS = HEADER + FAITHFUL + GONE + LATE + row("once", 1, 400)


def answer(text, tmp_path, **how):
    return library.cadence(written(tmp_path / "shop.csv", text), **how)


@pytest.mark.long
def test_online_retail_is_as_published(online_retail):
    found = library.cadence(online_retail)
    data = found.as_data()

    assert data["overdue_ratio_limits"] == [2.25, 4.38]
    assert data["activity"]["newcomer"] == 615
    assert (len(data["overdue"]), data["at_stake"]) == (187, "341718.6")
    ratios = [row["overdue_ratio"] for row in data["overdue"]]
    assert all(2.25 < ratio <= 4.38 for ratio in ratios)
    returned = [row["share"] for row in data["backtest"]]
    assert returned[0] > 0.8 > returned[-2] > returned[-1]
    # The look back bands all who were regulars then.
    first_days = online_retail.grouped.order_dates
    then = first_days.day.max() - 90
    distinct = {*zip(first_days.owner.tolist(), first_days.day.tolist(), strict=True)}
    known = np.bincount([owner for owner, day in distinct if day <= then])
    assert sum(row["customers"] for row in data["backtest"]) == (known >= 3).sum()


def test_cdnow_is_as_published(cdnow):
    data = library.cadence(cdnow).as_data()

    assert data["overdue_ratio_limits"] == [3.19, 7.84]
    assert data["median_gap_days"] == 34


def test_only_overdue_regulars_are_listed_and_the_most_valuable_first(tmp_path):
    found = answer(REGULARS, tmp_path)
    table = found.table.set_index("customer_id")

    assert {"late", "later"} <= set(table.index)
    assert "once" not in table.index
    assert table["monetary"].is_monotonic_decreasing
    assert table.loc["late", "days_since"] == 80
    assert table.loc["late", "usual_gap_days"] == pytest.approx(38.6, abs=0.1)
    assert table.loc["late", "days_late"] == round(80 - table.loc["late", "usual_gap_days"])
    assert found.at_stake == table["monetary"].sum()


def test_regulars_are_counted_by_activity_apart_from_all(tmp_path):
    data = answer(REGULARS, tmp_path).as_data()

    assert data["activity"]["newcomer"] == 1
    assert data["regular_activity"] == {**data["activity"], "newcomer": 0}
    assert sum(data["regular_activity"].values()) == data["regulars"]
    assert data["regular_activity"]["overdue"] == len(data["overdue"])


def test_the_look_back_tells_who_came_back(tmp_path):
    found = answer(REGULARS, tmp_path)
    bands = found.bands

    assert found.backtest_from == found.as_of - timedelta(90)
    assert [band["activity"] for band in bands][-2:] == ["overdue", "lapsed"]
    assert sum(band["customers"] for band in bands) == found.regulars
    assert bands[-1]["share"] == 0
    assert bands[0]["share"] == 1


def test_limits_that_are_given_are_looked_back_with(tmp_path):
    rfmtool("run", written(tmp_path / "shop.csv", REGULARS), "-o", tmp_path / "out", *QUIETLY)
    scales = tmp_path / "out" / "scales.json"
    limits = library.cadence(tmp_path / "shop.csv").timing
    found = library.cadence(tmp_path / "shop.csv", scales=scales, as_of="2024-01-10")

    assert found.timing == limits
    assert found.bands[-1]["above"] == limits.lapsed_ratio


def test_the_order_of_rows_changes_nothing(tmp_path):
    header, *rows = REGULARS.splitlines(keepends=True)
    shuffled = header + "".join(sorted(rows, key=lambda row: row[::-1]))

    assert answer(REGULARS, tmp_path).as_data() == answer(shuffled, tmp_path).as_data()


def test_the_list_is_written_with_exact_money(tmp_path):
    shop, target = written(tmp_path / "shop.csv", REGULARS), tmp_path / "late.csv"
    assert rfmtool("cadence", shop, "--quiet", "-o", target).stdout == ""
    header, first, second = target.read_text().splitlines()[:3]

    assert header == (
        "customer_id,order_days,last_order_on,usual_gap_days,days_since,days_late,overdue_ratio,"
        "average_order,monetary"
    )
    assert first.startswith("later,7,2023-11-18,")
    assert first.endswith(",200,1400")
    assert second.endswith(",99.99,699.93")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (ONE, "there is no habit yet"),
        (REFUNDS, "there is no habit yet"),
        (SHOP, "too short to look back"),
    ],
    ids=["one", "refunds", "shop"],
)
def test_too_little_data_is_said_in_a_sentence(tmp_path, text, sentence):
    shop = written(tmp_path / "shop.csv", text)
    page = rfmtool("cadence", shop, COLUMNS="200")
    data = rfmtool("cadence", shop, "--format", "json")

    assert (page.exit_code, data.exit_code) == (0, 0)
    assert sentence in page.stdout
    assert "nan" not in page.stdout.lower()
    assert "NaN" not in data.stdout


@pytest.mark.parametrize("width", ["80", "120"])
def test_the_page(tmp_path, width):
    result = rfmtool("cadence", written(tmp_path / "shop.csv", REGULARS), COLUMNS=width)
    assert result.exit_code == 0
    assert_snapshot(f"cadence-{width}", result.stdout)


@pytest.mark.parametrize("width", [40, 100])
def test_no_line_is_wider_than_the_terminal(tmp_path, width):
    shop = written(tmp_path / "shop.csv", REGULARS)
    page = rfmtool("cadence", shop, COLUMNS=str(width)).stdout
    assert max(map(len, page.splitlines())) <= width
