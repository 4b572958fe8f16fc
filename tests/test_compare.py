"""Who moved between two runs: matrices, lists, and money that adds up to the last 1/10,000."""

from datetime import date
from decimal import Decimal

import oracle
import pandas as pd
import pytest
from effort import SLOW
from hypothesis import given, settings
from hypothesis import strategies as st

import rfmtool
from rfmtool.analyses.compare import compare, revenue_factors
from rfmtool.rules import GONE, NEW
from rfmtool.settings import Settings

LADDER = ("client", "customer", "prospect")
SEGMENTS = ("champions", "new", "no_orders")
ACTIVITY = ("never", "active", "lapsed")
LABELS = {"stage": LADDER, "segment": SEGMENTS, "activity": ACTIVITY}
COLUMNS = ("customer_id", "stage", "segment", "activity", "frequency", "monetary", "last_order_on")
THEN = date(2024, 5, 20)


def frame(*rows):
    """A row for each (id, stage, segment, activity, orders, units, last order)."""
    people = pd.DataFrame(rows, columns=list(COLUMNS))
    texts = people.astype(dict.fromkeys(COLUMNS[:4], "str") | {"frequency": "int64"})
    return texts.astype({"monetary": "int64", "last_order_on": "datetime64[s]"})


OLD = frame(
    ("ann", "client", "champions", "active", 5, 90_000, "2024-05-01"),
    ("bob", "customer", "new", "active", 1, 10_000, "2024-04-01"),
    ("cleo", "client", "champions", "lapsed", 2, 40_000, "2023-01-01"),
    ("dan", "customer", "new", "active", 1, 5_000, "2024-03-01"),
    ("eve", "prospect", "no_orders", "never", 0, -700, None),
)
"""Ann a regular, Bob and Dan came once, Cleo has lapsed, Eve only gave something back."""
NOW = frame(
    ("ann", "client", "champions", "lapsed", 5, 80_000, "2024-05-01"),
    ("bob", "client", "champions", "active", 3, 35_000, "2024-08-01"),
    ("cleo", "client", "champions", "active", 3, 60_000, "2024-07-01"),
    ("eve", "customer", "new", "active", 1, 900, "2024-06-01"),
    ("zoe", "customer", "new", "active", 1, 7_001, "2024-07-07"),
)
"""Ann lapsed and gave something back, Bob came back, Cleo too, Dan is gone, Zoe is new."""


def part(customers, change):
    return {"customers": customers, "change": change}


def factors_of(*parts):
    return dict(zip(("customers", "frequency", "average"), parts, strict=True))


def nested(matrix):
    return {
        start: {end: int(n) for end, n in row.items() if n}
        for start, row in matrix.to_dict("index").items()
    }


def test_a_matrix_tells_from_where_to_where_with_the_new_and_the_gone():
    found = compare(OLD, NOW, LABELS, LADDER, THEN)
    assert nested(found.transitions["stage"]) == {
        "client": {"client": 2},
        "customer": {"client": 1, GONE: 1},
        "prospect": {"customer": 1},
        NEW: {"customer": 1},
    }
    assert nested(found.transitions["activity"]) == {
        "never": {"active": 1},
        "active": {"active": 1, "lapsed": 1, GONE: 1},
        "lapsed": {"active": 1},
        NEW: {"active": 1},
    }


def test_moves_are_counted_and_listed():
    found = compare(OLD, NOW, LABELS, LADDER, THEN)
    assert found.moves == {
        "up": 2, "same": 2, "down": 0, "other": 0, "new": 1, "gone": 1, "lapsed": 1,
        "reactivated": 1,
    }  # fmt: skip
    listed = {name: list(people["customer_id"]) for name, people in found.moved_customers.items()}
    assert listed == {
        "promoted": ["bob", "eve"],
        "demoted": [],
        "lapsed": ["ann"],
        "reactivated": ["cleo"],
    }
    bob = found.moved_customers["promoted"].iloc[0]
    assert (bob["stage_before"], bob["stage"]) == ("customer", "client")
    assert (bob["monetary_before"], bob["monetary"]) == (10_000, 35_000)


def test_an_address_is_one_customer_however_it_is_spelled():
    old, new = (frame((one, "client", "champions", "active", 5, 90_000, "2024-05-01"))
                for one in ("ann@x.org", "Ann@X.org"))  # fmt: skip

    found = compare(old, new, LABELS, LADDER, THEN)

    assert nested(found.transitions["stage"]) == {"client": {"client": 1}}


