"""Each sentence on how people are looked after: where it is true, and only there."""

import pytest

from rfmtool.pages.blocks import Paragraph
from rfmtool.pages.journey import page as journey_page
from rfmtool.pages.profitability import returns_by_stage, rewards
from rfmtool.pages.relationship import (
    communities,
    introductions,
    missing_tables,
    needs,
    service_equality,
    tasks,
)


def said(blocks):
    """All sentences of some blocks, in one."""
    return " ".join(block.words for block in blocks if isinstance(block, Paragraph))


def part(people, of):
    share = people / of if of else None
    return {"people": people, "of": of, "share": share, "low": share, "high": share,
            "too_few": of < 30}  # fmt: skip


def fifths(worse=(), alike=()):
    ends = [{"too_few": False, "value": 0.2, "low": 0.1, "high": 0.3}] * 2
    thing = {"by": {"spend": ends}, "worst_to_best": {"stage": None, "segment": 0.5}}
    return {"equality": {"things": {"contacted": thing}, "worse": worse, "alike": alike}}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (fifths(worse=["contacted"]), "Low spenders are served worse than high spenders: "),
        (fifths(alike=["contacted"]), "No difference is seen between low and high spenders"),
        (fifths(), "Too early to say whether low spenders are served as well as others."),
    ],
)
def test_who_is_served_worse_is_told_as_far_as_it_is_known(found, words):
    assert words in said(service_equality(found))


def followed(yes, of):
    every = {"all": part(yes, of), "first": part(yes, of), "later": part(0, 0)}
    return {
        "tasks": [{"say": "Ordered lately", "people": 3, "name": "follow_up"}],
        "follow_up": {"within_days": 14, **every}, "reach": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("yes", "of", "word"), [(40, 40, "Yes"), (0, 40, "No"), (9, 40, "In part")]
)
def test_whether_every_order_is_followed_up_is_told_where_there_are_orders(yes, of, word):
    assert f"followed up within 14 days? {word}: " in said(tasks(followed(yes, of)))
    assert said(tasks(followed(0, 0))) == ""


def test_to_whom_others_listen_is_told_of_open_complaints():
    heard = {**followed(0, 0), "reach": {"open": 2, "with_reach": 1}}
    silent = {**heard, "reach": {"open": 2, "with_reach": 0}}

    assert "Others listen to 1 of 2 people with an open complaint" in said(tasks(heard))
    assert said(tasks(silent)) == ""


@pytest.mark.parametrize(
    ("median", "few", "there"), [(79, False, True), (79, True, False), (None, False, False)]
)
def test_how_soon_needs_are_met_is_told_of_enough_of_them(median, few, there):
    days = {"median": median, "low": 70, "high": None, "too_few": few}
    words = said(needs({"unmet": [], "days": days, "met": part(10, 40), "asked": part(40, 90)}))

    assert ("half within 79 days [70, …]" in words) is there
    assert "Asked what they need: 40 of 90" in words


@pytest.mark.parametrize(
    ("businesses", "words", "not_said"),
    [
        (40, "Businesses without any for 12 months: 10 of 40", "Nobody is marked"),
        (0, "Nobody is marked as a business in the column kind", "Businesses without"),
    ],
)
def test_work_is_counted_for_businesses_where_some_are_marked(businesses, words, not_said):
    balance = dict.fromkeys(("gave_only", "gave_more", "even", "got_only", "got_more"), 0)
    found = {"outcomes": {}, "balance": balance, "months": 12, "introductions": 0, "lately": 0,
             "by_us": 0, "businesses": businesses, "found_none": part(10, 40),
             "marked_by": "kind"}  # fmt: skip

    assert words in said(introductions(found))
    assert not_said not in said(introductions(found))


@pytest.mark.parametrize(
    ("compared", "words"),
    [
        (None, "History is too short to compare members with others."),
        (
            {"difference": None, "members": part(9, 12)},
            "Members with similar others to compare: 12, too few.",
        ),
        (
            {"difference": {"difference": 0.1, "low": -0.02, "high": 0.2}, "members": part(20, 40)},
            "that is +10.0 points [-2.0, +20.0], an association",
        ),
    ],
)
def test_members_are_held_against_others_as_far_as_that_goes(compared, words):
    found = {"communities": [], "advocates_in_none": part(3, 40), "invited": 1, "inviters": 1,
             "compared": compared}  # fmt: skip
    assert words in said(communities(found))
    assert ("association" in said(communities(found))) is ("association" in words)


