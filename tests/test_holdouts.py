"""Lots: the same on any machine, drawn once at entry, never out of service."""

import hashlib
import json
from decimal import Decimal

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import rfmtool
from rfmtool.cli import program
from rfmtool.errors import InputError, UsageError
from rfmtool.placing.holdouts import drawn_by_hash, empty_holdouts, is_held_out, with_entrants
from rfmtool.rules import HoldoutRules, load_rules, marketing_actions, parse_holdouts, with_holdouts

TEN = HoldoutRules({"all": Decimal("0.1")})
OFFERED = frozenset({"welcome", "club"})


def u(*parts):
    """Where parts of text fall between 0 and 1."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def people(actions):
    return pd.DataFrame({"customer_id": [*actions], "action": [*actions.values()]})


def test_a_lot_is_where_the_hash_of_word_and_person_falls():
    assert round(u("welcome-2026", "17850"), 5) == 0.90469
    assert round(u("welcome-2026", "C001"), 5) == 0.37031
    assert round(u("welcome-2026", "ann@example.com"), 5) == 0.01086
    assert round(u("rfmtool", "welcome", "17850"), 5) == 0.37453


@given(st.lists(st.text(min_size=1), unique=True), st.decimals("0.01", "0.99", places=2))
def test_who_is_drawn_lies_below_the_share(ids, share):
    assert list(drawn_by_hash(["salt"], ids, share)) == [u("salt", one) < share for one in ids]


def test_about_the_share_asked_for_is_left_out():
    assert (
        abs(drawn_by_hash(["rfmtool"], map(str, range(10_000)), Decimal("0.2")).mean() - 0.2)
        < 0.012
    )


def test_everybody_of_marketing_enters_the_lot_out_of_all_and_nobody_of_service():
    rows = with_entrants(
        empty_holdouts(), people({"a": "welcome", "b": "put_it_right"}), TEN, OFFERED, 9
    )

    assert rows["customer_id"].tolist() == ["a"]
    assert rows.iloc[0].to_dict() == {
        "customer_id": "a", "lot": "all", "action": "welcome",
        "held_out": u("rfmtool", "a") < 0.1, "share": "0.1", "salt": "rfmtool", "from_on": 9,
    }  # fmt: skip


def test_a_draw_stands_whatever_the_share_and_the_action_become():
    first = with_entrants(empty_holdouts(), people({"a": "welcome"}), TEN, OFFERED, 9)
    later = HoldoutRules({"all": Decimal("0.99")})

    second = with_entrants(first, people({"a": "club", "b": "club"}), later, OFFERED, 16)

    assert second["customer_id"].tolist() == ["a", "b"]
    assert second.iloc[[0]].equals(first)
    assert second["share"].tolist() == ["0.1", "0.99"]


def test_a_draw_stands_however_an_address_is_spelled():
    first = with_entrants(empty_holdouts(), people({"ann4@x.org": "welcome"}), TEN, OFFERED, 1)
    now = people({"Ann4@X.org": "club"})

    rows = with_entrants(first, now, TEN, OFFERED, 2)

    assert list(rows["customer_id"]) == ["ann4@x.org"]
    out = rows.assign(held_out=True)
    assert list(is_held_out(now, out, TEN, OFFERED)) == [True]
    again = with_entrants(empty_holdouts(), now, TEN, OFFERED, 1)
    assert list(again["held_out"]) == list(first["held_out"])


def test_who_is_held_out_of_all_enters_no_list_of_its_own():
    lots = HoldoutRules({"all": Decimal("0.5"), "welcome": Decimal("0.5")})
    everybody = people({str(number): "welcome" for number in range(50)})

    rows = with_entrants(empty_holdouts(), everybody, lots, OFFERED, 1)

    of_all = rows[rows["lot"].eq("all")].set_index("customer_id")["held_out"]
    assert set(rows.loc[rows["lot"].eq("welcome"), "customer_id"]) == set(of_all[~of_all].index)
    assert 0 < of_all.sum() < 50


def test_held_out_of_a_list_is_held_out_of_that_list_alone():
    lots = HoldoutRules({"welcome": Decimal("0.5")})
    everybody = people({str(number): "welcome" for number in range(50)})
    rows = with_entrants(empty_holdouts(), everybody, lots, OFFERED, 1)

    assert is_held_out(everybody, rows, lots, OFFERED).sum() == rows["held_out"].sum() > 0
    assert not is_held_out(everybody.assign(action="club"), rows, lots, OFFERED).any()


def test_a_new_word_draws_anew_and_keeps_the_old_rows():
    first = with_entrants(empty_holdouts(), people({"a": "club"}), TEN, OFFERED, 1)

    second = with_entrants(
        first, people({"a": "club"}), HoldoutRules(TEN.shares, "two"), OFFERED, 8
    )

    assert second["salt"].tolist() == ["rfmtool", "two"]


def test_shares_are_read_as_they_are_written():
    lots = parse_holdouts(["10%", "welcome=2.5%"], "spring")

    assert lots == HoldoutRules({"all": Decimal("0.1"), "welcome": Decimal("0.025")}, "spring")


@pytest.mark.parametrize("words", [["10"], ["0%"], ["100%"], ["=5%"], ["5%", "6%"], ["a=b=c"]])
def test_what_is_no_share_is_refused(words):
    with pytest.raises(UsageError):
        parse_holdouts(words)


@pytest.mark.parametrize("action", ["put_it_right", "leave_alone", "listen", "nonsense"])
def test_nobody_is_held_out_of_service(action):
    with pytest.raises(UsageError, match=action):
        with_holdouts(load_rules(), parse_holdouts([f"{action}=10%"]))


def test_service_is_what_the_rules_say():
    rules = load_rules()
    service = {row.label for row in rules.playbook} - marketing_actions(rules.playbook)

    assert {"put_it_right", "listen", "leave_alone", "owner_calls", "manager_review"} <= service
    assert "welcome" not in service


@pytest.fixture
def shop(tmp_path):
    lines = ["customer_id,ordered_at,amount"]
    lines += [f"{number:03},2025-0{1 + number % 6}-15,{10 + number}" for number in range(200)]
    export = tmp_path / "orders.csv"
    export.write_text("\n".join(lines) + "\n")
    return export


def run(*words):
    return CliRunner().invoke(program, [str(word) for word in words], catch_exceptions=False)


@pytest.mark.long
def test_a_run_leaves_the_held_out_off_its_lists_and_carries_them_on(shop, tmp_path):
    out = tmp_path / "out"
    words = ("run", shop, "-o", out, "--holdout", "20%", "--quiet", "--no-page")
    run(*words)
    first = (out / "holdouts.csv").read_bytes()
    with shop.open("a") as file:
        file.write("new,2025-06-20,5\n")

    run(*words)

    rows = pd.read_csv(out / "holdouts.csv", dtype=str)
    people = pd.read_csv(out / "customers.csv", dtype=str)
    listed = pd.concat(pd.read_csv(path, dtype=str) for path in (out / "actions").glob("*.csv"))
    left_out = set(people.loc[people["holdout"].eq("yes"), "customer_id"])
    assert left_out == set(rows.loc[rows["held_out"].eq("yes"), "customer_id"])
    assert 20 < len(left_out) < 60
    assert set(listed["customer_id"]) == set(people["customer_id"]) - left_out
    assert (out / "holdouts.csv").read_bytes().startswith(first)
    assert rows["from_on"].value_counts().to_dict() == {"2025-06-15": 200, "2025-06-20": 1}
    lots = json.loads((out / "scales.json").read_text())["holdouts"]
    assert lots == {"salt": "rfmtool", "shares": {"all": 0.2}, "round_began_on": "2025-06-15"}


@pytest.mark.long
def test_the_suppressed_leave_the_round(shop, tmp_path):
    out, gone = tmp_path / "out", tmp_path / "gone.csv"
    gone.write_text("customer_id\n007\n")
    words = ("run", shop, "-o", out, "--holdout", "20%", "--quiet", "--no-page")
    run(*words)

    run(*words, "--suppress", gone)

    assert ",007," not in (out / "holdouts.csv").read_text()
    assert "\n007," not in (out / "holdouts.csv").read_text()


def test_a_round_that_somebody_changed_is_not_carried_on(shop, tmp_path):
    out = tmp_path / "out"
    words = ("run", shop, "-o", out, "--holdout", "20%", "--quiet", "--no-page")
    run(*words)
    with (out / "holdouts.csv").open("a") as file:
        file.write("me,all,club,yes,0.2,rfmtool,2025-06-15\n")

    with pytest.raises(InputError, match=r"holdouts\.csv is not what the run wrote"):
        run(*words)


@pytest.mark.long
def test_a_run_that_leaves_nobody_out_carries_the_round_on_and_says_so(shop, tmp_path):
    out = tmp_path / "out"
    run("run", shop, "-o", out, "--holdout", "20%", "--quiet", "--no-page")
    before = (out / "holdouts.csv").read_bytes()

    said = run("run", shop, "-o", out, "--no-page").output

    assert (out / "holdouts.csv").read_bytes() == before
    assert "had a holdout, and this one has none" in " ".join(said.split())
    for more, of in (("welcome=10%", "all"), ("20%", "welcome"), ("20%", "welcome")):
        said = run("run", shop, "-o", out, "--no-page", "--holdout", more).output
        assert f"had a holdout of {of}, and this one has none" in " ".join(said.split())
    fresh = run("run", shop, "-o", out, "--no-page", "--holdout", "5%", "--holdout-salt", "new")
    assert "this one has none" not in " ".join(fresh.output.split())


def test_without_a_lot_the_column_is_empty_and_no_table_is_written(shop, tmp_path):
    run("run", shop, "-o", tmp_path / "out", "--quiet", "--no-page")

    assert pd.read_csv(tmp_path / "out" / "customers.csv")["holdout"].isna().all()
    assert not (tmp_path / "out" / "holdouts.csv").exists()


def test_the_library_draws_as_the_command_does(shop):
    result = rfmtool.run(shop, lots=parse_holdouts(["20%"]))

    again = rfmtool.run(shop, lots=parse_holdouts(["20%"]), entered=result.holdouts)

    assert result.holdouts["held_out"].sum() == result.frame["holdout"].eq("yes").sum() > 0
    assert again.holdouts.equals(result.holdouts)


def test_a_row_of_the_rules_may_ask_for_a_lot_and_mind_the_last_result(shop, tmp_path):
    own = tmp_path / "own.toml"
    own.write_text(
        '[[playbook]]\naction = "mail"\npriority = 1\nchannel = "email"\nsay = "Mail"\n'
        'hold_out = "25%"\nwhen.order_days.min = 1\nwhen.last_result.not = "earned_less"\n'
        '[[playbook]]\naction = "nothing"\npriority = 2\nhold_out = false\n'
    )

    usual = rfmtool.run(shop, rules=own)
    stopped = rfmtool.run(shop, rules=own, results={"mail": {"verdict": "earned_less"}})

    assert set(usual.frame["action"]) == {"mail"}
    assert set(usual.holdouts["lot"]) == {"mail"}
    assert 0 < usual.holdouts["held_out"].sum() < 100
    assert set(stopped.frame["action"]) == {"nothing"}
