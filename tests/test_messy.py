"""Small polluted files of public parsers' test suites: read exactly, itemised, or refused."""

import csv
import io
import json
from pathlib import Path

import pytest
from shell import rfmtool, written

MESSY = Path(__file__).parents[2] / "shared" / "data" / "messy"

pytestmark = pytest.mark.skipif(
    not MESSY.is_dir(), reason="the polluted files are at ../shared/data/messy where there are some"
)

FILES = sorted(MESSY.glob("*.csv"))


def messy(number):
    return next(file for file in FILES if file.name.startswith(number))


def mapped(customer, ordered_at, amount):
    roles = {"customer_id": customer, "ordered_at": ordered_at, "amount": amount}
    return [word for role, name in roles.items() for word in ("--column", f"{role}={name}")]


def checked(file, *words, exit_code):
    """What `check` makes of a file, as data."""
    result = rfmtool("check", file, "--format", "json", *words)
    assert result.exit_code == exit_code, result.stderr
    return json.loads(result.stdout)


def dated(tmp_path, number, *, encoding="utf-8", end="\n"):
    """A polluted file with a column of good days behind its own, so that it can be an export."""
    lines = messy(number).read_bytes().decode(encoding).strip(end).split(end)
    days = ["ordered_at", *["2024-01-05"] * (len(lines) - 1)]
    text = end.join(f"{line},{day}" for line, day in zip(lines, days, strict=True))
    return written(tmp_path / messy(number).name, (text + end).encode(encoding))


def scored(file, *words):
    result = rfmtool("score", file, *words)
    assert result.exit_code == 0, result.stderr
    return list(csv.DictReader(io.StringIO(result.stdout)))


