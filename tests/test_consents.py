"""Who has refused to be written to is written to by no list, however their tool says it."""

from io import StringIO

import pandas as pd
import pyarrow as pa
import pytest
from shell import QUIETLY
from shell import rfmtool as shell

import rfmtool
from rfmtool.errors import InputError
from rfmtool.outputs.uploads import TOOLS
from rfmtool.rules import load_rules
from rfmtool.runs.export import exclusion_reasons, export
from rfmtool.settings import Settings

ORDERS = pd.DataFrame(
    {"customer_id": ["ann", "bob"], "ordered_at": "2025-12-10", "amount": [20, 30]}
)


def run(contacts, orders=ORDERS, **evidence):
    tables = {name: frame(text) for name, text in {"contacts": contacts, **evidence}.items()}
    return rfmtool.run(orders, evidence=tables)


def frame(text):
    return pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)


def mailed(result):
    people = result.frame
    return people["customer_id"][people["channel"].eq("email")].tolist()


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("HasOptedOutOfEmail", "true"), ("Email Opt Out", "1"), ("Opt-out", "x"),
        ("Unsubscribed from all email", "true"), ("unsubscribed_at", "2025-01-01"),
        ("Do not email", "yes"), ("Email Marketing Consent", "UNSUBSCRIBED"),
        ("email_marketing_consent_state", "unsubscribed"), ("is_subscribed", "false"),
        ("Marketing Status", "Unsubscribed"), ("Double Opt-In", "no"), ("Einwilligung", "nein"),
        ("consentement", "non"), ("Newsletter abonniert", "nein"),
    ],
)  # fmt: skip
def test_a_column_of_consent_or_of_opting_out_is_known_by_its_name(column, cell):
    text = f"customer_id,email,{column}\nann,ann@x.org,{cell}\nbob,bob@x.org,\n"
    assert mailed(run(text)) == ["bob"]


@pytest.mark.parametrize("cell", ["no", "0", "false", "", "None", "-", "0000-00-00 00:00:00"])
def test_who_has_not_opted_out_is_written_to(cell):
    text = f"customer_id,email,optout\nann,ann@x.org,{cell}\nbob,bob@x.org,yes\n"
    assert mailed(run(text)) == ["ann"]


@pytest.mark.parametrize(
    "word",
    ["FALSCH", "0.0", "No.", "No, thanks", "Do not contact", "abgemeldet", "never_subscribed",
     "Declined", "désabonné", "нет", "✗", "hard bounce"],
)  # fmt: skip
def test_a_no_is_a_no_however_it_is_said(word):
    text = f'customer_id,email,consent\nann,ann@x.org,"{word}"\nbob,bob@x.org,yes\n'
    assert mailed(run(text)) == ["bob"]


def test_a_column_of_who_opted_out_cannot_be_named_as_a_consent():
    contacts = frame("customer_id,email,opted out\nann,ann@x.org,true\n")
    with pytest.raises(InputError, match="the reverse of a consent"):
        rfmtool.run(
            ORDERS, evidence={"contacts": contacts}, columns={"contacts.consent": "opted out"}
        )


@pytest.mark.parametrize(
    "text",
    [
        "customer_id,email,consent,newsletter\nann,ann@x.org,yes,no\nbob,bob@x.org,yes,yes\n",
        (
            "customer_id,email,consent,since_on\nann,ann@x.org,no,2025-01-01\nann,,unknown,2025-02-01\n"
            "bob,bob@x.org,yes,\n"
        ),
        "customer_id,email,consent\nann,Us@x.org,\neve,us@x.org,no\nbob,bob@x.org,yes\n",
    ],
)
def test_a_no_in_any_column_row_or_for_the_address_stays_a_no(text):
    assert mailed(run(text)) == ["bob"]


def test_a_no_in_the_orders_holds_for_all_who_have_the_address():
    orders = pd.concat([ORDERS, ORDERS.assign(customer_id=["amy", "ben"])])
    orders["consent"] = ["no", "yes", "yes", "no"]
    orders["email"] = ["ann@x.org", "n/a", " Ann@x.org", "n/a"]
    assert rfmtool.run(orders).frame["consent"].tolist() == ["no", "no", "no", "yes"]


def test_contacts_that_do_not_know_leave_the_no_of_an_order():
    orders = ORDERS.assign(consent=["no", "yes"], email=["ann@x.org", "bob@x.org"])
    text = "customer_id,email,consent\nann,ann@x.org,pending\nbob,bob@x.org,pending\n"
    assert mailed(run(text, orders)) == ["bob"]


