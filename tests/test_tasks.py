"""Tasks beside the action: who is followed up, asked, invited, and found work for."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import rfmtool
from rfmtool.cli import program
from rfmtool.errors import InputError
from rfmtool.placing.contact_limits import add_rest_reasons
from rfmtool.placing.playbook import assign_actions, worklist_order
from rfmtool.placing.tasks import is_member
from rfmtool.rules import load_rules
from rfmtool.scoring.timing import Timing, Windows
from rfmtool.summaries.relationship import task_lists

DAY = "2025-06-30"


def orders(*rows):
    """Orders of 10 by customer and day."""
    return pd.DataFrame(
        [row.split() for row in rows], columns=["customer_id", "ordered_at"]
    ).assign(amount=10)


def table(header, *rows):
    names = header.split()
    return pd.DataFrame([row.split(",") for row in rows], columns=names).astype("str")


def listed(export, **evidence):
    """The ids on each list of tasks, in its order."""
    result = rfmtool.run(export, evidence=evidence, as_of=DAY)
    ids = result.grouped.table["customer_id"].to_pandas()
    return {name: list(ids.iloc[places]) for name, places in task_lists(result).items()}


LOG = "customer_id action contacted_on"


def test_without_their_tables_there_are_no_tasks():
    assert listed(orders("ann 2025-06-25")) == {}


def test_every_order_of_late_is_followed_up_and_none_twice():
    export = orders(
        "ann 2025-06-25", "bob 2025-06-20", "cyd 2025-06-15", "dan 2025-06-20", "eve 2025-03-01",
        "eve 2025-06-28",
    )  # fmt: skip
    log = table(
        LOG, "dan,follow_up,2025-06-21", "eve,follow_up,2025-03-05", "bob,welcome,2025-06-22"
    )

    lists = listed(export, contacted=log)

    # cyd ordered 15 days ago, dan was asked, and eve only about the order before.
    assert lists["follow_up"] == ["bob", "ann", "eve"]


def test_who_is_in_no_mood_or_contacted_often_is_left_in_peace():
    export = orders(*(f"{name} 2025-06-25" for name in ("ann", "bob", "cyd", "dan")))
    often = [f"ann,club,2025-06-{day}" for day in (10, 15, 20, 26)]
    log = table(LOG, *often)
    said = table("customer_id given_on kind", "bob,2025-06-26,complaint")
    known = table("customer_id paused_until", "cyd,2025-08-01")

    lists = listed(export, contacted=log, feedback=said, contacts=known)

    assert lists["follow_up"] == ["dan"]


def test_who_was_never_asked_is_asked_what_they_need_the_oldest_first():
    export = orders("ann 2025-06-25", "bob 2025-01-20", "cyd 2025-03-15")
    needs = table("customer_id need asked_on met_on", "cyd,decaf,2025-04-01,")

    assert listed(export, needs=needs)["ask_needs"] == ["bob", "ann"]


def test_work_is_found_for_businesses_without_any_for_a_year():
    export = orders(*(f"{name} 2025-06-25" for name in ("ann", "bob", "cyd", "dan")))
    known = table("customer_id business", "ann,yes", "bob,yes", "cyd,Business", "dan,no")
    given_to = table("from_id to_id introduced_on", "us,ann,2025-01-05", "ann,bob,2024-05-01")

    lists = listed(export, contacts=known, introductions=given_to)

    assert lists["find_work"] == ["cyd", "bob"]


def test_advocates_and_supporters_in_no_community_are_invited():
    export = orders(
        *(f"{name} 2025-0{month}-25" for name in ("ann", "bob", "cyd") for month in (5, 6))
    )
    said = table("customer_id given_on nps", "ann,2025-06-26,10", "bob,2025-06-26,10")
    in_one = table("customer_id community joined_on left_on", "bob,tea,2025-01-05,")

    assert listed(export, feedback=said, memberships=in_one)["invite"] == ["ann"]


def test_who_has_left_a_community_is_in_it_no_more():
    rows = pd.DataFrame({"owner": [0, 1, 2], "joined_on": [5, None, 20], "left_on": [9, None, None],
                         "attended_on": [None, 7, None]}).astype("Int64")  # fmt: skip

    assert is_member(rows, 4, 10).tolist() == [False, True, False, False]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("shop")
    orders("ann 2025-06-25", "bob 2025-06-20", "cyd 2025-01-01").to_csv(
        place / "o.csv", index=False
    )
    table(LOG, "cyd,club,2025-06-01").to_csv(place / "log.csv", index=False)
    table("customer_id phone", "ann,+44 1632 960001", "bob,+44 1632 960002").to_csv(
        place / "known.csv", index=False
    )
    words = ["run", "o.csv", "--contacted", "log.csv", "--contacts", "known.csv", "-o", "out"]
    words = [
        str(place / word) if word.endswith(".csv") or word == "out" else word for word in words
    ]
    assert (
        CliRunner().invoke(program, [*words, "--as-of", DAY, "--quiet", "--no-page"]).exit_code == 0
    )
    return place


def test_a_task_is_a_list_whose_action_is_what_the_playbook_says(folder):
    rows = pd.read_csv(folder / "out/tasks/follow_up.csv", dtype="str")
    people = pd.read_csv(folder / "out/customers.csv", dtype="str").set_index("customer_id")

    assert rows["customer_id"].tolist() == ["bob", "ann"]
    assert rows["action"].tolist() == people.loc[["bob", "ann"], "action"].tolist()
    names = {
        one["name"] for one in json.loads((folder / "out/manifest.json").read_text())["outputs"]
    }
    assert "tasks/follow_up.csv" in names


def test_tasks_stand_on_the_call_sheet_after_all_actions(folder):
    calls = pd.read_csv(folder / "out/calls.csv", dtype="str")

    mine = calls[calls["action"] == "follow_up"]
    assert mine["customer_id"].tolist() == ["bob", "ann"]
    assert mine.index.tolist() == list(calls.index[-2:])
    assert mine["what"].str.contains("how it was").all()


def test_a_task_that_is_done_is_logged_under_its_own_name(folder):
    log = folder / "done.csv"
    result = CliRunner().invoke(
        program, ["done", str(folder / "out"), "follow_up", "--contacted", str(log), "--on", DAY]
    )

    assert result.exit_code == 0
    rows = pd.read_csv(log, dtype="str", keep_default_na=False)
    assert rows["action"].tolist() == ["follow_up", "follow_up"]
    again = listed(pd.read_csv(folder / "o.csv", dtype="str"), contacted=rows)
    assert again["follow_up"] == []


def test_a_call_sheet_is_ticked_off_too_and_what_is_no_list_is_not(folder):
    out, log = str(folder / "out"), folder / "called.csv"

    def done(name):
        return CliRunner().invoke(program, ["done", out, name, "--contacted", str(log)])

    assert done("calls").exit_code == 0
    assert set(pd.read_csv(log, dtype="str")["customer_id"]) >= {"ann", "bob"}
    pairs = ["customer_id", "action"]
    logged, called = (
        pd.read_csv(one, dtype="str")[pairs] for one in (log, folder / "out/calls.csv")
    )
    assert called["customer_id"].duplicated().any()  # for an action and for a task
    assert sorted(map(tuple, logged.to_numpy())) == sorted(map(tuple, called.to_numpy()))
    assert set(pd.read_csv(log, dtype="str")["channel"]) == {"phone"}
    assert isinstance(done("history").exception, InputError)


def test_a_task_that_is_handed_back_closes_more_than_the_channel_of_the_action(folder):
    """The list has the channel of the playbook's action, by which nobody followed up."""
    back, log = folder / "back.csv", folder / "refused.csv"
    words = ["done", str(folder / "out"), "follow_up", "--contacted", str(log), "--on", DAY]
    told = pd.read_csv(folder / "out/tasks/follow_up.csv", dtype="str").assign(outcome="refused")
    told["channel"] = ["call", "sms"]
    told.to_csv(back, index=False)

    assert CliRunner().invoke(program, [*words, "--file", str(back)]).exit_code == 0

    written = pd.read_csv(log, dtype="str", keep_default_na=False)
    assert written["channel"].tolist() == ["", "sms"]


