"""The lists as mail and advertising tools take them: read back by each tool's documented rules."""

import csv
import errno
import hashlib
import io
import json
import re
import shutil
import stat
from contextlib import chdir
from pathlib import Path

import pandas as pd
import pytest
from effort import SLOW
from hypothesis import given, settings
from hypothesis import strategies as st
from shell import QUIETLY, rfmtool

from rfmtool.outputs.uploads import TOOLS
from rfmtool.rules import load_rules
from rfmtool.runs.export import exclusion_reasons

PLAYBOOK = load_rules().playbook

PEOPLE = [
    # customer_id, name, email, phone, consent
    ("a", "Ann Lee Moor", "Ann@Example.com", "+44 7700 900123", "yes"),
    ("b", "Bob", "bob@example.com", "", "no"),
    ("c", "Cy Dee", "cy@example.com", "07700 900456", ""),
    ("d", "=Dan", "d an@example.com", "+1 202-555-0143", "TRUE"),
    ("e", "Eve", "", "", "yes"),
    ("f", "Fay", "ann@example.com", "", "subscribed"),
    ("g", "Gus", "gus@example.com", "", "yes"),
    ("h", "Bob's wife", "bob@example.com", "", "yes"),
]
ORDERS = "customer_id,order_id,ordered_at,amount\n" + "".join(
    f"{one[0]},{one[0]}{day},2024-0{day}-01,1{day}.5\n" for one in PEOPLE for day in (1, 3, 4)
)


def run_of(people=PEOPLE, **more):
    Path("orders.csv").write_text(ORDERS)
    with Path("contacts.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["customer_id", "name", "email", "phone", "consent", *more])
        table.writerows([*one, *(column.get(one[0], "") for column in more.values())]
                        for one in people)  # fmt: skip
    done = rfmtool("run", "orders.csv", "--contacts", "contacts.csv", "-o", "out",
                   *QUIETLY)  # fmt: skip
    assert done.exit_code == 0, done.stderr


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    place = tmp_path_factory.mktemp("shop")
    with chdir(place):
        run_of()
    return place


@pytest.fixture
def shop(finished, tmp_path, monkeypatch):
    monkeypatch.chdir(shutil.copytree(finished, tmp_path, dirs_exist_ok=True))


def exported(tool, *words):
    done = rfmtool("export", "out", "--for", tool, *words)
    assert done.exit_code == 0, done.stderr
    return rows_of(done.stdout), done.stderr


@pytest.mark.usefixtures("shop")
def test_mailchimp_gets_one_valid_address_each_of_people_who_agreed():
    rows, said = exported("mailchimp")

    assert [row["Email Address"] for row in rows] == ["Ann@Example.com", "gus@example.com"]
    ann = rows[0]
    assert (ann["First Name"], ann["Last Name"]) == ("Ann Lee", "Moor")
    assert ann["Phone Number"] == "+447700900123"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", ann["Last Order"])
    assert ann["RFM Stage"] == "client"
    assert said.startswith("2 people written; 6 left out: ")
    for reason in ("2 refused", "1 consent not known", "2 no valid e-mail address",
                   "1 same address as another"):  # fmt: skip
        assert reason in said


@pytest.mark.usefixtures("shop")
def test_klaviyo_and_brevo_take_who_has_a_number_alone():
    for tool, phone in (("klaviyo", "Phone Number"), ("brevo", "SMS")):
        rows, _ = exported(tool)
        numbers = [row[phone] for row in rows]
        assert numbers == ["+447700900123", "+12025550143", ""]
        assert all(re.fullmatch(r"\+\d{7,15}|", number) for number in numbers)


def test_a_number_gets_messages_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    number = "+44 7700 900123"
    run_of([("a", "Ann", "ann@example.com", number, "yes"), ("b", "Bob", "", number, "yes"),
            ("c", "Cy", "cy@example.com", number, "yes"), ("d", "Di", "d@example.com", "", "yes"),
            ("e", "Eve", "eve@example.com", "", "yes")])  # fmt: skip
    for tool in ("brevo", "klaviyo", "google"):
        rows, said = exported(tool)
        numbers = [row.get("SMS", row.get("Phone Number", row.get("Phone"))) for row in rows]
        assert [bool(cell) for cell in numbers] == [True, False, False, False]
        assert "1 same address as another" in said
    assert [row["Phone Number"] for row in exported("mailchimp")[0]].count("+447700900123") == 2


@pytest.mark.usefixtures("shop")
def test_attribute_names_of_brevo_are_capitals_digits_and_underscores():
    assert all(re.fullmatch("[A-Z_]+", name) for name in TOOLS["brevo"].columns.values())


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.usefixtures("shop")
def test_meta_and_google_get_nothing_but_hashes():
    meta, google = exported("meta")[0], exported("google")[0]

    assert [*meta[0]] == ["email", "phone"]
    assert [*google[0]] == ["Email", "Phone"]
    assert meta[0] == {"email": sha("ann@example.com"), "phone": sha("447700900123")}
    assert google[0] == {"Email": sha("ann@example.com"), "Phone": sha("+447700900123")}
    assert google[1] == {"Email": "", "Phone": sha("+12025550143")}


@pytest.mark.usefixtures("shop")
def test_whom_nobody_asked_is_taken_where_that_is_wished():
    rows, _ = exported("hubspot", "--consent-unknown", "keep")

    cy = next(row for row in rows if row["Email"] == "cy@example.com")
    assert cy["Phone Number"] == ""  # of no known country
    assert all(row["Email"] != "bob@example.com" for row in rows)


@pytest.mark.long
@pytest.mark.usefixtures("shop")
def test_who_unsubscribed_in_the_contact_log_is_exported_no_more():
    Path("log.csv").write_text(
        "customer_id,action,contacted_on,channel,outcome\ng,club,2024-03-02,email,unsubscribed\n"
    )
    assert "gus@example.com" in str(exported("mailchimp")[0])
    words = ("run", "orders.csv", "--contacts", "contacts.csv", "--contacted", "log.csv")
    assert rfmtool(*words, "-o", "out", *QUIETLY).exit_code == 0

    assert "gus@example.com" not in str(exported("mailchimp")[0])


@pytest.mark.usefixtures("shop")
def test_a_folder_holds_upload_files_only_private_and_without_old_ones():
    Path("up").mkdir()
    Path("up/win_back.csv").write_text("old")
    assert rfmtool("export", "out", "--for", "mailchimp", "-o", "up").exit_code == 0

    actions = {
        group["name"] for group in json.loads(Path("out/summary.json").read_text())["actions"]
    }
    names = {path.name for path in Path("up").iterdir()}
    assert names
    assert names <= {f"{name}.csv" for name in actions}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in Path("up").iterdir())
    rows = [row for path in Path("up").iterdir() for row in rows_of(path.read_text())]
    assert len(rows) == 2


