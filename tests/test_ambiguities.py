"""Money is never counted twice: order totals on every row, and exports that overlap."""

import json
import random
from datetime import date

import pandas as pd
import pytest
from shell import rfmtool as rfmtool_command

import rfmtool
from rfmtool.errors import AmbiguousInputError
from rfmtool.grouping.read import read_export
from rfmtool.settings import Settings

HEADERS = {
    "plain": "customer_id,order_id,ordered_at,amount",
    "with categories": "customer_id,order_id,ordered_at,amount,category",
}


def row(customer, order, amount, day="2024-01-05", category="tea"):
    return f"{customer},{order},{day},{amount},{category}"


def shop(write, rows, kind="plain", name="export.csv"):
    cut = None if kind == "with categories" else -1
    lines = [",".join(row.split(",")[:cut]) for row in rows]
    return write([HEADERS[kind], *lines], name)


def totals(count=20, rows=3):
    """Orders whose total stands on every row; each customer has one."""
    return [
        row(f"c{order}", order, order + 10, category=f"k{place}")
        for order in range(count)
        for place in range(rows)
    ]


def revenue(path, **settings):
    result = rfmtool.run(path, settings=Settings(**settings))
    assert sum(result.frame["monetary"]) == result.ledger.used_units
    return result.ledger.used_units / 10_000


TOTAL = sum(order + 10 for order in range(20))


@pytest.mark.parametrize("kind", HEADERS)
def test_totals_repeated_on_every_row_are_asked_about(write, kind):
    path = shop(write, totals(), kind)

    with pytest.raises(AmbiguousInputError, match=r"20 of 20 .* 'amount'.*--amount-per"):
        read_export(path)
    assert revenue(path, amount_per="order") == TOTAL
    assert revenue(path, amount_per="line") == 3 * TOTAL


def test_a_column_of_kinds_of_anything_is_judged_by_as_many_rows_in_any_format(tmp_path):
    kinds = ["Venta", "Devolución"] * 2500 + ["Traspaso"] * 20
    places = range(len(kinds))
    frame = pd.DataFrame({"cliente": [f"c{place % 50}" for place in places], "pedido": places})
    frame = frame.assign(fecha="2024-01-05", total="5", tipo=kinds)
    frame.to_csv(tmp_path / "all.csv", index=False)
    frame.to_parquet(tmp_path / "all.parquet", index=False)

    for path in tmp_path.iterdir():
        assert "type" not in rfmtool.run(path).summary["columns"]


def test_totals_are_asked_about_beside_refunds_too_and_count_once_wherever_a_refund_stands(write):
    lines = [f"{line},{'3' * (place % 3 == 0)}" for place, line in enumerate(totals())]
    path = write(["customer_id,order_id,ordered_at,amount,category,refunded_amount", *lines])

    with pytest.raises(AmbiguousInputError, match="20 of 20"):
        read_export(path)
    assert revenue(path, amount_per="order") == TOTAL - 20 * 3


def test_equal_refunds_of_two_days_are_two_where_totals_count_once(write):
    days = ("2024-01-05", "2024-01-07", "2024-01-09")
    amounts = (30, -4, -4)
    path = shop(write, [row("c", 1, money, day) for day, money in zip(days, amounts, strict=True)])

    assert revenue(path, amount_per="order") == 30 - 4 - 4


def test_costs_are_those_of_each_row_where_totals_count_once(write):
    rows = [f"c,1,2024-01-05,{total},tea,{cost}" for total, cost in ((30, 4), (30, 5), (30, 5))]
    path = write(["customer_id,order_id,ordered_at,amount,category,cost", *rows])

    result = rfmtool.run(path, settings=Settings(amount_per="order"))

    assert result.summary["margins"]["orders"][0]["margin"] == "16"