def test_tables_that_would_tell_more_are_named_where_they_are_missing():
    assert "To see more, add --needs: what" in said(missing_tables({"opens": {"needs": "what"}}))
    assert missing_tables({"opens": {}}) == []


def rung(stage, contacts, margin, minutes=0):
    return {"stage": stage, "people": 1, "revenue": "10", "margin": margin, "contacts": contacts,
            "minutes": minutes, "earned_per_contact": None, "measured_contacts": 0}  # fmt: skip


@pytest.mark.parametrize(
    ("minutes", "margin", "words"),
    [
        (30, "5", "100% of the minutes for 50% of the margin"),
        (0, None, "100% of the contacts for 50% of the revenue"),
    ],
)
def test_where_time_goes_is_told_in_minutes_and_margin_where_they_are_known(minutes, margin, words):
    rows = [rung("client", 4, margin, minutes), rung("customer", 0, margin)]

    assert words in said(returns_by_stage({"returns": rows, "contribution": None}))
    assert returns_by_stage({"returns": [rung("client", 0, margin)], "contribution": None}) == []


@pytest.mark.parametrize(
    ("below", "review", "there"),
    [(2, 1, (True, True)), (2, 0, (True, False)), (0, 0, (False, False))],
)
def test_who_leaves_less_than_nothing_is_told_and_who_looks_at_them(below, review, there):
    few = {"below_zero": below, "below_zero_total": "-5", "people": 9, "manager_review": review,
           "next_steps": ["First ask."]}  # fmt: skip
    words = said(returns_by_stage({"returns": [rung("client", 1, "5")], "contribution": few}))

    assert ("a negative margin" in words, "A manager reviews the" in words) == there


@pytest.mark.parametrize(
    ("reward", "end"), [("8", "of the rules."), ("0", "of the rules: none is set.")]
)
def test_rewards_are_told_where_partners_brought_somebody(reward, end):
    month = {"month": "2025-12", "bought": 1, "revenue": "30", "margin": None, "reward": reward}
    due = {"months": [month], "partners": 1, "revenue": "30", "margin": None, "reward": reward}

    words = said(rewards({"rewards": due, "at_stake": None}))
    assert words.endswith(end)
    assert ", margin" not in words
    assert rewards({"rewards": {**due, "months": []}, "at_stake": {"people": 0}}) == []


def test_what_hangs_on_advocates_is_told_where_there_are_any():
    stake = {"people": 2, "own": "5", "others": "1", "brought": 3, "low": "2", "high": "9"}
    words = said(rewards({"rewards": None, "at_stake": stake}))

    assert words.startswith("At stake with 2 advocates and partners: about 5.00 of own spend")


STEPS = ("first_order", "second_order", "third_order")


def way(**more):
    steps = [{"step": name, "people": 9 - place, "share_of_before": None, "recorded": 9,
              "median_days": None} for place, name in enumerate(STEPS)]  # fmt: skip
    return {"as_of": "2025-12-31", "horizon_days": 90, "steps": steps, "by_source": [],
            "by_month": [], "contact_before_order": None, "asking": None, "by": "category",
            "gateway": [], "gateway_too_few": 0, "opens": {}, "notes": [], **more}  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "weeks", "words"),
    [
        (part(0, 40), None, "Are you asking for a second order? No: nobody of 40."),
        (part(30, 40), None, "were asked before it came, first on day 9 (median)."),
        (part(30, 40), [5, 6], "likeliest in weeks 5–6 (days 29–42): 1 were asked then, 2 before"),
    ],
)
def test_whether_a_second_order_is_asked_for_is_told_as_far_as_it_is_known(asked, weeks, words):
    told = {"asked": asked, "median_day": 9, "best_weeks": weeks, "within": 1, "before": 2,
            "after": 3}  # fmt: skip

    assert words in said(journey_page(way(asking=told), 80))
    assert "Are you asking" not in said(journey_page(way(), 80))
    assert ("likeliest" in said(journey_page(way(asking=told), 80))) is bool(weeks)


@pytest.mark.parametrize("difference", [None, {"difference": 0.1, "low": 0.0, "high": 0.2}])
def test_those_in_touch_before_their_first_order_are_held_against_others(difference):
    side = {"came_back": None, "first_buyers": 9, "low": None, "high": None}
    both = {"before": side, "after": side, "difference": difference}
    words = said(journey_page(way(contact_before_order=both), 80))

    assert "too few (9) in touch before their first order" in words
    assert ("an association" in words) is (difference is not None)
