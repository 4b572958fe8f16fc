"""Where it is refused to guess: money in several currencies, repeated totals, overlapping files."""

import pytest
from shell import SHOP, written

from rfmtool.engines import OrderCounts
from rfmtool.errors import AmbiguousInputError, InputError
from rfmtool.grouping.ambiguities import check_amounts, check_currency, check_overlap
from rfmtool.sources import Asked, open_export
from rfmtool.sources.layout import LineOptions
from rfmtool.sources.ledger import Ledger, Overlap


@pytest.fixture
def export(tmp_path):
    return open_export(str(written(tmp_path / "shop.csv", SHOP)), Asked())


def seen(*currencies, overlap=0):
    ledger = Ledger()
    ledger.currencies |= frozenset(currencies)
    ledger.overlap = Overlap(overlap)
    return ledger


@pytest.mark.parametrize(("of_rows", "alike"), [(19, 19), (100, 94)], ids=["few", "not_all"])
def test_some_orders_may_repeat_one_amount_on_all_rows(export, of_rows, alike):
    check_amounts(
        export, OrderCounts(orders=200, multi_row_orders=of_rows, repeated_amount_orders=alike)
    )


def test_nearly_all_orders_may_not(export):
    with pytest.raises(AmbiguousInputError, match="95 of 100 orders with several rows"):
        check_amounts(
            export, OrderCounts(orders=200, multi_row_orders=100, repeated_amount_orders=95)
        )


def test_one_order_in_a_thousand_may_recur_in_another_file_and_no_more(export):
    check_overlap(export, seen(overlap=2), 2_000)
    with pytest.raises(AmbiguousInputError, match="3 of 2,000 orders stand in more than one file"):
        check_overlap(export, seen(overlap=3), 2_000)


def test_two_currencies_are_refused_unless_one_is_picked(export):
    check_currency(export, seen("EUR"), LineOptions())
    with pytest.raises(AmbiguousInputError, match="money in 2 currencies, EUR, USD"):
        check_currency(export, seen("EUR", "USD"), LineOptions())


def test_only_eight_currencies_are_named_and_the_others_counted(export):
    known = ("AUD", "CAD", "CHF", "DKK", "EUR", "GBP", "JPY", "NOK", "SEK")
    with pytest.raises(AmbiguousInputError, match=r"in 10 currencies, AUD.* NOK, 2 more"):
        check_currency(export, seen(*known, "hello"), LineOptions())


def test_currencies_that_nobody_knows_are_counted_and_not_named(export):
    with pytest.raises(
        AmbiguousInputError, match="in 2 currencies, none of them a known"
    ) as raised:
        check_currency(export, seen("hello", "you"), LineOptions())
    assert "hello" not in str(raised.value)


def test_a_currency_cannot_be_picked_where_nothing_tells_it(export):
    with pytest.raises(InputError, match="--currency is given, but no column"):
        check_currency(export, seen(), LineOptions(currency="EUR"))
