"""Tables as workbooks: what CSV says, as cells that a spreadsheet shows and never runs."""

import csv
import datetime as dt
import hashlib
import io
import json
import re
import sys
import tempfile
import zipfile
from decimal import Decimal

import pyarrow as pa
import pytest
from python_calamine import CalamineWorkbook
from shell import QUIETLY, SHOP, names_in, rfmtool, written

from rfmtool.errors import SystemFailureError, UsageError
from rfmtool.outputs import workbooks
from rfmtool.outputs.text import TextOptions
from rfmtool.outputs.writers import write_table
from rfmtool.pipeline import run
from rfmtool.runs.workbook import _totals, write_book

MONEY = pa.decimal128(19, 4)


def book_of(**columns):
    target = io.BytesIO()
    write_table(pa.table(columns).to_reader(), target, "xlsx", TextOptions())
    return target.getvalue()


def rows_of(book):
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(book))
    assert len(sheets.sheet_names) == 1
    return sheets.get_sheet_by_index(0).to_python()


def column_of(*cells, kind=None):
    return [row[0] for row in rows_of(book_of(id=pa.array(cells, kind), n=[1] * len(cells)))[1:]]


def part_of(book, name="xl/worksheets/sheet1.xml"):
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return archive.read(name).decode()


def text_of(cell):
    """A cell as CSV would say it."""
    if isinstance(cell, float):
        return f"{Decimal(repr(cell)):f}".removesuffix(".0")
    return str(cell)


def as_csv(path):
    return [[text_of(cell) for cell in row] for row in rows_of(path.read_bytes())]