@pytest.mark.usefixtures("shop")
def test_a_disk_that_is_full_before_the_last_list_changes_none(monkeypatch):
    Path("orders.csv").write_text(re.sub(r"g,g[34].*\n", "", ORDERS))
    assert rfmtool("run", "orders.csv", "--contacts", "contacts.csv", "-o", "out").exit_code == 0
    arguments = ("export", "out", "--consent-unknown", "keep", "-o", "up", "--for")
    assert rfmtool(*arguments, "mailchimp").exit_code == 0
    before = {path.name: path.read_bytes() for path in Path("up").iterdir()}
    assert len(before) > 1
    written = []

    def full(handle):
        written.append(handle)
        if len(written) == len(before):
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        failed = rfmtool(*arguments, "hubspot")
    assert (failed.exit_code, failed.stderr.count("Nothing was changed")) == (3, 1)
    assert {path.name: path.read_bytes() for path in Path("up").iterdir()} == before

    Path("up/.rfmtool-new-12345678").mkdir()  # as a kill leaves it
    assert rfmtool(*arguments, "hubspot").exit_code == 0
    assert {path.name for path in Path("up").iterdir()} == {*before}


@pytest.mark.usefixtures("shop")
def test_a_folder_with_something_else_in_it_is_refused():
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("keep")
    refused = rfmtool("export", "out", "--for", "meta", "-o", "mine")
    assert (refused.exit_code, Path("mine/notes.txt").read_text()) == (2, "keep")
    inside = rfmtool("export", "out", "--for", "meta", "-o", "out/up")
    assert inside.exit_code == 2


@pytest.mark.usefixtures("shop")
def test_one_list_and_what_cannot_be_asked():
    every = exported("mailchimp")[0]
    action = every[0]["RFM Action"]
    some, _ = exported("mailchimp", "--list", action)
    assert some == [row for row in every if row["RFM Action"] == action]
    assert rfmtool("export", "out", "--for", "mailchimp", "--list", "nothing").exit_code == 2
    assert rfmtool("export", "out", "--for", "pigeon").exit_code == 2
    assert rfmtool("export", "nowhere", "--for", "meta").exit_code == 2
    assert "keeps no earlier run" in rfmtool("export", "out", "--for", "meta", "--changed").stderr


