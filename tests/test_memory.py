"""What a folder remembers: since when people stand there, who moved and why, the runs before."""

import csv
import json
import shutil

import pytest
from shell import QUIETLY, files_of, rfmtool, written

pytestmark = pytest.mark.long

START = """\
customer_id,order_id,ordered_at,amount
ann,1,2024-01-05,20
ann,2,2024-02-06,22
ann,3,2024-03-07,20
ann,4,2024-04-08,25
bob,5,2024-01-05,5
cleo,6,2024-03-03,60
cleo,7,2024-04-01,60
dan,8,2024-04-02,12
"""


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def stood(folder):
    return {row["customer_id"]: row for row in rows_of(folder / "customers.csv")}


def bytes_in(folder):
    return {
        name: (folder / name).read_bytes() for name in files_of(folder) if (folder / name).is_file()
    }


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    place = tmp_path_factory.mktemp("begun")
    export = written(place / "orders.csv", START)
    assert rfmtool("run", export, "-o", place / "out", *QUIETLY).exit_code == 0
    return place


@pytest.fixture
def out(begun, tmp_path):
    """The folder of a run of 2024-04-08."""
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    return tmp_path / "out"


def again(out, more="", *words, as_of=None, start=START):
    """A later run over the same orders and more, cut points kept unless told otherwise."""
    export = written(out.parent / "orders.csv", start + more)
    day = ("--as-of", as_of) if as_of else ()
    done = rfmtool("run", export, "-o", out, *QUIETLY, *day, *words)
    assert done.exit_code == 0, done.stderr
    return out


def causes(out, column="stage"):
    return {
        row["customer_id"]: (row["old"], row["new"], row["cause"])
        for row in rows_of(out / "changes.csv")
        if row["column"] == column
    }


def frozen(out):
    scales = written(out.parent / "scales.json", (out / "scales.json").read_bytes())
    return "--scales", scales


def test_the_first_run_has_nobody_who_moved_and_everybody_stands_there_since_its_day(out):
    assert not (out / "changes.csv").exists()
    assert not (out / "previous").exists()
    assert {row["stage_since_on"] for row in stood(out).values()} == {"2024-04-08"}
    assert {row["as_of"] for row in rows_of(out / "history.csv")} == {"2024-04-08"}


def test_who_ordered_moved_by_orders_and_the_others_by_time(out):
    scales = frozen(out)
    again(out, "bob,9,2024-05-20,7\neve,10,2024-05-20,9\n", *scales, as_of="2025-06-01")

    assert causes(out)["bob"] == ("customer", "client", "orders")
    assert causes(out)["eve"] == ("", "customer", "orders")
    assert causes(out, "activity")["dan"][2] == "time"
    assert "cut_points" not in {row["cause"] for row in rows_of(out / "changes.csv")}


def test_the_page_tells_the_runs_of_a_folder_from_the_third_day_on(out):
    for as_of, every in [("2024-04-10", "month"), ("2024-04-10", "month"), ("2024-04-12", "run"),
                         ("2024-04-10", "month"), ("2024-04-11", "run")]:  # fmt: skip
        done = rfmtool("run", out.parent / "orders.csv", "-o", out, "--quiet", "--as-of", as_of)
        assert done.exit_code == 0

        told = json.loads((out / "summary.json").read_text("utf-8"))["timeline"]
        assert (as_of, told["every"]) == (as_of, every)


def test_who_is_new_with_an_order_that_was_free_came_by_orders(out):
    again(out, "fay,12,2024-04-09,0\n", *frozen(out), as_of="2024-04-09")
    assert causes(out)["fay"] == ("", "prospect", "orders")


def test_who_gave_all_back_moved_by_refunds(out):
    again(out, "cleo,6,2024-04-20,-60\n", *frozen(out), as_of="2024-04-20")
    assert causes(out)["cleo"] == ("client", "customer", "refunds")


def test_a_corrected_past_order_is_a_move_by_orders(out):
    start = START.replace("bob,5,2024-01-05,5", "bob,5,2024-01-05,5\nbob,11,2024-02-05,5")
    again(out, "", *frozen(out), as_of="2024-04-09", start=start)
    assert causes(out)["bob"] == ("customer", "client", "orders")