@pytest.mark.parametrize("channel", ["E-Mail", "mail", "Newsletter", "some tool", ""])
def test_a_channel_that_was_refused_is_closed_however_it_is_written(channel):
    header = "customer_id,action,contacted_on,channel,outcome"
    log = f"{header}\nann,club,2025-12-01,{channel},unsubscribed\n"
    text = "customer_id,email\nann,ann@x.org\nbob,bob@x.org\n"
    assert mailed(run(text, contacted=log)) == ["bob"]


def test_a_refusal_in_a_log_without_channels_closes_all():
    log = "customer_id,action,contacted_on,outcome\nann,club,2025-12-01,refused\n"
    text = "customer_id,email\nann,ann@x.org\nbob,bob@x.org\n"
    assert mailed(run(text, contacted=log)) == ["bob"]


@pytest.mark.parametrize(
    ("channel", "reached"), [("email", ["bob"]), ("phone", ["amy", "ann", "bob"])]
)
def test_who_refuses_mail_in_the_log_does_so_for_all_who_have_the_address(channel, reached):
    orders = pd.concat([ORDERS, ORDERS[:1].assign(customer_id="amy")])
    log = (
        f"customer_id,action,contacted_on,channel,outcome\nann,club,2025-12-01,{channel},refused\n"
    )
    text = "customer_id,email\nann,ann@x.org\namy, Ann@x.org\nbob,bob@x.org\n"
    assert mailed(run(text, orders, contacted=log)) == reached
    # And so where the orders have the addresses
    orders["email"] = orders["customer_id"].map({"ann": "ann@x.org", "amy": " Ann@x.org"})
    assert mailed(run("customer_id,email\nbob,bob@x.org\n", orders, contacted=log)) == reached


@pytest.mark.parametrize(
    ("channel", "called", "uploaded"),
    [("phone", ["bob"], ["02"]), ("", ["bob"], ["02"]), ("sms", ["amy", "ann", "bob"], ["02"]),
     ("post", ["amy", "ann", "bob"], ["01", "02"])],
)  # fmt: skip
def test_who_refuses_calls_in_the_log_does_so_for_all_who_have_the_number(
    tmp_path, channel, called, uploaded
):
    """One number, written in two ways; all three ordered lately, so a follow-up is due."""
    numbers = ["+44 1632 960001", "0044 1632-960001", "+44 1632 960002"]
    orders = pd.DataFrame({"customer_id": ["ann", "amy", "bob"], "ordered_at": "2025-12-10",
                           "amount": 20, "phone": numbers, "consent": "yes"})  # fmt: skip
    orders.to_csv(tmp_path / "shop.csv", index=False)
    header = "customer_id,action,contacted_on,channel,outcome"
    log = f"{header}\nann,club,2025-12-01,{channel},refused\n"
    (tmp_path / "log.csv").write_text(log)
    words = ["--contacted", tmp_path / "log.csv", "-o", tmp_path / "out", *QUIETLY]

    assert shell("run", tmp_path / "shop.csv", *words).exit_code == 0

    calls = pd.read_csv(tmp_path / "out" / "calls.csv")
    for action in ("welcome", "follow_up"):
        assert sorted(calls["customer_id"][calls["action"].eq(action)]) == called
    assert export(tmp_path / "out", "brevo").combined["SMS"].str[-2:].tolist() == uploaded


@pytest.mark.parametrize(
    "row",
    ["2025-12-01,email,unsubscribed,lots", "soon,,refused,", "2025-12-01,email,Opted out,",
     "2025-12-01,,STOP,", "2025-12-01,E-Mail,abgemeldet,"],
)  # fmt: skip
def test_who_refuses_in_an_entry_of_the_log_that_cannot_be_read_is_mailed_no_more(row):
    log = "customer_id,action,contacted_on,channel,outcome,minutes\n"
    log += "bob,club,2025-11-01,email,reached,3\n" * 200 + f"ann,club,{row}\n"
    found = run("customer_id,email\nann,ann@x.org\nbob,bob@x.org\n", contacted=log)
    assert mailed(found) == ["bob"]
    assert found.evidence.ledgers["contacted"].rows.rejected == 1
    assert found.frame["last_contacted_on"].notna().tolist() == [False, True]


