"""Consecutive rows that are equal in all but money are one line."""

import pyarrow as pa
import pytest

from rfmtool.sources.layout import LineOptions
from rfmtool.sources.rows.fill_down import filled_down
from rfmtool.sources.rows.runs import find_runs
from rfmtool.threads import run_in_order

ROWS = [
    ("ann", "1", None, "5"), ("ann", "1", None, "0"), ("ann", "1", "x", "0"),
    ("ann", "1", "x", "5"), (None, None, "x", "7"), (None, None, "x", "0"),
]  # fmt: skip


def starts(options, **more):
    columns = zip(
        ("customer_id", "order_id", "phone", "amount"), zip(*ROWS, strict=True), strict=True
    )
    cells = {role: pa.array(column, pa.string()) for role, column in columns}
    return find_runs(cells | more, options).starts.tolist()


def test_empty_cells_are_equal_to_each_other_and_to_nothing_else():
    assert starts(LineOptions()) == [0, 2, 4]


def test_rows_with_amounts_that_may_be_totals_are_not_added_up():
    options = LineOptions(amount_per="order")
    assert starts(options) == [0, 2, 3, 4]
    refunds = pa.array([None, "1", None, None, None, "2"])
    assert starts(options, refunded=refunds) == [0, 1, 2, 3, 4, 5]


def test_where_each_row_is_an_order_each_is_a_run():
    assert starts(LineOptions(order_per_row=True)) == [0, 1, 2, 3, 4, 5]


def test_a_batch_that_cannot_be_read_ends_those_that_wait_for_its_last_row():
    def job():
        raise ValueError("the first")

    with pytest.raises(ValueError, match="the first"):
        list(run_in_order(filled_down(iter([job] * 9), ("order_id",)), threads=2))
