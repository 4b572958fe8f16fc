"""Share of wallet by the best basis there is; every worked number of its definition."""

import json
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import wallet_oracle as oracle
from hypothesis import given
from hypothesis import strategies as st

from rfmtool.rules import WalletRules, load_rules
from rfmtool.scoring.declared_wallets import Period, prorated, wallet_allocation_share
from rfmtool.scoring.peer_spend import PeerSpend, fit_peer_spend
from rfmtool.scoring.wallet import add_wallet_scores, add_wallets
from rfmtool.scoring.wallet_shares import estimate_rank_correlation, shares_by_stage

AS_OF = 19_723  # 2024-01-01
RULES = load_rules().wallet
ALL_TIME = Period(None, AS_OF)


def people(spend, *, frequency=1, tenure=100, **attributes):
    """Buyers with a spend in whole units each."""
    first = np.array(AS_OF - np.broadcast_to(tenure, len(spend)), dtype="datetime64[D]")
    frame = pd.DataFrame({"monetary": np.array(spend, dtype=np.int64), "frequency": frequency})
    bought = frame["frequency"] > 0
    return frame.assign(first_order_on=pd.Series(first).astype("M8[s]").where(bought), **attributes)


def told(*rows):
    """Rows of a wallet table: (owner, wallet) and what else is given by name."""
    columns = ["owner", "wallet", "from_day", "until_day", "spend_inside", "rank", "brands"]
    frame = pd.DataFrame(rows, columns=columns)
    kinds = dict.fromkeys(columns[1:4], "Int64") | {"rank": "Float64", "brands": "Int64"}
    return frame.assign(spend_inside=frame["spend_inside"].fillna(0).astype("int64")).astype(kinds)


def known(owner, wallet, spend, begin=None, end=None):
    return (owner, wallet, begin, end, spend, None, None)


def ranked(owner, rank, brands):
    return (owner, None, None, None, None, rank, brands)


def shares(frame, wallets=None, estimate=None, period=ALL_TIME):
    return add_wallets(frame, wallets, estimate, RULES, period)


# Known wallets -----------------------------------------------------------------------------------


def test_a_known_wallet_gives_share_headroom_and_tier():
    got = shares(people([300, 50]), told(known(0, 500, 300), known(1, 1000, 50)))

    assert got["share_of_wallet"].tolist() == [0.6, 0.05]
    assert got["headroom"].tolist() == [200, 950]
    assert got["wallet_tier"].tolist() == ["mid", "low"]
    assert got["wallet_basis"].tolist() == ["known"] * 2


def test_groups_add_up_as_a_ratio_of_sums():
    """300/500 and 50/1000 make 350/1500 = .2333, not the mean .325."""
    frame = people([300, 50], stage="client")

    sums = shares_by_stage(shares(frame, told(known(0, 500, 300), known(1, 1000, 50))))

    assert sums.to_dict("records") == [
        {"stage": "client", "wallet_basis": "known", "customers": 2, "spend": 350, "wallet": 1500,
         "share_of_wallet": 0.233333}
    ]  # fmt: skip


def test_bases_are_never_mixed_in_a_group():
    frame = people([300, 60, 70], stage="client")

    got = shares(
        frame, told(known(0, 500, 300), ranked(1, 1, 2)), fit_peer_spend(frame, RULES, AS_OF)
    )

    assert shares_by_stage(got)["wallet_basis"].tolist() == [
        "known", "stated_rank", "peer_estimate",
    ]  # fmt: skip


def test_more_spend_than_wallet_is_a_share_of_one_and_said():
    got = shares(people([600, 500]), told(known(0, 500, 600), known(1, 500, 500)))

    assert got["share_of_wallet"].tolist() == [1.0, 1.0]
    assert got["headroom"].tolist() == [0, 0]
    assert got["wallet_understated"].tolist() == [True, False]


def test_no_spend_is_a_share_of_nothing_and_all_of_the_wallet_is_open():
    frame = people([0, -5], frequency=[0, 1])

    got = shares(frame, told(known(0, 500, 0), known(1, 500, -5)))

    assert got["share_of_wallet"].tolist() == [0.0, 0.0]
    assert got["headroom"].tolist() == [500, 500]


@pytest.mark.parametrize("wallet", [0, -10, None])
def test_a_wallet_of_nothing_is_none(wallet):
    got = shares(people([5]), told(known(0, wallet, 5)))

    empty = ["wallet", "share_of_wallet", "wallet_basis", "headroom", "wallet_plan", "wallet_spend"]
    assert got[empty].isna().all(axis=None)
    assert got["wallet_tier"].tolist() == ["unknown"]
    assert not got[["share_is_low", "headroom_is_high", "wallet_understated"]].any(axis=None)


