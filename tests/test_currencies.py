"""Money in several currencies is never added up: signs, codes, and columns of them."""

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

import rfmtool
from rfmtool.errors import AmbiguousInputError, InputError
from rfmtool.settings import Settings
from rfmtool.sources.cells import currencies
from rfmtool.sources.synonyms import is_in_cents


def shop(write, *amounts, header="customer_id;order_id;ordered_at;amount"):
    rows = [f"c{place};o{place};2024-01-31;{amount}" for place, amount in enumerate(amounts)]
    return write([header, *rows])


def ledger(path, currency=None):
    result = rfmtool.run(path, settings=Settings(currency=currency), max_rejects="50%")
    return result.ledger


def meaning(mark):
    return currencies.to_currency_codes(pa.array([mark]))[0].as_py()


@pytest.mark.parametrize(
    ("mark", "currency"),
    [("€", "EUR"), ("eur", "EUR"), ("US$", "USD"), ("zł", "PLN"), ("Kč", "CZK"), ("kr", "KR"),
     ("$", "$"), ("Rs", "INR"), ("Rp", "IDR"), ("RM", "MYR"), ("S/", "PEN"),
     ("руб", "РУБ"),  # noqa: RUF001 - in its own letters
     ("руб.", "РУБ"), ("kr.", "KR"), ("S/.", "PEN"),  # noqa: RUF001 - as above
     ("р.", "РУБ"), ("лв.", "BGN"), ("Fr.", "CHF"), ("đ", "VND"),  # noqa: RUF001 - as above
     ("US $", "USD"), ("CLP$", "CLP"), ("Dhs.", "DH"), ("AED", "AED"), ("euros", "EUR"),
     ("PCS", None), ("%", None)],
)  # fmt: skip
def test_signs_and_codes_mean_their_currency_and_words_none(mark, currency):
    assert meaning(mark) == currency


@pytest.mark.parametrize(
    "amounts",
    [("$5", "€7"), ("5 USD", "7 EUR"), ("£5", "7 kr"), ("$5", "7,00 €"), ("US$5", "A$7"),
     ("usd 5", "7 zł"), ("Rs.500", "kr.700")],
)  # fmt: skip
def test_two_currencies_in_one_amount_column_are_refused(write, amounts):
    with pytest.raises(AmbiguousInputError, match="money in 2 currencies"):
        ledger(shop(write, *amounts))


@pytest.mark.parametrize(
    "amounts",
    [("$5", "7"), ("$5", "USD 7"), ("$5 USD", "7 USD"), ("€5", "7 EUR"), ("5 Kr", "7 SEK"),
     ("Fr. 5", "7 CHF"), ("5 Dhs.", "AED 7"),
     ("5 р.", "7 руб.")],  # noqa: RUF001 - in its own letters
)  # fmt: skip
def test_one_currency_written_in_two_ways_is_one(write, amounts):
    assert ledger(shop(write, *amounts)).used_units == 120_000


@pytest.mark.parametrize("amount", ["5 PCS", "5%", "€5 USD", "5 EUR USD", "ABC 5", "$5 EUR"])
def test_what_is_no_single_currency_is_no_money(write, amount):
    assert ledger(shop(write, "5", "6", amount))["bad_amount"] == 1


@pytest.mark.parametrize(
    ("currency", "used", "units"),
    [("EUR", 3, 120_000), ("€", 3, 120_000), ("usd", 2, 110_000), ("GBP", 1, 30_000)],
)
def test_the_currency_picked_takes_its_own_signs_and_what_has_none(write, currency, used, units):
    found = ledger(shop(write, "€7", "2 EUR", "$8", "3"), currency)

    assert found["used"] == used
    assert found["other_currency"] == 4 - used
    assert found.used_units == units


def test_rows_of_one_order_in_two_currencies_part(write):
    rows = ["ann,1,2024-01-31,€5", "ann,1,2024-01-31,$6", "ann,1,2024-01-31,€7"]
    path = write(["customer_id,order_id,ordered_at,amount", *rows])

    found = ledger(path, "EUR")

    assert (found["used"], found["other_currency"], found.used_units) == (2, 1, 120_000)


def test_a_column_and_a_sign_that_contradict_are_two_currencies(write):
    rows = ["ann,1,2024-01-31,$5,USD", "bob,2,2024-01-31,€6,USD"]
    path = write(["customer_id,order_id,ordered_at,amount,currency", *rows])

    with pytest.raises(AmbiguousInputError, match="EUR, USD"):
        ledger(path)
    assert ledger(path, "USD").used_units == 50_000


