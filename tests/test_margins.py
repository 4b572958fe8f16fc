"""What is left after costs, on a few orders that can be added up by hand."""

import numpy as np
import pandas as pd

from rfmtool.analyses.margins import margins_by_order, margins_by_stage
from rfmtool.engines import OrderEntries


def margin(name, many, revenue, left):
    return {"name": name, "many": many, "revenue": revenue, "margin": left}


def entries(*rows, priced=True):
    """Entries from (owner, order, day, sales, refunds, cost, rows without a cost)."""
    columns = [np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)]
    return OrderEntries(*columns) if priced else OrderEntries(*columns[:5])


def test_orders_are_numbered_by_their_day_and_those_that_do_not_count_are_not():
    """Owner 0 bought on day 5 (order 1), then 9 (order 0), and gave order 2 back; owner 1 once.

    What was given back on day 1 under order 0 makes it no earlier.
    """
    found = margins_by_order(
        entries(
            (0, 0, 1, 0, 5, 0, 0),
            (0, 0, 9, 105, 0, 60, 0),
            (0, 1, 5, 50, 0, 20, 0),
            (0, 2, 6, 30, 0, 10, 0),
            (0, 2, 8, 0, 30, -10, 0),
            (1, 3, 7, 10, 0, 4, 0),
        )
    )

    assert found == [margin("1", 2, 60, 36), margin("2", 1, 100, 40)]


def test_an_order_with_an_unknown_cost_keeps_its_number_and_is_left_out():
    found = margins_by_order(entries((0, 0, 1, 10, 0, 0, 1), (0, 1, 2, 10, 0, 4, 0)))

    assert found == [margin("2", 1, 10, 6)]


def test_orders_after_the_fifth_are_taken_together():
    found = margins_by_order(entries(*[(0, n, n, 10, 0, n, 0) for n in range(8)]))

    assert [one["name"] for one in found] == ["1", "2", "3", "4", "5", "6+"]
    assert found[-1] == margin("6+", 3, 30, 30 - 5 - 6 - 7)


def test_without_costs_or_orders_there_is_nothing_to_say():
    assert margins_by_order(entries((0, 0, 1, 10, 0, 4, 0), priced=False)) == []
    none = np.empty(0, dtype=np.int64)
    assert margins_by_order(OrderEntries(none, none, none, none, none, none, none)) == []


def test_rungs_are_added_up_over_those_whose_every_cost_is_known():
    people = pd.DataFrame(
        {
            "stage": pd.Categorical(["client", "client", "customer"], ["client", "customer"]),
            "monetary": [100, 50, 10],
            "margin": pd.array([40, None, -5], "Int64"),
        }
    )

    assert margins_by_stage(people) == [
        margin("client", 1, 100, 40),
        margin("customer", 1, 10, -5),
    ]