@pytest.mark.parametrize(
    ("begin", "end", "since", "part"),
    [
        (AS_OF - 99, AS_OF, None, 1000),
        (AS_OF - 49, AS_OF + 50, None, 500),  # half of its days lie beyond as_of
        (AS_OF - 99, AS_OF, AS_OF - 24, 250),  # three quarters lie before since
        (AS_OF - 49, AS_OF + 50, AS_OF - 24, 250),
        (AS_OF - 99, None, AS_OF - 24, 250),  # without an end it ends here
        (None, None, AS_OF - 24, 1000),  # without any day it is of these days
        (None, AS_OF + 25, AS_OF - 24, 500),
        (None, AS_OF + 50, None, 1000),  # from when on, nobody knows
        (AS_OF + 1, AS_OF + 9, None, 0),
        (AS_OF - 99, AS_OF - 50, AS_OF - 24, 0),
        (AS_OF, AS_OF - 9, None, 0),
    ],
)
def test_a_wallet_counts_for_the_days_that_the_lines_cover(begin, end, since, part):
    assert prorated(told(known(0, 1000, 0, begin, end)), Period(since, AS_OF)).tolist() == [part]


def test_a_part_of_a_wallet_is_rounded_half_even():
    """One day of two, of 5 and of 7 units."""
    rows = told(known(0, 5, 0, AS_OF, AS_OF + 1), known(1, 7, 0, AS_OF, AS_OF + 1))

    assert prorated(rows, ALL_TIME).tolist() == [2, 4]


def test_of_several_wallets_the_latest_counts_then_the_larger():
    """Ann told twice in one year, Bob last year and this, and his list goes on after as_of."""
    rows = told(
        known(0, 100, 10, AS_OF - 9, AS_OF),
        known(0, 300, 10, AS_OF - 9, AS_OF),
        known(1, 900, 50, AS_OF - 500, AS_OF - 100),
        known(1, 200, 20, AS_OF - 99, None),
        known(1, 800, 0, AS_OF + 1, AS_OF + 9),
    )

    assert shares(people([10, 70]), rows)["wallet"].tolist() == [300, 200]
    assert shares(people([10, 70]), rows[::-1])["wallet"].tolist() == [300, 200]


# Stated ranks ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("brands", "expected"),
    [(1, [1]), (2, [0.6667, 0.3333]), (3, [0.5, 0.3333, 0.1667]), (4, [0.4, 0.3, 0.2, 0.1])],
)
def test_the_wallet_allocation_rule(brands, expected):
    ranks = np.arange(1.0, brands + 1)

    assert wallet_allocation_share(ranks, np.full(brands, float(brands))) == pytest.approx(
        expected, abs=5e-5
    )


def test_brands_that_tie_share_the_average_rank():
    got = wallet_allocation_share(np.array([1.5, 1.5, 3]), np.full(3, 3.0))

    assert got == pytest.approx([0.41667, 0.41667, 0.16667], abs=5e-6)


@given(st.integers(1, 30))
def test_the_shares_of_all_brands_are_one(brands):
    got = wallet_allocation_share(np.arange(1.0, brands + 1), np.full(brands, float(brands)))

    assert got.sum() == pytest.approx(1)


def test_a_stated_rank_implies_a_wallet():
    got = shares(people([1_000_000]), told(ranked(0, 2, 3)))

    assert got["share_of_wallet"].tolist() == [0.333333]
    assert got["wallet"].tolist() == [3_000_000]
    assert got["headroom"].tolist() == [2_000_000]
    assert got["wallet_basis"].tolist() == ["stated_rank"]


def test_a_stated_rank_without_spend_implies_nothing():
    got = shares(people([0, -5], frequency=[0, 1]), told(ranked(0, 1, 2), ranked(1, 1, 2)))

    assert got["wallet_basis"].isna().all()


def test_a_rank_among_more_brands_than_there_can_be_implies_nothing():
    got = shares(people([10**15]), told(ranked(0, 10**9, 10**9)))

    assert got["wallet"].isna().all()


def test_what_is_known_goes_before_what_is_ranked_and_that_before_an_estimate():
    frame = people([10, 10, 10])

    got = shares(
        frame, told(ranked(0, 1, 2), known(0, 40, 10), ranked(1, 1, 2), known(1, 0, 10)),
        fit_peer_spend(frame, RULES, AS_OF),
    )  # fmt: skip

    assert got["wallet_basis"].tolist() == ["known", "stated_rank", "peer_estimate"]
    assert got["wallet"].tolist() == [40, 15, 10]


