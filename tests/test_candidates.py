"""Orders alone may suggest a supporter, and only where proxies are allowed make one."""

from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import quantile

from rfmtool.placing.candidates import add_candidates
from rfmtool.placing.evidence_columns import add_evidence_columns
from rfmtool.placing.ladder import assign_stages
from rfmtool.rules import load_rules

RUNGS = load_rules().ladder
EPOCH = pd.Timestamp("1970-01-01")
LIKELY = {
    "order_days": 4,
    "first_order_on": EPOCH,
    "last_order_on": EPOCH + pd.Timedelta(days=90),
    "sales": 100,
    "refunds": 9,
    "activity": "active",
    "categories": 2,
}


def frame_of(*people):
    frame = pd.DataFrame([LIKELY | person for person in people])
    for name in ("first_order_on", "last_order_on"):
        frame[name] = frame[name].astype("datetime64[s]")
    return frame.astype({"categories": "Int64"})


def suggested(*people):
    return add_candidates(frame_of(*people))["looks_like_supporter"].tolist()


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, True),
        ({"order_days": 3}, False),
        ({"refunds": 10}, False),
        ({"sales": 0, "refunds": 0}, False),
        ({"activity": "overdue"}, False),
        ({"activity": "lapsed"}, False),
        ({"activity": "paused"}, True),
        ({"categories": 1}, False),
        ({"categories": None}, False),
    ],
)
def test_a_candidate_comes_often_keeps_it_and_buys_of_several_kinds(more, expected):
    assert suggested(more) == [expected]


def test_without_categories_those_of_the_longest_third_are_candidates():
    """Tenures 0, 1, 2, 3: the 2/3 quantile is 2, and only 3 lies above it."""
    people = frame_of(*({"first_order_on": EPOCH - pd.Timedelta(days=n)} for n in range(4)))

    frame = add_candidates(people.drop(columns="categories"))

    assert frame["looks_like_supporter"].tolist() == [False, False, False, True]


@pytest.mark.long
@given(st.lists(st.none() | st.integers(0, 9), min_size=1, max_size=12))
def test_the_longest_third_is_counted_over_buyers(tenures):
    people = frame_of(
        *(
            {"first_order_on": pd.NaT if days is None else EPOCH - pd.Timedelta(days=days)}
            for days in tenures
        )
    )
    known = [days for days in tenures if days is not None]

    frame = add_candidates(people.assign(categories=1))

    assert frame["looks_like_supporter"].tolist() == [
        days is not None and days > quantile(known, Fraction(2, 3)) for days in tenures
    ]


def placed(people, evidence, **more):
    proven = add_candidates(add_evidence_columns(people, evidence, 100))
    return assign_stages(proven, RUNGS, evidence, **more).iloc[0]


def test_a_candidate_stands_at_client_unless_proxies_are_allowed():
    client, supporter = placed(frame_of({}), {}), placed(frame_of({}), {}, allow_proxy=True)

    assert (client["stage"], client["candidate"]) == ("client", "supporter")
    assert (supporter["stage"], supporter["stage_evidence"]) == ("supporter", "proxy")
    assert supporter["candidate"] == "supporter"
    assert supporter["stage_reason"] == (
        "supporter: 4 order days and hardly a return; by orders alone, nobody has asked them"
    )


def test_who_is_no_candidate_is_not_promoted():
    client = placed(frame_of({"order_days": 3}), {}, allow_proxy=True)

    assert client["stage"] == "client"
    assert pd.isna(client["candidate"])


@pytest.mark.parametrize("row", [{"kind": "complaint"}, {"kind": "survey", "nps": 6}])
def test_a_bad_word_outweighs_orders(row):
    feedback = pd.DataFrame([{"owner": 0, "given_on": 0, "nps": None} | row])
    evidence = {"feedback": feedback.astype({"nps": "Int64"})}

    client = placed(frame_of({}), evidence, allow_proxy=True)

    assert client["stage"] == "client"
    assert pd.isna(client["candidate"])


def test_who_proved_more_is_no_candidate():
    evidence = {"partners": pd.DataFrame({"owner": [0]})}

    partner = placed(frame_of({}), evidence)

    assert partner["stage"] == "partner"
    assert pd.isna(partner["candidate"])