@pytest.mark.usefixtures("shop")
def test_a_list_that_is_exported_alone_leaves_the_others_where_they_are():
    Path("up").mkdir()
    Path("up/welcome.csv").write_text("of an earlier day")

    rfmtool("export", "out", "--for", "mailchimp", "--list", "next_order", "-o", "up")
    assert {path.name for path in Path("up").iterdir()} == {"next_order.csv", "welcome.csv"}

    rfmtool("export", "out", "--for", "mailchimp", "-o", "up")
    assert {path.name for path in Path("up").iterdir()} == {"next_order.csv"}


def test_only_those_who_stand_elsewhere_than_before(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ids = ["@ann", "Bob@x.org", "cy", *map(str, range(30))]
    table = ["customer_id,email,consent", *(f"{one},m{n}@x.org,yes" for n, one in enumerate(ids))]
    Path("contacts.csv").write_text("\n".join(table))
    first = ["customer_id,order_id,date,amount"]
    first += [f"{one},{n},2025-01-{n % 28 + 1:02},{n + 5}" for n, one in enumerate(ids)]
    last = ["cy,90,2025-01-28,5", "bob@x.org,91,2025-01-01,0.01", "0,92,2025-01-29,1"]
    for rows in (first, [*first, *last]):
        Path("orders.csv").write_text("\n".join(rows))
        words = ("run", "orders.csv", "--contacts", "contacts.csv", "-o", "out", *QUIETLY)
        scales = ("--scales", "kept.json") if rows is not first else ()
        done = rfmtool(*words, *scales)
        assert done.exit_code == 0, done.stderr
        shutil.copy("out/scales.json", "kept.json")

    found, said = exported("mailchimp", "--changed")

    with Path("out/changes.csv").open() as file:
        moved = {row["customer_id"].removeprefix("'") for row in csv.DictReader(file)}
    mails = {one: f"m{n}@x.org" for n, one in enumerate(ids)}
    assert {row["Email Address"] for row in found} >= {mails[one] for one in moved}
    assert mails["@ann"] not in {row["Email Address"] for row in found}
    assert len(found) < len(ids)
    assert "unchanged" in said


def test_a_run_that_knows_no_contacts_has_nothing_to_export(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("orders.csv").write_text(ORDERS)
    rfmtool("run", "orders.csv", "-o", "out", *QUIETLY)
    refused = rfmtool("export", "out", "--for", "meta")
    assert refused.exit_code == 2
    assert "knows nobody's e-mail address" in refused.stderr


@pytest.mark.usefixtures("shop")
def test_formulas_do_not_run_and_suppressed_people_are_in_no_export():
    Path("stop.csv").write_text("customer_id\ng\n")
    rfmtool("run", "orders.csv", "--contacts", "contacts.csv", "--suppress", "stop.csv",
            "-o", "out", *QUIETLY)  # fmt: skip
    rows, _ = exported("klaviyo")
    assert [row["First Name"] for row in rows] == ["Ann Lee", "'=Dan"]


PERSON = st.fixed_dictionaries({
    "email": st.sampled_from(["", "a@example.com", "b@example.com", "B@example.com"]),
    "phone": st.sampled_from(["", "+447700900123", "+12025550143"]),
    "consent": st.sampled_from(["yes", "no", "", "FALSE", "unsubscribed", "1", "perhaps"]),
    "action": st.sampled_from(["club", "leave_alone", "welcome"]),
    "holdout": st.sampled_from(["", "", "yes"]),
    "resting": st.sampled_from(["", "", "often"]),
})  # fmt: skip
REFUSED = {"no", "FALSE", "unsubscribed"}


@settings(max_examples=SLOW)
@given(st.lists(PERSON, max_size=8), st.sampled_from([*TOOLS]), st.booleans())
def test_nobody_who_refused_or_is_to_be_left_alone_is_in_any_export(rows, tool, keep):
    people = pd.DataFrame(
        rows, columns=["email", "phone", "consent", "action", "holdout", "resting"]
    )
    people = people.astype("str")

    why = exclusion_reasons(people, PLAYBOOK, TOOLS[tool], keep_unknown=keep)
    taken = people[why.eq("").to_numpy()]

    refused = people[people["consent"].isin(REFUSED)]
    assert not {*taken["email"].str.lower()} & ({*refused["email"].str.lower()} - {""})
    assert not {*taken["phone"]} & ({*refused["phone"]} - {""})
    assert keep or taken["consent"].isin(["yes", "1"]).all()
    assert taken["holdout"].eq("").all()
    assert taken["resting"].eq("").all()
    assert not taken["action"].eq("leave_alone").any()
    assert (taken["email"].ne("") | (taken["phone"].ne("") & TOOLS[tool].by_phone)).all()
    mails = taken["email"].str.lower()
    assert not mails[mails.ne("")].duplicated().any()
