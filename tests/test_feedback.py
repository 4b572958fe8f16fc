"""What referrals, complaints and surveys say, on people small enough to count by hand."""

import pandas as pd

from rfmtool.analyses.feedback import (
    candidate_accuracy,
    complaints,
    is_higher_share,
    nps_by_stage,
    referrals_and_feedback,
    referrals_by_stage,
    repurchase_by_satisfaction,
)
from rfmtool.analyses.return_rates import Share
from rfmtool.scoring.timing import OrderDays

AS_OF = 1_000


def people_of(*rows):
    """People from (stage, money, last order day or None, latest NPS or None)."""
    stages = ["advocate", "client", "customer", "suspect"]
    frame = pd.DataFrame(rows, columns=["stage", "monetary", "last", "latest_nps"])
    last = pd.to_datetime(frame["last"], unit="D").astype("datetime64[s]")
    return frame.assign(
        stage=pd.Categorical(frame["stage"], stages),
        last_order_on=last,
        latest_nps=frame["latest_nps"].astype("Int64"),
        order_days=1,
        orders_suggest=False,
    )


def days_of(*by_person):
    owner = [place for place, days in enumerate(by_person) for _ in days]
    day = [day for days in by_person for day in days]
    series = pd.DataFrame({"owner": owner, "day": day}, dtype="int64")
    return OrderDays(series["owner"].to_numpy(), series["day"].to_numpy())


def referrals_of(*rows):
    frame = pd.DataFrame(rows, columns=["owner", "referred", "referred_on"])
    return frame.astype({"owner": "int64", "referred": "int64", "referred_on": "Int64"})


def feedback_of(*rows):
    columns = ["owner", "given_on", "nps", "kind", "resolved_on"]
    frame = pd.DataFrame(rows, columns=columns)
    whole = ["given_on", "nps", "resolved_on"]
    return frame.astype({"owner": "int64", **dict.fromkeys(whole, "Int64"), "kind": "str"})


def test_who_was_named_and_bought_is_counted_by_the_rung_of_who_named_them():
    """0 is an advocate, 1 a client; 2 bought after being named, 3 before, 4 never."""
    people = people_of(
        ("advocate", 5, 900, None),
        ("client", 7, 900, None),
        ("customer", 30, 500, None),
        ("customer", 40, 300, None),
        ("suspect", 0, None, None),
    )
    named = referrals_of(
        (0, 2, 500), (0, 2, 100), (0, 3, 301), (1, 4, None), (1, 1, 1), (1, 3, 300)
    )

    found = {row["stage"]: row for row in referrals_by_stage(people, named)}

    assert (found["advocate"]["referred"], found["advocate"]["bought"]) == (2, 1)
    assert found["advocate"]["revenue"] == 30
    assert (found["client"]["referred"], found["client"]["bought"]) == (2, 1)
    assert found["client"]["revenue"] == 40
    assert set(found) == {"advocate", "client"}


def test_what_friends_spent_may_be_more_than_64_bits_hold():
    people = people_of(
        ("advocate", 5, 900, None),
        ("customer", 2**62, 500, None),
        ("customer", 2**62, 500, None),
    )

    [brought] = referrals_by_stage(people, referrals_of((0, 1, 400), (0, 2, 400)))

    assert (brought["stage"], brought["bought"], brought["revenue"]) == ("advocate", 2, 2**63)


def test_an_undated_referral_came_before_every_order():
    people = people_of(("client", 1, 5, None), ("customer", 2, 5, None), ("suspect", 0, None, None))

    (row,) = referrals_by_stage(people, referrals_of((0, 1, None), (0, 2, None)))

    assert (row["referred"], row["bought"]) == (2, 1)


def test_answers_give_the_net_promoter_score_of_a_rung():
    people = people_of(
        *[("client", 1, 1, nps) for nps in (10, 10, 9, 8, 7, 6, None, None)],
        ("customer", 1, 1, None),
    )

    clients, customers = nps_by_stage(people)

    assert (clients["people"], clients["answered"], clients["nps"]) == (8, 6, 100 * (3 - 1) / 6)
    assert (customers["people"], customers["answered"], customers["nps"]) == (1, 0, None)


