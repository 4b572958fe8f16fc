"""Money in several currencies, converted with the rate of its day: by column, sign and preset."""

import json
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from random import Random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shell import rfmtool, written

from rfmtool.errors import AmbiguousInputError, InputError, UsageError
from rfmtool.grouping.read import read_export
from rfmtool.pipeline import run
from rfmtool.settings import Settings
from rfmtool.sources.cells.numbers import Numbers, to_units
from rfmtool.sources.cells.rates import Rate, Rates
from rfmtool.sources.evidence.rates import read_rates
from rfmtool.sources.layout import Asked, Detail

EPOCH = date(1970, 1, 1)
EURO = ["currency,rate,from_on", "EUR,1,", "USD,0.92,2024-01-01", "USD,0.93,2024-02-01"]
HEADER = "customer_id,order_id,ordered_at,amount,currency"


def rates_of(write, lines=EURO, into=None, **asked):
    return read_rates(write(lines, "rates.csv"), into, Asked(**asked))


def ledger_of(path, rates, **more):
    return read_export(path, settings=Settings(rates=rates, **more)).ledger


def units_of(write, *rows, rates=None, header=HEADER):
    """The money of a shop's rows in 1/10,000 of the currency converted into."""
    return ledger_of(write([header, *rows]), rates or rates_of(write)).used_units


# The rate in force -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "units"),
    [
        ("ann,1,2024-01-05,10,EUR", 100_000),
        ("ann,1,2024-01-05,10,", 100_000),
        ("ann,1,2024-01-01,10,USD", 92_000),
        ("ann,1,2024-01-31,10,usd", 92_000),
        ("ann,1,2024-02-01,10,$", 93_000),
        ("ann,1,2031-02-01,-10,US$", -93_000),
        ("ann,1,2024-01-05,0.0001,USD", 1),
    ],
)
def test_money_is_worth_the_rate_in_force_on_its_day(write, row, units):
    assert units_of(write, row, "bob,2,2024-01-01,0,EUR", "bob,3,2024-01-01,0,USD") == units


@pytest.mark.parametrize("lacking", ["USD,2023-12-31", "CHF,2024-01-05", "no money,2024-01-05"])
def test_a_row_without_a_rate_on_its_day_is_left_out_counted_and_warned_of(write, lacking):
    currency, day = lacking.split(",")
    path = write([HEADER, "ann,1,2024-01-05,10,EUR", f"bob,2,{day},5,{currency}"])

    result = run(path, settings=Settings(rates=rates_of(write)))

    assert (result.ledger["used"], result.ledger["other_currency"]) == (1, 1)
    assert list(result.customers["customer_id"]) == ["ann"]
    named = "no currency that is known" if currency == "no money" else currency
    assert (
        f"1 row without a rate on their day ({named}): in no figure." in result.summary["warnings"]
    )


def test_a_rate_without_a_day_holds_before_the_first_that_has_one(write):
    rates = rates_of(write, [*EURO, "USD,0.5,"])
    assert units_of(write, "ann,1,1999-01-05,10,USD", rates=rates) == 50_000
    assert units_of(write, "ann,1,2024-01-05,10,USD", rates=rates) == 92_000


def test_signs_beside_amounts_say_the_currency_too(write):
    rows = ["ann;1;2024-01-05;$10", "bob;2;2024-01-05;€10", "bob;3;2024-01-05;10"]
    header = "customer_id;order_id;ordered_at;amount"
    assert units_of(write, *rows, header=header) == 292_000


def test_a_sign_and_a_column_that_contradict_have_no_rate(write):
    path = write([HEADER, "ann,1,2024-01-05,$10,EUR", "bob,2,2024-01-05,$10,USD"])
    ledger = ledger_of(path, rates_of(write))
    assert (ledger["other_currency"], ledger.used_units) == (1, 92_000)


@pytest.mark.parametrize(
    ("into", "names", "units"),
    [("EUR", ["USD"], 20_000), ("EUR", ["USD", "CAD"], 0), ("USD", ["CAD"], 10_000)],
)
def test_a_shared_sign_is_the_currency_converted_into_or_the_only_one_listed(
    write, into, names, units
):
    rates = Rates(into, tuple(Rate.constant(name, Decimal(2)) for name in sorted(names)))
    rows = ["ann;1;2024-01-05;$1", "bob;2;2024-01-05;€0"]
    header = "customer_id;order_id;ordered_at;amount"
    assert units_of(write, *rows, header=header, rates=rates) == units