def test_a_consent_that_nobody_understands_is_warned_of_and_not_shown():
    said = run("customer_id,email,consent\nann,ann@x.org,if I must\nbob,bob@x.org,n/a\n")
    [warning] = [one for one in said.summary["warnings"] if "neither yes nor no" in one]
    assert warning.startswith("contacts: 1 consent ")
    assert "must" not in warning


def test_ids_that_match_nobody_are_warned_of():
    said = run("customer_id,consent\n1,no\n2,no\n3,no\n").summary["warnings"]
    assert any("none of its 3 people has ordered" in one for one in said)


@pytest.mark.parametrize("day", ["1970-01-01", "1900-01-01", "2025-12-11", ""])
def test_a_complaint_that_was_put_right_before_it_came_is_open(day):
    feedback = f"customer_id,given_on,kind,resolved_on\nann,2025-12-12,complaint,{day}\n"
    orders = pd.concat([ORDERS, ORDERS.assign(ordered_at="2025-12-20")])
    result = run("customer_id,email\nann,ann@x.org\n", orders, feedback=feedback)
    assert result.frame.set_index("customer_id")["action"]["ann"] == "put_it_right"


def test_what_came_after_the_last_order_is_told_of():
    feedback = "customer_id,given_on,kind\nann,2026-01-05,complaint\n"
    said = run("customer_id,email\nann,ann@x.org\n", feedback=feedback).summary["warnings"]
    told = "feedback: 1 row dated after 2025-12-10, so not yet true: --as-of today counts them."
    assert told in said


def test_nobody_is_no_customer_of_a_table():
    feedback = (
        "customer_id,given_on,kind\nanonymous,2025-12-01,complaint\nn/a,2025-12-01,complaint\n"
    )
    result = run("customer_id,email\nann,ann@x.org\nGuest,g@x.org\n", feedback=feedback)
    assert result.frame["customer_id"].tolist() == ["ann", "bob"]


def test_who_has_a_complaint_is_uploaded_to_no_tool():
    person = {"email": "a@x.org", "phone": "+4912345678", "consent": "yes", "holdout": "",
              "resting": "", "action": "put_it_right"}  # fmt: skip
    people = pd.DataFrame([person, {**person, "action": "welcome", "email": "b@x.org"}])
    for tool in TOOLS.values():
        reasons = exclusion_reasons(people, load_rules().playbook, tool, keep_unknown=False)
        assert reasons.tolist() == ["left alone by the playbook", ""]


def test_who_is_suppressed_is_named_by_nobody_in_an_earlier_run(tmp_path):
    shop, friends = tmp_path / "shop.csv", tmp_path / "friends.csv"
    friends.write_text("referrer_id,referred_id,referred_on\nann,bob,2025-12-01\n")
    words = ["run", shop, "--referrals", friends, "-o", tmp_path / "out", *QUIETLY]
    orders = ORDERS.to_csv(index=False)
    (tmp_path / "gone.csv").write_text("customer_id\nbob\n")

    shop.write_text(orders)
    assert shell(*words).exit_code == 0
    before = (tmp_path / "out" / "customers.csv").read_text()
    shop.write_text(f"{orders}ann,2025-12-20,5\n")
    assert shell(*words, "--suppress", tmp_path / "gone.csv").exit_code == 0

    assert before.count("bob") == 2
    assert "bob" not in (tmp_path / "out" / "previous" / "customers.csv").read_text()


@pytest.mark.parametrize("window", [None, 60])
def test_an_address_in_the_orders_tells_who_is_suppressed(window):
    orders = ORDERS.assign(email=["Ann@x.org ", "bob@x.org"], consent="yes")
    gone = frame("customer_id\nann@x.org\neve@x.org\n")
    settings = Settings(window_days=window)

    result = rfmtool.run(pa.table(orders), evidence={"suppress": gone}, settings=settings)

    assert result.frame["customer_id"].tolist() == ["bob"]
    assert result.summary["ledger"]["excluded"] == {"suppressed": 1}
    assert "suppress: 1 of 2 ids has no match, so it is ignored." in result.summary["warnings"]
    scored = rfmtool.run(orders, evidence={"suppress": gone}, settings=Settings(select=("stage",)))
    assert len(scored.frame) == 1