@pytest.mark.parametrize("command", ["run", "score", "check"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name[:2])
def test_every_file_ends_with_an_answer_or_one_clear_refusal(command, file):
    header = file.read_bytes().splitlines()[0]
    result = rfmtool(command, file)
    assert result.exit_code in (1, 2)  # none of them is a shop's export
    assert "Traceback" not in result.output
    assert result.stderr.startswith(f"rfmtool: {file.name}: ")
    assert result.stderr.count("\n") == 2
    assert header  # each has one


@pytest.mark.parametrize("number", ["01", "20"])
def test_rows_too_short_and_too_long_are_rejected_with_their_numbers(number):
    names = {"01": ("column_a", "column_c", "column_b"), "20": ("id", "age", "name")}[number]
    found = checked(messy(number), *mapped(*names), "--date-format", "%Y-%m-%d", exit_code=1)
    wrong = [one["row"] for one in found["rejects"] if one["reason"] == "wrong_cell_count"]
    assert wrong == [1, 2]


def test_01_a_whole_row_between_ragged_ones_does_not_shift(tmp_path):
    file = written(
        tmp_path / "ragged.csv",
        "customer_id,amount,ordered_at\n1,27,2024-01-01,long\n,short\n0,17,2024-01-03\n",
    )
    assert [row["customer_id"] for row in scored(file, "--max-rejects", "2")] == ["0"]


def test_02_lines_may_end_in_cr_and_a_quoted_cr_is_text(tmp_path):
    text = messy("02").read_bytes().decode().replace("a,b,c", "customer_id,amount,x")
    text = text.replace("3\r", "3,2024-01-01\r").replace("6\r", "6,2024-01-02\r")
    file = written(tmp_path / "cr.csv", text.replace(",x\r", ",x,ordered_at\r"))
    rows = scored(file)
    assert [row["customer_id"] for row in rows] == ["1", "Once upon\ra time"]
    assert [row["monetary"] for row in rows] == ["2", "5"]


def test_03_thousands_and_month_names_add_up_exactly():
    names = ("Supplier Name", "Payment Date", "Amount (excluding VAT)")
    result = rfmtool("run", messy("03"), *mapped(*names), "--format", "json")
    assert result.exit_code == 0, result.stderr
    summary = json.loads(result.stdout)
    cells = list(
        csv.DictReader(io.StringIO(messy("03").read_bytes().decode("latin-1"), newline=""))
    )
    wanted = sum(int(cell[names[2]].replace(",", "").replace(".", "")) for cell in cells)
    assert summary["ledger"]["used"] == len(cells) == 4
    assert float(summary["revenue"]) * 100 == pytest.approx(wanted, abs=1e-6)


def test_04_a_nul_byte_rejects_its_row(tmp_path):
    file = dated(tmp_path, "04")
    assert b"\0" in file.read_bytes()
    found = checked(file, *mapped("a", "ordered_at", "b"), exit_code=1)
    assert found["rejects"] == [{"file": file.name, "row": 1, "reason": "bad_text"}]


@pytest.mark.parametrize(("number", "encoding"), [("05", "utf-16"), ("06", "utf-16"), ("07", "u8")])
def test_05_to_07_a_bom_decides_and_is_no_part_of_a_name(tmp_path, number, encoding):
    file = dated(tmp_path, number, encoding=encoding)
    first = "foo" if number == "07" else "a"
    name = {"foo": "baz", "a": "c"}[first]
    found = checked(file, *mapped(name, "ordered_at", first), exit_code=0)
    assert found["header"][0] == first
    assert found["customers"] == 2
    ids = {row["customer_id"] for row in scored(file, *mapped(name, "ordered_at", first))}
    assert ids == {"3", "\u02a4"}


def test_08_lone_bytes_are_refused_until_the_encoding_is_said(tmp_path):
    file = dated(tmp_path, "08", encoding="latin-1")
    names = mapped("c", "ordered_at", "a")
    result = rfmtool("score", file, *names)
    assert result.exit_code == 2
    assert "--encoding" in result.stderr
    ids = {row["customer_id"] for row in scored(file, *names, "--encoding", "latin-1")}
    assert ids == {"3", "\u00a9"}


def test_09_a_decimal_comma_beside_grouping_points_is_read_as_such(tmp_path):
    file = dated(tmp_path, "09")
    names = mapped("a", "ordered_at", "b")
    assert scored(file, *names)[0]["monetary"] == "200000000"
    refused = rfmtool("score", file, *names, "--decimal", ".")
    assert refused.exit_code == 1
    assert "bad_amount" in refused.stderr


@pytest.mark.long
def test_10_and_11_ids_keep_their_leading_zeros(tmp_path):
    numbers = dated(tmp_path, "10")
    assert scored(numbers, *mapped("a", "ordered_at", "b"))[0]["customer_id"] == "01"
    assert scored(numbers, *mapped("b", "ordered_at", "c"))[0]["customer_id"] == "00.11"
    ids = dated(tmp_path, "11")
    rows = scored(ids, "--column", "customer_id=value", "--column", "amount=value")
    assert {row["customer_id"] for row in rows} == {"002", "00003", "01"}


@pytest.mark.long
def test_12_whole_numbers_may_be_days():
    rows = scored(messy("12"), *mapped("a", "a", "a"))
    assert [row["first_order_on"] for row in rows] == ["2012-12-31", "2014-01-02"]


def test_13_a_number_is_no_day():
    result = rfmtool("score", messy("13"), *mapped("a", "a", "a"))
    assert result.exit_code == 2
    assert "no cell is a date" in result.stderr


def test_14_a_header_longer_than_its_rows_rejects_them():
    found = checked(messy("14"), *mapped("a", "b", "c"), exit_code=1)
    assert found["ledger"]["rejected"] == {"wrong_cell_count": 1}


def test_15_a_row_of_nothing_but_commas_is_blank_and_nobody():
    found = checked(messy("15"), *mapped("a", "b", "c"), exit_code=0)
    assert found["ledger"]["blank"] == 1
    assert found["customers"] == 0


def test_16_words_for_nothing_are_text_in_ids_and_no_money(tmp_path):
    file = written(tmp_path / "null.csv", "customer_id,ordered_at,amount\n" + "".join(
        f"{word},2024-01-01,5\n{word},2024-01-01,{word}\n"
        for word in messy("16").read_text().splitlines()[1].split(",")[1:]))  # fmt: skip
    found = checked(file, exit_code=1)
    assert found["customers"] == 5
    assert found["ledger"]["rejected"] == {"bad_amount": 5}


def test_17_a_name_with_line_ends_is_found_by_its_words(tmp_path):
    text = messy("17").read_bytes().decode().replace(",b,c", ",ordered_at,amount")
    file = written(tmp_path / "names.csv", text.replace("d,e,f", "d,2024-01-01,5"))
    rows = scored(file, "--column", "customer_id=start end")
    assert [row["customer_id"] for row in rows] == ["d"]


def test_18_a_column_without_a_name_only_matters_where_it_is_asked_for(tmp_path):
    file = dated(tmp_path, "18")
    rows = scored(file, *mapped("id", "ordered_at", "age"))
    assert {row["customer_id"] for row in rows} == {"1101", "1102"}
    assert rfmtool("score", file, "--column", "customer_id=").exit_code == 2


def test_19_names_that_occur_twice_are_refused(tmp_path):
    result = rfmtool("score", dated(tmp_path, "19"), *mapped("id", "ordered_at", "age"))
    assert result.exit_code == 2
    assert "3 columns are called 'id'" in result.stderr


def test_21_blank_rows_and_rows_too_long_are_told_apart():
    found = checked(messy("21"), *mapped("id", "age", "age"), "--date-format", "%Y-%m-%d",
                    exit_code=1)  # fmt: skip
    assert found["ledger"]["blank"] == 1
    assert {"file": messy("21").name, "row": 4, "reason": "wrong_cell_count"} in found["rejects"]


def test_22_quotes_that_can_be_read_in_two_ways_reject_their_rows(tmp_path):
    lines = ["customer_id,ordered_at,amount", '"a" b,2024-01-01,5', '"c \\" d",2024-01-01,6',
             '"e "" f",2024-01-02,7']  # fmt: skip
    file = written(tmp_path / "quotes.csv", "\n".join(lines) + "\n")
    found = checked(file, exit_code=1)
    assert [(one["row"], one["reason"]) for one in found["rejects"]] == [
        (1, "bad_text"), (2, "bad_text"),
    ]  # fmt: skip
    assert [row["customer_id"] for row in scored(file, "--max-rejects", "2")] == ['e " f']
