"""The contact log: who rests, who is left alone, which ways are closed, and how it grows."""

import json

import pandas as pd
import pytest
from click.testing import CliRunner

import rfmtool
from rfmtool.cli import program
from rfmtool.errors import InputError, LimitError, SystemFailureError, UsageError
from rfmtool.outputs.lock import exclusive_lock

HEADER = "customer_id,action,contacted_on,channel,outcome,reason,snooze_until\n"


def run(*words):
    return CliRunner().invoke(program, [str(word) for word in words])


@pytest.fixture
def shop(tmp_path):
    """Ten newcomers as of 2025-06-30, and ten regulars."""
    lines = ["customer_id,ordered_at,amount"]
    lines += [f"new{number},2025-06-{21 + number},10" for number in range(10)]
    lines += [
        f"reg{number},2025-{month:02}-30,{20 + number}"
        for number in range(10)
        for month in (3, 4, 5, 6)
    ]
    export = tmp_path / "orders.csv"
    export.write_text("\n".join(lines) + "\n")
    return export


@pytest.fixture
def with_log(shop, tmp_path):
    """People of a run that knows these contacts, by customer."""

    def look(*rows, **more):
        log = tmp_path / "log.csv"
        log.write_text(HEADER + "".join(f"{row}\n" for row in rows))
        result = rfmtool.run(shop, evidence={"contacted": log}, **more)
        return result.frame.set_index("customer_id"), result

    return look


def test_who_was_contacted_for_an_action_rests_from_it(with_log):
    people, result = with_log("new1,welcome,2025-06-28,email,,,", "new2,welcome,2025-05-20,,,,")

    assert people.loc["new1", "resting"] == "contacted"
    assert people["resting"].notna().sum() == 1
    assert result.summary["resting"] == {"contacted": 1, "often": 0, "snoozed": 0}


def test_who_was_contacted_for_another_action_does_not_rest(with_log):
    people, _ = with_log("new1,club,2025-06-28,email,,,")

    assert people["resting"].isna().all()


def test_nobody_is_contacted_more_than_four_times_in_thirty_days(with_log):
    people, _ = with_log(*(f"new1,other,2025-06-{day},email,,," for day in (2, 9, 16, 23)))

    assert people.loc["new1", "resting"] == "often"


def test_complaints_are_exempt(shop, tmp_path):
    told = tmp_path / "feedback.csv"
    told.write_text("customer_id,given_on,kind\nnew1,2025-06-29,complaint\n")
    log = tmp_path / "log.csv"
    rows = [f"new1,put_it_right,2025-06-{day},phone,,,\n" for day in (1, 9, 16, 23, 29)]
    log.write_text(HEADER + "".join(rows))

    result = rfmtool.run(shop, evidence={"contacted": log, "feedback": told})

    person = result.frame.set_index("customer_id").loc["new1"]
    assert person["action"] == "put_it_right"
    assert pd.isna(person["resting"])


def test_who_asked_to_wait_is_left_alone_until_then_with_the_reason(with_log):
    people, result = with_log("reg1,club,2025-06-01,phone,reached,broken leg,2025-08-01")

    person = people.loc["reg1"]
    assert (person["activity"], person["action"]) == ("paused", "leave_alone")
    assert person["snooze_reason"] == "broken leg"
    assert person["snooze_until"] == pd.Timestamp("2025-08-01")
    assert result.summary["resting"]["snoozed"] == 1


def test_a_wish_that_is_over_holds_nobody(with_log):
    people, _ = with_log("reg1,club,2025-04-01,phone,reached,holiday,2025-06-01")

    assert people.loc["reg1", "action"] != "leave_alone"


@pytest.mark.parametrize("outcome", ["unsubscribed", "refused"])
def test_who_refuses_a_channel_is_not_reached_by_it_again(with_log, outcome):
    people, _ = with_log(f"new1,club,2025-04-28,email,{outcome},,")

    assert people.loc["new1", "channel"] == "call"
    assert people.loc["new2", "channel"] == "email"


@pytest.mark.parametrize("as_of", [None, "2025-06-30"])
def test_who_refuses_after_the_last_order_is_not_reached_by_it_again(with_log, as_of):
    people, result = with_log("new1,welcome,2025-07-02,email,unsubscribed,,", as_of=as_of)

    assert people.loc["new1", ["channel", "consent"]].tolist() == ["call", "no"]
    # On a day that is named nothing but the refusal holds.
    assert (people.loc["new1", "resting"] == "contacted") == (as_of is None)
    assert "1 row dated after 2025-06-30" in " ".join(result.summary["warnings"])


