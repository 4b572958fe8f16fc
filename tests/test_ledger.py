"""Every row of an export ends in exactly one bin, tried in the order of the contract."""

from datetime import date

import numpy as np
import pytest
from effort import SLOW
from hypothesis import given, settings
from hypothesis import strategies as st

from rfmtool.columns import BINS, EXCLUSIONS, REJECTIONS
from rfmtool.errors import AmbiguousInputError, LimitError, UsageError
from rfmtool.grouping.read import read_export
from rfmtool.pipeline import run
from rfmtool.settings import Settings
from rfmtool.sources.layout import Asked
from rfmtool.sources.ledger import CODES, Ledger, Reject, Tally, check_rejects

HEADER = "customer_id,order_id,ordered_at,quantity,unit_price,status,currency"
# One row for each bin, named by it; `asked` below is the question that makes it so.
ROWS = {
    "used": "ann,1,2024-02-01,2,5,paid,EUR",
    "anonymous": ",2,2024-02-01,1,7,paid,EUR",
    "blank": ",,,,,,",
    "not_a_sale": "bob,3,2024-02-01,1,5,Cancelled ,EUR",
    "other_currency": "bob,4,2024-02-01,1,5,paid,USD",
    "before_since": "bob,5,2024-01-31,1,5,paid,EUR",
    "after_as_of": "bob,6,2024-03-01,1,5,paid,EUR",
    "missing_date": "bob,7,,1,5,paid,EUR",
    "bad_date": "bob,8,2024-02-30,1,5,paid,EUR",
    "missing_amount": "bob,9,2024-02-01,1,,paid,EUR",
    "bad_quantity": "bob,10,2024-02-01,some,5,paid,EUR",
    "bad_price": "bob,11,2024-02-01,1,much,paid,EUR",
    "wrong_cell_count": "bob,12,2024-02-01,1,5,paid",
    "bad_text": '"bob"by,13,2024-02-01,1,5,paid,EUR',
}
ASKED = Settings(since=date(2024, 2, 1), as_of=date(2024, 2, 29), currency="eur")


def ledger_of(write, *rows, header=HEADER, settings=ASKED, **asked):
    return read_export(write([header, *rows]), settings=settings, asked=Asked(**asked)).ledger


@pytest.mark.parametrize("name", ROWS)
def test_a_row_ends_in_its_bin_and_in_no_other(write, name):
    ledger = ledger_of(write, ROWS["used"], ROWS[name], encoding="utf-8")

    assert {bin_name: ledger[bin_name] for bin_name in BINS if ledger[bin_name]} == (
        {"used": 2} if name == "used" else {"used": 1, name: 1}
    )


def test_bytes_that_are_not_utf8_are_bad_encoding(write):
    data = "\n".join([HEADER, ROWS["used"]]).encode() + b"\n\xff,1,2024-02-01,1,1,paid,EUR\n"

    ledger = read_export(write(data), asked=Asked(encoding="utf-8")).ledger

    assert ledger["bad_encoding"] == 1


def test_a_bad_amount_is_told_from_a_bad_price(write):
    ledger = ledger_of(
        write,
        "ann,2024-02-01,5",
        "ann,2024-02-01,five",
        header="customer_id,ordered_at,amount",
        settings=Settings(),
    )

    assert ledger.as_data()["rejected"] == {"bad_amount": 1}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("bob,1,,some,5,void,USD", "missing_date"),
        ("bob,1,soon,some,5,void,USD", "bad_date"),
        ("bob,1,2024-01-01,,5,void,USD", "missing_amount"),
        ("bob,1,2024-01-01,some,much,void,USD", "bad_quantity"),
        (",1,2024-01-01,some,5,void,USD", "bad_quantity"),
        (",1,2024-01-01,1,5,void,USD", "anonymous"),
        ("  ,1,2024-02-01,1,5,paid,EUR", "anonymous"),
        ("bob,1,2024-01-01,1,5,void,USD", "not_a_sale"),
        ("bob,1,2024-01-01,1,5,paid,USD", "other_currency"),
        ("bob,1,2024-01-01,1,5,paid,", "before_since"),
        (",,,1,,,", "missing_date"),
        (" ,\t,  ,,,,", "blank"),
    ],
)
def test_of_several_reasons_the_first_of_the_contract_counts(write, row, expected):
    ledger = ledger_of(write, ROWS["used"], row)

    assert ledger[expected] == 1
    assert ledger.rows == 2


