"""How far people have climbed, on ladders small enough to count by hand."""

import numpy as np
import pandas as pd

from rfmtool.analyses.funnel import funnel
from rfmtool.scoring.timing import OrderDays, Timing, Windows

AS_OF = 1_000
LADDER = ["partner", "advocate", "supporter", "client", "customer", "prospect", "suspect"]
TIMING = Timing(Windows(10, 20, 100, 200), 30.0, 2.0, 4.0, limits_are_fitted=True)


def people_of(*stages, **columns):
    count = len(stages)
    plain = {
        "activity": ["active"] * count,
        "monetary": [1] * count,
        "recency_days": [1] * count,
        "usual_gap_days": [np.nan] * count,
        "overdue_ratio": [np.nan] * count,
    }
    frame = pd.DataFrame({**plain, **columns})
    known = frame.astype({"recency_days": "Int64", "activity": "category"})
    return known.assign(stage=pd.Categorical(stages, LADDER))


def days_of(*by_person):
    owner = np.array([place for place, days in enumerate(by_person) for _ in days], dtype=np.int64)
    day = np.array([day for days in by_person for day in days], dtype=np.int64)
    return OrderDays(owner, day)


def frame_of(**columns):
    kinds = {name: "boolean" if name == "solicited" else "Int64" for name in columns
             if name.endswith("_on") or name in ("nps", "solicited")}  # fmt: skip
    return pd.DataFrame(columns).astype(kinds)


def test_each_rung_counts_those_above_it_and_the_share_that_came_on():
    people = people_of("advocate", "client", "client", "customer", "suspect", "suspect")

    found = funnel(people, {}, days_of(), TIMING, AS_OF)

    assert [step["stage"] for step in found["steps"]] == LADDER[::-1]
    assert [step["reached"] for step in found["steps"]] == [6, 4, 4, 3, 1, 1, 0]
    assert [step["conversion"] for step in found["steps"]] == [None, 4 / 6, 1, 3 / 4, 1 / 3, 1, 0]


def test_a_rung_below_which_nobody_stands_has_no_conversion():
    found = funnel(people_of("suspect"), {}, days_of(), TIMING, AS_OF)

    assert [step["conversion"] for step in found["steps"]] == [None, 0, *[None] * 5]


def test_the_way_between_two_rungs_takes_the_median_of_those_who_made_it():
    """0 was known on day 2, ordered on 12 and 40, named a friend on 45; 1 on 4, 8, never again."""
    frames = {
        "contacts": frame_of(owner=[0, 1, 2], since_on=[2, 4, 6]),
        "referrals": frame_of(owner=[0], referred=[2], referred_on=[45], solicited=[False]),
    }
    people = people_of("advocate", "customer", "prospect")

    found = funnel(people, frames, days_of([12, 40], [8]), TIMING, AS_OF)

    waits = {step["stage"]: step["median_days"] for step in found["steps"]}
    assert waits["customer"] == (10 + 4) / 2
    assert waits["client"] == 28
    assert waits["supporter"] == 5
    assert waits["advocate"] == 0
    assert waits["partner"] is None


def test_who_names_only_themselves_has_referred_nobody():
    named = frame_of(owner=[0], referred=[0], referred_on=[45], solicited=[False])

    found = funnel(people_of("client"), {"referrals": named}, days_of([12, 40]), TIMING, AS_OF)

    waits = {step["stage"]: step["median_days"] for step in found["steps"]}
    assert (waits["supporter"], waits["advocate"]) == (None, None)


def test_praise_in_words_and_in_numbers_makes_a_supporter_from_that_day():
    """0 gave a 9 on day 30, and less before; 1 praised us when asked on 48, unasked on 50."""
    feedback = pd.DataFrame(
        {
            "owner": [0, 0, 0, 0, 1, 1, 1],
            "given_on": pd.array([30, 25, 22, 21, 50, 48, 45], "Int64"),
            "nps": pd.array([9, 8, None, None, None, None, None], "Int64"),
            "kind": ["survey", "survey", "review", "survey", "review", "review", "review"],
            "sentiment": [None, None, "negative", "positive", "positive", "positive", "negative"],
            "solicited": pd.array([True, True, True, True, False, True, False], "boolean"),
        }
    )
    people = people_of("supporter", "advocate")

    found = funnel(people, {"feedback": feedback}, days_of([1, 20], [1, 40]), TIMING, AS_OF)

    waits = {step["stage"]: step["median_days"] for step in found["steps"]}
    assert waits["supporter"] == (10 + 8) / 2
    assert waits["advocate"] == 2


def test_new_buyers_are_told_against_those_who_lapsed_in_the_same_time():
    """0 is new, 1 lapsed 91 days ago, 2 did 90 days ago, 3 by a habit of 20 days just now."""
    people = people_of(
        *["customer"] * 3,
        "client",
        activity=["active", "lapsed", "lapsed", "lapsed"],
        recency_days=[10, 200 + 91, 200 + 90, 100],
        usual_gap_days=[np.nan, np.nan, np.nan, 20.0],
        overdue_ratio=[np.nan, np.nan, np.nan, 5.0],
    )
    days = days_of([AS_OF - 10], [1], [AS_OF - 290], [AS_OF - 300, AS_OF - 100])

    found = funnel(people, {}, days, TIMING, AS_OF)

    assert (found["new_buyers"], found["newly_lapsed"]) == (1, 2)


def test_a_ladder_is_a_pyramid_when_it_narrows_upwards():
    narrow = ["advocate", "supporter", "supporter", "customer", "client", "client"]
    wide = ["advocate", "supporter", "customer", "client"]
    nobody = people_of("client", "customer")
    own = people_of(*narrow).assign(stage=pd.Categorical(["a"] * 6, ["a", "b"]))

    assert funnel(people_of(*narrow), {}, days_of(), TIMING, AS_OF)["is_pyramid"] is True
    assert funnel(people_of(*wide), {}, days_of(), TIMING, AS_OF)["is_pyramid"] is False
    assert funnel(nobody, {}, days_of(), TIMING, AS_OF)["is_pyramid"] is None
    assert funnel(own, {}, days_of(), TIMING, AS_OF)["is_pyramid"] is None


def test_what_hangs_on_the_top_is_their_own_money_and_that_of_those_they_brought():
    """Advocate 0 brought partner 1 and customer 2; client 3 brought 4."""
    people = people_of(
        "advocate", "partner", "customer", "client", "customer", monetary=[1, 2, 4, 8, 16]
    )
    frames = {"referrals": frame_of(owner=[0, 0, 3], referred=[1, 2, 4], referred_on=[1, 1, 1])}

    found = funnel(people, frames, days_of(), TIMING, AS_OF)

    assert (found["top_revenue"], found["referred_revenue"]) == (3, 4)
    assert found["steps"][0]["stage"] == "suspect"
