"""What evidence proves: who stands where, what vetoes it, and on which day it ends to count."""

import random
from dataclasses import replace
from datetime import date, timedelta

import ladder_oracle as oracle
import pandas as pd
import pytest
from effort import SLOW
from hypothesis import given, settings
from hypothesis import strategies as st
from ladder_oracle import History, Shop
from witnesses import frames_of, ordinal, people_of

from rfmtool.days import months_before
from rfmtool.placing.evidence_columns import add_evidence_columns
from rfmtool.placing.ladder import assign_stages
from rfmtool.placing.matching import first_match
from rfmtool.rules import load_rules

AS_OF = date(2024, 2, 29)
START = date(2022, 2, 28)  # two years before, clipped to the month's last day
DAY = timedelta(days=1)
RECENT = date(2023, 6, 1)
ONCE, TWICE = History((RECENT,), 10), History((date(2023, 5, 1), RECENT), 20)
NOTHING = History(lines=0)
RUNGS = load_rules().ladder


def referral(who, referred, on=RECENT, *, solicited=False):
    return {"who": who, "referred": referred, "referred_on": on, "solicited": solicited}


def said(who, on=RECENT, **more):
    unsaid = dict.fromkeys(("nps", "sentiment", "solicited", "resolved_on"))
    return {"who": who, "given_on": on, "kind": "survey", **unsaid, **more}


def review(who, on=RECENT, *, solicited=False, sentiment="positive"):
    return said(who, on, kind="review", sentiment=sentiment, solicited=solicited)


def complaint(who, on=RECENT, resolved_on=None):
    return said(who, on, kind="complaint", sentiment="negative", resolved_on=resolved_on)


def contact(who, status="known", **more):
    untold = {"since_on": None, "scheme_member": False, "paused_until": None}
    return {"who": who, "status": status, **untold, **more}


def partner(who, from_on=None, until_on=None):
    return {"who": who, "from_on": from_on, "until_on": until_on}


def proven(shop):
    return add_evidence_columns(people_of(shop), frames_of(shop), ordinal(shop.as_of))


def rungs_of(shop):
    """The place on the ladder of everybody, from the top; quicker than with reasons."""
    return first_match(proven(shop), RUNGS)


def stages_of(shop):
    return [RUNGS[place].label for place in rungs_of(shop)]


def placed(shop):
    return assign_stages(proven(shop), RUNGS, frames_of(shop))


def first(*histories, **evidence):
    """The place of the first of some people, whose rung the plain sentences confirm."""
    shop = Shop(AS_OF, dict(enumerate(histories)), **evidence)
    answer = placed(shop).iloc[0]
    assert answer["stage"] == oracle.stage(shop, 0)
    return answer


def stage_of(*histories, **evidence):
    return first(*histories, **evidence)["stage"]


# The rungs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "stage"),
    [
        (partner(0), "partner"),
        (partner(0, AS_OF, AS_OF), "partner"),
        (partner(0, from_on=AS_OF + DAY), "customer"),
        (partner(0, until_on=AS_OF - DAY), "customer"),
    ],
)
def test_a_partner_is_listed_on_the_day(row, stage):
    assert stage_of(ONCE, partners=[row]) == stage


def test_a_partner_has_ordered_and_stays_one_whatever_they_complain_of():
    assert stage_of(NOTHING, partners=[partner(0)]) == "suspect"
    assert (
        stage_of(ONCE, partners=[partner(0)], feedback=[complaint(0), said(0, nps=0)]) == "partner"
    )
    ended = partner(0, until_on=RECENT)
    assert stage_of(ONCE, partners=[ended, partner(0)]) == "partner"


def test_who_brings_a_buyer_unasked_is_an_advocate():
    someone = first(ONCE, ONCE, referrals=[referral(0, 1)])

    assert (someone["stage"], someone["stage_evidence"]) == ("advocate", "deed")
    assert someone["stage_reason"] == (
        "advocate: unasked, brought 1 who bought; last referral 2023-06-01"
    )