# Nobody is graded before they could have come back -----------------------------------------------

RULES = load_rules()
TIMING = Timing(Windows(), 30.0, 2.0, 4.0, limits_are_fitted=True)
STAGES = list(dict.fromkeys(rung.label for rung in RULES.ladder))
SEGMENTS = pd.CategoricalDtype(sorted({row.label for row in RULES.segments.rows}))
grades = st.fixed_dictionaries(
    {
        "segment": st.sampled_from(list(SEGMENTS.categories)),
        "wallet_basis": st.sampled_from(["known", "stated_rank", "peer_estimate"]),
        **dict.fromkeys(("recency_score", "frequency_score", "monetary_score"), st.integers(1, 5)),
        **dict.fromkeys(("share_is_low", "headroom_is_high"), st.booleans()),
        **dict.fromkeys(("expected_spend", "wallet", "monetary"), st.integers(0, 10**8)),
    }
)


def newcomers(marks):
    """Two newcomers, of whom the first has these marks."""
    plain = {"segment": "new", "wallet_basis": "known", "expected_spend": 5, "wallet": 9,
             "monetary": 7, "recency_score": 3, "frequency_score": 1, "monetary_score": 3,
             "share_is_low": False, "headroom_is_high": False}  # fmt: skip
    rows = pd.DataFrame([{**plain, **marks}, plain])
    return rows.astype({"segment": SEGMENTS, "wallet_basis": "str"}).assign(
        stage=pd.Categorical(["customer"] * 2, STAGES),
        activity="newcomer", recency_days=pd.array([5, 5], "Int64"), frequency=1, order_days=1,
        first_order_on=pd.to_datetime(["2025-06-25"] * 2), sales=10, refunds=0,
        open_complaints=0, complaints=0, open_complaint_on=pd.NaT, contact_status="known",
        latest_nps=pd.array([None, None], "Int64"), lines=1,
    )  # fmt: skip


