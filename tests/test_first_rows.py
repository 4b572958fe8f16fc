"""Orders whose day, buyer and the like stand on their first row alone."""

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import rfmtool
from rfmtool.errors import LimitError
from rfmtool.summaries.export_warnings import reading_notices

PRICED = "order_id,ordered_at,customer_id,product,quantity,unit_price"
PAID = "order_id,ordered_at,customer_id,product,amount"
CARRIED = "carried down"


def ledger(path, **options):
    """How many rows are used, the money, the customers, and whether something is carried down."""
    found = rfmtool.run(path, **options).grouped
    notices = reading_notices(found)
    return (found.ledger["used"], found.ledger.used_units // 10_000, len(found.table),
            any(CARRIED in one for one in notices))  # fmt: skip


@pytest.mark.parametrize(
    "rows",
    [
        [PRICED, "1,2024-01-05,ann,desk,2,100", "1,,,chair,1,150", "2,2024-01-06,bob,lamp,1,80"],
        [PRICED, "1,2024-01-05,ann,desk,2,100", ",,,chair,1,150", "2,2024-01-06,bob,lamp,1,80"],
        [PAID, "1,2024-01-05,ann,desk,350", "1,,,chair,", "2,2024-01-06,bob,lamp,80"],
        [PAID, "1,2024-01-05,ann,desk,350", ",,,chair,", "2,2024-01-06,bob,lamp,80"],
        [PAID, "1,2024-01-05,ann,desk,200", "1,,,chair,150", "2,2024-01-06,bob,lamp,80"],
    ],
)
def test_rows_that_go_on_with_an_order_are_of_it(write, rows):
    assert ledger(write(rows)) == (3, 430, 2, True)


def test_an_order_goes_on_in_the_next_block_and_in_a_frame(write):
    more = ",,,a lamp to go with it,1,3"
    rows = [line for n in range(40_000) for line in (f"{n},2024-01-05,c{n},desk,1,2", more)]
    path = write([PRICED, *rows])

    expected = (80_000, 200_000, 40_000, True)
    assert ledger(path) == ledger(pd.read_csv(path, dtype=str)) == expected


NUMBERED_ONCE = [
    row for hour in range(10, 20)
    for row in (f"{hour},2024-01-05 {hour}:00,ann,desk,1,2", f",2024-01-05 {hour}:00,ann,chair,1,3")
]  # fmt: skip


def test_an_order_whose_number_alone_stands_on_its_first_row_is_one(write):
    path = write([PRICED, *NUMBERED_ONCE])

    for source in (path, pd.read_csv(path, dtype=str)):
        assert ledger(source) == (20, 50, 1, True)
        assert rfmtool.run(source).summary["orders"] == 10


def test_few_rows_without_a_number_are_orders_without_any(write):
    assert rfmtool.run(write([PRICED, *NUMBERED_ONCE[:8]])).summary["orders"] == 5


def test_the_first_chunk_of_a_frame_may_be_one_row(write):
    path = write([PRICED, *NUMBERED_ONCE])
    table = pa.Table.from_pandas(pd.read_csv(path, dtype=str))
    chunks = pa.concat_tables([table.slice(0, 1), table.slice(1)])

    assert rfmtool.run(chunks).summary["orders"] == rfmtool.run(path).summary["orders"] == 10


def test_guests_do_not_hide_that_the_number_of_an_order_stands_on_its_first_row(write):
    guests = ["3,2024-01-06 10:00,,desk,1,2", ",2024-01-06 10:00,,chair,1,3"]

    assert rfmtool.run(write([PRICED, *NUMBERED_ONCE, *guests * 9])).summary["orders"] == 10


def test_rows_without_a_number_are_orders_of_their_day_where_others_of_it_have_none_either(write):
    rows = ["1,2024-01-05,ann,desk,1,2", ",2024-01-05,ann,chair,1,3", ",2024-01-06,bob,chair,1,3",
            ",2024-01-07,bob,chair,1,3"]  # fmt: skip
    path = write([PRICED, *rows])

    assert ledger(path) == (4, 11, 2, False)
    assert rfmtool.run(path).summary["orders"] == 4