def test_who_was_contacted_after_the_last_order_rests_or_waits(shop, tmp_path, with_log):
    rows = (
        "new1,welcome,2025-07-02,email,,,", "reg1,next_order,2025-07-02,phone,,,2025-09-01",
        "new2,put_it_right,2025-07-02,phone,,,", "new3,follow_up,2025-07-02,phone,,,",
    )  # fmt: skip
    told = tmp_path / "feedback.csv"
    told.write_text("customer_id,given_on,kind\nnew2,2025-06-29,complaint\n")
    with_log(*rows)

    arguments = ("--contacted", tmp_path / "log.csv", "--feedback", told, "--quiet")
    assert run("run", shop, "-o", tmp_path / "out", *arguments).exit_code == 0

    people = pd.read_csv(tmp_path / "out/customers.csv", dtype=str).set_index("customer_id")
    assert people["resting"].dropna().to_dict() == {"new1": "contacted"}
    assert people.loc["reg1", "action"] == "leave_alone"
    assert people["last_contacted_on"].isna().all()
    assert "new3" not in (tmp_path / "out/tasks/follow_up.csv").read_text()
    people, _ = with_log(*rows, as_of="2025-06-30")  # the day as it was
    assert people["resting"].isna().all()
    assert people.loc["reg1", "action"] != "leave_alone"


def test_a_log_with_days_to_come_and_actions_that_are_none_is_counted_and_said(with_log):
    _, result = with_log(
        "new1,welcome,2025-07-15,email,,,", "new2,nonsense,2025-06-20,email,,,",
        "who,welcome,2025-06-20,email,,,",
    )  # fmt: skip

    said = " ".join(result.summary["warnings"])
    assert "1 row dated after 2025-06-30" in said
    assert "1 row for an action that the playbook does not have" in said
    assert "contacted: 1 of 3 ids has no match" in said


def test_a_log_of_other_people_is_refused(shop, tmp_path):
    log = tmp_path / "log.csv"
    log.write_text(HEADER + "".join(f"x{n},welcome,2025-06-20,,,,\n" for n in range(20)))

    with pytest.raises(LimitError):
        rfmtool.run(shop, evidence={"contacted": log})


# Ticking off -------------------------------------------------------------------------------------


@pytest.fixture
def out(shop, tmp_path):
    run("run", shop, "-o", tmp_path / "out", "--quiet", "--no-page")
    return tmp_path / "out"


def rows(log):
    return pd.read_csv(log, dtype=str, keep_default_na=False)


@pytest.mark.long
def test_next_weeks_list_is_of_new_people(shop, out, tmp_path):
    log = tmp_path / "log.csv"
    customers = "new1,new2"

    ticked = run(
        "done", out, "welcome", "--contacted", log, "--customers", customers, "--on", "2025-06-30"
    )
    run("run", shop, "-o", out, "--quiet", "--no-page", "--contacted", log)

    assert ticked.output == f"{log}: 2 contacts added\n"
    told = rows(log)
    assert told["customer_id"].tolist() == ["new1", "new2"]
    assert set(told["action"]) == {"welcome"}
    assert set(told["contacted_on"]) == {"2025-06-30"}
    listed = set(rows(out / "actions" / "welcome.csv")["customer_id"])
    assert "new3" in listed
    assert not listed & {"new1", "new2"}


def test_the_list_handed_back_says_who_was_reached_and_how(out, tmp_path):
    back, log = tmp_path / "back.csv", tmp_path / "log.csv"
    told = rows(out / "actions" / "welcome.csv").assign(outcome="")
    told.loc[0, ["outcome", "reason"]] = ["unsubscribed", "moved away"]
    told.loc[1, ["outcome", "contacted_on"]] = ["Reached", "2025-07-02"]
    told.to_csv(back, index=False, sep=";")

    run("done", out, "welcome", "--contacted", log, "--file", back, "--on", "2025-07-01")

    written = rows(log)
    assert written["outcome"].tolist() == ["unsubscribed", "reached"]
    assert written["contacted_on"].tolist() == ["2025-07-01", "2025-07-02"]
    assert written["reason"].tolist() == ["moved away", ""]