def test_a_rung_that_the_ladder_lacks_is_neither_up_nor_down():
    found = compare(OLD, NOW, LABELS, LADDER[1:], THEN)
    assert (found.moves["up"], found.moves["same"], found.moves["other"]) == (1, 0, 3)
    assert nested(found.transitions["stage"])["client"] == {"client": 2}


def test_who_is_listed_stands_by_money_and_then_by_id():
    old = frame(*((name, "customer", "new", "active", 1, 1, "2024-05-01") for name in "dcba"))
    new = frame(
        *((name, "client", "new", "active", 2, units, "2024-06-01")
          for name, units in zip("dcba", (5, 7, 5, 5), strict=True))
    )  # fmt: skip
    promoted = compare(old, new, LABELS, LADDER, THEN).moved_customers["promoted"]
    assert list(promoted["customer_id"]) == ["c", "a", "b", "d"]


def test_the_revenue_flow_names_everybody_once():
    revenue = compare(OLD, NOW, LABELS, LADDER, THEN).revenue
    assert (revenue["old"], revenue["new"]) == (144_300, 182_901)
    assert revenue["flow"] == {
        "new": part(2, 7_001 + 1_600),
        "up": part(2, 25_000 + 20_000),
        "down": part(1, -10_000),
        "gone": part(1, -5_000),
        "neither": part(0, 0),
        "same": part(0, 0),
    }
    assert revenue["reactivated"] == part(1, 20_000)


def test_a_lapsed_customer_who_did_not_order_is_not_reactivated():
    later = NOW.assign(last_order_on=pd.Timestamp(THEN))
    assert compare(OLD, later, LABELS, LADDER, THEN).moves["reactivated"] == 0


def test_money_beyond_what_doubles_hold_stays_exact():
    large = 2**62 + 1
    old = frame(*((name, "client", "new", "active", 1, large, "2024-05-01") for name in "abc"))
    new = frame(("a", "client", "new", "active", 1, large + 1, "2024-05-01"))
    revenue = compare(old, new, LABELS, LADDER, THEN).revenue
    assert (revenue["old"], revenue["new"]) == (3 * large, large + 1)
    assert revenue["flow"]["up"] == part(1, 1)
    assert revenue["flow"]["gone"] == part(2, -2 * large)


def test_runs_without_a_customer_in_common_lose_all_and_win_all():
    found = compare(OLD.head(2), NOW.tail(1), LABELS, LADDER, THEN)
    assert found.moves["new"] == 1
    assert found.moves["gone"] == 2
    assert nested(found.transitions["stage"]) == {
        "client": {GONE: 1}, "customer": {GONE: 1}, NEW: {"customer": 1},
    }  # fmt: skip
    assert found.revenue["flow"]["gone"] == part(2, -100_000)


def test_runs_without_anybody_compare_to_nothing():
    found = compare(OLD.head(0), NOW.head(0), LABELS, LADDER, THEN)
    assert found.revenue["new"] == 0
    assert found.transitions["stage"].empty
    assert found.factors is None


# Factors -----------------------------------------------------------------------------------------


def test_a_factor_that_did_not_change_gets_nothing():
    assert revenue_factors((10, 20, 1_000), (20, 40, 2_000)) == factors_of(1_000, 0, 0)
    assert revenue_factors((10, 20, 1_000), (10, 40, 2_000)) == factors_of(0, 1_000, 0)
    assert revenue_factors((10, 20, 1_000), (10, 20, 2_000)) == factors_of(0, 0, 1_000)


def test_factors_balance_where_revenue_is_the_same():
    factors = revenue_factors((10, 10, 1_000), (20, 20, 1_000))
    assert factors == factors_of(693, 0, -693)  # 1,000 × ln 2


@pytest.mark.parametrize("place", range(4))
def test_there_are_no_factors_without_buyers_or_revenue(place):
    figures = [10, 10, 500, 600]
    figures[place] = 0
    old_buyers, new_buyers, old, new = figures
    assert revenue_factors((old_buyers, 10, old), (new_buyers, 10, new)) is None


@st.composite
def totals(draw):
    buyers = draw(st.integers(1, 10**6))
    orders = buyers + draw(st.integers(0, 10**6))
    return (buyers, orders, draw(st.integers(1, 10**17)))


@given(totals(), totals())
def test_factors_add_up_exactly(old, new):
    factors = revenue_factors(old, new)
    assert sum(factors.values()) == new[2] - old[2]
    assert factors["customers"] == 0 or (factors["customers"] > 0) == (new[0] > old[0])


# Properties --------------------------------------------------------------------------------------


