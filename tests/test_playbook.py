"""What to do: one action for everybody, the most urgent first."""

import tomllib

import ladder_oracle as oracle
import numpy as np
import pandas as pd
import pytest
from effort import SLOW
from hypothesis import given, settings
from hypothesis import strategies as st

from rfmtool.placing.playbook import assign_actions, call_queue, sort_by_urgency, worklist_order
from rfmtool.rules import Action, Condition, load_rules
from rfmtool.rules.playbook import parse_playbook
from rfmtool.rules.vocabulary import ACTIVITIES
from rfmtool.scoring.timing import Timing, Windows

PLAYBOOK = load_rules().playbook
TIMING = Timing(Windows(10, 30, 60, 90), 20.0, 2.0, 4.0, limits_are_fitted=False)
WHOLE = {
    *("order_days", "frequency", "recency_days", "monetary_score", "latest_nps", "cost"),
    *(
        "contribution",
        "service_minutes",
        "complaints",
        "open_complaints",
        "lines",
        "monetary",
        "sales",
        "refunds",
    ),
}
SOMEONE = {
    "customer_id": "a",
    "stage": "client",
    "activity": "active",
    "segment": "need_attention",
    "order_days": 3,
    "frequency": 3,
    "recency_days": 40,
    "monetary_score": 3,
    "latest_nps": None,
    "complaints": 0,
    "open_complaints": 0,
    "lines": 1,
    "monetary": 100,
    "sales": 100,
    "refunds": 0,
    "cost": None,
    "named_by_customer": False,
    "contact_status": None,
    "wallet_basis": None,
    "share_is_low": False,
    "headroom_is_high": False,
}


def frame_of(people):
    frame = pd.DataFrame(people)
    types = {name: "Int64" if name in ("latest_nps", "cost", "recency_days") else "int64"
             for name in WHOLE & set(frame)}  # fmt: skip
    types["monetary_score"] = "Int64"
    texts = {name: "str" for name in ("contact_status", "wallet_basis") if name in frame}
    return frame.astype({name: kind for name, kind in (types | texts).items() if name in frame})


def placed(*people, playbook=PLAYBOOK):
    return assign_actions(frame_of(people), playbook, TIMING)


def action_of(**more):
    person = SOMEONE | more
    [action] = placed(person)["action"]
    assert action == oracle.action(person, 30, 90)
    return action


# A person for each row of the playbook, in its order.
ROWS = [
    ("put_it_right", {"open_complaints": 1, "stage": "partner", "activity": "paused"}),
    ("leave_alone", {"activity": "paused", "latest_nps": 3}),
    ("listen", {"latest_nps": 6, "stage": "partner"}),
    ("owner_calls", {"stage": "advocate", "activity": "lapsed"}),
    ("partner_review", {"stage": "partner"}),
    ("missing_regular", {"activity": "overdue", "stage": "supporter"}),
    ("advocates_forum", {"stage": "advocate"}),
    ("manager_review", {"cost": 101, "sales": 134, "refunds": 34, "complaints": 2}),
    ("welcome", {"stage": "customer", "order_days": 1, "recency_days": 30}),
    ("win_back_valuable", {"activity": "lapsed", "monetary_score": 4}),
    ("win_back", {"activity": "lapsed", "stage": "supporter"}),
    ("recommend_a_friend", {"stage": "supporter"}),
    ("reminder", {"activity": "overdue", "order_days": 2}),
    ("cross_sell", {"wallet_basis": "known", "share_is_low": True, "headroom_is_high": True}),
    ("introduce", {"stage": "prospect", "order_days": 0, "named_by_customer": True}),
    ("club", {"segment": "loyal"}),
    ("next_order", {}),
    ("last_second_order", {"stage": "customer", "order_days": 1, "recency_days": 90}),
    ("ask_what_went_wrong", {"stage": "prospect", "order_days": 0}),
    ("trial", {"stage": "prospect", "order_days": 0, "lines": 0}),
    ("last_try", {"stage": "customer", "order_days": 1, "recency_days": 91}),
    ("no_action", {"stage": "suspect", "order_days": 0, "contact_status": "disqualified"}),
    ("awareness", {"stage": "suspect", "order_days": 0}),
]


