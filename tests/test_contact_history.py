"""What the call sheet and explain tell of complaints, friends and the last contact."""

import csv
from pathlib import Path

import pytest
from shell import rfmtool, written

ORDERS = """customer_id,order_id,ordered_at,amount,category
ann,1,2025-01-10,40,tea
ann,2,2025-02-10,40,tea
ann,3,2025-03-10,9,pots
bob,4,2025-03-01,20,tea
cy,5,2025-03-12,20,tea
dee,6,2025-03-14,20,tea
eve,7,2025-03-12,20,tea
"""
CONTACTS = """customer_id,name,phone,email,consent
ann,Ann Moor,+44 7700 900123,ann@example.com,yes
bob,Bob Ley,+44 7700 900124,bob@example.com,no
"""
FEEDBACK = """customer_id,given_on,kind,cause,nps,resolved_on
ann,2025-02-20,complaint,late delivery,,
ann,2025-02-01,complaint,wrong size,,2025-02-03
ann,2025-03-20,complaint,from the future,,
bob,2025-03-02,survey,,4,
"""
REFERRALS = """referrer_id,referred_id,referred_on
cy,ann,2024-12-01
ann,bob,2025-02-25
ann,cy,2025-03-01
dee,ann,2025-03-30
"""
LOG = """customer_id,action,contacted_on,outcome,reason,snooze_until
ann,welcome,2025-02-01,reached,,
ann,put_it_right,2025-03-05,no_answer,,
ann,put_it_right,2025-04-05,reached,,
cy,welcome,2025-03-13,reached,broken leg,2025-06-01
eve,welcome,2025-03-13,reached,,
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Ann has an open complaint, Bob would not recommend us, Cy asked to wait."""
    place = tmp_path_factory.mktemp("dealings")
    tables = {"contacts": CONTACTS, "feedback": FEEDBACK, "referrals": REFERRALS, "contacted": LOG}
    words = ["run", written(place / "orders.csv", ORDERS), "-o", place / "out", "--no-page"]
    for name, text in tables.items():
        words += [f"--{name}", written(place / f"{name}.csv", text)]
    done = rfmtool(*words, "--as-of", "2025-03-14", "--holdout", "welcome=99%")
    assert done.exit_code == 0, done.stderr
    return place / "out"


def rows_of(path):
    """The first row of each customer, for the sheet has them again for their tasks."""
    rows = [*csv.DictReader(Path(path).read_text().splitlines())]
    return {row["customer_id"]: row for row in reversed(rows)}


def test_the_call_sheet_tells_what_the_caller_needs(shop):
    calls = rows_of(shop / "calls.csv")

    assert {*calls} == {"ann", "bob"}
    ann = calls["ann"]
    assert {name: ann[name] for name in ann if name in {
        "name", "phone", "last_order_on", "last_category", "favourite_category",
        "open_complaint_on", "open_complaint_cause", "recommended_by", "brought",
        "last_contacted_on", "last_contacted_for", "last_outcome",
    }} == {
        "name": "Ann Moor", "phone": "+44 7700 900123", "last_order_on": "2025-03-10",
        "last_category": "pots", "favourite_category": "tea", "open_complaint_on": "2025-02-20",
        "open_complaint_cause": "late delivery", "recommended_by": "cy",
        "brought": "Bob Ley (bob), cy",
        "last_contacted_on": "2025-03-05", "last_contacted_for": "put_it_right",
        "last_outcome": "no_answer",
    }  # fmt: skip
    assert calls["bob"]["latest_nps"] == "4"
    assert calls == rows_of(shop / "actions/put_it_right.phone.csv") | rows_of(
        shop / "actions/listen.phone.csv"
    )


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("ann", "1 open complaint since 2025-02-20 (late delivery)"),
        ("ann", "referred by cy; referred Bob Ley (bob), cy"),
        ("ann", "mostly tea; last pots"),
        ("ann", "last contacted 2025-03-05 for put it right: no answer"),
        ("ann", "Ann Moor, +44 7700 900123, ann@example.com, consent yes"),
        ("bob", "4 of 10 when last asked"),
        ("cy", "asked to wait until 2025-06-01 (broken leg)"),
        ("dee", "in the holdout, to compare with those who are contacted"),
        ("eve", "resting: recently contacted for the same thing"),
    ],
)
def test_explain_tells_the_same(shop, who, said):
    assert said in " ".join(rfmtool("explain", shop, who).stdout.split())


def test_of_whom_nothing_is_known_nothing_is_said(shop):
    told = rfmtool("explain", shop, "dee").stdout

    assert not {"Says", "Contact"} & set(told.split())
    assert "Left alone" not in rfmtool("explain", shop, "ann").stdout
