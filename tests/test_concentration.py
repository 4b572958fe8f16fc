"""How much hangs on how few: worked numbers, published figures, the oracle, too little data."""

from fractions import Fraction

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shell import SHOP, assert_snapshot, rfmtool, written

import rfmtool as library
from rfmtool.analyses.concentration import concentration, gini

HEADER = "customer_id,order_id,ordered_at,amount\n"
REFUNDS = HEADER + "ann,1,2024-01-05,-20\n"
NEGATIVE = HEADER + "ann,1,2024-01-05,20\nann,2,2024-01-06,-30\nbob,3,2024-01-06,5\n"
SPENDS = st.lists(st.integers(1, 10**6), min_size=1, max_size=150)


def answer(*spends):
    people = pd.DataFrame(
        {
            "customer_id": [f"c{place:03}" for place in range(len(spends))],
            "frequency": [1] * len(spends),
            "monetary": np.array(spends, dtype=np.int64),
        }
    )
    return concentration(people, as_of=pd.Timestamp("2024-01-01").date())


def test_the_worked_numbers():
    found = answer(1, 2, 3, 4, 10)

    assert found.gini == pytest.approx(0.4)
    assert found.top["0.2"] == 0.5
    assert found.lorenz[1] == (0.2, 0.05)
    assert (found.lorenz[0], found.lorenz[-1]) == ((0, 0), (1, 1))


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "published"),
    [("online_retail", [0.7048, 0.7359, 0.2989]), ("cdnow", [0.6335, 0.6771, 0.1588])],
)
def test_real_shops_are_as_published(request, name, published):
    data = library.concentration(request.getfixturevalue(name)).as_data()

    found = [data["gini"], data["top"]["0.2"], data["top"]["0.01"]]
    assert [round(number, 4) for number in found] == published
    assert data["tiers"][0]["revenue_share"] == pytest.approx(data["top"]["0.2"], abs=0.005)


@given(SPENDS)
def test_any_spends_give_what_the_oracle_gives(spends):
    found = answer(*spends)

    assert gini(np.sort(spends)) == pytest.approx(float(oracle.gini(spends)))
    for part, share in found.top.items():
        assert share == pytest.approx(float(oracle.top_share(spends, Fraction(part))))


@given(SPENDS)
def test_tiers_are_a_partition_that_never_parts_equals(spends):
    found = answer(*spends)

    assert sum(tier.customers for tier in found.tiers) == found.buyers
    assert sum(tier.revenue for tier in found.tiers) == found.revenue == sum(spends)
    pairs = found.table[["monetary", "tier"]].drop_duplicates()
    assert len(pairs) == len(set(spends))
    assert found.tiers[0].customers >= found.buyers / 5


@given(SPENDS)
def test_a_lorenz_curve_climbs_ever_steeper(spends):
    customers, revenue = np.array(answer(*spends).lorenz).T

    assert (np.diff(customers) > 0).all()
    assert (np.diff(np.diff(revenue) / np.diff(customers)) >= -1e-9).all()
    assert revenue[-1] == pytest.approx(1)


def test_where_all_spend_the_same_nothing_is_concentrated():
    found = answer(*[5] * 30)

    assert found.gini == 0
    assert [tier.customers for tier in found.tiers] == [30, 0, 0]


def test_who_got_back_more_than_they_paid_is_counted_and_said(tmp_path):
    found = library.concentration(written(tmp_path / "shop.csv", NEGATIVE))

    assert (found.negative, found.gini) == (1, None)
    assert found.as_data()["top"] == {}
    assert len(found.notes) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (REFUNDS, "no revenue to divide"),
        (NEGATIVE, "shares of revenue mean nothing"),
        (HEADER + "ann,1,2024-01-05,20\n", "Gini 0.000"),
    ],
    ids=["refunds", "negative", "one"],
)
def test_too_little_data_is_said_in_a_sentence(tmp_path, text, sentence):
    shop = written(tmp_path / "shop.csv", text)
    page = rfmtool("concentration", shop, COLUMNS="200")
    data = rfmtool("concentration", shop, "--format", "json")

    assert (page.exit_code, data.exit_code) == (0, 0)
    assert sentence in page.stdout
    assert "nan" not in page.stdout.lower()
    assert "NaN" not in data.stdout


def test_every_buyers_tier_is_written(tmp_path):
    shop, target = written(tmp_path / "shop.csv"), tmp_path / "tiers.csv"
    rfmtool("concentration", shop, "--quiet", "-o", target)

    assert target.read_text() == (
        "customer_id,tier,frequency,monetary\n"
        "ann,heavy,5,1117.5\nbob,medium,2,12.5\ndan,light,1,12\ncleo,light,1,0\n"
    )


@pytest.mark.parametrize("width", ["80", "120"])
def test_the_page(tmp_path, width):
    result = rfmtool("concentration", written(tmp_path / "shop.csv", SHOP), COLUMNS=width)
    assert result.exit_code == 0
    assert_snapshot(f"concentration-{width}", result.stdout)


@pytest.mark.parametrize("width", [40, 100])
def test_no_line_is_wider_than_the_terminal(tmp_path, width):
    shop = written(tmp_path / "shop.csv")
    page = rfmtool("concentration", shop, COLUMNS=str(width)).stdout
    assert max(map(len, page.splitlines())) <= width
