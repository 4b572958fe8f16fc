"""What everybody buys most, bought last and may buy next."""

import csv

import pandas as pd
from shell import rfmtool, written

from rfmtool.analyses.category_preferences import category_preferences
from rfmtool.engines import NO_DAY


def bought(*rows):
    """Rows of (owner, category, net, last_day)."""
    frame = pd.DataFrame(rows, columns=["owner", "category", "net", "last_day"])
    return frame.astype({"category": "category"})


def words(column):
    return column.astype("str").fillna("").tolist()


def test_most_spend_and_the_last_day_decide_and_what_was_given_back_counts_for_nothing():
    """Ann likes tea and bought pots last, Bob gave his cups back, Cy bought two things on a day."""
    spends = bought(
        (0, "tea", 90, 5), (0, "pots", 10, 9), (0, "cups", 0, 12),
        (1, "cups", -3, NO_DAY),
        (2, "tea", 5, 3), (2, "pots", 7, 3),
        (3, "tea", 5, 3), (3, "pots", 5, 3),
    )  # fmt: skip

    found = category_preferences(spends, 5)

    assert words(found["favourite_category"]) == ["tea", "", "pots", "pots", ""]
    assert words(found["last_category"]) == ["pots", "", "pots", "pots", ""]
    assert words(found["next_category"]) == [""] * 5


def test_the_next_category_is_what_affinity_suggests_with_its_lift():
    """Of 40 who buy tea 30 buy pots too, and 40 others buy cups alone."""
    rows = [(owner, "tea", 1, 1) for owner in range(40)]
    rows += [(owner, "pots", 1, 1) for owner in range(30)]
    rows += [(owner, "cups", 1, 1) for owner in range(40, 80)]

    found = category_preferences(bought(*rows), 80)

    assert words(found["next_category"]) == [""] * 30 + ["pots"] * 10 + [""] * 40
    assert found["next_category_lift"].dropna().tolist() == [2.0] * 10  # 30/40 of tea, 30/80 of all


def test_the_columns_are_empty_where_there_are_no_categories(tmp_path):
    lines = "ann,2025-01-01,5,tea\nann,2025-02-01,9,pots\nbob,2025-03-01,5,\n"
    with_one = written(tmp_path / "a.csv", "customer_id,ordered_at,amount,category\n" + lines)
    names = ["favourite_category", "last_category", "next_category"]

    told = rfmtool("score", with_one, "--select", ",".join(["customer_id", *names])).stdout
    rows = csv.DictReader(told.splitlines())
    assert [[row[name] for name in names] for row in rows] == [["pots", "pots", ""], [""] * 3]

    plain = written(tmp_path / "b.csv", "customer_id,ordered_at,amount\nann,2025-01-01,5\n")
    (row,) = csv.DictReader(rfmtool("score", plain).stdout.splitlines())
    assert [row[name] for name in names] == [""] * 3