@pytest.mark.parametrize("kind", [pa.decimal128(3, 1), pa.float32(), pa.int16(), pa.large_string()])
def test_an_amount_of_any_type_is_nothing_on_later_rows(tmp_path, kind):
    table = pa.table({"order_id": [1, 1], "ordered_at": ["2024-01-05", None],
                      "customer_id": ["ann", None],
                      "amount": pa.array(["20", None]).cast(kind)})  # fmt: skip
    pq.write_table(table, tmp_path / "shop.parquet")

    assert ledger(tmp_path / "shop.parquet") == (2, 20, 1, True)


@pytest.mark.parametrize("day", ["Payment Date", "paid at"])
def test_what_has_no_day_of_payment_is_not_paid(write, day):
    path = write([f"invoice,{day},customer,amount", "1,2024-01-05,ann,50", "1,,ann,50"])

    assert ledger(path, max_rejects=1) == (1, 50, 1, False)


def test_a_guest_stays_one_on_all_rows(write):
    rows = [
        "1,2024-01-05,ann,desk,2,100",
        ",,,chair,1,150",
        "2,2024-01-06,,lamp,1,80",
        ",,,bulb,1,5",
    ]
    found = rfmtool.run(write([PRICED, *rows])).ledger

    assert (found["used"], found["anonymous"], found.anonymous_units) == (2, 2, 850_000)


@pytest.mark.parametrize(
    ("header", "total"),
    [(PRICED, ",,,total,3,"), (PRICED, ",,,,,350"), (PAID, ",,,,350"), (PAID, ",,,total,350")],
)
def test_a_total_is_no_row_of_the_order_above(write, header, total):
    cells = "desk,2,100" if header == PRICED else "desk,200"
    rows = [f"1,2024-01-05,ann,{cells}", total, f"2,2024-01-06,bob,{cells}", total,
            f"3,2024-01-06,cyd,{cells}"]  # fmt: skip
    path = write([header, *rows])

    assert ledger(path, max_rejects=2) == (3, 600, 3, False)
    with pytest.raises(LimitError) as raised:
        rfmtool.run(path)
    assert "fill these cells down" in raised.value.hint


@pytest.mark.parametrize(
    ("below", "total"),
    [(",,", ",,,Total,3,250"), (",,", ",,,,3,250"), (",,", ",,,Summe: 1001,3,250"),
     ("1,,", "1,,,Grand total,3,250"), ("1,,", "1,,,小計,3,250")],
)  # fmt: skip
def test_a_total_with_a_price_is_no_row_of_the_order_either(write, below, total):
    rows = ["1,2024-01-05,ann,desk,2,100", f"{below},Total War,1,50", total]
    path = write([PRICED, *rows, "2,2024-01-06,bob,lamp,1,80"])
    frame = pd.read_csv(path)
    words = pa.table({name: frame[name].astype("category") for name in frame})

    for source in (path, frame, words, pl.read_csv(path)):
        assert ledger(source, max_rejects=1) == (3, 330, 2, True)


@pytest.mark.parametrize("total", ["1,,,Subtotal,350", "1,,,,350"])
def test_nor_is_an_amount_below_the_order_that_is_for_nothing(write, total):
    rows = ["1,2024-01-05,ann,desk,200", "1,,,chair,150", total, "2,2024-01-06,bob,lamp,80"]

    assert ledger(write([PAID, *rows]), max_rejects=1) == (3, 430, 2, True)


def test_empty_rows_stay_blank_and_other_rows_as_they_are(write):
    rows = ["1,2024-01-05,ann,desk,2,100", ",,,chair,1,150", ",,,,,", "2,2024-01-06,bob,lamp,1,80"]
    found = rfmtool.run(write([PRICED, *rows])).ledger
    assert (found["used"], found["blank"]) == (3, 1)


def test_a_few_odd_rows_and_rows_with_a_day_stay_as_they_are(write):
    few = [f"{n},2024-01-05,c{n},desk,1,2" for n in range(200)]
    assert ledger(write([PRICED, *few, ",,,chair,1,150"]), max_rejects=1) == (200, 400, 200, False)

    others = [PAID, "1,2024-01-05,ann,desk,20", "1,,bob,desk,10"]
    assert ledger(write(others), max_rejects=1) == (1, 20, 1, False)
    again = [PAID, "1,2024-01-05,ann,desk,20", "1,2024-01-05,ann,lamp,5", "1,,ann,desk,10"]
    assert ledger(write(again), max_rejects=1) == (2, 25, 1, False)
    dated = [f"{n // 2},2024-01-05,{'' if n % 2 else n},desk,1,2" for n in range(18)]
    assert ledger(write([PRICED, *dated])) == (9, 18, 9, False)
