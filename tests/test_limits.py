"""Limits: what they mean, and that a broken one publishes nothing."""

import json
import sys
from pathlib import Path

import pytest
from shell import QUIETLY, SHOP, files_of, rfmtool, written

from rfmtool.cli.limits import previous_summary
from rfmtool.errors import LimitError, UsageError
from rfmtool.runs.fail_if import check_limits, check_names, parse_limits

GROUPS = {"stages": ["client", "customer"], "segments": ["champions", "new"], "activity": ["new"]}


def summary(champions=100, customers=200, **more):
    """A shop of 200 customers, half of them champions, and 1,000 rows."""
    ledger = {"rows": 1_000, "anonymous": 300, "rejected": {"bad_date": 4, "bad_text": 1}}
    return {
        "as_of": "2024-05-20",
        "customers": customers,
        "buyers": 150,
        "orders": 250,
        "revenue": "-12.5",
        "evidence": {
            "contacts": {"people": 40, "matched": 30},
            "wallets": {"people": 10, "matched": 10},
        },
        "open_complaints": 3,
        "no_channel": 50,
        "drift": {"share": 0.5},
        "distributions": {"median": {"recency": 31.0, "frequency": 1.0, "monetary": "39.5"}},
        "repeat": {"median_days": 61},
        "ledger": ledger,
        "stages": [{"name": "client", "customers": customers}],
        "segments": [{"name": "champions", "customers": champions}] if champions else [],
        "activity": [],
    } | more


def breaks(text, new, old=None):
    """What is said of a broken limit; nothing where it holds."""
    limits = parse_limits([text])
    check_names(limits, {"segments": ["champions", "loyal"], "stages": ["client"]})
    try:
        check_limits(limits, new, old)
    except LimitError as error:
        return error.args[0]
    return ""


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("champions < 100", False),
        ("champions < 101", True),
        ("champions > 99.5", True),
        ("champions > 50%", False),
        ("champions > 49.99%", True),
        ("loyal < 1", True),
        ("loyal > 0%", False),
        ("anonymous > 30%", False),
        ("anonymous > 29.9%", True),
        ("rejected > 4", True),
        ("rejected>0.5%", False),
        ("buyers < 80%", True),
        ("rows < 1000", False),
        ("orders < 250", False),
        ("orders < 251", True),
        ("average_order < -0.05", False),
        ("average_order < -0.04", True),
        ("drift > 50%", False),
        ("drift > 49%", True),
        ("open_complaints > 3", False),
        ("open_complaints > 2", True),
        ("no_channel > 25%", False),
        ("no_channel > 24%", True),
        ("unmatched > 20%", False),
        ("unmatched > 19%", True),
        ("as_of < -2d", True),
        ("as_of < yesterday", True),
        ("as_of > today", False),
        ("as_of < -40000d", False),
        ("revenue < -12.5", False),
        ("revenue < -12.4", True),
        ("as_of < 2024-05-20", False),
        ("as_of < 2024-05-21", True),
        ("  client   >   199  ", True),
        ("median_monetary < 40", True),
        ("median_monetary > 39.5", False),
        ("median_recency_days > 30", True),
        ("median_frequency < 1", False),
        ("median_days > 60", True),
    ],
)
def test_a_limit_on_one_run(text, broken):
    assert bool(breaks(text, summary())) == broken


@pytest.mark.parametrize(
    ("text", "before", "after", "broken"),
    [
        ("champions < -10%", 100, 90, False),
        ("champions < -10%", 100, 89, True),
        ("champions > +10%", 100, 110, False),
        ("champions > +10%", 100, 111, True),
        ("champions > -10%", 100, 100, True),
        ("champions < +0%", 100, 99, True),
        ("champions < -10%", 0, 0, False),
        ("champions < -10%", 0, 5, False),
        ("champions > +900%", 0, 1, True),
        ("champions < -99%", 7, 0, True),
        ("customers < -10%", 1, 1, False),
        ("median_days > +10%", 1, 1, False),
    ],
)
def test_a_limit_on_the_change(text, before, after, broken):
    assert bool(breaks(text, summary(after), summary(before))) == broken


def test_revenue_below_zero_changes_by_its_size():
    less, more = summary(revenue="-20"), summary(revenue="-10")
    assert breaks("revenue < -99%", less, more)
    assert not breaks("revenue < -99%", more, less)


def test_no_change_is_broken_where_there_is_no_run_before():
    assert not breaks("champions < -10%", summary(0), None)


def test_a_message_names_the_limit_and_both_figures():
    assert breaks("champions < -10%", summary(80), summary(100)) == (
        "--fail-if 'champions < -10%': champions went from 100 to 80 (-20.0%)"
    )
    assert breaks("anonymous > 1%", summary()).endswith("anonymous is 30.0%, 300 of 1,000 rows")
    assert breaks("revenue < 0", summary()).endswith("revenue is -12.50")
    assert breaks("as_of < 2025-01-01", summary()).endswith("as_of is 2024-05-20")


def test_every_broken_limit_is_named():
    with pytest.raises(LimitError, match=r"rows is 1,000; .*rejected is 5"):
        check_limits(parse_limits(["rows > 1", "rejected > 1", "buyers > 999"]), summary(), None)


