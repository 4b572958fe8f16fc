"""rfmtool compare from outside: what it says, what it writes, with which code it ends."""

import csv
import hashlib
import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from shell import QUIETLY, SHOP, assert_snapshot, files_of, names_in, rfmtool, written

LATER = (
    SHOP
    + """\
bob,20,2024-06-20,10
dan,21,2024-07-02,12
zoe,22,2024-08-09,8.25
"""
)
"""Three months later: Bob and Dan have come again, Zoe is new, Ann is overdue."""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with two exports and the runs of them."""
    place = tmp_path_factory.mktemp("finished")
    for name, text in (("may", SHOP), ("august", LATER)):
        shop = written(place / f"{name}.csv", text)
        assert rfmtool("run", shop, "-o", place / name, *QUIETLY).exit_code == 0
    return place


@pytest.fixture
def runs(finished, tmp_path, monkeypatch):
    """The folders `may` and `august`."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return "may", "august"


def answer(*words):
    result = rfmtool("compare", *words, "--format", "json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("width", ["80", "120"])
def test_the_comparison(runs, width):
    result = rfmtool("compare", *runs, COLUMNS=width)
    assert result.exit_code == 0
    assert_snapshot(f"compare-{width}", result.stdout)


@pytest.mark.parametrize("width", [30, 40, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(runs, width):
    lines = rfmtool("compare", *runs, COLUMNS=str(width)).stdout.splitlines()
    assert max(map(len, lines)) <= width


def test_the_data(runs):
    data = answer(*runs)
    assert data["stages"] == {
        "client": {"client": 2}, "customer": {"client": 1, "customer": 1}, "(new)": {"customer": 1},
    }  # fmt: skip
    assert data["shares"]["stages"]["(new)"] == {"customer": 1.0}
    assert data["revenue"]["flow"] == {
        "new": "8.25", "up": "22", "down": "0", "gone": "0", "neither": "0",
    }  # fmt: skip
    change = [Decimal(text) for text in data["revenue"]["change"].values()]
    assert sum(change) == Decimal(data["revenue"]["new"]) - Decimal(data["revenue"]["old"])
    assert data["drift"]["recency"]["old"] != data["drift"]["recency"]["new"]
    assert data["old"] == {"folder": "may", "as_of": "2024-05-20", "customers": 4}


def test_a_run_compared_with_itself_says_that_nothing_moved(runs):
    data = answer(runs[0], runs[0])
    assert data["moves"]["same"] == 4
    assert set(data["revenue"]["flow"].values()) == {"0"}
    assert set(data["revenue"]["change"].values()) == {"0"}
    assert data["warnings"] == []
    assert "are the same in both runs" in rfmtool("compare", runs[0], runs[0]).stdout


def test_a_folder_holds_the_lists_and_a_manifest_that_matches_them(runs):
    assert rfmtool("compare", *runs, "-o", "moved").exit_code == 0
    manifest = json.loads(Path("moved/manifest.json").read_text())
    assert (manifest["kind"], manifest["as_of"]) == ("compare", "2024-08-09")
    named = {output["name"]: output for output in manifest["outputs"]}
    assert {*named, "manifest.json"} == set(files_of("moved"))
    for name, output in named.items():
        assert hashlib.sha256(Path("moved", name).read_bytes()).hexdigest() == output["sha256"]
    assert json.loads(Path("moved/compare.json").read_text()) == answer(*runs)
    promoted = list(csv.DictReader(Path("moved/promoted.csv").read_text().splitlines()))
    assert [(row["customer_id"], row["stage_before"], row["stage"], row["monetary"])
            for row in promoted] == [("dan", "customer", "client", "24")]  # fmt: skip
    rows = list(csv.DictReader(Path("moved/transitions.csv").read_text().splitlines()))
    assert rows[0] == {
        "by": "stage", "from": "client", "to": "client", "customers": "2", "share_of_from": "1",
    }  # fmt: skip


@pytest.mark.long
def test_a_folder_takes_the_place_of_another_comparison_and_of_nothing_else(runs):
    for _ in range(2):
        assert rfmtool("compare", *runs, "-o", "moved").exit_code == 0
    before = names_in(".")
    for place, words in (("may", "is read"), ("may/moved", "lies in may"), ("other", "run")):
        rfmtool("run", "may.csv", "-o", "other", *QUIETLY)
        result = rfmtool("compare", *runs, "-o", place)
        assert result.exit_code == 2
        assert words in result.stderr
    assert names_in(".") == sorted([*before, "other"])
    assert answer(*runs)["moves"]["up"] == 1


def test_quiet_success_prints_nothing(runs):
    result = rfmtool("compare", *runs, "-o", "moved", "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize("broken", ["nothing", "may.csv", "."])
def test_what_is_no_run_is_refused(runs, broken):
    for words in ((broken, runs[1]), (runs[0], broken)):
        result = rfmtool("compare", *words)
        assert result.exit_code == 2
        assert "not the folder of a finished run" in result.stderr


def test_a_changed_table_is_refused_without_a_word_of_it(runs):
    path = Path("may/customers.csv")
    path.write_text(path.read_text().replace("ann", "canary"))
    result = rfmtool("compare", *runs)
    assert result.exit_code == 2
    assert "customers.csv is not what the run wrote" in result.stderr
    assert "canary" not in result.stderr


# Warnings ----------------------------------------------------------------------------------------


def test_runs_in_the_wrong_order_are_warned_of(runs):
    assert "earlier day" in answer(*reversed(runs))["warnings"][0]


def test_runs_of_different_customers_are_warned_of(runs, tmp_path):
    shop = written(tmp_path / "other.csv", SHOP.replace("n,", "x,").replace("b,", "x,"))
    written(shop, shop.read_text().replace("cleo", "clex"))
    rfmtool("run", shop, "-o", "other", *QUIETLY)
    data = answer(runs[0], "other")
    assert "No customer is in both runs" in data["warnings"][0]
    assert data["stages"]["client"] == {"(gone)": 2}


def test_runs_of_different_spans_are_warned_of(runs):
    rfmtool("run", "august.csv", "-o", "since", "--since", "2024-03-01", *QUIETLY)
    data = answer(runs[0], "since")
    assert data["money_is"] == "of different spans"
    assert any("revenue is not comparable" in text for text in data["warnings"])


def test_runs_with_the_same_scales_do_not_drift(runs):
    rfmtool("run", "august.csv", "-o", "frozen", "--scales", "may/scales.json", *QUIETLY)
    data = answer(runs[0], "frozen")
    assert all(pair["old"] == pair["new"] for name, pair in data["drift"].items()
               if name != "timing")  # fmt: skip
    assert data["warnings"] == []


def test_a_rung_that_only_the_old_rules_know_is_neither_up_nor_down(runs, tmp_path):
    ladder = """
[[ladder]]
stage = "regular"
when.order_days.min = 4
[[ladder]]
stage = "client"
when.order_days.min = 2
[[ladder]]
stage = "visitor"
"""
    written(tmp_path / "own.toml", ladder)
    words = ("run", "may.csv", "-o", "own", "--rules", "own.toml", *QUIETLY)
    assert rfmtool(*words).exit_code == 0
    data = answer("own", runs[1])
    assert data["stages"]["regular"] == {"client": 1}
    assert (data["moves"]["other"], data["moves"]["same"]) == (3, 1)
    assert any("The ladders differ" in text for text in data["warnings"])


# Limits ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("client > +20%", "client went from 2 to 3 (+50.0%)"),
        ("customers > 4", "customers is 5"),
        ("as_of > 2024-08-08", "as_of is 2024-08-09"),
        ("cant_lose < 1", "cant_lose is 0"),
    ],
)
def test_a_broken_limit_ends_with_1_and_publishes_nothing(runs, limit, said):
    result = rfmtool("compare", *runs, "-o", "moved", "--fail-if", limit)
    assert result.exit_code == 1
    assert said in result.stderr
    assert result.stdout == ""
    assert not Path("moved").exists()


def test_limits_that_hold_change_nothing(runs):
    limits = ("--fail-if", "client < -10%", "--fail-if", "champions < -100%")
    result = rfmtool("compare", *runs, *limits)
    assert (result.exit_code, result.stdout) == (0, rfmtool("compare", *runs).stdout)


def test_an_unknown_name_is_yours_to_fix(runs):
    assert rfmtool("compare", *runs, "--fail-if", "clients < -10%").exit_code == 2
    assert rfmtool("compare", "missing", "gone", "--fail-if", "client").exit_code == 2