@pytest.mark.parametrize("kind", HEADERS)
@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_decides_nothing(write, kind, seed):
    rows = totals()
    random.Random(seed).shuffle(rows)  # noqa: S311 - any order will do
    path = shop(write, rows, kind)

    with pytest.raises(AmbiguousInputError, match="20 of 20"):
        read_export(path)
    assert revenue(path, amount_per="order") == TOTAL


@pytest.mark.parametrize(
    "rows",
    [
        totals(19),
        totals(20, rows=1),
        [row("c", order, 0) for order in range(30) for _ in range(2)],
        totals(40) + [row(f"d{n}", f"d{n}", n + place) for n in range(5) for place in (1, 2)],
        totals(20, rows=1) + [row(f"c{n}", n, 0) for n in range(20)],
    ],
    ids=["too few", "one row each", "worth nothing", "too many others", "on the first row only"],
)
def test_other_exports_are_not_asked_about(write, rows):
    assert read_export(shop(write, rows)).ledger.rejected == 0


def test_quantities_and_prices_are_of_a_line(write):
    rows = [f"c{n},{n},2024-01-05,1,9.99" for n in range(30) for _ in range(2)]

    assert (
        read_export(write(["customer_id,order_id,ordered_at,qty,price", *rows])).ledger["used"]
        == 60
    )


def test_an_order_of_several_amounts_counts_each_once(write):
    rows = [row("ann", 1, 50), row("ann", 1, 50), row("ann", 1, 8), row("ann", 2, 50),
            row("ann", 1, -8), row("ann", 1, -8)]  # fmt: skip

    assert revenue(shop(write, rows), amount_per="order") == 100


def test_an_order_on_several_days_keeps_the_first(write):
    rows = [row("ann", 1, 50, "2024-03-05"), row("ann", 1, 50, "2024-01-31")]
    result = rfmtool.run(shop(write, rows), settings=Settings(amount_per="order"))

    assert result.frame["last_order_on"].dt.date.astype(str).tolist() == ["2024-01-31"]


def test_orders_that_are_no_sale_do_not_come_back(write):
    rows = ["ann,1,2024-01-05,50,paid", "ann,1,2024-01-05,50,paid", "bob,2,2024-01-05,9,void",
            "bob,2,2024-01-05,9,"]  # fmt: skip
    path = write(["customer_id,order_id,ordered_at,amount,status", *rows])

    ledger = read_export(path, settings=Settings(amount_per="order")).ledger

    assert (ledger["used"], ledger["not_a_sale"], ledger.used_units) == (2, 2, 500_000)


def test_a_total_on_every_row_of_an_order_without_a_customer_is_money_once_too(write):
    rows = [row("ann", "1", "30"), row("ann", "1", "30"), row("", "2", "50"), row("", "2", "50")]
    path = shop(write, [*rows, row("bob", "3", "20"), row("", "2", "50")])

    ledger = read_export(path, settings=Settings(amount_per="order")).ledger

    assert (ledger.used_units, ledger.anonymous_units) == (500_000, 500_000)


def test_a_total_on_every_row_of_an_order_is_money_of_its_status_once(write):
    rows = ["ann,1,2024-01-05,50,paid", "bob,2,2024-01-05,9,void", "ann,1,2024-01-05,50,paid",
            ",3,2024-01-05,7,", "bob,2,2024-01-05,9,void", ",3,2024-01-05,7,"]  # fmt: skip
    path = write(["customer_id,order_id,ordered_at,amount,status", *rows])

    ledger = read_export(path, settings=Settings(amount_per="order")).ledger

    found = {word: (held.rows, held.net_units) for (_, word, _), held in ledger.statuses.items()}
    assert found == {"paid": (2, 500_000), "void": (2, 90_000), "": (2, 70_000)}


def test_real_shops_pass_unasked(real_data):
    superstore = next(real_data("superstore").glob("*.csv"))

    assert read_export(superstore).ledger["used"] == 9_994


# Files that overlap ------------------------------------------------------------------------------