@pytest.mark.parametrize(
    ("row", "stage"),
    [
        (referral(0, 1, START), "advocate"),
        (referral(0, 1, START - DAY), "client"),
        (referral(0, 1, None), "client"),
        (referral(0, 1, RECENT + DAY), "supporter"),  # bought before, and not since
        (referral(0, 1, AS_OF + DAY), "client"),
        (referral(0, 1, solicited=True), "supporter"),
        (referral(0, 1, solicited=None), "supporter"),
        (referral(0, 2), "supporter"),  # never bought
        (referral(0, 0), "client"),  # named themselves
    ],
)
def test_a_referral_counts_for_what_it_is(row, stage):
    assert stage_of(TWICE, ONCE, NOTHING, referrals=[row]) == stage


def test_of_two_referred_one_has_bought_where_nobody_knows_whether_we_asked():
    both = [referral(0, 1, solicited=None), referral(0, 2, solicited=None)]

    assert stage_of(ONCE, ONCE, NOTHING, referrals=both) == "advocate"
    assert stage_of(ONCE, ONCE, NOTHING, referrals=[both[0], both[0]]) == "customer"
    assert stage_of(ONCE, NOTHING, NOTHING, referrals=both) == "customer"
    known = referral(0, 2, solicited=True)
    assert stage_of(ONCE, ONCE, NOTHING, referrals=[both[0], known]) == "customer"


@pytest.mark.parametrize(
    ("row", "stage"),
    [
        (review(0), "advocate"),
        (review(0, START), "advocate"),
        (review(0, START - DAY), "client"),
        (review(0, None), "client"),
        (review(0, solicited=True), "supporter"),
        (review(0, solicited=None), "supporter"),
        (review(0, sentiment="neutral"), "client"),
        (said(0, kind="survey", sentiment="positive", solicited=False), "client"),
        (said(0, nps=9), "supporter"),
        (said(0, START, nps=10), "supporter"),
        (said(0, START - DAY, nps=10), "client"),
        (said(0, None, nps=9), "client"),
        (said(0, nps=8), "client"),
    ],
)
def test_a_word_counts_for_what_it_is(row, stage):
    assert stage_of(TWICE, feedback=[row]) == stage


def test_a_word_makes_no_supporter_of_a_customer_of_one_day():
    assert stage_of(ONCE, feedback=[said(0, nps=10)]) == "customer"
    assert stage_of(ONCE, feedback=[review(0)]) == "advocate"


def test_members_of_the_scheme_support_however_long_they_are_known():
    long_ago = date(2015, 1, 1)

    assert (
        stage_of(TWICE, contacts=[contact(0, since_on=long_ago, scheme_member=True)]) == "supporter"
    )
    assert stage_of(TWICE, contacts=[contact(0, since_on=AS_OF, scheme_member=True)]) == "supporter"
    later = contact(0, since_on=AS_OF + DAY, scheme_member=True)
    assert stage_of(TWICE, contacts=[later]) == "supporter"  # the list is that of today


@pytest.mark.parametrize("status", ["lead", "quote", "trial", "replied"])
def test_contact_both_ways_makes_a_prospect(status):
    someone = first(NOTHING, contacts=[contact(0, status)])

    assert someone["stage"] == "prospect"
    assert someone["stage_reason"] == f"prospect: in touch both ways, no order yet: {status}"


@pytest.mark.parametrize("status", ["known", "", "disqualified", "anything else"])
def test_being_known_makes_a_suspect(status):
    assert stage_of(NOTHING, contacts=[contact(0, status)]) == "suspect"


def test_being_named_or_giving_feedback_makes_a_prospect():
    assert stage_of(NOTHING, ONCE, referrals=[referral(1, 0)]) == "prospect"
    assert stage_of(NOTHING, ONCE, referrals=[referral(1, 0, AS_OF + DAY)]) == "suspect"
    assert stage_of(NOTHING, feedback=[said(0, nps=5)]) == "prospect"
    assert stage_of(NOTHING, feedback=[said(0, AS_OF + DAY, nps=5)]) == "suspect"