@pytest.mark.parametrize(("action", "more"), ROWS)
def test_every_row_is_for_somebody(action, more):
    assert action_of(**more) == action


def test_the_rows_are_all_there_and_each_is_more_urgent_than_the_next():
    priorities = {row.label: row.priority for row in PLAYBOOK}  # some have several rows
    assert list(priorities) == [action for action, _ in ROWS]
    assert list(priorities.values()) == list(range(1, len(ROWS) + 1))
    assert all(row.say for row in PLAYBOOK)


@pytest.mark.parametrize(
    ("more", "action"),
    [({}, "manager_review"), ({"contribution": 0}, "next_order"), ({"frequency": 1}, "next_order"),
     ({"service_minutes": 59}, "next_order")],
)  # fmt: skip
def test_who_leaves_less_than_nothing_and_takes_an_hour_of_service_is_for_a_manager(more, action):
    assert action_of(**{"contribution": -1, "service_minutes": 60} | more) == action


def test_who_ordered_today_is_welcome():
    assert action_of(stage="customer", order_days=1, recency_days=0) == "welcome"


def test_a_quarter_sent_back_is_much():
    assert action_of(cost=101, sales=136, refunds=34, complaints=2) == "manager_review"


@pytest.mark.parametrize(
    "more",
    [
        {"frequency": 1},
        {"cost": 100},
        {"cost": None},
        {"complaints": 1},
        {"sales": 140, "refunds": 34},  # under a quarter
        {"sales": 0, "refunds": 0},  # all was free, and kept
    ],
)
def test_a_manager_is_asked_only_where_all_comes_together(more):
    _, bad = ROWS[7]

    assert action_of(**(bad | more)) == "next_order"


@pytest.mark.parametrize(
    "more",
    [{"wallet_basis": "peer_estimate"}, {"share_is_low": False}, {"headroom_is_high": False}],
)
def test_no_action_rests_on_an_estimate(more):
    _, low = ROWS[13]

    assert action_of(**(low | more)) == "next_order"


def test_columns_that_nobody_added_are_no():
    few = {
        name: SOMEONE[name] for name in ("stage", "activity", "sales", "refunds", "recency_days")
    }

    assert placed(few)["action"].tolist() == ["next_order"]


REACHED = {"email": "ann@example.com", "phone": "+44 7700 900123"}


def channel_of(**cells):
    """The channel of a newcomer, who is to be e-mailed or else called."""
    frame = frame_of([SOMEONE | ROWS[8][1]])
    frame = frame.assign(**{name: pd.array([cell], "str") for name, cell in cells.items()})
    return assign_actions(frame, PLAYBOOK, TIMING)["channel"].tolist()[0]


@pytest.mark.parametrize(
    "consent", ["no", " No", "FALSE", "unsubscribed", "opted out", "not-subscribed"]
)
def test_who_refused_mail_is_called(consent):
    assert channel_of(consent=consent) == "call"
    assert channel_of(consent=consent, **REACHED) == "call"


@pytest.mark.parametrize("consent", ["yes", None, "", "perhaps"])
def test_who_did_not_refuse_is_mailed(consent):
    assert channel_of(consent=consent) == "email"


def test_the_channel_is_the_first_that_reaches_somebody():
    assert channel_of(**REACHED) == "email"
    assert channel_of(email=None, phone=REACHED["phone"]) == "call"
    assert channel_of(email=" ", phone=None) == ""
    assert channel_of(phone=REACHED["phone"]) == "call"


def test_without_any_contacts_the_channel_is_the_playbooks_first():
    assert channel_of() == "email"


def test_a_service_is_not_closed_by_a_refusal():
    rules = '[[playbook]]\naction = "sorry"\npriority = 1\nchannel = "email"\nsay = "Sorry"\n'
    for hold_out, channel in (("hold_out = false\n", "email"), ("", "")):
        playbook, _ = parse_playbook(tomllib.loads(rules + hold_out)["playbook"], {}, "rules")
        people = frame_of([SOMEONE]).assign(consent=pd.array(["no"], "str"))
        assert assign_actions(people, playbook, TIMING)["channel"].tolist() == [channel]