@st.composite
def runs(draw):
    """A run of a few customers with any labels and money."""
    ids = draw(st.lists(st.sampled_from("abcdefgh"), unique=True))
    days = st.sampled_from([None, "2024-05-01", "2024-05-20", "2024-05-21"])
    rows = [
        (name, *(draw(st.sampled_from(labels)) for labels in (LADDER, SEGMENTS, ACTIVITY)),
         draw(st.integers(0, 3)), draw(st.integers(-(2**60), 2**60)), draw(days))
        for name in ids
    ]  # fmt: skip
    return frame(*rows)


@settings(max_examples=SLOW)
@given(runs(), runs())
def test_every_customer_is_counted_once_and_so_is_every_unit_of_money(old, new):
    found = compare(old, new, LABELS, LADDER, THEN)
    known = {*old["customer_id"], *new["customer_id"]}
    for name, matrix in found.transitions.items():
        before, after = (
            dict(zip(run["customer_id"], run[name], strict=True)) for run in (old, new)
        )
        assert nested(matrix) == oracle.transitions(before, after)
    assert sum(found.moves[name] for name in ("up", "same", "down", "other", "new", "gone")) == len(
        known
    )

    flow = found.revenue["flow"]
    assert (found.revenue["old"], found.revenue["new"]) == tuple(
        sum(run["monetary"].tolist()) for run in (old, new)
    )
    assert (
        sum(part["change"] for part in flow.values()) == found.revenue["new"] - found.revenue["old"]
    )
    assert sum(part["customers"] for part in flow.values()) == len(known)
    assert flow["same"]["change"] == 0


@settings(max_examples=SLOW)
@given(runs())
def test_a_run_compared_with_itself_is_all_zero(run):
    found = compare(run, run, LABELS, LADDER, date(2024, 6, 1))
    assert all(part["change"] == 0 for part in found.revenue["flow"].values())
    assert found.factors in (None, factors_of(0, 0, 0))
    assert found.moves["same"] == len(run)
    assert all(people.empty for people in found.moved_customers.values())
    for matrix in found.transitions.values():
        assert matrix.index.equals(matrix.columns)
        assert matrix.to_numpy().trace() == len(run)


@pytest.mark.long
@settings(max_examples=SLOW)
@given(runs(), runs(), st.randoms())
def test_the_order_of_rows_decides_nothing(old, new, random):
    found = compare(old, new, LABELS, LADDER, THEN)
    mixed = compare(*(run.iloc[random.sample(range(len(run)), len(run))] for run in (old, new)),
                    LABELS, LADDER, THEN)  # fmt: skip
    assert found.moves == mixed.moves
    assert found.revenue == mixed.revenue
    for name, people in found.moved_customers.items():
        assert people.equals(mixed.moved_customers[name])


# Worked numbers: Online Retail -------------------------------------------------------------------


@pytest.fixture(scope="module")
def online_retail(online_retail_file):
    """A run of Online Retail for a span of days."""

    def run(until, since=None):
        day = date.fromisoformat(since) if since else None
        return rfmtool.run(online_retail_file, as_of=until, settings=Settings(since=day))

    return run


@pytest.mark.long
def test_the_rungs_of_online_retail_half_a_year_apart(online_retail):
    compared = rfmtool.compare(online_retail("2011-06-09"), online_retail("2011-12-09"))
    assert compared.summary["stages"] == {
        "client": {"client": 1412},
        "customer": {"client": 753, "customer": 635},
        "prospect": {"client": 7, "customer": 10, "prospect": 27},
        NEW: {"client": 618, "customer": 903, "prospect": 7},
    }
    assert compared.summary["money_is"] == "lifetime to date"


@pytest.mark.long
def test_the_revenue_of_online_retail_in_two_half_years(online_retail):
    compared = rfmtool.compare(
        online_retail("2011-06-09", "2010-12-10"),
        online_retail("2011-12-09", "2011-06-10"),
    )
    revenue = compared.summary["revenue"]
    assert revenue["old"] == "3019825.811"
    assert revenue["new"] == "4975616.653"
    assert revenue["flow"] == {
        "new": "1163732.172", "up": "1533107.1", "down": "-381245.369", "gone": "-356094.581",
        "neither": "-3708.48",
    }  # fmt: skip
    assert revenue["flow_customers"] == {
        "new": 1616, "up": 1171, "down": 697, "gone": 778, "neither": 32, "same": 2,
    }  # fmt: skip
    change = {name: Decimal(text) for name, text in revenue["change"].items()}
    assert {name: round(units, 2) for name, units in change.items()} == {
        "customers": Decimal("1076890.20"),
        "frequency": Decimal("503281.04"),
        "average": Decimal("375619.60"),
    }
    assert sum(change.values()) == Decimal("1955790.842")
    assert compared.summary["money_is"] == "of each run's own span"