def test_a_run_without_the_tables_of_who_is_not_to_be_contacted_says_so(tmp_path):
    ORDERS.to_csv(tmp_path / "shop.csv", index=False)
    (tmp_path / "gone.csv").write_text("customer_id\nbob\n")
    (tmp_path / "log.csv").write_text("customer_id,action,contacted_on\nann,club,2025-12-01\n")
    words = ("run", tmp_path / "shop.csv", "-o", tmp_path / "out", "--no-page")
    both = ("--suppress", tmp_path / "gone.csv", "--contacted", tmp_path / "log.csv")

    said = [" ".join(shell(*words, *more).output.split()) for more in (both, both[:2], (), ())]

    lost = [[name for name in ("suppress", "contacted")
             if f"The run before had --{name}, and this one has not: who " in text]
            for text in said]  # fmt: skip
    assert lost == [[], ["contacted"], ["suppress"], []]


def test_an_address_tells_whom_an_earlier_run_knew_by_it(tmp_path):
    shop, people, gone = (tmp_path / name for name in ("shop.csv", "people.csv", "gone.csv"))
    words = ["run", shop, "--contacts", people, "-o", tmp_path / "out", "--holdout", "50%"]
    orders = ORDERS.to_csv(index=False)
    gone.write_text("customer_id\nBob@x.org\n")

    shop.write_text(orders)
    people.write_text("customer_id,email\nann,ann@x.org\nbob,bob@x.org\n")
    assert shell(*words, *QUIETLY).exit_code == 0
    assert "bob" in (tmp_path / "out" / "holdouts.csv").read_text()
    shop.write_text("".join(line for line in f"{orders}ann,2025-12-20,5\n".splitlines(keepends=True)
                            if "bob" not in line))  # fmt: skip
    people.write_text("customer_id,email\nann,ann@x.org\n")
    assert shell(*words, *QUIETLY, "--suppress", gone).exit_code == 0

    for path in (tmp_path / "out").rglob("*.csv"):
        assert "bob" not in path.read_text().casefold(), path


def test_a_refusal_since_the_day_of_a_run_holds_at_once():
    text = "customer_id,email,consent,since_on\nann,ann@x.org,yes,2025-01-01\nann,,no,2025-12-29\n"
    contacts = frame(f"{text}bob,bob@x.org,yes,2025-01-01\n")
    result = rfmtool.run(ORDERS, evidence={"contacts": contacts}, as_of="2025-12-11")
    assert mailed(result) == ["bob"]


def test_a_row_that_cannot_be_read_for_another_cell_refuses_all_the_same():
    text = (
        "customer_id,email,status,consent\nann,ann@x.org,Unqualified,no\nbob,bob@x.org,lead,yes\n"
    )
    result = rfmtool.run(ORDERS, evidence={"contacts": frame(text)}, max_rejects=1)
    assert mailed(result) == ["bob"]
    assert result.evidence.ledgers["contacts"].rows.rejected == 1


@pytest.mark.parametrize("listed", ["ann", "ann@x.org", "ANN@x.org "])
def test_who_is_suppressed_is_so_by_their_address_and_with_all_who_share_it(listed):
    text = "customer_id,email\nann,ann@x.org\nannie,Ann@x.org\nbob,bob@x.org\ncarl,\n"
    result = run(text, suppress=f"customer_id\n{listed}\n")
    assert result.frame["customer_id"].tolist() == ["bob", "carl"]
    assert not any(one.startswith("suppress") for one in result.summary["warnings"])


def test_a_number_that_was_refused_is_uploaded_to_no_tool(tmp_path):
    shop, people, log = (tmp_path / f"{name}.csv" for name in ("shop", "people", "log"))
    shop.write_text(ORDERS.to_csv(index=False))
    people.write_text(
        "customer_id,email,phone,consent\nann,ann@x.org,+491234567,yes\nbob,,+491234568,yes\n"
    )
    log.write_text(
        "customer_id,action,contacted_on,channel,outcome\n"
        "ann,club,2025-11-20,SMS,unsubscribed\nbob,club,2025-11-20,Anruf,refused\n"
    )
    words = ["--contacts", people, "--contacted", log, *QUIETLY]
    assert shell("run", shop, "-o", tmp_path / "out", *words).exit_code == 0

    uploads = export(tmp_path / "out", "brevo")

    assert "ann@x.org" in uploads.combined.to_csv()
    assert "+49" not in uploads.combined.to_csv()
    assert uploads.left_out == {"no valid e-mail address or number": 1}