# Vetoes ------------------------------------------------------------------------------------------


def test_an_open_complaint_vetoes_however_old_it_is():
    row, old = referral(0, 1), date(2001, 1, 1)

    someone = first(TWICE, ONCE, referrals=[row], feedback=[complaint(0, old)])
    assert someone["stage_reason"] == (
        "client: 2 order days 2023-05-01 to 2023-06-01; kept from a higher rung by open"
        " complaints (1)"
    )
    for resolved, stage in [(AS_OF, "advocate"), (AS_OF + DAY, "client"), (old, "advocate")]:
        settled = complaint(0, old, resolved)
        assert stage_of(TWICE, ONCE, referrals=[row], feedback=[settled]) == stage
    assert stage_of(TWICE, ONCE, referrals=[row], feedback=[complaint(0, None)]) == "client"
    future = complaint(0, AS_OF + DAY)
    assert stage_of(TWICE, ONCE, referrals=[row], feedback=[future]) == "advocate"


def test_an_open_complaint_is_named_as_the_reason_only_where_it_is_one():
    plain = first(TWICE, feedback=[complaint(0)])
    promoter = first(TWICE, feedback=[complaint(0), said(0, nps=9)])

    assert "higher rung" not in plain["stage_reason"]
    assert "kept from a higher rung by open complaints (1)" in promoter["stage_reason"]


@pytest.mark.parametrize(
    ("answered", "stage"),
    [
        (RECENT - DAY, "advocate"),
        (RECENT, "client"),
        (RECENT + DAY, "client"),
        (AS_OF + DAY, "advocate"),
        (None, "advocate"),
    ],
)
def test_a_low_answer_vetoes_what_was_done_until_that_day(answered, stage):
    low = said(0, answered, nps=6)

    assert stage_of(TWICE, ONCE, referrals=[referral(0, 1)], feedback=[low]) == stage
    assert stage_of(TWICE, feedback=[review(0), low]) == stage


def test_a_low_answer_says_so_in_the_reason():
    someone = first(TWICE, feedback=[review(0), said(0, RECENT + DAY, nps=4)])

    assert someone["stage_reason"] == (
        "client: 2 order days 2023-05-01 to 2023-06-01; kept from a higher rung by the latest"
        " survey answer, 4 of 10 (2023-06-02); no referrals supplied, so assessed without"
    )


def test_only_the_latest_answer_vetoes():
    answers = [said(0, RECENT, nps=3), said(0, RECENT + DAY, nps=7)]

    assert stage_of(TWICE, feedback=[review(0), *answers]) == "advocate"
    assert stage_of(TWICE, feedback=[said(0, RECENT, nps=10), answers[1]]) == "client"


def test_of_two_answers_on_a_day_the_lower_counts():
    assert stage_of(TWICE, feedback=[said(0, nps=10), said(0, nps=8)]) == "client"
    assert stage_of(TWICE, feedback=[said(0, nps=6), said(0, nps=10), review(0)]) == "client"


def test_evidence_without_a_date_is_older_than_any_answer():
    undated = said(0, None, nps=0)

    assert stage_of(TWICE, feedback=[review(0, None)]) == "client"
    assert stage_of(TWICE, feedback=[said(0, None, nps=10)]) == "client"
    assert stage_of(TWICE, feedback=[review(0), undated]) == "advocate"
    assert stage_of(TWICE, feedback=[review(0, None), said(0, date(2001, 1, 1), nps=6)]) == "client"
    member = contact(0, scheme_member=True)
    assert stage_of(TWICE, contacts=[member]) == "supporter"
    assert stage_of(TWICE, contacts=[member], feedback=[undated]) == "client"
    assert stage_of(TWICE, contacts=[member], feedback=[said(0, RECENT, nps=6)]) == "client"