def test_a_list_of_monday_is_handed_back_on_tuesday_and_put_right_on_wednesday(shop, out, tmp_path):
    """By then they rest, or the list is empty, and the folder has a later run."""
    back, log = tmp_path / "back.csv", tmp_path / "log.csv"
    monday = rows(out / "actions" / "welcome.csv")
    told = monday.assign(outcome="reached")
    words = ("done", out, "welcome", "--contacted", log, "--file", back)
    told.to_csv(back, index=False)
    run(*words, "--on", "2025-06-30")
    run("run", shop, "-o", out, "--quiet", "--no-page", "--contacted", log)
    assert not (out / "actions" / "welcome.csv").exists()

    told.loc[0, "outcome"] = "unsubscribed"
    told.to_csv(back, index=False)
    run(*words, "--on", "2025-06-30")
    assert rows(log)["outcome"].tolist() == ["reached"] * 10 + ["unsubscribed"]
    assert rows(log)["customer_id"].tolist()[-1] == told.loc[0, "customer_id"]

    for change in ({"customer_id": "nobody"}, {"action": "club"}):
        told.head(1).assign(**change).to_csv(back, index=False)
        assert isinstance(run(*words).exception, UsageError)
    assert isinstance(run("done", out, "wave_hands", *words[3:]).exception, InputError)


def test_another_refusal_of_the_day_and_a_wish_to_wait_are_added(out, tmp_path):
    back, log = tmp_path / "back.csv", tmp_path / "log.csv"
    cells = [{"outcome": "refused", "channel": name} for name in ("email", "sms")]
    cells += [{"outcome": "reached"}, {"outcome": "reached", "snooze_until": "2025-09-01"}]
    for answer in cells:
        rows(out / "actions" / "welcome.csv").head(1).assign(**answer).to_csv(back, index=False)
        run("done", out, "welcome", "--contacted", log, "--file", back, "--on", "2025-07-01")

    assert len(rows(log)) == len(cells)


def test_what_the_list_says_of_people_is_not_said_of_a_contact(tmp_path):
    orders = "customer_id,ordered_at,amount,cost\n"
    shop, back, log = tmp_path / "shop.csv", tmp_path / "back.csv", tmp_path / "log.csv"
    shop.write_text(orders + "ann,2025-06-01,30,12.5\nbob,2025-06-02,20,8\n")
    asleep = tmp_path / "asked.csv"
    asleep.write_text(HEADER + "ann,club,2025-05-01,email,,,2025-05-20\n")
    run("run", shop, "-o", tmp_path / "out", "--quiet", "--no-page", "--contacted", asleep)
    told = rows(tmp_path / "out" / "actions" / "welcome.csv").assign(outcome="reached", minutes="3")
    assert told["cost"].tolist() == ["12.5", "8"]
    told.loc[told["customer_id"] == "bob", "snooze_until"] = "2025-09-01"
    told.to_csv(back, index=False)

    run(
        "done",
        tmp_path / "out",
        "welcome",
        "--contacted",
        log,
        "--file",
        back,
        "--on",
        "2025-07-01",
    )

    written = rows(log).set_index("customer_id")
    assert written["cost"].tolist() == ["", ""]
    assert written["minutes"].tolist() == ["3", "3"]
    assert written["snooze_until"].to_dict() == {"ann": "", "bob": "2025-09-01"}


def test_whom_no_channel_reaches_is_contacted_only_by_name(shop, tmp_path):
    contacts, log = tmp_path / "contacts.csv", tmp_path / "log.csv"
    lines = [f"new{n},new{n}@example.org,{'no' if n else 'yes'}\n" for n in range(10)]
    contacts.write_text("customer_id,email,consent\n" + "".join(lines))
    run("run", shop, "-o", tmp_path / "out", "--quiet", "--no-page", "--contacts", contacts)
    words = ("done", tmp_path / "out", "welcome", "--contacted", log, "--on", "2025-07-01")

    run(*words)
    assert rows(log)["customer_id"].tolist() == ["new0"]
    assert "1 contact added" in run(*words, "--customers", "new3").output
    assert rows(log)["customer_id"].tolist() == ["new0", "new3"]


def test_ticking_off_twice_adds_nothing(out, tmp_path):
    words = ("done", out, "welcome", "--contacted", tmp_path / "log.csv", "--on", "2025-07-01")
    run(*words)
    before = (tmp_path / "log.csv").read_bytes()

    again = run(*words)

    assert (tmp_path / "log.csv").read_bytes() == before
    assert "0 contacts added" in again.output