def test_rows_of_one_order_in_two_currencies_are_added_up_after_converting(write):
    rows = ["ann,1,2024-01-05,10,EUR", "ann,1,2024-01-05,10,USD", "ann,1,2024-01-05,-1,USD"]
    assert units_of(write, *rows) == 100_000 + 92_000 - 9_200


def test_anonymous_money_is_converted_and_without_a_rate_is_none(write):
    rows = [",1,2024-01-05,10,USD", ",2,2024-01-05,10,CHF", "ann,3,2024-01-05,1,EUR"]
    ledger = ledger_of(write([HEADER, *rows]), rates_of(write))
    assert (ledger["anonymous"], ledger.anonymous_units) == (2, 92_000)


def test_bins_that_come_before_keep_their_rows(write):
    rows = ["ann,1,never,1,CHF", "ann,2,2024-01-05,much,CHF", "ann,3,2024-01-05,1,EUR"]
    ledger = ledger_of(write([HEADER, *rows]), rates_of(write))
    assert (ledger["bad_date"], ledger["bad_amount"], ledger["other_currency"]) == (1, 1, 0)


def test_costs_are_converted_with_the_same_rate(write):
    header = "customer_id,ordered_at,quantity,unit_price,currency,cost"
    path = write([header, "ann,2024-01-05,2,10,USD,4", "ann,2024-01-05,1,10,EUR,5"])
    table = read_export(path, settings=Settings(rates=rates_of(write), detail=Detail())).table
    assert table["sales"].to_pylist() == [184_000 + 100_000]
    assert table["cost"].to_pylist() == [73_600 + 50_000]


def test_what_a_preset_says_is_not_paid_or_given_back_is_converted_too(write):
    header = "Name,Email,Financial Status,Paid at,Total,Refunded Amount,Currency,Created at"
    at = "2024-01-05 10:00:00 +0000"
    row = f"#1,ann@example.org,partially_refunded,{at},100.00,10.00,USD,{at}"
    asked = Asked(preset="shopify")
    columns = f"{header},Lineitem name,Lineitem quantity,Lineitem price,Outstanding Balance"
    path = write([columns, f"{row},hat,1,100.00,5.00"])

    found = read_export(path, asked=asked, settings=Settings(rates=rates_of(write)))

    assert found.table["sales"].to_pylist() == [920_000 - 46_000]  # 5.00 is not paid
    assert found.table["refunds"].to_pylist() == [92_000]


# Exact -------------------------------------------------------------------------------------------

MONEY = st.decimals(-100_000, 100_000, places=4)
VALUES = st.decimals("0.0001", 1000, places=6)
DAYS = st.integers(0, 400)


def exactly(amount, rate):
    return int((amount * rate * 10_000).to_integral_value(ROUND_HALF_EVEN))


@given(
    table=st.dictionaries(st.tuples(st.sampled_from(["CHF", "GBP", "USD"]), DAYS), VALUES),
    rows=st.lists(st.tuples(st.sampled_from(["", "EUR", "CHF", "GBP", "USD"]), DAYS, MONEY),
                  min_size=1),
)  # fmt: skip
def test_every_amount_is_converted_as_decimals_would(table, rows):
    rates = Rates("EUR", tuple(sorted(Rate(*key, value) for key, value in table.items())))
    names, days, amounts = (list(column) for column in zip(*rows, strict=True))
    texts = [str(amount) for amount in amounts]
    money = Numbers(np.array([float(text) for text in texts]), pa.array(texts), None)

    factors, lacking = rates.factors(pa.array(names), np.array(days, dtype=np.int32))
    units, unread = to_units([money, factors])

    assert not len(unread)
    for place, (name, day, amount) in enumerate(rows):
        since = [(start, value) for (of, start), value in table.items() if of == name and
                 start <= day]  # fmt: skip
        own = name in ("", "EUR")
        assert lacking[place] == (not own and not since)
        rate = Decimal(1) if own or not since else max(since)[1]
        assert units[place] == exactly(amount, rate)


