"""Measuring: what lists earned, told no better than it is known."""

import json
import shutil
from datetime import date

import numpy as np
import pandas as pd
import pytest
from campaigns import CONDITIONS, LISTS, campaign, year
from click.testing import CliRunner
from effort import THOROUGH
from shell import QUIETLY

import rfmtool
from rfmtool.analyses.effects import difference_of_spend
from rfmtool.analyses.measure import MeasurementWindow, measure
from rfmtool.cli import program
from rfmtool.errors import InputError, LimitError
from rfmtool.pages.blocks import Paragraph, Table
from rfmtool.pages.measure import page
from rfmtool.rules import parse_holdouts
from rfmtool.runs.holdouts import inherit_reading
from rfmtool.runs.measure import _paces
from rfmtool.sources.layout import Asked
from rfmtool.summaries.holdouts import _power, last_result_texts

WINDOW = MeasurementWindow(date(2026, 4, 1), 90)


def people(action, lot, spent, held_out, before=None):
    """Rows of one list: what each person spent, and who of them was held out."""
    many = len(spent)
    return pd.DataFrame(
        {
            "lot": lot,
            "action": action,
            "held_out": held_out,
            "share": 0.1,
            "returned": np.asarray(spent) > 0,
            "spent": np.asarray(spent, dtype=float),
            "before": np.zeros(many) if before is None else np.asarray(before, dtype=float),
            "cost": 0.0,
            "own_cost": 0.0,
        }
    )


def both(action, lot, treated, held_out):
    sides = [False] * len(treated) + [True] * len(held_out)
    return people(action, lot, [*treated, *held_out], sides)


TREATED, HELD = [0, 0, 30, 0, 45, 20, 0, 60, 0, 15], [0, 0, 0, 25, 0, 0, 10, 0]


def test_the_worked_example_comes_out_to_the_last_digit():
    group = measure(both("welcome", "welcome", TREATED, HELD), WINDOW).as_data()["groups"][0]

    spend = group["spend"]
    numbers = [round(spend[name], 4) for name in ("difference", "low", "high")]
    assert numbers == [12.625, -4.9503, 30.2003]
    assert spend["adjusted_for_past_spend"] is None
    assert (group["treated"], group["held_out"], group["verdict"]) == (10, 8, "too_few")
    assert group["earned"]["total"] == pytest.approx(126.25)


def test_all_marketing_is_the_mean_of_its_lists_by_their_treated():
    def shares(action, treated, of, held, of_held):
        return both(
            action, "all", [1] * treated + [0] * (of - treated), [1] * held + [0] * (of_held - held)
        )

    rows = pd.concat([shares("a", 56, 70, 48, 80), shares("b", 9, 10, 3, 10)])

    whole = measure(rows, WINDOW).as_data()["groups"][0]

    assert (whole["action"], whole["lot"]) == ("all", "all")
    told = {name: round(value, 4) for name, value in whole["returned"].items()}
    assert told == {
        "treated": 0.8125, "held_out": 0.5625, "difference": 0.25, "low": 0.1102, "high": 0.37,
    }  # fmt: skip


def test_lists_with_fewer_than_two_held_out_are_left_out_of_the_whole_and_counted():
    rows = pd.concat([both("a", "all", TREATED, HELD), both("b", "all", [1, 2, 3], [1])])

    whole = measure(rows, WINDOW).as_data()["groups"][0]

    assert whole["left_out"] == {"actions": 1, "people": 4}
    assert (whole["treated"], whole["held_out"]) == (10, 8)


def test_a_list_without_a_lot_of_its_own_is_told_with_what_followed():
    rows = pd.concat([both("a", "all", TREATED, HELD), both("b", "b", TREATED, HELD)])

    groups = {group["action"]: group for group in measure(rows, WINDOW).as_data()["groups"]}

    assert [*groups] == ["all", "b", "a"]
    assert (groups["b"]["is_list_alone"], groups["a"]["is_list_alone"]) == (True, False)


@pytest.mark.parametrize(
    ("more", "verdict"), [(6, "earned_more"), (-6, "earned_less"), (0, "no_difference")]
)
def test_a_verdict_is_by_the_interval(more, verdict):
    rng = np.random.default_rng(3)
    treated, held = 20 + more + rng.normal(0, 1, 900), 20 + rng.normal(0, 1, 300)

    group = measure(both("club", "club", treated, held), WINDOW).groups[0]

    assert group.verdict == verdict
    assert "proved" not in group.verdict_text
    assert "no effect" not in group.verdict_text


