"""What the summary says, and what a page leaves out where there is nothing to say."""

import csv
import json
from pathlib import Path

import pytest
from shell import rfmtool, written

HEADER = "customer_id,order_id,ordered_at,amount\n"
REFUNDS = HEADER + "ann,1,2024-01-05,-20\nbob,2,2024-02-06,-5\n"
ANONYMOUS = HEADER + ",1,2024-01-05,20\n,2,2024-02-06,5\n"
ONE = HEADER + "ann,1,2024-01-05,20\n"
TWO = ONE + "bob,2,2024-01-06,5\n"
FIVE = TWO + "".join(f"c{day},{day},2024-02-{day},{day}.50\n" for day in (11, 12, 13))


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def summary_of(text, *words):
    run = rfmtool("run", written(Path("shop.csv"), text), "--format", "json", *words)
    assert run.exit_code == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("text", [REFUNDS, ANONYMOUS], ids=["refunds", "anonymous"])
def test_without_buyers_there_is_no_grid_and_the_day_is_that_of_the_last_line(text):
    assert summary_of(text)["as_of_is"] == "last line"
    page = rfmtool("run", "shop.csv").stdout
    assert "as of 2024-02-06 (last line)" in page
    assert "2 rows = " in page
    assert "LADDER" in page
    for part in ("ACTIVITY", "SEGMENT", "PEOPLE BY", "SPEND", "Cut points"):
        assert part not in page


@pytest.mark.parametrize("text", [ONE, TWO, FIVE], ids=["one", "two", "five"])
def test_a_small_shop_shows_only_bands_that_somebody_can_be_in(text):
    assert summary_of(text)["as_of_is"] == "last order"
    page = rfmtool("run", "shop.csv").stdout
    assert ("PEOPLE BY RECENCY" in page) == (text != ONE)  # all in one cell is no grid
    assert "nobody" not in page
    assert " 1 rows" not in page
    assert " 1 customers" not in page


def test_shares_of_a_revenue_below_zero_are_none(place):
    groups = summary_of(REFUNDS, "-o", "out")["stages"]
    assert [(group["revenue"], group["revenue_share"]) for group in groups] == [("-25", None)]
    page = (place / "out" / "report.html").read_text("utf-8")
    assert '<data value="-25">−25.00</data></td><td class="w">–</td>' in page


def test_a_partner_is_no_client_who_orders_as_usual_and_need_not_have_come_back(place):
    """Pat and ann ordered as usual long before the others did; pam is a partner by one order."""
    text = HEADER + "".join(
        f"{name},{name}{day},{day},5\n"
        for name in ("pat", "ann")
        for day in ("2024-01-05", "2024-02-05")
    )
    text += "".join(
        f"{name},{name},2024-04-{10 + day},5\n" for day, name in enumerate(["pam", *"bcdef"])
    )
    partners = written(place / "partners.csv", "customer_id\npat\npam\n")

    assert summary_of(text, "--partners", partners, "-o", "out")["cooling_but_active"] == 1
    page = (place / "out" / "report.html").read_text("utf-8")
    assert "3 of 8 people are clients or above" in page


def test_refunds_to_earlier_customers_alone_are_none_of_the_revenue(place):
    more = "ann,r,2024-02-20,-5\n" + "".join(
        f"d{day},d{day},2024-03-{day},9\n" for day in range(10, 15)
    )
    summary_of(FIVE + more, "-o", "out")
    assert "months 0 of 100 of revenue came from" in (place / "out" / "report.html").read_text(
        "utf-8"
    )


def test_rates_of_fewer_than_30_buyers_are_not_told():
    text = HEADER + "ann,1,2023-01-05,20\nbob,2,2023-02-05,9\nann,3,2023-12-05,20\n"
    told = " ".join(rfmtool("run", written(Path("shop.csv"), text)).stdout.split())
    assert "All buyers too few: Sep 2023–Dec 2023 too few." in told


def test_base_rates_of_a_window_name_it():
    months = [f"ann,{n},{2023 + n // 12}-{n % 12 + 1:02}-05,20\n" for n in range(24)]
    assert "window_days" not in summary_of(HEADER + "".join(months))["backtest"]
    assert summary_of(HEADER + "".join(months), "--window", "600")["backtest"]["window_days"] == 600