@given(
    amount=st.decimals("0.01", 10**9, places=4),
    quantity=st.integers(1, 1000),
    rate=st.decimals("0.000001", 10**4, places=6),
)
def test_three_factors_are_rounded_once_and_exactly(amount, quantity, rate):
    texts = [str(amount), str(quantity), str(rate)]
    factors = [Numbers(np.array([float(text)]), pa.array([text]), None) for text in texts]
    units, unread = to_units(factors)
    wanted = exactly(amount * quantity, rate)
    assert list(unread) == ([] if wanted < 2**63 else [0])
    assert units[0] == (wanted if wanted < 2**63 else 0)


@pytest.mark.parametrize("amount", ["0.00025", "0.00035", "-0.00025"])
def test_half_of_the_last_unit_goes_to_the_even_one(write, amount):
    rates = rates_of(write, ["currency,rate", "EUR,1", "USD,1.0"], "EUR")
    text = units_of(write, f"ann,1,2024-01-05,{amount},USD", rates=rates)
    assert text == exactly(Decimal(amount), Decimal(1))


def test_neither_the_order_of_rows_nor_threads_change_an_answer(write):
    start, random = date(2023, 12, 1), Random(5)  # noqa: S311 - no secret
    named = ("EUR", "USD", "")
    rows = [
        f"c{n % 37},{n},{start + timedelta(n % 120)},{n % 97}.{n % 89:02},{named[n % 3]}"
        for n in range(2_000)
    ]
    mixed, lines = random.sample(rows, len(rows)), [EURO[0], *random.sample(EURO[1:], 3)]
    results = [
        run(write([HEADER, *these], name), settings=Settings(rates=rates, threads=threads))
        for these, name, threads, rates in (
            (rows, "a.csv", 1, rates_of(write)),
            (mixed, "b.csv", 4, rates_of(write, lines)),
        )
    ]
    one, other = results
    assert one.frame.equals(other.frame)
    assert one.ledger.as_data() == other.ledger.as_data()
    assert one.ledger["other_currency"]