def test_fewer_than_sixty_held_out_say_nothing_whatever_they_spent():
    group = measure(both("club", "club", [90.0] * 500, [1.0] * 59), WINDOW).groups[0]

    assert group.verdict == "too_few"
    assert "59 held out" in group.verdict_text


def test_where_nobody_spent_nothing_is_told():
    found = measure(both("a", "a", [0] * 900, [0] * 100), WINDOW)
    group = found.as_data()["groups"][0]

    assert group["verdict"] == "too_few"
    assert group["verdict_text"] == "Too early to tell: nobody spent anything."
    [table] = [block for block in page(found.as_data()) if isinstance(block, Table)]
    assert table.rows[0][-5:-2] == ("+0.00", "–", "–")
    last = {"a": {"difference": 0.0, "low": 0.0, "high": 0.0}}
    assert last_result_texts(last) == {"a": "nobody spent anything"}


def test_what_sells_more_is_not_to_be_kept_up_where_it_costs_more():
    rows = both("a", "a", [12.0, 0.0] * 450, [2.0, 0.0] * 50)  # 5.00 a person for 900
    for cost, advice in ((1.0, "Keep doing: a. "), (5.0, "Sells more, but perhaps not more")):
        data = measure(rows.assign(own_cost=cost), WINDOW).as_data()

        assert data["groups"][0]["verdict"] == "earned_more"
        [words] = [block.words for block in page(data) if isinstance(block, Paragraph)]
        assert words.startswith(advice)
        assert f"Less costs of {900 * cost:,.2f} that is {900 * (5 - cost):+,.0f} [" in words


def test_one_difference_in_twenty_lists_is_no_finding():
    treated, held = np.linspace(5, 35, 540), np.linspace(5, 35, 60)
    lists = [both(f"l{number}", f"l{number}", treated, held) for number in range(19)]
    odd = both("odd", "odd", treated + 2.9, held)

    alone = measure(odd, WINDOW).groups[0]
    among = {one.action: one for one in measure(pd.concat([*lists, odd]), WINDOW).groups}

    assert alone.verdict == "earned_more"
    assert among["odd"].best == alone.best
    assert among["odd"].verdict == "too_few"


def test_a_split_that_was_not_asked_for_is_said_first():
    rows = both("a", "a", [1.0] * 100, [1.0] * 100)

    found = measure(rows, WINDOW)

    assert found.sample_ratio_p < 0.001
    assert found.warnings[0].startswith("The split is not what was asked")


def test_past_spend_narrows_the_interval():
    rng = np.random.default_rng(5)
    before = rng.lognormal(3, 1, 1_000)
    held = np.arange(1_000) < 100
    rows = people("a", "a", before + rng.normal(0, 1, 1_000), held, before)

    known = measure(rows, MeasurementWindow(WINDOW.as_of, 90, past_is_known=True)).groups[0]

    assert known.adjusted is not None
    assert known.adjusted.half_width < known.spend.half_width / 5


def test_costs_are_taken_off_what_was_earned():
    rows = both("a", "a", TREATED, HELD).assign(own_cost=1.5)

    total, low, high = measure(rows, WINDOW).groups[0].earned

    assert total == pytest.approx(126.25 - 15)
    assert low < total < high


# Simulated ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("condition", CONDITIONS)
def test_the_interval_of_spend_holds_the_truth(condition):
    rng = np.random.default_rng(2_026)
    many = 2_000 if THOROUGH else 200
    held = 0
    for _ in range(many):
        sides, truth = campaign(rng, *CONDITIONS[condition])
        effect = difference_of_spend([sides])
        held += effect.low <= truth <= effect.high

    assert held / many >= (0.94 if condition == "nothing" else 0.90)


@pytest.mark.long
def test_years_of_lists_with_lots_of_their_own_find_what_is_true():
    rng = np.random.default_rng(7)
    years = 500 if THOROUGH else 10
    found = {name: [] for name in LISTS}
    named = 0
    for _ in range(years):
        for group in measure(year(rng), WINDOW).groups:
            found[group.action].append(100 * group.returned.difference)
            named += group.action == "idle" and group.verdict in ("earned_more", "earned_less")

    for name, truth in LISTS.items():
        assert np.mean(found[name]) == pytest.approx(truth, abs=0.3 if THOROUGH else 0.8)
    assert named <= max(1, 0.05 * years)