JANUARY = [row(f"c{n}", n, amount) for n in range(30) for amount in (5, 6)]
FEBRUARY = [row(f"c{n}", 100 + n, 7, "2024-02-05") for n in range(30)]


def two(write, first, second, kind="plain"):
    shop(write, first, kind, "all/1.csv")
    return shop(write, second, kind, "all/2.csv").parent


@pytest.mark.long
@pytest.mark.parametrize("kind", HEADERS)
def test_orders_that_recur_in_a_second_file_are_asked_about(write, kind):
    path = two(write, JANUARY, JANUARY[:10] + FEBRUARY, kind)

    with pytest.raises(AmbiguousInputError, match=r"5 of 60 orders .*--overlap keep-one"):
        read_export(path)
    assert revenue(path, overlap="keep-one") == 30 * 11 + 30 * 7
    assert revenue(path, overlap="sum") == 35 * 11 + 30 * 7
    result = rfmtool.run(path, settings=Settings(overlap="keep-one"))
    assert result.summary["ledger"]["overlap"] == 5
    assert result.ledger["used"] == len(JANUARY) + 10 + len(FEBRUARY)
    assert set(result.frame["frequency"]) == {2}


def test_orders_of_one_row_that_recur_are_asked_about_as_such_and_not_as_totals(write):
    path = two(write, JANUARY[::2], JANUARY[::2])

    with pytest.raises(AmbiguousInputError, match=r"30 of 30 orders .*--overlap keep-one"):
        read_export(path)
    assert revenue(path, overlap="keep-one") == 30 * 5


def test_rows_in_another_order_recur_all_the_same(write):
    path = two(write, JANUARY, JANUARY[:10][::-1])

    with pytest.raises(AmbiguousInputError, match="5 of 30 orders"):
        read_export(path)
    assert revenue(path, overlap="keep-one") == 30 * 11


def test_an_order_whose_rows_are_dealt_over_files_does_not_recur(write):
    path = two(write, JANUARY[::2], JANUARY[1::2])

    assert read_export(path).ledger.overlap.orders == 0
    assert revenue(path, overlap="keep-one") == 30 * 11


def test_a_copy_of_one_part_recurs_beside_a_later_refund(write):
    shop(write, [row("ann", 1, 50)], name="all/1.csv")
    shop(write, [row("ann", 1, 50)], name="all/3.csv")
    path = shop(write, [row("ann", 1, -20, "2024-02-05")], name="all/2.csv").parent

    assert revenue(path, overlap="keep-one") == 30
    with pytest.raises(AmbiguousInputError, match="1 of 1 orders"):
        read_export(path)


def test_the_same_number_and_money_on_another_day_is_another_order(write):
    path = two(write, JANUARY, [line.replace("2024-01-05", "2025-01-05") for line in JANUARY])

    assert read_export(path).ledger.overlap.orders == 0
    assert revenue(path, overlap="keep-one") == 2 * 30 * 11


def test_few_that_recur_are_counted_and_pass(write):
    many = [row(f"c{n}", n, 5) for n in range(1_100)]
    path = two(write, many, many[:1])

    ledger = read_export(path).ledger

    assert (ledger.overlap.orders, ledger["used"]) == (1, 1_101)


def test_without_order_ids_a_customers_day_recurs(write):
    rows = ["customer_id,ordered_at,amount", *[f"c{n},2024-01-05,{n}" for n in range(1, 9)]]
    write(rows, "all/1.csv")
    path = write(rows, "all/2.csv").parent

    with pytest.raises(AmbiguousInputError, match="8 of 8 orders"):
        read_export(path)


def test_both_at_once_count_once(write):
    path = two(write, totals(), totals())

    assert revenue(path, amount_per="order", overlap="keep-one") == TOTAL
    assert revenue(path, amount_per="order", overlap="sum") == TOTAL