@pytest.mark.parametrize("ann", ["export", "contacts"])
@pytest.mark.parametrize("annie", ["export", "contacts"])
def test_the_address_and_number_of_who_is_suppressed_are_in_no_list_for_others(ann, annie):
    people = {
        "ann": (ann, "Ann@x.org", "+44 7700 900123"),
        "annie": (annie, "ann@x.org ", ""),
        "anna": (annie, "-", "+447700900123"),
        "bob": (annie, "-", "+447700900124"),
    }
    orders, contacts = [], []
    for number, (name, (place, *cells)) in enumerate(people.items()):
        order = [name, f"2025-12-1{number}", "20", *(cells if place == "export" else ["", ""])]
        orders.append(order)
        contacts.append([name, *(cells if place == "contacts" else ["", ""])])
    exported = pd.DataFrame(
        orders, columns=["customer_id", "ordered_at", "amount", "email", "phone"]
    )
    tables = {
        "contacts": pd.DataFrame(contacts, columns=["customer_id", "email", "phone"]),
        "suppress": frame("customer_id\nann\n"),
    }

    result = rfmtool.run(exported, evidence=tables)

    assert result.frame["customer_id"].tolist() == ["anna", "bob"]
    assert result.frame["phone"].fillna("").str[-1:].tolist() == ["", "4"]
    assert result.summary["ledger"]["excluded"] == {"suppressed": 2}


@pytest.mark.parametrize(
    ("words", "added"),
    [
        ((), "ann annie dan eve"),
        (("--for", "brevo"), "ann annie"),
        (("--for", "brevo", "--consent-unknown", "keep"), "ann annie eve"),
    ],
)
def test_who_was_left_out_of_the_export_of_a_tool_is_not_logged_by_it(tmp_path, words, added):
    shop, people, log = (tmp_path / f"{name}.csv" for name in ("shop", "people", "log"))
    names = ["ann", "annie", "bob", "dan", "eve"]
    orders = pd.DataFrame({"customer_id": names, "ordered_at": "2025-12-10", "amount": 20})
    shop.write_text(orders.to_csv(index=False))
    people.write_text(
        "customer_id,email,consent\nann,ann@x.org,yes\nannie,ANN@x.org,yes\nbob,,yes\n"
        "dan,dan@x,yes\neve,eve@x.org,\n"
    )
    out = tmp_path / "out"
    assert shell("run", shop, "-o", out, "--contacts", people, *QUIETLY).exit_code == 0

    assert shell("done", out, "actions/welcome.csv", "--contacted", log, *words).exit_code == 0
    both = shell("done", out, "welcome", "--contacted", log, "--for", "brevo", "--customers", "ann")
    alone = shell("done", out, "welcome", "--contacted", log, "--consent-unknown", "keep")

    assert " ".join(pd.read_csv(log)["customer_id"]) == added
    assert both.exit_code == alone.exit_code == 2
    assert "--for TOOL" in alone.stderr


@pytest.mark.parametrize(("address", "is_told"), [("none@shop.example", True), ("", False)])
def test_an_address_by_which_many_are_suppressed_is_told_of(address, is_told):
    orders = pd.DataFrame({"customer_id": [f"c{n}" for n in range(40)], "ordered_at": "2025-12-10",
                           "amount": 20})  # fmt: skip
    orders["email"] = [address if n % 2 and address else f"c{n}@x.org" for n in range(40)]

    result = rfmtool.run(orders, evidence={"suppress": frame("customer_id\nc1\n")})

    said = result.summary["warnings"]
    assert any("suppress: 19 people" in text for text in said) == is_told


def test_who_has_the_address_of_somebody_on_another_list_is_not_logged(tmp_path):
    shop, people, log = (tmp_path / f"{name}.csv" for name in ("shop", "people", "log"))
    rows = [f"{name},2025-12-{day},20" for name, day in
            (("ann", "08"), ("ann", "09"), ("bob", "10"), ("zoe", "10"))]  # fmt: skip
    shop.write_text("\n".join(["customer_id,ordered_at,amount", *rows]))
    people.write_text(
        "customer_id,email,consent\nann,a@x.org,yes\nbob,b@x.org,yes\nzoe,a@x.org,yes\n"
    )
    out = tmp_path / "out"
    assert shell("run", shop, "-o", out, "--contacts", people, *QUIETLY).exit_code == 0

    done = shell("done", out, "welcome", "--contacted", log, "--for", "brevo")

    assert done.exit_code == 0
    assert pd.read_csv(log)["customer_id"].tolist() == ["bob"]