# From the shell ----------------------------------------------------------------------------------


def run(*words):
    return CliRunner().invoke(program, [str(word) for word in words])


def test_who_was_there_as_a_round_began_did_not_come_at_a_pace():
    """Forty on the first day, and seven in each of the two weeks after."""
    day = np.repeat([100, 107, 114], [40, 7, 7])
    rows = pd.DataFrame({"lot": "all", "action": "club", "held_out": day % 2 == 1, "from_on": day})

    assert _paces(rows, 114) == {("all", "club"): (pytest.approx(3.5), pytest.approx(3.5))}
    assert _paces(rows, 150) == {}
    assert _paces(rows[:40], 100) == {}
    weeks = [_power(rows[:some], 0.5, 100, some_day)["weeks"]["0.10"]
             for some, some_day in ((40, 100), (54, 114))]  # fmt: skip
    assert weeks[0] is None
    assert weeks[1] > 50


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run that left people out, and an export 100 days later."""
    place = tmp_path_factory.mktemp("shop")
    lines = ["customer_id,ordered_at,amount"]
    lines += [f"{number:03},2025-0{1 + number % 6}-15,{10 + number % 7}" for number in range(600)]
    first = place / "orders.csv"
    first.write_text("\n".join(lines) + "\n")
    out = place / "out"
    assert not run("run", first, "-o", out, "--holdout", "20%", "--quiet", "--no-page").exception
    rows = pd.read_csv(out / "holdouts.csv", dtype=str)
    treated = rows.loc[rows["held_out"].isna(), "customer_id"]
    lines += [f"{one},2025-07-20,30" for one in treated[::2]]
    later = place / "later.csv"
    later.write_text("\n".join([*lines, "x,2025-08-25,1", "x,2025-09-20,1"]) + "\n")
    return place


@pytest.fixture
def shop(finished, tmp_path):
    """The same, for a test that adds to it."""
    return shutil.copytree(finished, tmp_path, dirs_exist_ok=True)


def test_what_the_treated_did_is_held_against_the_held_out(shop):
    answer = run("measure", shop / "out", shop / "later.csv", "--format", "json")

    data = json.loads(answer.output)
    whole = data["groups"][0]
    rows = pd.read_csv(shop / "out" / "holdouts.csv", dtype=str)
    held = int(rows["held_out"].eq("yes").sum())
    assert (whole["action"], whole["treated"], whole["held_out"]) == ("all", 600 - held, held)
    assert whole["returned"]["held_out"] == 0
    assert 0.45 < whole["returned"]["treated"] < 0.55
    assert whole["verdict"] == "earned_more"
    assert data["still_running"] == 0
    assert data["days"] == 90


def test_an_export_that_ends_too_soon_is_refused(shop):
    answer = run("measure", shop / "out", shop / "orders.csv")

    assert isinstance(answer.exception, InputError)
    assert "2025-09-13" in str(answer.exception)


def test_an_export_that_does_not_reach_back_is_refused(shop):
    lines = (shop / "later.csv").read_text().splitlines()
    short = shop / "short.csv"
    short.write_text("\n".join([lines[0], *lines[300:]]) + "\n")

    answer = run("measure", shop / "out", short)

    assert isinstance(answer.exception, InputError)
    assert "had read" in str(answer.exception)
    early = run("measure", shop / "out", shop / "later.csv", "--as-of", "2025-03-01")
    assert "; its own are of 2025-01-15 to 2025-02-15" in str(early.exception)


def test_a_run_without_lots_is_refused(shop):
    run("run", shop / "orders.csv", "-o", shop / "plain", "--quiet", "--no-page")

    answer = run("measure", shop / "plain", shop / "later.csv")

    assert isinstance(answer.exception, InputError)
    assert "--holdout" in str(answer.exception)


def test_a_folder_of_another_kind_is_told_from_a_run(shop):
    moved = shop / "moved"
    run("compare", shop / "out", shop / "out", "-o", moved, "--quiet")
    measured = run("measure", moved, shop / "later.csv")
    done = run("done", moved, "welcome", "--contacted", shop / "log.csv")

    for answer in (measured, done):
        assert isinstance(answer.exception, InputError)
        assert "is not the folder of a finished run" in str(answer.exception)


def test_the_suppressed_leave_both_sides(shop):
    gone = shop / "gone.csv"
    gone.write_text("customer_id\n000\n001\n002\n")

    words = ("measure", shop / "out", shop / "later.csv", "--format", "json", "--suppress", gone)
    whole = json.loads(run(*words).output)["groups"][0]

    assert whole["treated"] + whole["held_out"] == 597


def test_an_address_is_suppressed_as_the_run_knew_it(shop, tmp_path):
    people, gone, rules = (tmp_path / name for name in ("people.csv", "gone.csv", "rules.toml"))
    people.write_text("customer_id,email\n000,ann@x.org\n001,Ann@x.org\n002,bob@x.org\n")
    gone.write_text("customer_id\nANN@x.org\n")
    rules.write_text(f"[evidence]\nsuppress = {json.dumps(str(gone))}\n")
    run("run", shop / "orders.csv", "--contacts", people, "--holdout", "50%", "--no-page",
        "--quiet", "-o", tmp_path / "out")  # fmt: skip

    words = ("measure", tmp_path / "out", shop / "later.csv", "--format", "json")
    groups = [json.loads(run(*words, *more).output)["groups"][0]
              for more in ((), ("--suppress", gone), ("--rules", rules))]  # fmt: skip

    assert [one["treated"] + one["held_out"] for one in groups] == [600, 598, 598]


def test_several_runs_count_everybody_once_from_their_earliest_day(shop):
    words = ("measure", shop / "out", shop / "out", shop / "later.csv", "--format", "json")

    whole = json.loads(run(*words).output)["groups"][0]

    assert whole["treated"] + whole["held_out"] == 600


def test_the_library_measures_as_the_command_does(shop):
    found = rfmtool.measure(shop / "out", shop / "later.csv", days=60)

    assert found.as_data()["days"] == 60
    assert found.to_frame()["action"].iloc[0] == "all"


@pytest.mark.long
def test_results_come_back_into_the_next_report(shop):
    results = shop / "results.csv"
    run("measure", shop / "out", shop / "later.csv", "-o", results, "--quiet")

    answer = run(
        "run", shop / "later.csv", "--results", results, "--holdout", "20%", "--format", "json"
    )

    summary = json.loads(answer.output)
    assert summary["results"]["all"]["verdict"] == "earned_more"
    assert summary["last_times"]["all"].startswith("+")
    assert "Keep doing: all" in run("run", shop / "later.csv", "--results", results).output


def test_the_order_of_rows_changes_nothing(shop):
    lines = (shop / "later.csv").read_text().splitlines()
    turned = shop / "turned.csv"
    turned.write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")

    one = rfmtool.measure(shop / "out", shop / "later.csv").as_data()

    assert rfmtool.measure(shop / "out", turned).as_data() == one


def test_costs_and_reach_are_by_the_contact_log(shop):
    log = shop / "log.csv"
    rows = pd.read_csv(shop / "out" / "holdouts.csv", dtype=str)
    treated = rows[rows["held_out"].isna()]
    told = treated.assign(contacted_on="2025-06-16", cost="0.5", outcome="")
    told.iloc[: len(told) // 2].to_csv(log, index=False)

    found = rfmtool.measure(shop / "out", shop / "later.csv", evidence={"contacted": log})

    whole = found.as_data()["groups"][0]
    assert whole["costs"] == pytest.approx(0.5 * (len(told) // 2))
    assert whole["reached"]["treated"] == pytest.approx(0.5, abs=0.01)

    # Whatever followed in the lot of all marketing has reached them too, but for service.
    told["action"] = np.where(np.arange(len(told)) % 4, "club", "put_it_right")
    told.to_csv(log, index=False)
    found = rfmtool.measure(shop / "out", shop / "later.csv", evidence={"contacted": log})
    for group in found.as_data()["groups"]:
        assert group["reached"]["treated"] == pytest.approx(0.75, abs=0.02)


@pytest.fixture(scope="module")
def parked(tmp_path_factory):
    """The folder of a run to which parked orders are no sales, nor Till anybody; a later export.

    In it half of the people have parked an order, and one in ten has bought.
    """
    place = tmp_path_factory.mktemp("parked")
    lines = ["customer_id,ordered_at,amount,status"]
    lines += [f"{one:03},2025-06-15,{10 + one % 7},paid" for one in range(400)]
    lines += [f"Till,2025-06-{1 + one},5,paid" for one in range(14)]
    (place / "orders.csv").write_text("\n".join(lines) + "\n")
    words = ("--holdout", "20%", "--status", "Parked=not_a_sale", "--anonymous", "Till")
    out = place / "out"
    assert not run("run", place / "orders.csv", "-o", out, *words, *QUIETLY).exception
    lines += [f"{one:03},2025-07-20,30,{'Parked' if one % 10 else 'paid'}" for one in range(200)]
    lines += ["y,2025-09-14,1,paid", *(f"x,2025-09-{20 + one},1,paid" for one in range(3))]
    (place / "later.csv").write_text("\n".join(lines) + "\n")
    return place


def returned(place, *words):
    """The share of treated people who returned."""
    answer = run("measure", place / "out", place / "later.csv", "--format", "json", *words)
    assert not answer.exception, answer.output
    return json.loads(answer.output)["groups"][0]["returned"]["treated"]


def test_what_was_no_sale_to_the_run_is_none_to_measure(parked):
    assert returned(parked) == pytest.approx(0.05, abs=0.02)
    assert returned(parked, "--status", "PARKED=sale") == pytest.approx(0.5, abs=0.05)
    assert returned(parked, "--anonymous", "x") == pytest.approx(0.05, abs=0.02)


def test_who_was_nobody_to_the_run_is_nobody_to_measure(parked):
    said = json.loads((parked / "out" / "manifest.json").read_text())
    assert said["reading"] == {"statuses": {"Parked": False}, "anonymous": ["Till"]}
    read = inherit_reading(said, {"asked": Asked(anonymous=frozenset({"Guest"}))})
    assert read["asked"].anonymous == {"Guest", "Till"}
    del said["reading"]  # as of folders written before
    assert inherit_reading(said, {})["asked"] == Asked()


def test_a_list_of_its_own_is_measured_alone(shop):
    result = rfmtool.run(shop / "orders.csv", lots=parse_holdouts(["last_try=30%"]))

    assert set(result.holdouts["lot"]) <= {"last_try"}


def test_rows_of_the_log_that_cannot_be_meant_are_counted_and_said(shop):
    log = shop / "log.csv"
    rows = pd.read_csv(shop / "out" / "holdouts.csv", dtype=str)
    told = rows.head(30).assign(contacted_on="2025-06-16", cost="1")
    odd = pd.DataFrame(
        {"customer_id": ["nobody", "000", "001"], "action": ["club", "wave_hands", "club"],
         "contacted_on": ["2025-06-16", "2025-06-16", "2025-12-24"], "cost": "100"}
    )  # fmt: skip
    pd.concat([told, odd])[[*odd]].to_csv(log, index=False)

    found = rfmtool.measure(shop / "out", shop / "later.csv", evidence={"contacted": log})

    said = " ".join(found.warnings)
    assert "1 of 31 ids has no match" in said
    assert "1 row dated after 2025-09-20, so not yet true" in said
    assert "1 row for an action that the playbook does not have" in said
    plain = rfmtool.measure(shop / "out", shop / "later.csv")
    assert "contacted" not in " ".join(plain.warnings)


def test_contacts_of_who_never_ordered_cost_and_reach_too(tmp_path):
    """A hundred leads, of whom 40 % are left out and none ever orders; all others are mailed."""
    lines = ["customer_id,ordered_at,amount"]
    lines += [f"D{one:03},2025-01-{1 + one % 28:02},10" for one in range(140)]
    (tmp_path / "orders.csv").write_text("\n".join(lines) + "\n")
    lines += [f"D{one:03},2025-05-{1 + one % 28:02},10" for one in range(60)]
    (tmp_path / "later.csv").write_text("\n".join(lines) + "\n")
    leads = [f"L{one:03},l{one}@x.example,lead,2025-01-02" for one in range(100)]
    contacts = tmp_path / "contacts.csv"
    contacts.write_text("\n".join(["customer_id,email,status,since_on", *leads]) + "\n")
    out, log = tmp_path / "out", tmp_path / "log.csv"
    words = ("--contacts", contacts, "--holdout", "trial=40%", "--quiet", "--no-page")
    assert not run("run", tmp_path / "orders.csv", *words, "-o", out).exception
    rows = pd.read_csv(out / "holdouts.csv", dtype=str)
    treated = rows[rows["held_out"].isna()][["customer_id", "action"]]
    treated.assign(contacted_on="2025-01-29", cost="2.50").to_csv(log, index=False)

    answer = run("measure", out, tmp_path / "later.csv", "--contacted", log, "--format", "json")

    assert not answer.exception
    [group] = json.loads(answer.output)["groups"]
    assert group["costs"] == pytest.approx(2.5 * len(treated))
    assert group["reached"]["treated"] == 1
    assert "no match" not in answer.output


def test_contacts_after_the_last_order_cost_too(shop):
    """After the last order comes a refund, on the day that ends the export."""
    text = (shop / "later.csv").read_text()
    (shop / "later.csv").write_text(text.replace("x,2025-09-20,1", "x,2025-09-20,-1"))
    rows = pd.read_csv(shop / "out" / "holdouts.csv", dtype=str)
    told = rows[rows["held_out"].isna()].head(30)
    log = shop / "log.csv"
    told.assign(contacted_on="2025-09-01", cost="1").to_csv(log, index=False)

    found = rfmtool.measure(shop / "out", shop / "later.csv", evidence={"contacted": log})

    assert found.as_data()["groups"][0]["costs"] == pytest.approx(30)


@pytest.mark.parametrize(
    ("others", "said"), [(0, ""), (6, ""), (300, "300 of the 600"), (301, None)]
)
def test_an_export_with_other_ids_is_refused_and_with_some_warned_of(shop, others, said):
    header, *lines = (shop / "later.csv").read_text().splitlines()
    lines = [f"c{line}" if line[0] != "x" and int(line[:3]) < others else line for line in lines]
    (shop / "later.csv").write_text("\n".join([header, *lines]) + "\n")

    answer = run("measure", shop / "out", shop / "later.csv", "--format", "json")

    if said is None:
        assert isinstance(answer.exception, InputError)
        assert "has no orders of 301 of the 600 people" in str(answer.exception)
    else:
        warned = " ".join(json.loads(answer.output)["warnings"])
        assert said in warned
        assert ("did ids change?" in warned) == bool(said)


@pytest.mark.parametrize("day", [["--as-of", "2025-12-31"], [], ["--as-of", "last"]])
def test_windows_that_the_export_does_not_reach_are_not_over(shop, day):
    """A refund of 2055 is mistyped, and a day asked for makes no orders that are not there."""
    text = (shop / "later.csv").read_text().replace("x,2025-09-20,1", "x,2025-09-01,1")
    (shop / "later.csv").write_text(text + "x,2055-09-01,-1\n" * (not day or day[1] == "last"))

    answer = run("measure", shop / "out", shop / "later.csv", *day)

    assert isinstance(answer.exception, InputError)
    assert "ends on 2025-09-13, and the export on 2025-09-01" in str(answer.exception)


def test_a_log_of_strangers_is_refused_with_an_option_that_measure_has(shop):
    log = shop / "log.csv"
    strangers = [f"s{one},club,2025-06-16" for one in range(30)]
    log.write_text("\n".join(["customer_id,action,contacted_on", *strangers]) + "\n")
    words = ("measure", shop / "out", shop / "later.csv", "--contacted", log)

    answer = run(*words)

    assert isinstance(answer.exception, LimitError)
    assert "--min-matched 0%" in answer.exception.hint
    assert not run(*words, "--min-matched", "0%").exception


def test_costs_count_from_each_lists_own_day_to_the_end_of_its_window(shop):
    """Before the list, on its day, on the last day of the window, and a day late."""
    rows = pd.read_csv(shop / "out" / "holdouts.csv", dtype=str)
    [one] = rows[rows["held_out"].isna()]["customer_id"].head(1)
    days = {"2025-06-14": 1, "2025-06-15": 10, "2025-09-13": 100, "2025-09-14": 1000}
    log = shop / "log.csv"
    action = rows.set_index("customer_id")["action"][one]
    lines = [f"{one},{action},{day},{cost}" for day, cost in days.items()]
    log.write_text("\n".join(["customer_id,action,contacted_on,cost", *lines]) + "\n")

    found = rfmtool.measure(shop / "out", shop / "later.csv", evidence={"contacted": log})

    assert found.as_data()["groups"][0]["costs"] == pytest.approx(110)
