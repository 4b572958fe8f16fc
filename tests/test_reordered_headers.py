"""Two exports joined in one file, the second with its columns in another order."""

from __future__ import annotations

import pytest

from rfmtool.errors import InputError
from rfmtool.grouping.read import read_export

HEADER = "customer_id,order_id,ordered_at,amount,note"
ROWS = [f"c{place},o{place},2024-01-{place % 28 + 1:02},{place}.5,x" for place in range(40)]
MORE = [row.replace("o", "p") for row in ROWS]


@pytest.mark.parametrize(
    "header",
    [
        "order_id,customer_id,ordered_at,amount,note",
        "\ufeffAmount, order_id ,ordered_at,customer_id,NOTE",
    ],
)
def test_a_second_header_in_another_order_is_refused_by_its_row(write, in_blocks, header):
    in_blocks(200)
    path = write([HEADER, *ROWS, header, *MORE])

    with pytest.raises(InputError, match="row 41 holds the header again") as raised:
        read_export(path)
    assert "o1" not in str(raised.value)


@pytest.mark.parametrize("header", [HEADER, HEADER.upper(), "\ufeff" + HEADER])
def test_the_same_header_again_is_one_bad_row(write, header):
    ledger = read_export(write([HEADER, *ROWS, header, *MORE])).ledger

    assert (ledger["used"], ledger["bad_date"]) == (80, 1)


def test_columns_without_a_role_may_change_places(write):
    names = HEADER + ",colour"
    turned = names.replace("note,colour", "colour,note")

    assert read_export(write([names, *(row + ",red" for row in ROWS), turned])).ledger["used"] == 40


def test_a_bad_date_that_is_a_name_is_no_header(write):
    assert read_export(write([HEADER, *ROWS, "c1,o1,note,2,x"])).ledger["bad_date"] == 1