@pytest.mark.parametrize("kind", HEADERS)
def test_orders_without_a_customer_count_once_too(write, kind):
    nobody = [row("", "x1", 40), row(" ", "x1", 2), row("", "x2", 7), row("", "", 3)]
    path = two(write, [*JANUARY, *nobody], [*JANUARY[:10], *nobody[::-1], row("", "x9", 5)], kind)

    result = rfmtool.run(path, settings=Settings(overlap="keep-one"))

    ledger = result.ledger
    assert ledger.anonymous_units == (40 + 2 + 7 + 3 + 5) * 10_000
    assert (ledger["used"], ledger["anonymous"], ledger.rows) == (70, 9, 79)
    assert (
        "8 orders recur in another file with the same rows (14 rows): each counts once."
        in (result.summary["warnings"])
    )
    summed = read_export(path, settings=Settings(overlap="sum")).ledger
    assert summed.anonymous_units == (2 * (40 + 2 + 7 + 3) + 5) * 10_000


def test_only_orders_without_a_customer_recur_and_only_those_asked_for_count(write):
    nobody = [row("", "x1", 40), row("", "x2", 7, "2024-02-05")]
    path = two(write, [row("ann", 1, 5), *nobody], [row("bob", 2, 6), *nobody])

    settings = Settings(overlap="keep-one", since=date(2024, 2, 1))
    assert (
        read_export(path, settings=Settings(overlap="keep-one")).ledger.anonymous_units == 470_000
    )
    assert read_export(path, settings=settings).ledger.anonymous_units == 70_000


def test_few_that_count_again_are_said(write):
    many = [row(f"c{n}", n, 5) for n in range(1_100)]
    warnings = rfmtool.run(two(write, many, many[:1])).summary["warnings"]

    assert any("1 order recurs in another file" in text and "counts again" in text
               for text in warnings)  # fmt: skip


@pytest.mark.parametrize("kind", HEADERS)
def test_in_one_file_or_of_rows_that_are_orders_nothing_recurs(write, kind):
    assert revenue(shop(write, JANUARY, kind), overlap="keep-one") == 30 * 11
    path = two(write, JANUARY, JANUARY, kind)
    assert revenue(path, overlap="keep-one", order_per_row=True) == 2 * 30 * 11


def test_rows_that_are_orders_of_their_own_never_recur(write):
    path = two(write, JANUARY, JANUARY)

    assert read_export(path, settings=Settings(order_per_row=True)).ledger["used"] == 120


def test_check_shows_what_it_saw_before_it_asks(write):
    for words in ([], ["--format", "json"]):
        result = rfmtool_command("check", shop(write, totals()), *words)

        assert result.exit_code == 2
        assert "--amount-per" in result.stderr
        assert "2024-01-05" in result.stdout
        assert "60" in result.stdout
    assert json.loads(result.stdout)["error"].startswith("export.csv: 20 of 20 orders")
    dates = write(["customer,date,amount", "ann,01/02/2024,5"], "dates.csv")
    assert "dates.csv, 1 row," in rfmtool_command("check", dates).stdout
    assert rfmtool_command("check", dates, "--quiet").stdout == ""


@pytest.mark.parametrize(
    ("refunds", "repeated"),
    [
        (("30", "30", "30"), 2),  # an order's, on each of its rows
        (("10", "10", ""), 0),  # those of two rows
        (("30", "", ""), 0),  # an order's, said once
    ],
)
def test_an_orders_refund_that_is_said_on_each_of_its_rows_is_told_of(refunds, repeated):
    table = pd.DataFrame(
        {
            "customer_id": "ann",
            "order_id": "o1",
            "ordered_at": "2024-01-31",
            "amount": "10",
            "refunded": refunds,
        }
    )
    result = rfmtool.run(table, columns={"refunded": "refunded"})

    assert result.ledger.repeated_refunds == repeated
    told = [text for text in result.summary["warnings"] if "the same refund again" in text]
    assert len(told) == (repeated > 0)
