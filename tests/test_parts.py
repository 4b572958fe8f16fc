"""Customers are scored and placed some at a time, and stand where they do among all at once."""

from pathlib import Path

import pandas as pd
import pytest
from shell import rfmtool

from rfmtool import arrays, memory, run
from rfmtool.frames import concatenated_frames

pytestmark = pytest.mark.long

SHOP = Path(__file__).parents[1] / "examples" / "shop"
TABLES = ("contacts", "referrals", "feedback", "wallets", "partners")
EVIDENCE = {name: SHOP / f"{name}.csv" for name in TABLES}


@pytest.fixture(params=["many", "very many"])
def few_at_a_time(monkeypatch, request):
    """Let parts hold so few customers that there are many parts; of very many nothing is kept."""

    def begin():
        monkeypatch.setattr(arrays, "PART_SIZE", 60)
        if request.param == "very many":
            monkeypatch.setattr("rfmtool.settings.MAX_CACHED_CUSTOMERS", 0)
            monkeypatch.setattr(memory, "FILE_BACKED_ROWS", 0)

    return begin


@pytest.mark.parametrize("evidence", [{}, EVIDENCE], ids=["orders alone", "evidence"])
def test_customers_placed_some_at_a_time_stand_where_they_do_among_all(few_at_a_time, evidence):
    whole = run(SHOP / "orders.csv", evidence=evidence)
    columns = list(whole.columns)
    expected = whole.frame[columns]

    few_at_a_time()
    result = run(SHOP / "orders.csv", evidence=evidence)
    parts = [part[columns] for part in result.parts()]

    assert len(parts) > 2
    pd.testing.assert_frame_equal(concatenated_frames(parts), expected, check_categorical=False)
    assert result.summary == whole.summary


def test_a_folder_is_the_same_however_many_are_placed_at_a_time(few_at_a_time, tmp_path):
    words = [word for name, path in EVIDENCE.items() for word in (f"--{name}", path)]
    out = tmp_path / "out"

    def written():
        answer = rfmtool("run", SHOP / "orders.csv", *words, "--calls", "5", "-o", out)
        assert answer.exit_code == 0, answer.output
        return {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}

    whole = written()
    few_at_a_time()

    assert written() == whole