def test_deeds_after_a_low_answer_count_and_those_before_do_not():
    rows = [referral(0, 1, RECENT), referral(0, 2, RECENT - DAY)]
    low = said(0, RECENT - DAY, nps=2)
    shop = Shop(AS_OF, {0: TWICE, 1: ONCE, 2: ONCE}, referrals=rows, feedback=[low])

    assert proven(shop).loc[0, ["referrals", "unsolicited_bought"]].tolist() == [1, 1]
    assert placed(shop).loc[0, "stage"] == "advocate"


# Columns -----------------------------------------------------------------------------------------


def test_tables_that_were_not_supplied_say_nothing():
    frame = proven(Shop(AS_OF, {0: TWICE}))

    flags = frame.select_dtypes("bool")
    assert len(flags.columns) == 10
    assert not flags.any(axis=None)
    assert frame.loc[0, ["complaints", "open_complaints", "referrals"]].tolist() == [0, 0, 0]
    unknown = ["latest_nps", "recent_nps", "contact_status", "last_review_on", "latest_nps_on"]
    assert frame.loc[0, unknown].isna().all()


def test_people_without_lines_of_their_own_have_one_where_that_is_not_told():
    people = people_of(Shop(AS_OF, {0: NOTHING}))

    assert add_evidence_columns(people, {}, 0)["lines"].tolist() == [0]
    assert add_evidence_columns(people.drop(columns="lines"), {}, 0)["lines"].tolist() == [1]


def test_an_old_answer_stays_the_latest_but_is_no_recent_one():
    frame = proven(Shop(AS_OF, {0: TWICE}, feedback=[said(0, START - DAY, nps=3)]))

    assert frame["latest_nps"].tolist() == [3]
    assert frame["recent_nps"].isna().all()
    assert frame["detractor"].all()
    assert frame["latest_nps_on"].tolist() == [pd.Timestamp(START - DAY)]


@pytest.mark.parametrize(("until", "paused"), [(AS_OF, True), (AS_OF - DAY, False), (None, False)])
def test_a_pause_lasts_to_its_last_day(until, paused):
    frame = proven(Shop(AS_OF, {0: ONCE}, contacts=[contact(0, paused_until=until)]))

    assert frame["paused"].tolist() == [paused]
    assert frame["is_contact"].all()


def test_only_a_buyer_names_as_a_customer():
    rows = [referral(1, 0), referral(0, 2)]
    frame = proven(Shop(AS_OF, {0: NOTHING, 1: ONCE, 2: NOTHING}, referrals=rows))

    assert frame["named_as_referred"].tolist() == [True, False, True]
    assert frame["named_by_customer"].tolist() == [True, False, False]


def test_columns_that_a_table_does_not_have_are_not_known():
    frames = {
        "contacts": pd.DataFrame({"owner": [0]}),
        "feedback": pd.DataFrame({"owner": [0], "kind": ["complaint"]}),
        "referrals": pd.DataFrame({"owner": [0], "referred": [1]}),
        "partners": pd.DataFrame({"owner": [0]}),
    }
    people = people_of(Shop(AS_OF, {0: TWICE, 1: ONCE}))

    frame = add_evidence_columns(people, frames, ordinal(AS_OF))

    assert frame["contact_status"].tolist()[0] == "known"
    columns = ["open_complaints", "unknown_referred", "unknown_bought", "partner_listed"]
    assert frame.loc[0, columns].tolist() == [1, 0, 0, True]


def test_nobody_is_no_matter():
    nobody = people_of(Shop(AS_OF, {0: ONCE})).iloc[:0]

    assert len(assign_stages(add_evidence_columns(nobody, {}, 0), RUNGS)) == 0


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2024-02-29", 24, "2022-02-28"),
        ("2024-02-29", 48, "2020-02-29"),
        ("2024-02-28", 24, "2022-02-28"),
        ("2023-12-31", 1, "2023-11-30"),
        ("2025-12-31", 24, "2023-12-31"),
        ("1970-01-01", 24, "1968-01-01"),
    ],
)
def test_months_are_those_of_the_calendar(day, months, expected):
    start = months_before(ordinal(date.fromisoformat(day)), months)

    assert start == ordinal(date.fromisoformat(expected))


