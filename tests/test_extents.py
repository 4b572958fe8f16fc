"""A cell far out is refused before a table is laid out for it, in every kind of workbook."""

import io
import struct
import zipfile

import pytest
from books import ods, xlsx

from rfmtool.errors import InputError
from rfmtool.pipeline import run
from rfmtool.sources.files.extents import check_extents

SHOP = [["customer_id", "date", "amount"], ["a", "2024-01-05", 1.5], ["b", "2024-01-06", 2]]


def changed(book, part, old, new):
    """A workbook with a piece of one of its parts replaced."""
    copy = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as there, zipfile.ZipFile(copy, "w") as here:
        for member in there.namelist():
            data = there.read(member)
            if member.endswith(part):
                assert old in data
                data = data.replace(old, new, 1)
            here.writestr(member, data)
    return copy.getvalue()


def far(cell):
    return changed(xlsx({"Orders": SHOP}), "sheet1.xml", b"</sheetData>", cell + b"</sheetData>")


def plain(count):
    """Rows whose cells do not say where they stand."""
    return b"<row><c><v>1</v></c></row>" * count


FAR = {
    "the last cell there is": far(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
    "far down": far(b'<row r="9"><c r="ZZ300000"><v>1</v></c></row>'),
    "single quotes": far(b"<row r = '9'><c s='1' r = 'XFD1048576'><v>1</v></c></row>"),
    "small letters": far(b'<row r="9"><c r="xfd1048576"><v>1</v></c></row>'),
    "another prefix": far(b'<x:row r="9"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>'),
    "only its row says so": far(b'<row r="1048576"><c><v>1</v></c></row><row r="2">'
                                + b"<c><v>1</v></c>" * 16384 + b"</row>"),
    "beyond the last column": far(b'<row r="9"><c r="ZZZZZZ2"><v>1</v></c></row>'),
    "a cell repeated": changed(
        ods(SHOP), "content.xml", b"</table:table>",
        b'<table:table-row table:number-rows-repeated="1048000"><table:table-cell'
        b' office:value-type="float" office:value="1" table:number-columns-repeated="16384"/>'
        b"</table:table-row></table:table>",
    ),
    "behind repeated rows": changed(
        ods(SHOP), "content.xml", b"</table:table>",
        b'<table:table-row table:number-rows-repeated="1000000"><table:table-cell/>'
        b"</table:table-row><table:table-row><table:table-cell"
        b" table:number-columns-repeated='16000'/><table:table-cell office:value-type='float'"
        b" office:value='1'/></table:table-row></table:table>",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAR)
def test_a_cell_far_out_is_refused_with_what_to_do(write, case):
    with pytest.raises(InputError, match="too much to lay out") as raised:
        run(write(FAR[case], "far.xlsx"))
    assert "Delete the rows and columns behind the table" in raised.value.hint


@pytest.mark.parametrize("book", [
    far(b'<row r="1000000"><c r="C1000000"><v>1</v></c></row>'),
    far(plain(2000)),
    changed(ods(SHOP), "content.xml", b"</table:table>",
            b'<table:table-row table:number-rows-repeated="1048000"><table:table-cell'
            b' table:number-columns-repeated="16384"/></table:table-row></table:table>'),
], ids=["a long column", "cells without a place", "empty cells repeated"])  # fmt: skip
def test_what_can_be_laid_out_is_let_through(book):
    check_extents(io.BytesIO(book), "shop.xlsx")


def xlsb(row, column, target="worksheets/Sheet1.bin", name="sheet1.bin"):
    """A part that says where one cell stands, as an .xlsb does."""
    records = b"\x00\x04" + struct.pack("<I", row) + b"\x05\x0c" + struct.pack("<Iid", column, 0, 1)
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as file:
        file.writestr("xl/_rels/workbook.bin.rels", f'<R Target="{target}"/>')
        file.writestr(f"xl/worksheets/{name}", records)
    return book.getvalue()


def xls(*records):
    """An .xls of these records: a header, one table, one directory, and the stream of records."""
    stream = b"".join(struct.pack("<HH", kind, len(body)) + body for kind, body in records)
    stream = stream.ljust(4096, b"\0")
    header = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0"))
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<IIIIIIIII", header, 44, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, 10), 0xFFFFFFFE]
    table = struct.pack("<128I", *chain, *[0xFFFFFFFF] * (128 - len(chain)))

    def entry(name, kind, start, size):
        text = name.encode("utf-16-le") + b"\0\0"
        return (
            text.ljust(64, b"\0")
            + struct.pack("<HBBIII", len(text), kind, 1, *[0xFFFFFFFF] * 2, 1)
            + b"\0" * 36
            + struct.pack("<IQ", start, size)
        )

    directory = entry("Root Entry", 5, 0xFFFFFFFE, 0) + entry("Workbook", 2, 2, 4096)
    return bytes(header) + table + directory.ljust(512, b"\0") + stream


def test_settings_of_a_printer_beside_a_sheet_are_no_sheet(write):
    book = io.BytesIO(xlsx({"Orders": SHOP}))
    with zipfile.ZipFile(book, "a") as file:
        name = "A printer".encode("utf-16-le").ljust(64, b"\0")
        file.writestr("xl/printerSettings/printerSettings1.bin", name + b"\x01\x04\0\x06" * 250)

    assert run(write(book.getvalue(), "printed.xlsx")).summary["customers"] == 2


NUMBER, MULRK, DIMENSIONS = 0x0203, 0x00BD, 0x0200


def test_records_of_an_xlsb_and_of_an_xls_are_measured():
    check_extents(io.BytesIO(xlsb(10, 10)), "near")
    check_extents(io.BytesIO(xls((NUMBER, struct.pack("<HHHd", 5, 5, 0, 1.0)))), "near")
    for book in (
        xlsb(1_048_575, 16_383),
        xlsb(1_048_575, 16_383, "worksheets/sheet&#49;.bin"),
        xlsb(1_048_575, 16_383, "worksheets/É.bin", "É.bin"),
        xls((NUMBER, struct.pack("<HHHd", 65_000, 60_000, 0, 1.0))),
        xls((MULRK, struct.pack("<HHHiHiH", 65_000, 0, 0, 1, 0, 1, 60_000))),
        xls((DIMENSIONS, struct.pack("<IIHHH", 0, 2**31, 0, 60_000, 0))),
    ):
        with pytest.raises(InputError, match="too much to lay out"):
            check_extents(io.BytesIO(book), "far")