def test_a_workbook_tells_what_csv_tells(tmp_path):
    shop = written(tmp_path / "shop.csv", SHOP.replace("bob", "007"))
    for kind in ("csv", "xlsx"):
        assert rfmtool("score", shop, "-o", tmp_path / f"x.{kind}").exit_code == 0

    told = list(csv.reader(io.StringIO((tmp_path / "x.csv").read_text())))

    assert as_csv(tmp_path / "x.xlsx") == told
    assert [row[0] for row in told] == ["customer_id", "007", "ann", "cleo", "dan"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a run with every list as CSV and as a sheet."""
    place = tmp_path_factory.mktemp("book")
    shop, out = written(place / "shop.csv"), place / "out"
    assert rfmtool("run", shop, "-o", out, "--tables", "csv,xlsx", *QUIETLY).exit_code == 0
    return out


def test_the_workbook_of_a_run_has_every_list_as_a_sheet(finished):
    book = CalamineWorkbook.from_path(str(finished / "report.xlsx"))
    sheets = {
        f"{path.parent.name.removesuffix('s')} {path.stem}"[:31]: path
        for folder in ("segments", "stages", "actions")
        for path in (finished / folder).glob("*.csv")
    }

    assert [*book.sheet_names[:2], book.sheet_names[-1]] == ["Do first", "Summary", "Customers"]
    assert len(sheets) > 4
    assert {*sheets} == {*book.sheet_names[2:-1]}
    for name, path in {**sheets, "Customers": finished / "customers.csv"}.items():
        cells = [
            [text_of(cell) for cell in row] for row in book.get_sheet_by_name(name).to_python()
        ]
        assert cells == list(csv.reader(io.StringIO(path.read_text()))), name
    assert [path.name for path in finished.rglob("*.xlsx")] == ["report.xlsx"]
    outputs = json.loads((finished / "manifest.json").read_text())["outputs"]
    [named] = [one for one in outputs if one["name"] == "report.xlsx"]
    assert named["sha256"] == hashlib.sha256((finished / "report.xlsx").read_bytes()).hexdigest()


def test_the_first_sheets_say_what_the_summary_says_and_lead_to_the_lists(finished):
    summary = json.loads((finished / "summary.json").read_text())
    bytes_, book = (finished / "report.xlsx").read_bytes(), finished / "report.xlsx"
    sheets = CalamineWorkbook.from_path(str(book))
    first = [row[:6] for row in sheets.get_sheet_by_name("Do first").to_python()[1:]]
    totals = sheets.get_sheet_by_name("Summary").to_python()[1:]

    assert first == [
        [place, one["say"], one["name"], one["channel"], one["customers"], float(one["revenue"])]
        for place, one in enumerate((one for one in summary["actions"] if one["channel"]), 1)
    ]
    assert [tuple(row[:3]) for row in totals if row[0] == "segment"] == [
        ("segment", one["name"], one["customers"]) for one in summary["segments"]
    ]
    assert totals[0][4] == float(summary["revenue"])
    links = re.findall(r"location=\"'([^']+)'!A1\"", part_of(bytes_))
    assert links == [f"action {row[2]}"[:31] for row in first]
    charts = [part_of(bytes_, f"xl/charts/chart{number}.xml") for number in (1, 2, 3)]
    stages = len(summary["stages"])
    assert f"Summary!$C$3:$C${stages + 2}" in charts[0]


def test_a_list_that_fits_no_sheet_is_told_and_no_two_sheets_are_named_alike(finished, monkeypatch):
    summary = json.loads((finished / "summary.json").read_text())
    table = pa.table({"customer_id": ["a", "b"]})
    long = "segments/" + "x" * 40
    lists = {long: table.slice(0, 1), long + "y": table.slice(0, 1), "stages/[a]": table}
    most = len(_totals(summary, {}).table)
    monkeypatch.setattr(workbooks, "_MAX_ROWS", most)
    large = pa.table({"customer_id": ["a"] * (most + 1)})

    written, warned = write_book(finished, summary, large, lists)

    names = CalamineWorkbook.from_path(str(finished / written["name"])).sheet_names[2:]
    assert names == ["segment " + "x" * 23, "segment " + "x" * 21 + " 2", "stage  a "]
    [said] = warned
    assert said.startswith("report.xlsx lacks customers: ")
    assert said.endswith("Everybody is in customers.csv.")


def test_the_answer_to_a_question_may_be_a_workbook(tmp_path):
    shop = written(tmp_path / "shop.csv")
    for kind in ("csv", "xlsx"):
        assert rfmtool("cohorts", shop, "-o", tmp_path / f"x.{kind}").exit_code == 0
    assert as_csv(tmp_path / "x.xlsx") == list(
        csv.reader(io.StringIO((tmp_path / "x.csv").read_text()))
    )


def test_a_workbook_reads_back_as_an_export(tmp_path):
    days = [dt.date(2024, 1, 5), dt.date(2024, 2, 6)]
    book = book_of(
        customer_id=["007", "=1+1"],
        ordered_at=days,
        amount=pa.array([Decimal("19.99"), Decimal("922337203685.4775")], MONEY),
    )
    (tmp_path / "orders.xlsx").write_bytes(book)

    frame = run(tmp_path / "orders.xlsx").frame

    assert frame["customer_id"].tolist() == ["007", "=1+1"]
    assert frame["monetary"].tolist() == [199_900, 9_223_372_036_854_775]


# Cells -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "{=1+1}", "@SUM(A1)", "+cmd", "-1-1a", "007", "17850.0", "1e5", "12345678901234567890",
     "https://example.org", "mailto:a@b.c", "internal:x", "<b>&amp;</b>", "<r>&</r>", "<r></r>",
     "<r><t>x</t></r>", " padded ", "two\nlines", "tab\tbed", "cr\r", "\x01", "_x000D_", "TRUE",
     "\N{GRINNING FACE}", "Zo\u00eb", "2024-01-05", "'quoted"],
)  # fmt: skip
def test_text_stays_text_letter_by_letter(cell):
    book = book_of(id=[cell, None], n=[1, 2], **{f"{cell} ": ["", "x"]})

    assert rows_of(book) == [["id", "n", f"{cell} "], [cell, 1, ""], ["", 2, "x"]]
    assert "<f>" not in part_of(book)
    assert "hyperlink" not in part_of(book)


def test_a_header_that_looks_like_markup_is_text():
    assert rows_of(book_of(**{"<r>&</r>": [1]})) == [["<r>&</r>"], [1]]


@pytest.mark.parametrize(
    ("money", "cell"),
    [("83000658.1400", 83000658.14), ("9.9500", 9.95), ("-0.0001", -0.0001), ("0.0000", 0),
     ("12345678901.2345", 12345678901.2345), ("123456789012345.0000", 123456789012345),
     ("100000000000000.0000", 1e14), ("123456789012.3456", "123456789012.3456"),
     ("-922337203685477.5807", "-922337203685477.5807")],
)  # fmt: skip
def test_money_is_a_number_up_to_fifteen_digits_and_else_text(money, cell):
    assert column_of(Decimal(money), None, kind=MONEY) == [cell, ""]


def test_money_and_days_are_shown_as_such():
    book = book_of(on=[dt.date(2024, 1, 5)], money=pa.array([Decimal("1.5")], MONEY))
    styles = part_of(book, "xl/styles.xml")
    assert 'formatCode="yyyy-mm-dd"' in styles
    assert 'formatCode="#,##0.00##"' in styles


def test_days_are_days_where_all_spreadsheets_agree_and_else_text():
    days = [dt.date(2024, 2, 29), dt.date(1900, 3, 1), None, dt.date(9999, 12, 31)]
    assert column_of(*days) == [days[0], days[1], "", days[3]]
    assert column_of(dt.date(1900, 2, 28), dt.date(1, 1, 1)) == ["1900-02-28", "0001-01-01"]


def test_missing_numbers_are_empty_and_endless_ones_are_text():
    assert column_of(1.5, None, float("inf")) == [1.5, "", "inf"]
    assert column_of(3, None) == [3, ""]


# The sheet ---------------------------------------------------------------------------------------


def test_the_header_is_bold_stays_in_sight_and_filters():
    book = book_of(id=["a" * 30, "b"], n=[1, 2])

    sheet = part_of(book)

    assert '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' in sheet
    assert '<autoFilter ref="A1:B3"/>' in sheet
    assert '<c r="A1" s="1"' in sheet
    assert "<b/>" in part_of(book, "xl/styles.xml")
    widths = [float(piece.split('"')[0]) for piece in sheet.split('width="')[1:]]
    assert widths[0] > 30 > widths[1]


def test_a_table_without_rows_has_its_header():
    assert rows_of(book_of(id=pa.array([], pa.string()), on=pa.array([], pa.date32()))) == [
        ["id", "on"]
    ]


def test_rows_of_several_pieces_are_all_there_in_their_order():
    ids = [f"c{number}" for number in range(20_000)]
    pieces = pa.chunked_array([ids[:5], ids[5:]])
    assert [row[0] for row in rows_of(book_of(id=pieces))[1:]] == ids


def test_the_same_table_is_the_same_bytes_at_any_time(tmp_path, monkeypatch):
    first = book_of(id=["a"], on=[dt.date(2024, 1, 5)])
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert book_of(id=["a"], on=[dt.date(2024, 1, 5)]) == first

    # Rather than wait for the clock: whatever time is told is long ago.
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {part.date_time[0] for part in archive.infolist()} == {1980}
    told = re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", part_of(first, "docProps/core.xml"))
    assert set(told) == {"1980-01-01T00:00:00Z"}
    assert names_in(tmp_path) == []


# What cannot be written --------------------------------------------------------------------------


def test_more_rows_than_a_sheet_holds_are_refused():
    with pytest.raises(UsageError, match=r"1,048,576 rows do not fit .* 1,048,575") as raised:
        book_of(id=pa.nulls(1_048_576, pa.string()))
    assert "--tables" in raised.value.hint


@pytest.mark.parametrize(("letter", "most"), [("a", 32_767), ("\N{GRINNING FACE}", 16_383)])
def test_text_longer_than_a_cell_is_refused_not_cut(letter, most):
    assert column_of(letter * most) == [letter * most]
    with pytest.raises(UsageError, match=r"column 'id' has text"):
        column_of(letter * (most + 1))


@pytest.mark.parametrize(
    "words",
    [("run", "shop.csv", "-o", "out", "--tables", "csv,xlsx"),
     ("score", "shop.csv", "-o", "x.xlsx"), ("cohorts", "shop.csv", "-o", "x.xlsx")],
)  # fmt: skip
def test_without_the_library_it_is_said_how_to_get_it_before_anything_is_read(
    words, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "shop.csv", "nothing that could be read")
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)

    told = rfmtool(*words)

    assert told.exit_code == 2
    assert "what writes workbooks is not installed" in told.stderr
    assert "pip install 'rfmtool[excel]'" in told.stderr
    assert "xlsx: what" in " ".join(told.stderr.split())
    assert names_in(tmp_path) == ["shop.csv"]


def test_a_full_temporary_folder_is_named_as_such(monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(workbooks, "_write", full)
    with pytest.raises(SystemFailureError, match="temporary folder: no space left") as raised:
        book_of(id=["a"])
    assert "TMPDIR" in raised.value.hint


def test_the_help_names_workbooks():
    for command in ("run", "score", "cohorts", "repeat"):
        assert "xlsx" in rfmtool(command, "--help-all").stdout
