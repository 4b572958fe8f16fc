"""Each warning stands in a report whose data deserve it, and in no other."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from shell import rfmtool

from rfmtool.pipeline import run
from rfmtool.rules import FitRules
from rfmtool.settings import Settings
from rfmtool.sources.layout import Asked, Detail
from rfmtool.summaries.evidence import wallet_data
from rfmtool.summaries.warnings import warnings

HEADER = "customer_id,ordered_at,amount"
GOOD = ["ann,2023-01-01,5", "ann,2024-02-01,7", "bob,2023-03-01,9", "bob,2024-04-10,20"]
DAYS = [date(2023, 1, 1) + timedelta(number) for number in range(500)]
PLAIN = Settings(estimate=False, detail=Detail())


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("warnings")


@pytest.fixture(scope="module")
def warned(place):
    """All warnings of a run in one text."""

    def ask(lines, header=HEADER, tables=None, **arguments):
        (place / "orders.csv").write_text("\n".join([header, *lines]) + "\n")
        evidence = {}
        for name, rows in (tables or {}).items():
            evidence[name] = place / f"{name}.csv"
            evidence[name].write_text("\n".join(rows) + "\n")
        asked = {"max_rejects": "100%", "settings": PLAIN, "evidence": evidence} | arguments
        result = run(place / "orders.csv", **asked)
        wallet = wallet_data(result.report_data.frame)
        return " ".join(warnings(result, wallet, result.report_data.escaped_cells, 0))

    return ask


@pytest.fixture(scope="module")
def plain(warned):
    """The warnings of an export that deserves hardly any."""
    return warned(GOOD)


def test_a_good_export_is_warned_of_few_second_orders_alone(plain):
    assert plain == ("Fewer than 30 second orders, so activity uses round numbers of days.")


def test_everything_that_is_wrong_with_an_export_is_told(warned):
    lines = [
        *(f"{line},paid" for line in GOOD), ",2024-03-01,100,paid", "bob,soon,3,paid",
        "ann,2024-02-02,5,cancelled", "=cmd,2024-02-02,5,paid", "c@x.org,2024-01-01,5,paid",
        "C@X.org,2024-02-01,5,paid",
    ]  # fmt: skip

    told = warned(lines, f"{HEADER},status")

    for words in (
        "100.00 (64.1% of all money) has no customer", "1 row cannot be read, so in no figure",
        "1 row whose status is not a sale", "1 text cell begins like a formula",
        "1 customer id written in another case",
    ):  # fmt: skip
        assert words in told


def test_what_a_few_orders_alike_are_warned_of(warned):
    told = warned(["1.0,2024-01-01,5", "2.0,2024-01-01,5"])

    assert "Every customer id was written like 17850.0" in told
    assert "All buyers are equal in recency, so all have recency score 5" in told
    assert "All buyers are equal in monetary, so all have monetary score 1" in told
    assert "No order counts, so nobody has scores" in warned(["ann,2024-01-01,-5"])


def test_a_short_history_and_a_last_order_long_ago_are_told(warned):
    told = warned(["a,2024-01-01,5", "b,2024-03-01,6"], as_of="2025-12-31")

    assert "History is 61 days: 1 customer who first bought in 2024-01 may" in told
    assert "The last order is 670 days before 2025-12-31" in told


def test_few_gaps_are_warned_of_where_there_are_second_orders_enough(warned):
    """Forty who came back once, of whom five are regulars; then each of them is."""
    twice = [f"c{who},{DAYS[who * 3 + step * 40]},5" for who in range(40) for step in range(2)]
    few = [*twice, *(f"c{who},{DAYS[who * 3 + 90]},5" for who in range(5))]
    later = [f"c{who},{DAYS[who * 3 + more]},5" for who in range(40) for more in (90, 150)]

    told = warned(few)
    assert "Fewer than 100 gaps of regulars" in told
    assert "Fewer than 30 second orders" not in told
    assert "Fewer than 100 gaps of regulars" not in warned([*twice, *later])


@pytest.mark.long
def test_scales_of_another_day_and_of_groups_are_told(place, warned):
    lines = [f"{line},{'GB' if line.startswith('a') else 'FR'}" for line in GOOD]
    asked = {"asked": Asked(keep=("country",))}
    told = warned(lines, f"{HEADER},country", fit_on=FitRules(within="country"), **asked)
    assert "Scores are within country" in told

    scales = run(place / "orders.csv", as_of="2024-02-01", settings=PLAIN).scales
    told = warned(GOOD, scales=scales)
    assert "fitted as of 2024-02-01 and are reused here" in told


def test_what_tables_are_warned_of(warned):
    bad = {
        "wallets": ["customer_id,wallet", "ann,1", "bob,900", "who,9"],
        "feedback": ["customer_id,given_on,nps", "ann,2024-01-01,11", "bob,2024-01-01,9"],
        "contacts": ["customer_id,name", "a@x.org,A", "A@x.org,B"],
    }
    told = warned(GOOD, tables=bad)
    for words in (
        "1 customer spent more here than their stated total",
        "wallets: 1 of 3 ids has no match, so it is ignored",
        "feedback: 1 row cannot be read, so left out",
        "contacts: 1 id written in another case",
    ):
        assert words in told
    good = {"wallets": ["customer_id,wallet", "ann,900"], "contacts": ["customer_id,name", "ann,A"],
            "feedback": ["customer_id,given_on,nps", "ann,2024-01-01,10"]}  # fmt: skip
    assert warned(GOOD, tables=good).startswith("Fewer than 30 second orders")


def test_a_list_of_partners_that_is_all_customers_is_doubted(warned):
    lines = [f"c{number},2024-01-0{number % 9 + 1},{number}" for number in range(1, 31)]

    def told(many):
        rows = [f"c{number}" for number in range(1, many + 1)]
        return warned(lines, tables={"partners": ["customer_id", *rows]})

    assert "16 people are listed, more than half of all buyers" in told(16)
    assert "more than half of all buyers" not in told(5)


def test_estimates_and_proxies_are_told_where_they_are_asked_for(warned):
    lines = [f"ann,{DAYS[step * 100]},50" for step in range(5)]
    lines += [f"c{number},{DAYS[400]},{number}" for number in range(5, 10)]

    told = warned(lines, settings=replace(PLAIN, allow_proxy=True, estimate=True))

    assert "1 customer stands higher by orders alone" in told
    assert "Wallets not stated are estimates" in told
    told = warned(lines)
    assert "by orders alone" not in told
    assert "estimates" not in told


# Commands without a report -----------------------------------------------------------------------


def test_commands_without_a_report_warn_on_stderr_of_an_export_and_its_tables(tmp_path):
    shop, partners = tmp_path / "shop.csv", tmp_path / "partners.csv"
    rows = ["17.0,2024-01-01,5,paid", ",2024-01-02,5,paid", "18.0,2024-01-03,9,cancelled"]
    shop.write_text("\n".join([f"{HEADER},status", *rows]) + "\n")
    partners.write_text("customer_id\nzoe\n")
    told = [
        "! 5.00 (50.0% of all money) has no customer and is in no figure.",
        "! 1 row whose status is not a sale: in no figure.",
        "! Every customer id was written like 17850.0; the .0 is dropped.",
        "! partners: 1 of 1 id has no match, so it is ignored.",
    ]

    assert rfmtool("score", shop, "--partners", partners).stderr.splitlines() == told
    assert rfmtool("repeat", shop).stderr.splitlines() == told[:3]
    assert rfmtool("timeline", shop, "--partners", partners).stderr.splitlines() == told
    assert not rfmtool("timeline", shop, "--partners", partners, "--quiet").stderr


def test_score_tells_how_many_cells_it_escaped(tmp_path):
    shop = tmp_path / "shop.csv"
    shop.write_text(f"{HEADER}\n=cmd,2024-01-01,5\n-x,2024-01-02,6\n")
    told = (
        "! 2 text cells begin like a formula; in CSV a leading ' is put before each, unless"
        " --raw-text is given.\n"
    )

    assert rfmtool("score", shop).stderr == told
    assert not rfmtool("score", shop, "--raw-text").stderr
    assert not rfmtool("score", shop, "--format", "jsonl").stderr


def test_score_says_that_all_buyers_are_equal_where_it_scores_them(tmp_path):
    (tmp_path / "shop.csv").write_text(
        f"{HEADER}\na,2024-01-01,5\nb,2024-01-01,5\nc,2024-01-01,-5\n"
    )
    told = [rfmtool("score", tmp_path / "shop.csv", *words).stderr
            for words in ((), ("--select", "customer_id"), ("--quiet",))]  # fmt: skip
    assert told[0].count("! All buyers are equal in ") == 2
    assert told[1:] == ["", ""]