# Estimates ---------------------------------------------------------------------------------------

HUNDREDS = list(range(100, 1001, 100))


def test_a_realistic_wallet_is_what_the_best_peers_spend():
    """Of 100, 200, ..., 1000 the .8 quantile is 820: 300 is .3659 of it, and 900 all of itself."""
    frame = people(HUNDREDS)
    estimate = fit_peer_spend(frame, RULES, AS_OF)

    got = shares(frame, None, estimate)

    assert estimate.spend == (820,)
    assert got["share_of_wallet"].round(4).tolist()[2] == 0.3659
    assert got["share_of_wallet"].tolist()[8:] == [1.0, 1.0]
    assert got["wallet"].tolist() == [820] * 8 + [900, 1000]
    assert set(got["wallet_basis"]) == {"peer_estimate"}


def test_an_estimate_is_a_range():
    """Half of the peers spend 550 or more, one in twenty 955; who spends more than that is sure."""
    frame = people(HUNDREDS)

    got = shares(frame, told(known(0, 500, 100)), fit_peer_spend(frame, RULES, AS_OF))

    assert got["wallet_low"].tolist() == [500, 550, 550, 550, 550, 600, 700, 800, 900, 1000]
    assert got["wallet_high"].tolist() == [500] + [955] * 8 + [1000]


def test_no_plan_rests_on_an_estimate_unless_it_is_asked_for():
    frame = people(HUNDREDS)
    estimate, rows = fit_peer_spend(frame, RULES, AS_OF), told(known(0, 500, 100))

    silent = shares(frame, rows, estimate)
    told_all = add_wallets(frame, rows, estimate, RULES, ALL_TIME, plan_by_estimate=True)

    assert silent["headroom"].notna().tolist() == [True] + [False] * 9
    assert silent["wallet_plan"].notna().tolist() == [True] + [False] * 9
    assert told_all["headroom"].tolist()[:3] == [400, 620, 520]
    assert told_all["wallet_plan"].notna().all()


def test_tau_is_for_the_rules_to_say():
    rules = WalletRules(RULES.low, RULES.high, Decimal("0.9"), (), 30)

    assert fit_peer_spend(people(HUNDREDS), rules, AS_OF).spend == (910,)


def test_without_an_estimate_nothing_is_made_up():
    assert shares(people(HUNDREDS))["wallet"].isna().all()


def test_who_never_bought_gets_no_estimate_and_moves_none():
    frame = pd.concat([people(HUNDREDS), people([-9] * 40, frequency=0)], ignore_index=True)
    estimate = fit_peer_spend(frame, RULES, AS_OF)

    assert estimate.spend == (820,)
    assert shares(frame, None, estimate)["wallet"].isna().tolist() == [False] * 10 + [True] * 40


def test_a_buyer_who_gave_everything_back_has_a_share_of_nothing():
    frame = people([-5, *HUNDREDS])

    got = shares(frame, None, fit_peer_spend(frame, RULES, AS_OF))

    assert got["share_of_wallet"].tolist()[0] == 0.0
    assert (
        shares(people([-5]), None, fit_peer_spend(people([-5]), RULES, AS_OF))["wallet"]
        .isna()
        .all()
    )


def test_peers_are_alike_in_attributes_then_in_tenure_and_at_least_thirty():
    """Ninety Germans of two tenures, thirty-five French of many, five Danes."""
    country = ["DE"] * 90 + ["FR"] * 35 + ["DK"] * 5
    tenure = [10] * 45 + [900] * 45 + list(range(200, 235)) + [300] * 5
    spend = [100] * 45 + [200] * 45 + [300] * 35 + [400] * 5
    frame = people(spend, tenure=tenure, country=country)

    estimate = fit_peer_spend(frame, RULES, AS_OF)

    groups = dict(zip(estimate.peers.groups, estimate.spend, strict=True))
    assert groups == {
        ("DE", "1"): 100, ("DE", "3"): 200, ("DE",): 200, ("FR",): 300, (): 300,
    }  # fmt: skip
    wallets = shares(frame, None, estimate)["wallet"].tolist()
    assert wallets == [100] * 45 + [200] * 45 + [300] * 35 + [400] * 5