def test_a_row_of_nothing_but_commas_in_other_columns_is_not_blank(write):
    ledger = ledger_of(
        write, "ann,2024-02-01,5,", ",,,hello", ",,,", header="customer_id,ordered_at,amount,note",
        settings=Settings(),
    )  # fmt: skip

    assert ledger.as_data()["blank"] == 1
    assert ledger["missing_date"] == 1


@pytest.mark.parametrize(("day", "name"), [("2024-02-01", "used"), ("2024-02-29", "used"),
                                           ("2024-01-31", "before_since"),
                                           ("2024-03-01", "after_as_of")])  # fmt: skip
def test_both_ends_of_the_question_are_inside_it(write, day, name):
    assert ledger_of(write, ROWS["used"], f"bob,1,{day},1,5,paid,EUR")[name] >= 1


@pytest.mark.parametrize("days", [1, 7, 30])
@pytest.mark.parametrize("as_of", [None, date(2024, 2, 20)])
def test_a_window_of_n_days_holds_n_days_and_ends_with_as_of(write, days, as_of):
    rows = [f"c{day},{day},2024-02-{day:02},1,1,paid,EUR" for day in range(1, 30)]

    settings = Settings(window_days=days, as_of=as_of)
    result = run(write([HEADER, *rows]), settings=settings)

    assert result.ledger["used"] == min(days, result.as_of.day)
    assert result.as_of == (as_of or date(2024, 2, 29))


@pytest.mark.parametrize("days", [5, 29])
def test_of_a_window_and_a_first_day_the_later_beginning_counts(write, days):
    rows = [f"ann,{day},2024-02-{day:02},1,5,paid,EUR" for day in (10, 20, 28)]
    settings = Settings(since=date(2024, 2, 15), as_of=date(2024, 2, 29), window_days=days)

    assert ledger_of(write, *rows, settings=settings)["used"] == (1 if days == 5 else 2)


def test_rejected_rows_are_named_by_file_and_number_in_the_order_of_the_export(write):
    good = ROWS["used"]
    one = write([HEADER, good, ROWS["bad_date"], good, ROWS["wrong_cell_count"]], "1.csv")
    two = write([HEADER, ROWS["bad_price"], good], "2.csv")

    ledger = read_export([one, two]).ledger

    assert ledger.rejects == [
        Reject("1.csv", 2, "bad_date"),
        Reject("1.csv", 4, "wrong_cell_count"),
        Reject("2.csv", 1, "bad_price"),
    ]
    assert ledger.rows_by_file == {"1.csv": 4, "2.csv": 2}


def test_only_the_first_rejects_are_kept_and_all_are_counted(write):
    ledger = ledger_of(write, ROWS["used"], *[ROWS["bad_date"]] * 50)

    assert [reject.row for reject in ledger.rejects] == list(range(2, 22))
    assert ledger.rejected == 50


def test_money_of_used_and_of_anonymous_rows_is_kept_apart(write):
    ledger = ledger_of(write, *ROWS.values())

    assert ledger.used_units == 100_000
    assert ledger.anonymous_units == 70_000


def test_money_beyond_64_bits_is_added_up_exactly(write):
    header = "customer_id,ordered_at,amount"
    rows = [f"c{n},2024-02-01,400000000000000.0001" for n in range(3)]

    ledger = ledger_of(write, *rows, header=header, settings=Settings())

    assert ledger.used_units == 3 * 4_000_000_000_000_000_001 > 2**63


def test_the_last_day_is_that_of_a_used_or_anonymous_row_only(write):
    ledger = ledger_of(write, *ROWS.values())

    assert ledger.last_day == (date(2024, 2, 1) - date(1970, 1, 1)).days


def test_day_zero_is_a_day():
    ledger, none = Ledger(), np.empty(0, dtype=np.int64)
    for day in (0, -5):
        ledger.add("x.csv", Tally(1, np.zeros(len(BINS), dtype=np.int64), none, none, last_day=day))

    assert ledger.last_day == 0