def test_a_log_of_ones_own_keeps_its_columns_and_rows(out, tmp_path):
    log = tmp_path / "log.csv"
    log.write_text("who did it,customer_id,action,contacted_on\nme,new1,club,2025-01-01")

    run("done", out, "welcome", "--contacted", log, "--customers", "new2", "--on", "2025-07-01")

    told = rows(log)
    assert told.columns[:4].tolist() == ["who did it", "customer_id", "action", "contacted_on"]
    assert told["customer_id"].tolist() == ["new1", "new2"]
    assert told["who did it"].tolist() == ["me", ""]


def test_a_log_that_writes_days_otherwise_is_left_as_it_is(out, tmp_path):
    log = tmp_path / "log.csv"
    text = (
        "customer_id,action,contacted_on\nnew1,club,31/08/2025\nnew2,club,\nnew3,club,2025-8-30\n"
    )
    log.write_text(text)

    answer = run("done", out, "welcome", "--contacted", log, "--on", "2025-09-01")

    assert isinstance(answer.exception, InputError)
    assert f"{log}: 1 of 2 days in contacted_on" in str(answer.exception)
    assert "31/08" not in str(answer.exception)
    assert log.read_text() == text


def test_a_list_handed_back_with_days_written_otherwise_adds_nothing(out, tmp_path):
    log, back = tmp_path / "log.csv", tmp_path / "back.csv"
    told = rows(out / "actions" / "welcome.csv").assign(outcome="reached")
    told.assign(contacted_on="31/08/2025").to_csv(back, index=False)

    answer = run("done", out, "welcome", "--contacted", log, "--file", back)

    assert isinstance(answer.exception, InputError)
    assert str(back) in str(answer.exception)
    assert not log.exists()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("nonsense",), InputError),
        (("welcome", "--customers", "nobody"), UsageError),
        (("welcome", "--customers", "new1", "--file", "x.csv"), UsageError),
        (("welcome", "--file", "no-such.csv"), InputError),
    ],
)
def test_what_cannot_be_meant_is_refused_and_writes_nothing(out, tmp_path, words, error):
    answer = run("done", out, *words, "--contacted", tmp_path / "log.csv", "--on", "2025-07-01")

    assert isinstance(answer.exception, error)
    assert not (tmp_path / "log.csv").exists()


@pytest.mark.parametrize(
    "text",
    ['customer_id,outcome,reason\nnew1,reached,\nnew2,refused,"never\nnew3,refused,\n',
     "customer_id,outcome,minutes\nnew1,refused,a few\n",
     "customer_id,outcome,cost\nnew1,reached,2.50 €\nnew2,refused,see above\n"],
)  # fmt: skip
def test_a_list_that_could_not_be_read_in_the_log_adds_nothing(out, tmp_path, text):
    (tmp_path / "back.csv").write_text(text)
    words = ("--contacted", tmp_path / "log.csv", "--file", tmp_path / "back.csv")

    assert isinstance(run("done", out, "welcome", *words).exception, InputError)
    assert not (tmp_path / "log.csv").exists()


def test_who_is_named_twice_was_contacted_once(out, tmp_path):
    run(
        "done", out, "welcome", "--contacted", tmp_path / "log.csv", "--customers", "new1,new2,new1"
    )
    assert rows(tmp_path / "log.csv")["customer_id"].tolist() == ["new1", "new2"]


def test_an_outcome_that_is_none_is_refused(out, tmp_path):
    back = tmp_path / "back.csv"
    rows(out / "actions" / "welcome.csv").assign(outcome="maybe").to_csv(back, index=False)

    answer = run("done", out, "welcome", "--contacted", tmp_path / "log.csv", "--file", back)

    assert isinstance(answer.exception, UsageError)
    assert "maybe" not in str(answer.exception)


def test_two_do_not_write_the_log_at_once(out, tmp_path):
    log = tmp_path / "log.csv"
    with exclusive_lock(log):
        answer = run("done", out, "welcome", "--contacted", log, "--on", "2025-07-01")

    assert isinstance(answer.exception, SystemFailureError)
    assert not log.exists()


@pytest.mark.long
def test_the_report_says_how_many_rest_and_why(shop, out, tmp_path):
    log = tmp_path / "log.csv"
    run("done", out, "welcome", "--contacted", log, "--on", "2025-06-30")

    said = run("run", shop, "--contacted", log).output
    data = json.loads(run("run", shop, "--contacted", log, "--format", "json").output)

    count = data["resting"]["contacted"]
    assert count > 1
    assert f"{count} resting: {count} recently contacted for the same thing." in " ".join(
        said.split()
    )