@pytest.mark.parametrize(
    "text",
    ["", "rows", "rows = 5", "rows < many", "rows <= 5", "< 5", "rows <", "rows < 5 %%",
     "as_of < 5", "as_of < -5%", "as_of > 2024-13-01", "rows < 2024-01-01", "rows > 5%",
     "revenue < 5%", "rows < 1e5", "rows < nan", "rows < ٣"],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(text):
    with pytest.raises(UsageError, match="--fail-if"):
        parse_limits([text])


def test_an_unknown_name_is_refused_and_so_is_one_that_means_two_things():
    check_names(parse_limits(["champions < 1", "rows < 1"]), GROUPS)
    with pytest.raises(UsageError, match=r"there is no 'champion'.*champions"):
        check_names(parse_limits(["champion < 1"]), GROUPS)
    with pytest.raises(UsageError, match="among both segments and activity"):
        check_names(parse_limits(["new < 1"]), GROUPS)


# run ---------------------------------------------------------------------------------------------


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return written(tmp_path / "shop.csv")


def contents(folder):
    return {name: Path(folder, name).read_bytes() for name in files_of(folder) if "." in name}


@pytest.mark.long
def test_a_run_that_breaks_a_limit_leaves_the_one_before(shop):
    limit = ("--fail-if", "rows < -2%", "--no-page")
    assert rfmtool("run", shop, "-o", "out", *limit).exit_code == 0
    before = contents("out")
    written(shop, "".join(SHOP.splitlines(keepends=True)[:-3]))

    result = rfmtool("run", shop, "-o", "out", *limit)

    assert result.exit_code == 1
    assert result.stdout == ""
    assert "rows went from 11 to 8 (-27.3%)" in result.stderr
    assert contents("out") == before
    assert rfmtool("run", shop, "-o", "out", "--fail-if", "rows < -50%", *QUIETLY).exit_code == 0
    assert json.loads(Path("out/summary.json").read_text())["ledger"]["rows"] == 8


def test_a_limit_on_one_run_needs_no_folder(shop):
    assert rfmtool("run", shop, "--fail-if", "anonymous > 30%").exit_code == 0
    result = rfmtool("run", shop, "--fail-if", "anonymous > 5%")
    assert result.exit_code == 1
    assert "9.1%, 1 of 11 rows" in result.stderr


@pytest.mark.parametrize(("quiet", "said"), [(False, "no earlier run"), (True, "")])
def test_the_first_run_says_on_a_terminal_that_nothing_can_have_changed(
    tmp_path, monkeypatch, capsys, quiet, said
):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    limits = parse_limits(["champions < -10%"])
    settings = {"rules_file": None, "quiet": quiet}
    assert previous_summary(limits, tmp_path / "out", settings) is None
    spoken = capsys.readouterr().err
    assert said in spoken
    assert bool(spoken) != quiet


@pytest.mark.parametrize("limit", ["champion < -10%", "rows < -10%", "rows", "partners > 2"])
def test_a_limit_that_cannot_be_held_is_said_before_anything_is_read(tmp_path, limit):
    result = rfmtool("run", tmp_path / "missing.csv", "--fail-if", limit)
    assert result.exit_code == 2
    assert "--fail-if" in result.stderr


def test_a_run_before_that_was_changed_is_no_measure(shop):
    rfmtool("run", shop, "-o", "out", *QUIETLY)
    Path("out/summary.json").write_text("{}")
    result = rfmtool("run", shop, "-o", "out", "--fail-if", "rows < -10%")
    assert result.exit_code == 2
    assert "without --fail-if" in result.stderr


def test_all_limits_that_are_broken_are_told():
    limits = parse_limits(["customers < 201", "buyers < 1", "orders < 251"])
    with pytest.raises(LimitError) as raised:
        check_limits(limits, summary(), None)
    assert "customers" in raised.value.args[0]
    assert "orders" in raised.value.args[0]
    assert "buyers" not in raised.value.args[0]


@pytest.mark.long
def test_cut_points_in_force_are_held_against_those_fitted_today_and_may_be_fitted_anew(tmp_path):
    export = written(tmp_path / "orders.csv")
    rfmtool("run", export, "-o", tmp_path / "out", "--cuts", "recency=1,2,3,4", *QUIETLY)
    words = ("run", export, "--scales", tmp_path / "out" / "scales.json", "--format", "json")

    drift = json.loads(rfmtool(*words).stdout)["drift"]
    assert drift["fitted_on"] == "2024-05-20"
    assert 0 < drift["share"] <= 1
    assert drift["stability"]["recency"] > 0
    assert rfmtool(*words, "--fail-if", "drift > 1%").exit_code == 1

    later = (*words, "--as-of", "2024-08-18", "--refit-every")
    assert json.loads(rfmtool(*later, "91d").stdout)["scales_are"] == "given"
    anew = json.loads(rfmtool(*later, "90d").stdout)
    assert (anew["scales_are"], anew["drift"]) == ("fitted to this export", None)
    assert rfmtool(*words, "--refit-every", "soon").exit_code == 2


def test_a_group_may_be_named_with_what_it_is_a_group_of():
    groups = {"segments": ["loyal", "paused"], "activity": ["paused"], "stages": ["client"]}
    limits = parse_limits(["stage.client < -5%", "activity.paused > 1", "segment.paused > 2"])
    check_names(limits, groups)

    people = {"segments": ("paused", 2), "activity": ("paused", 2), "stages": ("client", 90)}
    new = {group: [{"name": name, "customers": many}] for group, (name, many) in people.items()}
    old = {"stages": [{"name": "client", "customers": 100}]}
    with pytest.raises(LimitError) as error:
        check_limits(limits, new, old)
    assert "stage.client went from 100 to 90 (-10.0%)" in error.value.args[0]
    assert "activity.paused is 2" in error.value.args[0]
    assert "segment.paused" not in error.value.args[0]