def test_of_several_attributes_the_last_is_dropped_first():
    rules = WalletRules(RULES.low, RULES.high, RULES.tau, ("country", "kind", "shoe size"), 3)
    frame = people(
        [1, 2, 3, 4], tenure=[1, 2, 3, 4], country=["DE"] * 4, kind=["a", "a", "a", None]
    )

    estimate = fit_peer_spend(frame, rules, AS_OF)

    assert estimate.peers.attributes == ("country", "kind")
    assert estimate.peers.groups == (("DE", "a"), ("DE",), ())
    assert shares(frame, None, estimate)["wallet"].tolist() == [2, 2, 3, 4]


def test_reused_estimates_know_no_new_country_and_need_no_column():
    frame = people([100] * 30 + [900] * 30, country=["DE"] * 30 + ["FR"] * 30)
    estimate = fit_peer_spend(frame, RULES, AS_OF)

    later = shares(people([50, 50], country=["DE", "US"]), None, estimate)

    assert later["wallet"].tolist() == [100, 900]
    assert shares(people([50]), None, estimate)["wallet"].tolist() == [900]


def test_the_rank_correlation_says_how_much_an_estimate_restates_spend():
    frame = people(HUNDREDS)
    got = shares(frame, None, fit_peer_spend(frame, RULES, AS_OF))

    expected = oracle.rank_correlation(got["share_of_wallet"].tolist(), HUNDREDS)
    assert estimate_rank_correlation(got) == round(expected, 3) == 0.997
    assert estimate_rank_correlation(shares(people([1, 1]), None, None)) is None


def test_estimates_come_back_from_their_file_as_they_were():
    frame = people([100, 12_345] * 40, tenure=list(range(80)), country=["DE", "FR"] * 40)
    estimate = fit_peer_spend(frame, RULES, AS_OF)

    assert len(estimate.spend) > 1
    assert PeerSpend.from_data(json.loads(json.dumps(estimate.as_data()))) == estimate


def test_estimates_of_an_earlier_version_have_no_range():
    data = fit_peer_spend(people(HUNDREDS), RULES, AS_OF).as_data()
    data["groups"] = [{"peers": row["peers"], "spend": row["spend"]} for row in data["groups"]]

    assert PeerSpend.from_data(data).high == (820,)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("tau", "1"),
        ("tau", "x"),
        ("tau", None),
        ("attributes", "country"),
        ("attributes", [1]),
        ("tenure_cuts", [3, 2, 1]),
        ("tenure_cuts", [1.5]),
        ("tenure_cuts", [10**30]),
        ("groups", []),
        ("groups", [{"peers": []}]),
        ("groups", [{"peers": [], "spend": "0.00001"}]),
        ("groups", [{"peers": [], "spend": "1e30"}]),
        ("groups", [{"peers": ["DE"], "spend": "1"}]),
        ("groups", [{"peers": [], "spend": "1"}] * 2),
        ("groups", [{"peers": ["a", "b"], "spend": "1"}, {"peers": [], "spend": "1"}]),
    ],
)
def test_a_bad_estimate_is_refused(key, value):
    data = fit_peer_spend(people(HUNDREDS), RULES, AS_OF).as_data() | {key: value}

    with pytest.raises((LookupError, TypeError, ValueError, ArithmeticError)):
        PeerSpend.from_data(data)


# What to do --------------------------------------------------------------------------------------


def test_size_and_share_say_what_to_do():
    """Above the median wallet of 50 is large; from half of it on, a share is worth holding."""
    frame = people([10, 90, 40, 10, 25])
    rows = told(*(known(i, w, s) for i, (w, s) in enumerate(
        [(100, 10), (100, 90), (50, 40), (50, 10), (50, 25)])))  # fmt: skip

    got = shares(frame, rows)

    assert got["wallet_plan"].tolist() == ["develop", "defend", "maintain", "automate", "maintain"]
    assert got["wallet_tier"].tolist() == ["low", "high", "high", "low", "mid"]


def test_tiers_part_at_a_third_and_two_thirds():
    rows = told(*(known(i, 100, spend) for i, spend in enumerate([32, 33, 66, 67])))

    assert shares(people([1] * 4), rows)["wallet_tier"].tolist() == ["low", "mid", "mid", "high"]


def test_the_playbook_never_reads_an_estimate():
    """Everyone buys for 1, one in four for 1000: a low share and much headroom, by estimate."""
    frame = people([1] * 30 + [1000] * 10)
    estimate = fit_peer_spend(frame, RULES, AS_OF)

    got = shares(frame, told(known(0, 10, 1), known(1, 90, 1), ranked(2, 1, 1)), estimate)

    assert got["wallet_tier"].tolist()[:4] == ["low", "low", "high", "low"]
    assert got["share_is_low"].tolist() == [True, True] + [False] * 38
    assert got["headroom_is_high"].tolist() == [False, True] + [False] * 38