def test_other_cut_points_are_told_from_what_people_did(out):
    again(out, "", "--cuts", "recency=1,2,3,4", as_of="2024-04-09")
    moved = {row["cause"] for row in rows_of(out / "changes.csv")}
    assert moved
    assert moved <= {"cut_points", "time"}


def test_who_moved_by_evidence_and_by_rules_is_told(out):
    partners = written(out.parent / "partners.csv", "customer_id\nann\n")
    words = (*frozen(out), "--partners", partners)
    again(out, "", *words, as_of="2024-04-09")
    assert causes(out)["ann"] == ("client", "partner", "evidence")

    rules = written(
        out.parent / "rules.toml",
        '[segments]\nmap = "list"\nrows = [{ name = "everyone" }]\n',
    )
    again(out, "", *words, "--rules", rules, as_of="2024-04-10")
    assert {cause for *_, cause in causes(out, "segment").values()} == {"rules"}
    assert causes(out) == {}


@pytest.mark.parametrize(
    ("column", "told", "now"),
    [("customer_id", "ann", "partner"), ("customer_id,from_on", "ann,2024-01-01", "partner")],
)
def test_evidence_that_came_late_is_the_cause_of_who_ordered_meanwhile_too(out, column, told, now):
    partners = written(out.parent / "partners.csv", f"{column}\n{told}\n")
    more = "ann,9,2024-04-09,5\nbob,10,2024-04-09,5\n"
    again(out, more, *frozen(out), "--partners", partners, as_of="2024-04-09")

    assert causes(out) == {
        "ann": ("client", now, "evidence"), "bob": ("customer", "client", "orders"),
    }  # fmt: skip


def test_a_corrected_past_order_is_no_late_evidence(out):
    start = START.replace("bob,5,2024-01-05,5", "bob,5,2024-01-05,5\nbob,11,2024-02-05,5")
    partners = written(out.parent / "partners.csv", "customer_id\nann\n")
    words = (*frozen(out), "--partners", partners)
    again(out, "", *words, as_of="2024-04-09", start=start)

    assert causes(out)["bob"] == ("customer", "client", "orders")
    assert causes(out)["ann"] == ("client", "partner", "evidence")


def test_moves_add_up_to_the_difference_of_the_two_runs(out):
    before = stood(out)
    again(out, "bob,9,2024-05-20,7\neve,10,2024-06-01,9\n")
    after = stood(out)

    for column in ("stage", "segment", "activity"):
        told = {who: pair[:2] for who, pair in causes(out, column).items()}
        assert told == {
            who: (old, new)
            for who in before.keys() | after.keys()
            if (old := before.get(who, {}).get(column, ""))
            != (new := after.get(who, {}).get(column, ""))
        }
    counts = [
        int(row["customers"]) for row in rows_of(out / "history.csv") if row["kind"] == "cause"
    ]
    assert sum(counts) == len(rows_of(out / "changes.csv"))


def test_since_when_somebody_stands_there_is_carried_on_until_they_move(out):
    again(out, "", as_of="2024-04-09")
    again(out, "bob,9,2024-05-20,7\n")

    bob, ann = stood(out)["bob"], stood(out)["ann"]
    assert (bob["stage_since_on"], bob["stage_before"]) == ("2024-05-20", "customer")
    assert (ann["stage_since_on"], ann["stage_before"]) == ("2024-04-08", "")


def test_a_rerun_of_the_same_day_writes_the_same_bytes(out):
    again(out, "bob,9,2024-05-20,7\n")
    first = bytes_in(out)
    again(out, "bob,9,2024-05-20,7\n")
    assert bytes_in(out) == first


@pytest.mark.parametrize(("keep", "days"), [(0, []), (1, [3]), (2, [3, 2]), (9, [3, 2, 1])])
def test_as_many_runs_of_earlier_days_are_kept_as_asked_for(tmp_path, keep, days):
    out, export = tmp_path / "out", written(tmp_path / "orders.csv", START)
    for day in (1, 2, 3, 3, 4):
        done = rfmtool("run", export, "-o", out, *QUIETLY, "--as-of", f"2024-05-0{day}",
                       "--keep-runs", str(keep), "--lists", "")  # fmt: skip
        assert done.exit_code == 0, done.stderr
    kept = [out / "previous"] + [out / "previous" / f"2024-05-0{day}" for day in days[1:]]
    for folder, day in zip(kept, days, strict=False):
        assert json.loads((folder / "summary.json").read_bytes())["as_of"] == f"2024-05-0{day}"
        assert {"customers.csv", "scales.json", "summary.json"} <= set(files_of(folder))
    assert len([name for name in files_of(out) if name.endswith("scales.json")]) == 1 + len(days)
    assert len({row["as_of"] for row in rows_of(out / "history.csv")}) == 4