# The table ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([*EURO, ",2,2024-01-01"], r"row 4 of rates.csv, column 'currency': no currency"),
        ([*EURO, "GBP,,2024-01-01"], r"row 4 of rates.csv, column 'rate': no rate above 0"),
        ([*EURO, "GBP,CANARY,"], r"row 4 of rates.csv, column 'rate': no rate above 0"),
        ([*EURO, "GBP,0,"], r"row 4 of rates.csv, column 'rate'"),
        ([*EURO, "GBP,-1.5,"], r"row 4 of rates.csv, column 'rate'"),
        ([*EURO, "GBP,inf,"], r"row 4 of rates.csv, column 'rate'"),
        ([*EURO, "GBP,1e13,"], r"row 4 of rates.csv, column 'rate'"),
        ([*EURO, "GBP,1.2,CANARY"], r"row 4 of rates.csv, column 'from_on': no date"),
        ([*EURO, ",,", "GBP"], r"row 5 of rates.csv cannot be read \(wrong_cell_count\)"),
        ([*EURO, "USD,0.94,2024-02-01"], r"row 3 of .* and row 4 of .* two rates of one currency"),
        (["currency,rate", "EUR,1", "€,1.1"], "two rates of one currency for one day"),
        (["currency,rate"], r"rates\.csv: there is no rate in it"),
        (["currency,price", "EUR,1"], "no column was recognised as rate"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_read_is_refused_by_file_and_row(write, lines, message):
    with pytest.raises(InputError, match=message) as caught:
        rates_of(write, lines)
    assert str(caught.value).startswith("rates: ")
    assert caught.value.hint
    assert "CANARY" not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize("rows", [["USD,0.92", "CHF,0.9"], ["EUR,1", "BAM,1.0", "USD,2"]])
def test_a_table_that_does_not_tell_what_to_convert_into_is_asked_about(write, rows):
    with pytest.raises(AmbiguousInputError, match=r"rates\.csv: .* does not tell what to convert"):
        rates_of(write, ["currency,rate", *rows])
    assert rates_of(write, ["currency,rate", *rows], "eur").target_currency == "EUR"


@pytest.mark.parametrize("rows", [["EUR,1", "USD,0.92"], ["GBP,1.2", "EUR,1"]])
def test_a_table_into_another_currency_than_asked_for_is_refused(write, rows):
    for into in ("USD", "GBP"):
        with pytest.raises(InputError, match=r"rates\.csv: .* not into the currency") as caught:
            rates_of(write, ["currency,rate", *rows], into)
        assert "They are into EUR." in caught.value.hint


def test_the_same_rate_given_twice_and_blank_rows_do_no_harm(write):
    assert rates_of(write, [*EURO, ",,", "", *EURO[1:]]) == rates_of(write)


def test_a_table_may_be_written_otherwise_than_the_export(write):
    lines = ["Ccy;FX rate;Date", "EUR;1,0;", "USD;0,92;01.01.2024", "USD;0,93;13.02.2024"]
    rates = rates_of(write, lines, date_format="%d.%m.%Y")
    assert rates.rows[1] == Rate("USD", (date(2024, 2, 13) - EPOCH).days, Decimal("0.93"))


def test_columns_of_the_table_can_be_named(write):
    rates = rates_of(
        write, ["a,b", "EUR,1", "USD,2"], columns={"rates.currency": "a", "rates.rate": "b"}
    )
    assert rates.currency_codes == ("EUR", "USD")


def test_a_rate_that_reads_with_point_and_comma_is_asked_about(write):
    with pytest.raises(AmbiguousInputError, match=r"rates\.csv: numbers like 1\.234"):
        rates_of(write, ["currency,rate", "EUR,1", "GBP,1.172"])


def test_rates_and_a_currency_to_pick_are_not_both_followed(write):
    path = write([HEADER, "ann,1,2024-01-05,10,EUR"])
    with pytest.raises(UsageError, match="both given"):
        ledger_of(path, rates_of(write), currency="EUR")


def test_rates_for_an_export_that_names_no_currency_are_refused(write):
    path = write(["customer_id,ordered_at,amount", "ann,2024-01-05,10"])
    with pytest.raises(InputError, match="--rates is given, but no column"):
        ledger_of(path, rates_of(write))


# The command line --------------------------------------------------------------------------------

SHOP = f"{HEADER}\nann,1,2024-01-05,10,USD\nbob,2,2024-01-05,10,EUR\ncleo,3,2024-01-05,1,CHF\n"


@pytest.fixture
def files(tmp_path):
    table = "".join(f"{line}\n" for line in EURO)
    return written(tmp_path / "shop.csv", SHOP), written(tmp_path / "rates.csv", table)


def test_run_converts_and_says_so(files):
    shop, rates = files
    summary = json.loads(rfmtool("run", shop, "--rates", rates, "--format", "json").stdout)
    assert summary["revenue"] == "19.2"
    assert summary["reading"]["rates"] == {
        "into": "EUR",
        "currencies": ["EUR", "USD"],
        "lacking": ["CHF"],
    }
    report = rfmtool("run", shop, "--rates", rates).stdout
    assert "converted into EUR with the rates of USD" in " ".join(report.split())


def test_check_says_how_money_is_converted(files):
    shop, rates = files
    seen = rfmtool("check", shop, "--rates", rates)
    assert seen.exit_code == 0
    words = " ".join(seen.stdout.split())
    assert (
        "19.20 net (converted into EUR with the rates of USD; no rate on some days: CHF)" in words
    )


def test_every_question_converts(files):
    shop, rates = files
    for command in ("score", "concentration", "cohorts", "timeline"):
        assert rfmtool(command, shop, "--rates", rates).exit_code == 0


def test_a_table_is_never_written_over_nor_stdin_read_twice(files):
    shop, rates = files
    for command in ("score", "repeat"):
        refused = rfmtool(command, shop, "--rates", rates, "-o", rates)
        assert refused.exit_code == 2
        assert "would be replaced" in refused.stderr
    assert "stdin is named twice" in rfmtool("score", "-", "--rates", "-").stderr
    assert "the name is empty" in rfmtool("score", shop, "--rates", "").stderr


def test_a_bad_table_ends_in_2(files, tmp_path):
    bad = written(tmp_path / "bad.csv", "currency,rate\nEUR,1\nUSD,none\n")
    refused = rfmtool("score", files[0], "--rates", bad)
    assert refused.exit_code == 2
    assert "row 2 of bad.csv, column 'rate'" in refused.stderr
