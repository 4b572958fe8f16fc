"""Cohorts: published figures, the oracle on any shop, and too little data."""

from decimal import Decimal

import oracle
import pandas as pd
import pytest
from effort import SLOW
from hypothesis import given, settings
from ledgers import ledgers
from shell import SHOP, assert_snapshot, rfmtool, written

import rfmtool as library
from rfmtool.errors import UsageError
from rfmtool.settings import Settings

HEADER = "customer_id,order_id,ordered_at,amount\n"
ONE = HEADER + "ann,1,2024-01-05,20\n"
REFUNDS = HEADER + "ann,1,2024-01-05,-20\n"
RETURNED = HEADER + "ann,0,2023-11-30,-7\nann,1,2024-01-05,20\nann,2,2024-03-05,20\n"
"""Ann gave something back before the first order of the export."""
HUGE = HEADER + "".join(f"c{number},{number},2024-01-05,700000000000\n" for number in range(2_000))
"""Together more than 64 bits hold in 1/10,000."""


def answer(text, tmp_path, **how):
    return library.cohorts(written(tmp_path / "shop.csv", text), **how)


@pytest.mark.long
def test_online_retail_is_as_published(online_retail):
    found = library.cohorts(online_retail).as_data()
    first = found[0]

    assert (first["cohort"], first["size"]) == ("2010-12", 885)
    published = [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235]
    assert first["active"] == published
    assert sum(cohort["size"] for cohort in found) == 4_338
    buyers = online_retail.frame.query("frequency > 0")
    money = sum(Decimal(text) for cohort in found for text in cohort["revenue"])
    assert money * 10_000 == int(buyers["monetary"].sum())


def test_cdnow_is_as_published(cdnow):
    found = library.cohorts(cdnow).as_data()

    assert found[0]["cohort"] == "1997-01"
    assert found[0]["active"][:5] == [7_814, 1_155, 964, 810, 679]


@settings(max_examples=SLOW // 4)
@given(ledgers())
def test_any_shop_gives_what_the_oracle_gives(ledger):
    as_of = oracle.as_of_day(ledger.lines)
    try:
        found = library.cohorts(pd.DataFrame(ledger.rows), as_of="last").as_data()
    except library.errors.InputError:  # nobody is named
        return
    money = [[Decimal(text) for text in cohort["revenue"]] for cohort in found]
    plain = [{**one, "revenue": each} for one, each in zip(found, money, strict=True)]

    assert plain == oracle.cohorts(ledger.lines, as_of)


def test_money_from_before_the_first_order_is_in_the_first_month(tmp_path):
    assert answer(RETURNED, tmp_path).as_data() == [
        {"cohort": "2024-01", "size": 1, "active": [1, 0, 1], "revenue": ["13", "0", "20"]}
    ]


def test_huge_money_stays_exact(tmp_path):
    assert answer(HUGE, tmp_path).as_data()[0]["revenue"] == ["1400000000000000"]


def test_the_order_of_rows_changes_nothing(tmp_path):
    header, *rows = SHOP.splitlines(keepends=True)
    assert (
        answer(SHOP, tmp_path).as_data() == answer(header + "".join(rows[::-1]), tmp_path).as_data()
    )


def test_the_table_has_a_row_for_each_cohort_and_month(tmp_path):
    shop, target = written(tmp_path / "shop.csv", RETURNED), tmp_path / "cohorts.csv"
    rfmtool("cohorts", shop, "--quiet", "-o", target)

    assert target.read_text() == (
        "cohort,size,month,active,share,revenue\n"
        "2024-01,1,0,1,1,13\n2024-01,1,1,0,0,0\n2024-01,1,2,1,1,20\n"
    )


def test_a_result_without_entries_says_how_to_get_them(tmp_path):
    result = library.run(written(tmp_path / "shop.csv"), settings=Settings(select=("monetary",)))
    with pytest.raises(UsageError, match="not asked to keep"):
        library.cohorts(result)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [(ONE, "only one month"), (REFUNDS, "no month to begin with")],
    ids=["one", "refunds"],
)
def test_too_little_data_is_said_in_a_sentence(tmp_path, text, sentence):
    shop = written(tmp_path / "shop.csv", text)
    page = rfmtool("cohorts", shop, COLUMNS="200")
    data = rfmtool("cohorts", shop, "--format", "json")

    assert (page.exit_code, data.exit_code) == (0, 0)
    assert sentence in page.stdout
    assert "nan" not in page.stdout.lower()
    assert "NaN" not in data.stdout
    assert rfmtool("cohorts", shop, "--quiet", "-o", tmp_path / "out.csv").exit_code == 0


@pytest.mark.parametrize("width", ["80", "120"])
def test_the_page(tmp_path, width):
    result = rfmtool("cohorts", written(tmp_path / "shop.csv"), COLUMNS=width)
    assert result.exit_code == 0
    assert_snapshot(f"cohorts-{width}", result.stdout)


def test_a_month_that_is_not_over_is_marked_and_left_out_of_all(tmp_path):
    shop = written(tmp_path / "shop.csv")

    def lines(day):
        page = rfmtool("cohorts", shop, "--as-of", day, COLUMNS="160").stdout
        rows = {line.split()[0]: line.split()[2:] for line in reversed(page.splitlines()) if line}
        return rows["2024-01"], rows["all"], "That month is not over" in page

    # Ann comes every month until May, Bob in May again.
    running, over = lines("2024-05-30"), lines("2024-05-31")
    assert running == (["50", "50", "50", "100*"], ["25", "33", "50"], True)
    assert over == (["50", "50", "50", "100"], ["25", "25", "33", "100"], False)


def test_months_that_there_is_no_room_for_are_counted(tmp_path):
    rows = HEADER + "".join(f"ann,{month},2024-{month:02}-05,20\n" for month in range(1, 13))
    narrow = rfmtool("cohorts", written(tmp_path / "shop.csv", rows), COLUMNS="60").stdout
    wide = rfmtool("cohorts", tmp_path / "shop.csv", COLUMNS="160").stdout

    assert "Of months 0–11 the tables fit up to 8 above, 5 below." in " ".join(narrow.split())
    assert "there is room" not in wide


@pytest.mark.parametrize("width", [40, 100])
def test_no_line_is_wider_than_the_terminal(tmp_path, width):
    shop = written(tmp_path / "shop.csv")
    page = rfmtool("cohorts", shop, COLUMNS=str(width)).stdout
    assert max(map(len, page.splitlines())) <= width


def test_a_database_s_first_day_among_the_dates_leaves_the_others_as_they_are(tmp_path):
    rows = "ann,1,1900-01-01,5\nbob,2,2024-01-05,20\nbob,3,2024-03-05,30\ncy,4,0001-01-01,7\n"
    oldest, old, new = answer(HEADER + rows, tmp_path, as_of="last").as_data()

    assert [one["cohort"] for one in (oldest, old, new)] == ["0001-01", "1900-01", "2024-01"]
    assert (sum(oldest["active"]), sum(old["active"])) == (1, 1)
    assert new == {
        "cohort": "2024-01",
        "size": 1,
        "active": [1, 0, 1],
        "revenue": ["20", "0", "30"],
    }


def test_a_result_is_not_read_again_in_another_way(tmp_path):
    result = library.run(written(tmp_path / "shop.csv"))
    with pytest.raises(UsageError, match="as_of says how to read an export"):
        library.cohorts(result, as_of="2024-03-01")