@pytest.mark.long
@settings(max_examples=SLOW)
@given(st.lists(st.sampled_from(sorted(set(ROWS) - {"blank"})), max_size=12), st.booleans())
def test_the_ledger_adds_up_for_any_mixture_of_rows(scratch, names, with_blanks):
    path = scratch / "mixture.csv"
    rows = [ROWS["used"], *(ROWS[name] for name in names), *[ROWS["blank"]] * with_blanks]
    path.write_text("\n".join([HEADER, *rows]) + "\n")

    data = read_export(path, settings=ASKED).ledger.as_data()

    counted = {"used": 1 + names.count("used"), "anonymous": names.count("anonymous")}
    for kind, bins in (("excluded", EXCLUSIONS), ("rejected", REJECTIONS)):
        counted[kind] = {name: names.count(name) for name in bins if name in names}
    assert data == {"rows": len(rows), "blank": int(with_blanks), **counted}


def test_two_currencies_are_refused_until_one_is_picked(write):
    rows = ["ann,1,2024-02-01,1,5,paid,EUR", "ann,2,2024-02-01,1,5,paid,usd "]

    with pytest.raises(AmbiguousInputError, match="2 currencies, EUR, USD"):
        ledger_of(write, *rows, settings=Settings())
    assert ledger_of(write, *rows, settings=Settings(currency="USD"))["other_currency"] == 1


def with_bad_dates(bad):
    """A ledger of 100 rows."""
    ledger = Ledger(rejects=[Reject("x.csv", 7, "bad_date")])
    ledger.counts[CODES["used"]], ledger.counts[CODES["bad_date"]] = 100 - bad, bad
    return ledger


@pytest.mark.parametrize(
    ("most", "passes"),
    [
        ("1%", False),
        ("2%", True),
        (1, False),
        (2, True),
        ("2", True),
        ("0%", False),
        ("100%", True),
    ],
)
def test_more_rejects_than_the_limit_stop_the_run(most, passes):
    ledger = with_bad_dates(2)

    if passes:
        check_rejects(ledger, most)
    else:
        with pytest.raises(LimitError, match=r"2 of 100 rows .* row 7 of x\.csv \(bad_date\)"):
            check_rejects(ledger, most)


@pytest.mark.parametrize("bad", range(1, 100))
def test_as_many_rejects_as_the_limit_says_are_not_more_than_it(bad):
    check_rejects(with_bad_dates(bad), f"{bad}%")
    with pytest.raises(LimitError):
        check_rejects(with_bad_dates(bad), f"{bad - 1}.99%")


@pytest.mark.parametrize("most", ["few", "-1", "-1%", "nan", "inf%", "", "%", "101%", 0.05])
def test_a_limit_that_is_no_number_is_refused(most):
    with pytest.raises(UsageError, match="--max-rejects"):
        check_rejects(Ledger(), most)


def test_one_line_that_is_no_sale_takes_its_whole_order_along(write):
    path = write(
        [
            "order_id,customer_id,ordered_at,amount,status",
            "1,ann,2024-01-01,5,cancelled",
            "1,ann,2024-01-01,7,",
            "2,ann,2024-01-02,3,paid",
            "1,bob,2024-01-02,4,paid",
            "3,cid,2024-01-03,4,void",
        ]
    )

    result = run(path)

    assert result.frame["customer_id"].tolist() == ["ann", "bob"]
    assert result.frame["monetary"].tolist() == [30_000, 40_000]
    assert result.ledger.as_data()["excluded"] == {"not_a_sale": 3}
    assert (result.ledger["used"], result.ledger.used_units) == (2, 70_000)


def test_a_currency_of_rows_that_are_no_sale_does_not_count(write):
    path = write(
        [
            "order_id,customer_id,ordered_at,amount,status,currency",
            "1,ann,2024-01-01,5,cancelled,USD",
            "2,ann,2024-01-02,3,paid,EUR",
            "3,ann,2024-01-02,3,paid, ",
        ]
    )

    assert run(path).ledger["used"] == 2


def test_an_order_id_of_white_space_is_missing(write):
    path = write(
        ["order_id,customer_id,ordered_at,amount", " ,ann,2024-01-01,5", " ,ann,2024-01-02,5"]
    )

    assert run(path).frame["frequency"].tolist() == [2]