def test_the_day_asked_for_is_given():
    assert summary_of(REFUNDS, "--as-of", "2024-03-01")["as_of_is"] == "given"


def test_bands_and_segments_use_the_same_words():
    summary = summary_of(FIVE, "--cuts", "recency=10,20,30,40", "--cuts", "monetary=5,10,12.5,20")
    assert summary["bands"] == {
        "recency": ["≤ 10 days", "11–20 days", "21–30 days", "31–40 days", "> 40 days"],
        "frequency": ["10+ orders", "5–9 orders", "3–4 orders", "2 orders", "1 order"],
        "monetary": ["> 20.00", "12.51–20.00", "10.01–12.50", "5.01–10.00", "≤ 5.00"],
    }
    who = {group["name"]: group["who"] for group in summary["segments"]}
    assert who == {"new": "≤ 10 days, 1 order", "hibernating": "> 30 days, 1–2 orders"}


@pytest.mark.parametrize("words", [(), ("--raw-text",)], ids=["escaped", "raw"])
def test_cells_that_begin_like_a_formula_are_counted_in_every_text_column(words):
    rules = rfmtool("rules", "show").stdout.replace('"customer"', '"=customer"')
    written(Path("my.toml"), rules)
    text = HEADER + "@ann,1,2024-01-05,20\nbob,2,2024-01-06,5\n"
    summary = summary_of(text, "--rules", "my.toml", *words)
    rows = csv.reader(rfmtool("score", "shop.csv", "--rules", "my.toml").stdout.splitlines())
    escaped = sum(cell.startswith("'") for row in rows for cell in row)
    assert summary["escaped_cells"] == escaped == 5  # an id, and two stages with their reasons
    assert any(
        "5 text cells begin like a formula" in warning and "unless --raw-text" in warning
        for warning in summary["warnings"]
    )


def test_plain_cells_are_no_matter():
    summary = summary_of(ONE)
    assert summary["escaped_cells"] == 0
    assert "formula" not in " ".join(summary["warnings"])


def test_nested_scores_are_told_by_their_number():
    bands = summary_of(TWO, "--cuts", "frequency=nested:5")["bands"]

    assert bands["frequency"][0] == "frequency score 5"


@pytest.mark.long
def test_scores_within_groups_are_warned_of_and_those_without_are_counted():
    """Bob is in no list of contacts, which is a group like any other."""
    german = written(Path("german.csv"), "customer_id,country\nann,DE\n")
    french = written(Path("french.csv"), "customer_id,country\nann,FR\n")
    fitted = summary_of(TWO, "--contacts", german, "--within", "country", "-o", "out")

    reused = summary_of(TWO, "--contacts", french, "--scales", "out/scales.json")

    assert fitted["scales"]["within"]["groups"].keys() == {"", "DE"}
    assert any("Scores are within country" in text for text in fitted["warnings"])
    assert any("1 buyer in groups of country without" in text for text in reused["warnings"])


def test_kept_columns_stand_beside_the_roles_and_are_none():
    """Found as a role or carried through, in the summary, the report and the check."""
    text = "customer_id,ordered_at,amount,country\nann,2024-01-05,20,Chile\n"
    shop = written(Path("shop.csv"), text)

    summary = summary_of(text, "--keep", "country")
    report = rfmtool("run", shop, "--keep", "country").stdout
    check = rfmtool("check", shop, "--keep", "country").stdout

    assert set(summary["columns"]) == {"customer_id", "ordered_at", "amount"}
    assert summary["kept"] == ["country"]
    assert "kept country" in report
    assert ["Kept", "country"] in [line.split() for line in check.splitlines()]


def test_scores_among_equals_are_no_ranges():
    """Nested scores have no values of their own to name, in the grid and in the segments."""
    shop = written(Path("shop.csv"), FIVE)

    report = rfmtool("run", shop, "--cuts", "frequency=nested:5", "--cuts", "monetary=nested:5")

    assert "score 1" in report.stdout
    assert "SPEND" not in report.stdout
    words = " ".join(report.stdout.split())
    assert "Scores of frequency and monetary rank people among those with equal scores" in words