def test_complaints_are_open_until_a_day_that_has_come():
    feedback = feedback_of(
        (0, 10, None, "complaint", 14),
        (1, 10, None, "complaint", None),
        (2, 10, None, "complaint", AS_OF + 1),
        (3, None, None, "complaint", 20),
        (0, 20, None, "complaint", 20),
        (1, AS_OF - 10, None, "complaint", AS_OF),
        (1, 30, None, "complaint", None),
        (4, 10, 3, "survey", None),
    )
    people = people_of(*[("client", 1, 1, None)] * 5)

    found = complaints(people, feedback, days_of([11], [], [], [200], [1]), AS_OF)

    assert (found["open"], found["resolved"]) == (3, 4)
    assert found["median_days_to_resolve"] == 4


def test_who_came_back_within_90_days_of_the_answer_is_compared_with_who_never_complained():
    """0 came back in time, 1 too late, 2 is not watched for 90 days yet; 3 and 4 are content."""
    feedback = feedback_of(
        (0, 10, None, "complaint", 100),
        (1, 10, None, "complaint", 100),
        (2, 10, None, "complaint", AS_OF - 89),
    )
    people = people_of(*[("client", 1, 1, None)] * 5)
    days = days_of([1, 190], [100, 191], [1, AS_OF], [1, 910, 990], [900])

    found = complaints(people, feedback, days, AS_OF)

    assert found["came_back_after"] == Share(2, 1).as_data()
    assert found["came_back_without"] == Share(2, 1).as_data()


def test_the_latest_old_answer_decides_how_delighted_somebody_was():
    """0 was delighted and came; 1 changed their mind the same day; 2 has answered just now."""
    feedback = feedback_of(
        (0, 100, 10, "survey", None),
        (1, 100, 9, "survey", None),
        (1, 100, 7, "survey", None),
        (2, AS_OF, 10, "survey", None),
        (3, 100, 2, "survey", None),
        (3, None, 10, "survey", None),
    )

    found = repurchase_by_satisfaction(feedback, days_of([150], [100], [], [190]), AS_OF)

    shares = {"ecstatic": Share(1, 1), "satisfied": Share(1, 0), "unhappy": Share(1, 1)}
    assert found == {name: share.as_data() for name, share in shares.items()}


def test_what_was_not_supplied_is_not_answered():
    people, days = people_of(("client", 1, 1, None)), days_of([1])
    no_scores = feedback_of((0, 10, None, "complaint", 14))

    assert set(referrals_and_feedback(people, {}, days, AS_OF).values()) == {None}
    found = referrals_and_feedback(people, {"feedback": no_scores}, days, AS_OF)
    assert found["answers"] is None
    assert found["complaints"]["resolved"] == 1


def test_nobody_ordered_and_still_there_is_an_answer():
    people = people_of(("suspect", 0, None, 9))
    feedback = feedback_of((0, 10, 9, "survey", None), (0, 10, None, "complaint", 20))

    found = referrals_and_feedback(people, {"feedback": feedback}, days_of([]), AS_OF)

    assert found["delight"]["ecstatic"] == Share(1, 0).as_data()
    assert found["complaints"]["came_back_after"] == Share(1, 0).as_data()
    assert found["complaints"]["came_back_without"] == Share(0, 0).as_data()


def test_how_well_orders_foretold_who_would_recommend_us():
    """Of forty who look it thirty would, of forty others who came back ten; one came once."""
    people = pd.DataFrame(
        {
            "latest_nps": pd.array([9] * 30 + [3] * 10 + [10] * 10 + [8] * 30 + [9, None], "Int64"),
            "orders_suggest": [True] * 40 + [False] * 41 + [True],
            "order_days": [4] * 80 + [1, 9],
        }
    )

    assert candidate_accuracy(people) == {
        "suggested": Share(40, 30).as_data(), "others": Share(40, 10).as_data(),
        "orders_tell": True,
    }  # fmt: skip


def test_a_difference_is_seen_though_the_limits_of_two_shares_overlap():
    assert is_higher_share(Share(41, 22), Share(116, 41))  # +18.3 points [+0.9, +34.7]


def test_few_answers_say_nothing_of_candidates():
    assert is_higher_share(Share(29, 29), Share(40, 0)) is None