def test_open_complaints_are_worked_through_by_age_and_newcomers_by_their_first_order():
    day = np.datetime64("2024-01-01", "s")
    people = pd.DataFrame({
        "customer_id": ["a", "b", "c", "d", "e", "f"],
        "monetary": [9, 8, 7, 6, 5, 4],
        "expected_spend": pd.array([1, None, 7, 6, 99, 98], dtype="Int64"),
        "activity": ["active", "never", "active", "active", "newcomer", "newcomer"],
        "first_order_on": np.array([0, 0, 0, 0, 3, 2]).astype("timedelta64[D]") + day,
        "open_complaints": [0, 0, 1, 2, 0, 0],
        "open_complaint_on": np.array([0, 0, 5, 4, 0, 0]).astype("timedelta64[D]") + day,
    })  # fmt: skip

    order = people["customer_id"].to_numpy()[worklist_order(people)]

    assert "".join(order) == "dcbafe"


def test_of_equally_urgent_people_the_most_valuable_comes_first_then_the_first_id():
    people = placed(
        SOMEONE | {"customer_id": "a", "open_complaints": 1, "monetary": 5},
        SOMEONE | {"customer_id": "b", "open_complaints": 1, "monetary": 7},
        SOMEONE | {"customer_id": "c", "open_complaints": 1, "monetary": 5},
        SOMEONE | {"customer_id": "d", "monetary": 900},
    )

    assert sort_by_urgency(people)["customer_id"].tolist() == ["b", "a", "c", "d"]


def test_the_queue_holds_those_to_ring_up():
    people = placed(
        *[SOMEONE | more | {"customer_id": f"{n:02}"} for n, (_, more) in enumerate(ROWS)]
    )

    rung_up = call_queue(people)

    assert rung_up["action"].tolist() == [
        *("put_it_right", "listen", "owner_calls", "missing_regular"),
        *("win_back_valuable", "cross_sell", "introduce"),
    ]


def test_a_playbook_of_ones_own_is_followed():
    rows = (
        Action("thank", (Condition("share_of_wallet", 500_000),), 5, ("email",)),
        Action("rest", (), 9),
    )
    people = [SOMEONE | {"share_of_wallet": share} for share in (0.5, 0.499999, None)]

    frame = placed(*people, playbook=rows)

    assert frame["action"].tolist() == ["thank", "rest", "rest"]
    assert frame["priority"].tolist() == [5, 9, 9]


FACTS = st.fixed_dictionaries(
    {
        "stage": st.sampled_from(oracle.STAGES),
        "activity": st.sampled_from(ACTIVITIES),
        "segment": st.sampled_from(["champions", "at_risk", "new", "no_orders"]),
        "order_days": st.integers(0, 4),
        "frequency": st.integers(0, 4),
        "recency_days": st.integers(28, 92),
        "monetary_score": st.integers(1, 5),
        "latest_nps": st.sampled_from([None, None, 6, 7]),
        "complaints": st.integers(0, 3),
        "open_complaints": st.sampled_from([0, 0, 0, 1]),
        "lines": st.integers(0, 1),
        "monetary": st.integers(-5, 5),
        "sales": st.integers(0, 8),
        "refunds": st.integers(0, 3),
        "cost": st.none() | st.integers(0, 5),
        "named_by_customer": st.booleans(),
        "contact_status": st.sampled_from([None, "known", "disqualified"]),
        "wallet_basis": st.sampled_from([None, "known", "stated_rank", "peer_estimate"]),
        "share_is_low": st.booleans(),
        "headroom_is_high": st.booleans(),
    }
)


@settings(max_examples=SLOW)
@given(st.lists(FACTS, min_size=1, max_size=12))
def test_everyone_has_the_one_action_that_the_sentences_say(people):
    frame = placed(*people)

    assert frame["action"].tolist() == [oracle.action(person, 30, 90) for person in people]
    assert frame["priority"].between(1, len(PLAYBOOK)).all()
    assert frame["channel"].notna().all()