def test_bins_that_come_before_keep_their_rows(write):
    rows = [",1,2024-01-31,$5", "bob,2,never,$6", "ann,3,2024-01-31,€7", "ann,4,2024-01-31,€1"]
    path = write(["customer_id,order_id,ordered_at,amount", *rows])

    found = ledger(path, "EUR")

    assert (found["anonymous"], found["bad_date"], found["other_currency"]) == (1, 1, 0)
    assert found.anonymous_units == 0


def test_another_currency_comes_before_a_day_that_is_not_asked_for(write):
    rows = ["ann,1,2024-01-31,€7", "ann,2,2023-01-31,$5", "bob,3,2025-01-31,$5"]
    path = write(["customer_id,order_id,ordered_at,amount", *rows])
    days = {"since": date(2024, 1, 1), "as_of": date(2024, 12, 31)}

    found = rfmtool.run(path, settings=Settings(currency="EUR", **days)).ledger

    assert found.as_data()["excluded"] == {"other_currency": 2}


def test_a_currency_of_rows_that_cannot_be_read_does_not_count(write):
    rows = ["ann,2024-01-31,1,€7", "ann,2024-01-31,some,$5"]
    path = write(["customer_id,ordered_at,quantity,price", *rows])

    assert ledger(path)["bad_quantity"] == 1


def test_anonymous_money_in_another_currency_or_no_sale_is_not_added_up(write):
    rows = [",2024-01-31,5,USD,paid", ",2024-01-31,6,EUR,void", ",2024-01-31,7,EUR,paid"]
    path = write(["customer_id,ordered_at,amount,currency,status", *rows, "a,2024-01-31,1,EUR,"])

    assert ledger(path, "EUR").anonymous_units == 70_000


def test_a_currency_asked_for_that_nothing_names_is_refused(write):
    with pytest.raises(InputError, match="no amount has a sign"):
        ledger(shop(write, "5", "6"), "EUR")


def test_signs_beside_prices_count_too(write):
    rows = ["ann;2024-01-31;2;$1.50", "bob;2024-01-31;2;€1.50"]
    path = write(["customer;date;qty;price", *rows])

    with pytest.raises(AmbiguousInputError, match=r"\$, EUR"):
        ledger(path)
    frame = rfmtool.run(path, settings=Settings(currency="EUR")).customers
    assert Decimal(str(frame["monetary"].sum())) == 3


@pytest.mark.parametrize(
    "name",
    ["amount_cents", "totalcents", "totalInCents", "Total (cents)", "Betrag in Cent",
     "montant en centimes", "price_pence", "grand_total_minor", "Kwota w groszach",
     "金额\uff08分\uff09"],
)  # fmt: skip
def test_money_in_cents_by_its_name_is_read_as_such(write, name):
    path = shop(write, "1250", "333.3", "-40", header=f"customer_id;order_id;ordered_at;{name}")
    result = rfmtool.run(path)
    assert result.ledger.used_units == 125_000 + 33_330 - 4_000
    assert any(f"{name!r} is in cents" in notice for notice in result.grouped.export.notices)


def test_refunds_and_costs_are_in_cents_where_their_own_names_say_so(write):
    rows = ["c1;2024-01-31;12.50;250;400", "c2;2024-01-31;3;0;100"]
    path = write(["customer_id;ordered_at;amount;r_cents;c_cents", *rows])
    result = rfmtool.run(path, columns={"refunded": "r_cents", "cost": "c_cents"})
    assert result.ledger.used_units == 130_000
    assert result.grouped.table["cost"].to_pylist() == [40_000, 10_000]


@pytest.mark.parametrize(
    "name", ["discount_percent", "Amount Percent", "积分", "amount", "Spent recent", "Per cent"]
)
def test_names_that_only_end_like_cents_are_not(name):
    assert not is_in_cents(name)


def test_amounts_in_cents_beside_refunds_that_are_not_by_their_name_are_asked_about(write):
    path = write(["customer_id;ordered_at;amount_cents;refunded", "c1;2024-01-31;1250;250"])
    with pytest.raises(AmbiguousInputError, match="'amount_cents' is in cents, and 'refunded' is"):
        ledger(path)
    result = rfmtool.run(path, columns={"refunded": "refunded"})
    assert result.ledger.used_units == 125_000 - 2_500_000


def test_cents_of_a_currency_without_them_are_refused(write):
    path = shop(write, "5 JPY", header="customer_id;order_id;ordered_at;amount_cents")
    with pytest.raises(InputError, match="money is in cents, which there are none of in JPY"):
        ledger(path)


def test_files_in_cents_and_files_in_whole_units_are_not_added_up(write):
    row = "c1;2024-01-31;500"
    files = [write(["customer_id;ordered_at;amount", row], "whole.csv"),
             write(["customer_id;ordered_at;amount_cents", row], "cents.csv")]  # fmt: skip
    with pytest.raises(AmbiguousInputError, match="only some have money in cents"):
        rfmtool.run(files)