@pytest.mark.long
@given(grades)
def test_no_action_ceiling_or_order_reads_a_grade_of_a_newcomer(marks):
    people = assign_actions(newcomers(marks), RULES.playbook, TIMING)
    log = pd.DataFrame({"owner": [0, 1], "action": ["welcome"] * 2,
                        "contacted_on": pd.array([20_260, 20_260], "Int64"),
                        "direction": ["out"] * 2})  # fmt: skip
    rested = add_rest_reasons(people, log, RULES.playbook, RULES.contacting, 20_269)

    for column in ("action", "priority", "channel"):
        assert people[column].iloc[0] == people[column].iloc[1]
    assert rested["resting"].tolist() == ["contacted", "contacted"]
    assert worklist_order(people).tolist() == [0, 1]
    assert np.array_equal(people["action"], ["welcome"] * 2)


# Contacts by steps -------------------------------------------------------------------------------

STEPS = table(
    "customer_id status since_on email",
    "ann,lead,2025-01-05,a@example.org", "ann,quote,2025-03-05,", "bob,contacted,2025-01-05,",
)  # fmt: skip


def people_on(day, contacts):
    result = rfmtool.run(orders("cyd 2025-01-01"), evidence={"contacts": contacts}, as_of=day)
    return result.frame.set_index("customer_id")


@pytest.mark.parametrize(("day", "status"), [("2025-02-01", "lead"), ("2025-06-30", "quote")])
def test_of_several_rows_of_a_contact_that_of_the_day_is_in_force(day, status):
    ann = people_on(day, STEPS).loc["ann"]

    assert (ann["contact_status"], ann["email"]) == (status, "a@example.org")


def test_contacted_alone_makes_nobody_a_prospect_and_an_answer_does():
    told = people_on(DAY, STEPS)
    answered = people_on(DAY, table("customer_id status answered_on", "bob,contacted,2025-01-09"))

    assert told.loc["bob", "stage"] == "suspect"
    assert told.loc["ann", "stage"] == "prospect"
    assert answered.loc["bob", "stage"] == "prospect"
