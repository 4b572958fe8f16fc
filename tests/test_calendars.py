"""Years of other calendars are asked about, and nobody suppressed comes back."""

import pytest
from shell import rfmtool, written

from rfmtool.errors import AmbiguousInputError
from rfmtool.pipeline import run

HEADER = "customer_id,order_id,ordered_at,amount"


@pytest.mark.parametrize(("year", "calendar"), [(2567, "Buddhist"), (1445, "Hijri")])
def test_years_of_another_calendar_are_asked_about(tmp_path, year, calendar):
    rows = [f"ann,{number},{year}-02-1{number},5" for number in range(1, 4)]
    export = written(tmp_path / "shop.csv", "\n".join([HEADER, *rows]) + "\n")

    with pytest.raises(AmbiguousInputError, match=calendar) as asked:
        run(export)

    assert "--date-format" in asked.value.hint
    told = rfmtool("score", export, "--date-format", "%Y-%m-%d")
    assert told.exit_code == 0
    assert f"{year}-02-13" in told.stdout


def test_short_years_of_another_calendar_are_asked_about(tmp_path):
    rows = [f"ann,{number},1{number}/02/67,5" for number in range(3, 6)]
    export = written(tmp_path / "shop.csv", "\n".join([HEADER, *rows]) + "\n")

    with pytest.raises(AmbiguousInputError, match="Buddhist"):
        run(export)
    told = rfmtool("score", export, "--date-format", "%d/%m/%y")
    assert "2067-02-15" in told.stdout


def test_years_of_the_common_calendar_pass(tmp_path):
    export = written(tmp_path / "shop.csv", f"{HEADER}\nann,1,1999-02-11,5\n")

    assert rfmtool("score", export).exit_code == 0


def test_a_list_of_the_command_joins_that_of_the_rules(tmp_path):
    rows = "".join(f"{who},{who},2024-02-11,5\n" for who in ("ann", "bob", "eve"))
    export = written(tmp_path / "shop.csv", f"{HEADER}\n{rows}")
    written(tmp_path / "ours.csv", "customer_id\nann\n")
    mine = written(tmp_path / "mine.csv", "customer_id\nbob\n")
    rules = written(tmp_path / "rules.toml", '[evidence]\nsuppress = "ours.csv"\n')

    told = rfmtool("score", export, "--rules", rules, "--suppress", mine, "--select", "customer_id")

    assert told.stdout == "customer_id\neve\n"