def test_scores_are_for_those_who_want_them():
    rows = told(*(known(i, 100, spend) for i, spend in enumerate([0, 20, 21, 60, 81, 100])))
    frame = people([1] * 7).assign(
        rfm=pd.Categorical(["555", "554", None, "111", "1-1-10", "1-1-1", "1-1-1"])
    )

    got = add_wallet_scores(shares(frame, rows))

    assert got["sow_score"].tolist() == [1, 1, 2, 3, 5, 5, pd.NA]
    assert got["rfm_sow"].fillna("").tolist() == [
        "5551", "5541", "", "1113", "1-1-10-5", "1-1-1-5", "",
    ]  # fmt: skip


def test_the_argument_is_left_as_it_was():
    frame, rows = people(HUNDREDS), told(known(0, 500, 300), ranked(1, 1, 2))
    before = frame.copy(), rows.copy()

    shares(frame, rows, fit_peer_spend(frame, RULES, AS_OF))

    pd.testing.assert_frame_equal(frame, before[0])
    pd.testing.assert_frame_equal(rows, before[1])


# Against the slow way ----------------------------------------------------------------------------

DAYS = st.none() | st.integers(AS_OF - 40, AS_OF + 40)
MONEY = st.integers(-50, 200)
ROWS = st.one_of(
    st.tuples(st.integers(0, 5), MONEY, DAYS, DAYS, MONEY, st.none(), st.none()),
    st.tuples(
        st.integers(6, 8), st.none(), st.none(), st.none(), st.just(0),
        st.sampled_from([1, 1.5, 2]), st.sampled_from([2, 3]),
    ),
)  # fmt: skip
PERSON = st.fixed_dictionaries(
    {
        "frequency": st.sampled_from([0, 1, 1, 3]),
        "monetary": MONEY,
        "first_day": st.integers(AS_OF - 12, AS_OF),
        "country": st.sampled_from([None, "DE", "FR"]),
    }
)


@pytest.mark.long
@given(
    st.lists(PERSON, min_size=9, max_size=14),
    st.lists(ROWS, max_size=8, unique_by=lambda row: row[0] if row[5] else row),
    st.none() | st.integers(AS_OF - 30, AS_OF),
    st.integers(1, 5),
)
def test_everyone_gets_the_share_that_the_slow_way_gives(everyone, rows, since, fewest):
    frame = people(
        [each["monetary"] for each in everyone],
        frequency=[each["frequency"] for each in everyone],
        tenure=[AS_OF - each["first_day"] for each in everyone],
        country=pd.Series([each["country"] for each in everyone], dtype="str"),
    )
    rules = WalletRules(RULES.low, RULES.high, RULES.tau, ("country",), fewest)
    got = shares(frame, told(*rows), fit_peer_spend(frame, rules, AS_OF), Period(since, AS_OF))

    names = ["owner", "wallet", "from_day", "until_day", "spend_inside", "rank", "brands"]
    found = defaultdict(list)
    for place, person in enumerate(everyone):
        mine = [dict(zip(names, row, strict=True)) for row in rows if row[0] == place]
        mine = [row | {"rank": row["rank"] and Fraction(row["rank"])} for row in mine]
        estimate = None
        if person["frequency"]:
            estimate = oracle.peer_spend(person, everyone, ["country"], fewest, AS_OF)
        basis, wallet, share = oracle.share(person, mine, estimate, since, AS_OF)
        row = got.iloc[place]
        assert (basis or "none") == (row["wallet_basis"] if pd.notna(row["wallet"]) else "none")
        if basis:
            assert row["wallet"] == wallet
            assert row["share_of_wallet"] == pytest.approx(float(share), abs=6e-7)
            # A wallet that a rank implies is rounded; what is spent is not.
            by_rank = basis == "stated_rank"
            spend = min(person["monetary"], wallet) if by_rank else int(share * wallet)
            if basis == "peer_estimate":
                assert pd.isna(row["headroom"])
                assert pd.isna(row["wallet_plan"])
            else:
                assert row["headroom"] == wallet - spend
            found[basis].append({"wallet": wallet, "spend": spend})

    sums = shares_by_stage(got.assign(stage="all")).set_index("wallet_basis")
    assert sums["share_of_wallet"].to_dict() == {
        basis: pytest.approx(float(oracle.group_share(members)), abs=6e-7)
        for basis, members in found.items()
    }
