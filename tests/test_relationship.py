"""What people need, whom they were introduced to, and which communities they are in."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from shell import rfmtool as command

import rfmtool
from rfmtool import demo
from rfmtool.analyses.backtest import Lookback
from rfmtool.analyses.relationship import communities, introduction_results, needs_met
from rfmtool.days import day_number
from rfmtool.placing.influence import describe_influence
from rfmtool.runs.evidence import evidence_kept, money_tables

pytestmark = pytest.mark.long

AS_OF = day_number(date(2025, 12, 31))
DAY = AS_OF - 90


def frame(columns, *rows):
    told = pd.DataFrame(rows, columns=columns.split())
    days = [name for name in told if name.endswith("_on")]
    return told.astype(dict.fromkeys(days, "Int64"))


NEEDS = "owner need asked_on met_on"


def people(count, stage="client"):
    first = np.datetime64(DAY - 300, "D") + np.arange(count).astype("timedelta64[D]")
    return pd.DataFrame(
        {"monetary": np.arange(1, count + 1) * 10_000, "order_days": 1, "first_order_on": first,
         "stage": pd.Categorical([stage] * count, ["advocate", "client"])}
    )  # fmt: skip


def test_needs_that_wait_count_for_as_long_as_they_do():
    rows = frame(NEEDS, (0, "decaf", AS_OF - 60, AS_OF - 50), (1, "decaf", AS_OF - 60, AS_OF - 40),
                 (2, "oats", AS_OF - 30, None))  # fmt: skip
    found = needs_met(rows, people(4), AS_OF)

    assert (found["met"]["people"], found["met"]["of"]) == (2, 3)
    assert found["days"]["median"] == 20
    assert (found["asked"]["people"], found["asked"]["of"]) == (3, 4)


def test_what_is_not_met_is_ranked_by_people_and_then_by_money():
    rows = frame(NEEDS, (0, "oats", None, None), (3, "decaf", None, None), (1, "bags", None, None),
                 (2, "bags", AS_OF, AS_OF + 1), (2, "bags", AS_OF, None))  # fmt: skip

    assert needs_met(rows, people(4), AS_OF)["unmet"] == [
        {"need": "bags", "people": 2, "revenue": 50_000},
        {"need": "decaf", "people": 1, "revenue": 40_000},
        {"need": "oats", "people": 1, "revenue": 10_000},
    ]


def test_work_is_counted_by_who_gave_and_who_got():
    rows = frame("owner giver introduced_on outcome", (0, -1, AS_OF - 10, "order"),
                 (1, 0, AS_OF - 400, "none"), (2, 0, AS_OF - 20, None))  # fmt: skip
    business = np.array([True, True, True, True, False])

    found = introduction_results(rows, business, 12, AS_OF)

    assert (found["introductions"], found["lately"], found["by_us"]) == (3, 2, 1)
    assert found["outcomes"]["order"]["share"] == 0.5  # of the two whose outcome is known
    assert found["balance"] == {
        "gave_only": 0, "got_only": 2, "gave_more": 1, "got_more": 0, "even": 0,
    }  # fmt: skip
    assert (found["found_none"]["people"], found["found_none"]["of"]) == (2, 4)


MEMBERS = "owner community joined_on left_on attended_on inviter"


def test_members_are_held_against_others_alike():
    everybody = people(80)
    everybody["first_order_on"] = np.datetime64(DAY - 300, "D")
    everybody["monetary"] = 10_000
    rows = frame(MEMBERS, *((n, "tea", DAY - 20, None, None, -1) for n in range(40)))
    orders = np.array([1] * 40 + [1, 0] * 20)
    look = Lookback(date(2025, 10, 2), everybody.assign(frequency=1), orders, orders)

    found = communities(rows, everybody, look, AS_OF)["compared"]

    assert found["kind"] == "matched"
    assert (found["members"]["people"], found["others"]["people"]) == (40, 20)
    # Wilson: 40 of 40 [.9124, 1], 20 of 40 [.3520, .6480]; √(.0876² + .1480²) = .1720.
    difference = found["difference"]
    assert difference["difference"] == 0.5
    assert (difference["low"], difference["high"]) == pytest.approx((0.3280, 0.6480), abs=1e-4)


def test_members_like_whom_there_is_nobody_are_counted_and_left_out():
    everybody = people(40)
    everybody["stage"] = pd.Categorical(["advocate"] * 20 + ["client"] * 20)
    rows = frame(MEMBERS, *((n, "tea", DAY - 20, None, None, -1) for n in range(20)))
    look = Lookback(date(2025, 10, 2), everybody.assign(frequency=1), np.ones(40, int), np.ones(40))

    found = communities(rows, everybody, look, AS_OF)["compared"]

    assert (found["unmatched"], found["members"]["of"], found["difference"]) == (20, 0, None)


def test_who_came_and_who_invited_whom_is_counted():
    rows = frame(
        MEMBERS,
        (0, "tea", AS_OF - 500, None, AS_OF - 480, -1),
        (0, "tea", AS_OF - 500, None, AS_OF - 9, -1),
        (1, "tea", AS_OF - 50, None, None, 0), (2, "tea", AS_OF - 50, AS_OF - 10, AS_OF - 40, 0),
        (3, "books", None, None, AS_OF - 9, 3),
    )  # fmt: skip
    found = communities(rows, people(6, "advocate"), None, AS_OF)

    assert [(one["community"], one["members"], one["events"]) for one in found["communities"]] == [
        ("books", 1, 1), ("tea", 2, 2),
    ]  # fmt: skip
    assert (found["communities"][1]["came"]["people"], found["members"]) == (1, 3)
    assert (found["invited"], found["inviters"]) == (2, 1)
    assert found["advocates_in_none"]["people"] == 3
    assert found["compared"] is None


def test_to_whom_others_listen_is_said_in_words():
    evidence = {
        "referrals": frame("owner referred", (0, 1), (0, 1), (0, 2), (1, 1)),
        "feedback": frame("owner kind", (0, "review"), (1, "complaint")),
        "contacts": frame("owner followers", (0, None), (1, "5000"), (2, "many")),
    }
    words = describe_influence(evidence, np.array([0, 1, 2]))

    assert words == ["named 2, reviews 1", "followers 5,000", ""]


def test_the_order_of_rows_decides_nothing():
    shop = demo.generate(250)
    names = [name for name in shop if name not in ("orders", "contact_steps")]
    rows = {name: shop[name] for name in names}
    turned = {name: shop[name].iloc[::-1].reset_index(drop=True) for name in names}
    results = [rfmtool.run(shop["orders"], evidence=tables) for tables in (rows, turned)]

    one, other = (json.dumps(result.summary, sort_keys=True) for result in results)
    assert one == other
    one, other = ({**evidence_kept(each), **money_tables(each)} for each in results)
    assert one.keys() == other.keys()
    assert all(one[name].equals(other[name]) for name in one)
    assert {"rewards", "advocates", "evidence/needs", "evidence/memberships"} <= one.keys()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("shop")
    tables = {
        "orders": ["customer_id,ordered_at,amount", "ann,2025-06-01,10", "bob,2025-06-05,20",
                   "cyd,2025-06-20,30"],
        "contacts": ["customer_id,phone,followers", "ann,+44 1632 960001,900",
                     "bob,+44 1632 960002,", "cyd,+44 1632 960003,"],
        "feedback": ["customer_id,given_on,kind", "bob,2025-06-10,complaint",
                     "ann,2025-06-11,complaint"],
        "needs": ["customer_id,need,asked_on,met_on", "ann,decaf,2025-06-02,",
                  "ann,oats,2025-06-02,2025-06-03"],
        "introductions": ["from_id,to_id,introduced_on,outcome", "Our shop,ann,2025-06-02,met"],
        "memberships": ["customer_id,community", "ann,tea", "bob,tea"],
    }  # fmt: skip
    words = []
    for name, lines in tables.items():
        (place / f"{name}.csv").write_text("\n".join(lines) + "\n")
        words += [f"--{name}"] * (name != "orders") + [place / f"{name}.csv"]
    result = command("run", *words, "-o", place / "out")
    assert result.exit_code == 0
    return place / "out", result.stdout


def test_the_folder_keeps_what_explain_and_callers_need(folder):
    out, _ = folder
    calls = pd.read_csv(out / "calls.csv", dtype="str", keep_default_na=False)

    # The oldest complaint first, whoever listens to whom.
    complaints = calls[calls["action"] == "put_it_right"]
    assert complaints["customer_id"].tolist() == ["bob", "ann"]
    assert complaints["reach"].tolist() == ["", "followers 900"]
    assert complaints["unmet_needs"].tolist() == ["", "decaf"]
    kept = {path.stem: path.read_text().splitlines()[1] for path in (out / "evidence").iterdir()}
    assert kept == {
        "needs": "ann,decaf,2025-06-02,", "introductions": ",ann,2025-06-02,met",
        "memberships": "ann,tea,,,,", "complaints": "ann,2025-06-11,",
    }  # fmt: skip


def test_explain_names_the_needs_of_a_person(folder):
    out, _ = folder
    card = json.loads(command("explain", out, "ann", "--format", "json").stdout)

    assert [row["need"] for row in card["needs"]] == ["decaf", "oats"]
    assert len(card["introductions"]) == 1
    shown = command("explain", out, "ann").stdout
    assert "decaf (not met yet), oats (met 2025-06-03)" in " ".join(shown.split())
    assert "nobody has asked" in command("explain", out, "cyd").stdout


def test_every_page_says_too_few_where_there_are(folder):
    words = " ".join(folder[1].split())

    assert "UNMET NEEDS" in words
    assert "Needs met: 1 of 2 (too few)" in words
    assert "WORK FOUND" in words
    assert "COMMUNITY" in words
    assert "Others listen to 1 of 2 people with an open complaint" in words
    assert "--needs" not in words
