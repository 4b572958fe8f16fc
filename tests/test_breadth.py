"""Category breadth, and the category that a customer lacks and peers buy."""

from statistics import median

import numpy as np
import pandas as pd
import pytest
from effort import SLOW
from hypothesis import given, settings
from hypothesis import strategies as st

from rfmtool.scoring.breadth import add_breadth
from rfmtool.scoring.peers import fit_peers

AS_OF = 19_723


def people(count, *, frequency=1, country="DE"):
    frame = pd.DataFrame({"frequency": np.broadcast_to(frequency, count), "country": country})
    first = np.full(count, AS_OF - 100).astype("datetime64[D]")
    return frame.assign(
        first_order_on=pd.Series(first).astype("M8[s]").where(frame["frequency"] > 0)
    )


def spends(*rows):
    frame = pd.DataFrame(rows, columns=["owner", "category", "spend"])
    return frame.astype({"owner": "int64", "category": "str", "spend": "int64"})


def breadth(frame, table, min_peers=30):
    peers = fit_peers(frame[frame["frequency"] > 0], ["country"], min_peers, AS_OF)
    return add_breadth(frame, table, peers, AS_OF)


def test_breadth_is_bought_over_offered():
    """Three categories are offered: Ann buys all, Bob one, Cy two of which one went back."""
    table = spends(
        (0, "tea", 10), (0, "cups", 10), (0, "books", 10), (1, "tea", 30), (2, "tea", 20),
        (2, "cups", -5), (2, "maps", 0), (2, None, 7),
    )  # fmt: skip

    got = breadth(people(3), table)

    assert got["category_breadth"].tolist() == [1.0, 0.333333, 0.333333]


def test_a_missing_category_is_worth_the_share_who_buy_it_times_the_median_spend():
    """Cups: 2 of 4 at a median of 30 make 15; books: 1 of 4 at 40 make 10."""
    table = spends((0, "tea", 5), (0, "cups", 20), (1, "cups", 40), (2, "books", 40), (3, "tea", 9))

    got = breadth(people(4), table)

    assert got["missing_category"].tolist() == ["books", "books", "cups", "cups"]
    assert got["missing_category_value"].tolist() == [10, 10, 15, 15]


def test_peers_say_what_is_likely():
    """Half of the Danes buy maps, no German does; everyone's median spend in maps is 50."""
    country = ["DE"] * 4 + ["DK"] * 4
    table = spends(*((i, "tea", 10) for i in range(8)), (4, "maps", 40), (5, "maps", 60))

    got = breadth(people(8, country=country), table, min_peers=4)

    assert got["missing_category"].fillna("").tolist() == [""] * 6 + ["maps"] * 2
    assert got["missing_category_value"].fillna(-1).tolist() == [-1] * 6 + [25] * 2


def test_who_never_bought_has_no_breadth():
    got = breadth(people(2, frequency=[1, 0]), spends((0, "tea", 5), (1, "cups", 5)))

    assert got["category_breadth"].fillna(-1).tolist() == [1.0, -1]
    assert got["missing_category"].isna().all()


@pytest.mark.parametrize("table", [spends(), spends((0, None, 5))])
def test_without_categories_there_is_no_breadth(table):
    got = breadth(people(2), table)

    added = ["category_breadth", "missing_category", "missing_category_value"]
    assert got[added].isna().all(axis=None)


@pytest.mark.long
@settings(max_examples=SLOW)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from("abcd"), st.integers(-5, 50)),
        max_size=16,
        unique_by=lambda row: row[:2],
    ),
    st.randoms(),
)
def test_everyone_lacks_what_the_slow_way_finds(rows, random):
    """Two countries of three buyers each."""
    country = ["DE", "DE", "DE", "FR", "FR", "FR"]
    got = breadth(people(6, country=country), spends(*rows), min_peers=3)

    bought = {(owner, category): spend for owner, category, spend in rows if spend > 0}
    offered = sorted({category for _, category in bought})
    for owner in range(6):
        mine = {category for who, category in bought if who == owner}
        peers = [who for who in range(6) if country[who] == country[owner]]
        values = {}
        for category in offered:
            buyers = [who for who in peers if (who, category) in bought]
            if category not in mine and buyers:
                middle = median(spend for (_, what), spend in bought.items() if what == category)
                values[category] = len(buyers) / 3 * middle
        row = got.iloc[owner]
        if offered:
            assert row["category_breadth"] == pytest.approx(len(mine) / len(offered), abs=6e-7)
        if values:
            assert row["missing_category_value"] == pytest.approx(max(values.values()), abs=0.51)
            assert values[row["missing_category"]] == pytest.approx(max(values.values()), abs=1.01)
        else:
            assert pd.isna(row["missing_category"])

    random.shuffle(rows)
    pd.testing.assert_frame_equal(got, breadth(people(6, country=country), spends(*rows), 3))