# Anybody, with any evidence ----------------------------------------------------------------------

PEOPLE = 4
WHO = st.integers(0, PEOPLE - 1)
EDGES = [START - DAY, START, RECENT - DAY, RECENT, RECENT + DAY, AS_OF, AS_OF + DAY]
ON = st.sampled_from([None, *EDGES])
TRUTH = st.sampled_from([None, True, False])
PAST = st.lists(st.sampled_from([day for day in EDGES if day <= AS_OF]), max_size=3).map(tuple)
HISTORY = st.builds(History, PAST, st.just(5), st.sampled_from([0, 5]), st.integers(0, 1))
REFERRAL = st.builds(referral, WHO, WHO, ON, solicited=TRUTH)
ANSWER = st.builds(said, WHO, ON, nps=st.integers(4, 10))
MOOD = st.sampled_from(["positive", "neutral", None])
REVIEW = st.builds(review, WHO, ON, solicited=TRUTH, sentiment=MOOD)
COMPLAINT = st.builds(complaint, WHO, ON, ON)
STATUS = st.sampled_from(["", "known", "lead", "disqualified"])
CONTACT = st.builds(contact, WHO, STATUS, since_on=ON, scheme_member=TRUTH)
PARTNER = st.builds(partner, WHO, ON, ON)
SHOPS = st.builds(
    Shop,
    st.just(AS_OF),
    st.lists(HISTORY, min_size=PEOPLE, max_size=PEOPLE).map(lambda found: dict(enumerate(found))),
    st.lists(CONTACT, max_size=PEOPLE, unique_by=lambda row: row["who"]),
    st.lists(REFERRAL, max_size=5),
    st.lists(ANSWER | REVIEW | COMPLAINT, max_size=5),
    st.lists(PARTNER, max_size=2),
)


@settings(max_examples=SLOW)
@given(SHOPS)
def test_everyone_stands_on_the_one_rung_that_the_sentences_say(shop):
    assert stages_of(shop) == [oracle.stage(shop, who) for who in range(PEOPLE)]


@settings(max_examples=SLOW)
@given(SHOPS, st.randoms(use_true_random=False))
def test_the_order_of_rows_is_no_matter(shop, chance):
    def shuffled(rows):
        return random.Random(chance.random()).sample(rows, len(rows))  # noqa: S311 - no secret

    other = replace(
        shop,
        contacts=shuffled(shop.contacts),
        referrals=shuffled(shop.referrals),
        feedback=shuffled(shop.feedback),
        partners=shuffled(shop.partners),
    )

    pd.testing.assert_frame_equal(proven(shop), proven(other))


def more_of(shop, table, row):
    """The shop with one row more; contacts are known once."""
    rows = getattr(shop, table)
    if table == "contacts":
        rows = [other for other in rows if other["who"] != row["who"]]
        if len(rows) < len(shop.contacts):
            return shop
    return replace(shop, **{table: [*rows, row]})


SETTLED = st.builds(complaint, WHO, ON, st.sampled_from([START, AS_OF]))
MORE = st.one_of(
    st.tuples(st.just("referrals"), REFERRAL),
    st.tuples(st.just("feedback"), REVIEW | SETTLED),
    st.tuples(st.just("contacts"), CONTACT),
    st.tuples(st.just("partners"), PARTNER),
)


@settings(max_examples=SLOW)
@given(SHOPS, MORE)
def test_further_evidence_lowers_nobody(shop, more):
    """But for open complaints and survey answers, of which none is added here."""
    before, after = stages_of(shop), stages_of(more_of(shop, *more))

    heights = [oracle.STAGES.index(stage) for stage in (*before, *after)]
    assert all(
        later <= earlier for earlier, later in zip(heights[:PEOPLE], heights[PEOPLE:], strict=True)
    )
