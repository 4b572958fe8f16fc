"""Sheets of workbooks are read as the tables they are, ids and days intact."""

import io
import sys
import zipfile
from datetime import date, datetime

import pytest
from books import ods, xlsx

from rfmtool.errors import InputError
from rfmtool.grouping.read import read_export
from rfmtool.pipeline import run
from rfmtool.sources.files.zero_formats import columns_with_zeros
from rfmtool.sources.layout import Asked

NAMES = ["customer_id", "order_id", "ordered_at", "amount"]
SHOP = [
    NAMES,
    ["0012", 1001, date(2024, 1, 5), 20],
    [17850, 1002, datetime.fromisoformat("2024-02-06T08:26"), 22.5],
    ["Zo\u00eb, Ann", "A-3", "2024-03-07", "19.99"],
    [17850, 1003, date(2024, 4, 8), 0.1],
]


@pytest.mark.parametrize("data", [xlsx({"Orders": SHOP}), ods(SHOP)], ids=["xlsx", "ods"])
def test_ids_keep_their_zeros_days_their_day_and_money_its_digits(write, data):
    frame = run(write(data, "shop.xlsx")).frame

    assert frame["customer_id"].tolist() == ["0012", "17850", "Zo\u00eb, Ann"]
    assert frame["monetary"].tolist() == [200_000, 226_000, 199_900]
    assert frame["last_order_on"].astype(str).tolist() == ["2024-01-05", "2024-04-08", "2024-03-07"]


def test_a_row_is_numbered_as_it_stands_below_the_header(write):
    rows = [["Orders of 2024"], [], *SHOP[:2], ["x", 5, "soon", 1], SHOP[2]]

    grouped = read_export(write(xlsx({"Orders": rows}), "shop.csv"))

    assert [(reject.row, reject.reason) for reject in grouped.ledger.rejects] == [(2, "bad_date")]
    assert grouped.export.sources[0].layout.dialect.rows_above == 2


def test_the_only_sheet_that_holds_data_is_read(write):
    assert len(run(write(xlsx({"Empty": [], "Orders": SHOP}))).frame) == 3
    hidden = xlsx({"Lists": [["a", "b"]], "Orders": SHOP}, hidden=["Lists"])
    assert len(run(write(hidden)).frame) == 3


def test_several_sheets_are_listed_and_one_may_be_named(write):
    path = write(xlsx({"Orders": SHOP, "Returns": SHOP[:3]}), "shop.xlsx")

    with pytest.raises(InputError, match=r"2 sheets hold data: Orders, Returns") as raised:
        run(path)
    assert "shop.xlsx/Orders" in raised.value.hint
    assert len(run(path / "Returns").frame) == 2
    with pytest.raises(InputError, match="no sheet 'Refunds'"):
        run(path / "Refunds")


def test_without_the_library_it_is_said_how_to_get_it(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "python_calamine", None)

    with pytest.raises(InputError, match="this is a workbook") as raised:
        run(write(xlsx({"Orders": SHOP})))
    assert "rfmtool[excel]" in raised.value.hint


def test_a_workbook_that_unpacks_to_more_than_allowed_is_refused_before_it_is_read(write):
    with pytest.raises(InputError, match="more than 1,000 bytes") as raised:
        run(write(xlsx({"Orders": SHOP})), asked=Asked(max_bytes=1000))
    assert "--max-size" in raised.value.hint


@pytest.mark.parametrize(
    "start",
    [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", xlsx({"Orders": SHOP})[:900]],
    ids=["old", "cut off"],
)
def test_a_damaged_workbook_is_refused(write, start):
    with pytest.raises(InputError, match="damaged"):
        run(write(start + b"\0" * 50))


def test_numbers_that_only_their_format_shows_with_zeros_are_told_of():
    changes = {
        b"<fonts": b'<numFmts><numFmt numFmtId="164" formatCode="00000"/></numFmts><fonts',
        b'numFmtId="14"': b'numFmtId="164"',
        b'<c r="A3"': b'<c r="A3" s="1"',
    }
    plain, book = xlsx({"Orders": SHOP}), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as there, zipfile.ZipFile(book, "w") as here:
        for name in there.namelist():
            data = there.read(name)
            for before, after in changes.items():
                data = data.replace(before, after, 1)
            here.writestr(name, data)

    assert columns_with_zeros(book) == ["A", "C"]  # days had that format too
    assert not columns_with_zeros(io.BytesIO(plain))