def test_who_is_suppressed_now_is_taken_out_of_all_that_is_kept(out):
    again(out, "bob,9,2024-05-20,7\n", as_of="2024-05-20")
    gone = written(out.parent / "gone.csv", "customer_id\nbob\n")
    again(out, "bob,9,2024-05-20,7\n", "--suppress", gone, as_of="2024-05-21")

    for name, data in bytes_in(out).items():
        assert b"bob" not in data, name
    assert {row["customer_id"] for row in rows_of(out / "previous" / "customers.csv")} == {
        "ann", "cleo", "dan",
    }  # fmt: skip


def test_a_run_before_that_was_edited_is_not_taken_up_and_that_is_warned_of(out):
    (out / "customers.csv").write_text("edited")
    again(out, "", as_of="2024-04-09")
    warned = json.loads((out / "summary.json").read_bytes())["warnings"]
    assert any("not taken up" in words for words in warned)
    assert not (out / "previous").exists()


@pytest.mark.parametrize("name", ["customers.csv", "scales.json", "summary.json"])
@pytest.mark.parametrize("day", ["2024-05-03", "2024-04-25"])
def test_a_run_that_was_edited_takes_no_other_with_it(out, name, day):
    for earlier in ("2024-04-10", "2024-04-20", "2024-05-02"):
        again(out, "", "--keep-runs", "9", as_of=earlier)
    (out / name).write_text("{}")
    again(out, "", "--keep-runs", "9", as_of=day)
    manifest = json.loads((out / "manifest.json").read_bytes())
    kept = {entry["as_of"] for entry in manifest["previous"]}
    assert {"2024-04-10", "2024-04-20"} <= kept
    assert "2024-05-02" not in kept
    warned = json.loads((out / "summary.json").read_bytes())["warnings"]
    assert [words for words in warned if words.startswith("The run of 2024-05-02")]


@pytest.mark.parametrize(
    ("keep", "later"), [(1, ["04-30"]), (2, ["04-30"]), (9, ["04-20", "04-30"])]
)
def test_runs_of_later_days_stay_as_far_as_runs_are_kept(out, keep, later):
    for day in ("2024-04-20", "2024-04-30", "2024-04-10"):
        again(out, "", "--keep-runs", f"{keep}", as_of=day)

    places = [*out.glob("previous/*/customers.csv")]
    assert sorted(place.parent.name[5:] for place in places) == later
    assert (out / "previous/summary.json").exists() is (keep > 1)  # of the day before, if kept
    warned = json.loads((out / "summary.json").read_bytes())["warnings"]
    assert any("seen later days, until 2024-04-30" in words for words in warned)

    again(out, "", "--keep-runs", f"{keep}", as_of="2024-05-01")
    assert json.loads((out / "previous/summary.json").read_bytes())["as_of"] == "2024-04-30"


def test_a_history_that_is_none_is_refused_and_named(out):
    (out / "history.csv").write_text("edited")
    done = rfmtool("run", out.parent / "orders.csv", "-o", out, *QUIETLY)
    assert done.exit_code == 2
    assert "history.csv" in done.stderr


def test_far_fewer_rows_than_a_weekday_usually_brings_are_warned_of(tmp_path):
    out, lines = tmp_path / "out", START
    for week in range(7):
        day = f"2024-05-{6 + 7 * week:02}" if week < 4 else f"2024-06-{3 + 7 * (week - 4):02}"
        more = 1 if week == 6 else 10
        lines += "".join(f"ann,w{week}-{one},{day},9\n" for one in range(more))
        written(tmp_path / "orders.csv", lines)
        words = ("run", tmp_path / "orders.csv", "-o", out, "--lists", "", *QUIETLY)
        assert not rfmtool(*words).exit_code
        warned = json.loads((out / "summary.json").read_bytes())["warnings"]
        assert any("usual on a Monday" in words for words in warned) == (week == 6)
