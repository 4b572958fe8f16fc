"""What the command says, letter by letter."""

from pathlib import Path

import pytest
from shell import QUIETLY, assert_snapshot, rfmtool, written

HELPS = [
    "",
    "run",
    "score",
    "check",
    "report",
    "repeat",
    "compare",
    "measure",
    "done",
    "rules",
    "rules show",
    "rules check",
    "demo",
]
EXAMPLE = Path(__file__).parents[1] / "examples" / "shop"
QUESTIONS = ["repeat", "journey", "cadence", "cohorts", "concentration", "affinity", "timeline"]


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return written(tmp_path / "shop.csv")


@pytest.mark.parametrize("words", [*HELPS, *QUESTIONS], ids=lambda words: words or "rfmtool")
def test_help_of_every_command(words):
    result = rfmtool(*words.split(), "--help")
    if "--help-all" in result.stdout:
        result = rfmtool(*words.split(), "--help-all")
    assert result.exit_code == 0
    assert_snapshot("-".join(["help", *words.split()]), result.stdout)


def test_the_short_help():
    assert_snapshot("help-run-short", rfmtool("run", "--help").stdout)


@pytest.mark.parametrize("width", ["80", "120"])
def test_the_report(shop, width):
    result = rfmtool("run", shop, COLUMNS=width)
    assert result.exit_code == 0
    assert_snapshot(f"report-{width}", result.stdout)


def test_check_of_a_good_export(shop):
    result = rfmtool("check", shop)
    assert result.exit_code == 0
    assert_snapshot("check", result.stdout)


def test_check_of_an_export_with_bad_rows(tmp_path):
    bad = "eve,12,soon,3\nfay,13,2024-02-02,much\ngus,14\n,,,\n,,,,,\n"
    shop = written(tmp_path / "shop.csv", "customer_id,order_id,ordered_at,amount\n" + bad)
    result = rfmtool("check", written(shop, shop.read_text() + "ann,1,2024-01-01,5\n"))
    assert result.exit_code == 1
    assert_snapshot("check-bad-rows", result.stdout)


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(shop, width):
    for words in (("run", shop), ("check", shop)):
        lines = rfmtool(*words, COLUMNS=str(width)).stdout.splitlines()
        assert max(map(len, lines)) <= width


@pytest.mark.long
@pytest.mark.parametrize("width", [60, 80])
def test_nothing_of_the_example_shop_is_clipped(tmp_path, monkeypatch, width):
    monkeypatch.chdir(tmp_path)
    orders, known = EXAMPLE / "orders.csv", EXAMPLE / "shop.toml"
    rfmtool("run", orders, "--as-of", "2025-06-30", "-o", "old", *QUIETLY)
    pages = [
        ("run", orders, "--rules", known, "-o", "new"),
        ("check", orders, "--rules", known),
        ("compare", "old", "new"),
        ("explain", "new", "000137"),
        ("repeat", orders, "--keep", "country", "--by", "country"),
        *((question, orders) for question in QUESTIONS[1:]),
    ]
    for words in pages:
        result = rfmtool(*words, COLUMNS=str(width))
        assert result.exit_code == 0, result.stderr
        assert "…" not in result.stdout, words
        assert max(map(len, result.stdout.splitlines())) <= width


def test_a_finished_run_shows_the_same_report_again(shop):
    first = rfmtool("run", shop, "-o", "out")
    again = rfmtool("report", "out")
    assert again.exit_code == 0
    assert again.stdout == first.stdout
