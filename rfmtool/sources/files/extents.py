"""How far the cells of a workbook reach, known before anybody lays them out in rows and columns.

One cell far out, as formatting leaves behind, makes a small file a table of billions of cells.
What is counted is rather too much than too little, for each part of the file that may be a sheet.
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import IO, BinaryIO, Final

import numpy as np

from rfmtool.errors import InputError

_FREE: Final = 1 << 22
"""So many cells are laid out however few of them hold something."""
_SPARSE: Final = 8
"""How many times the cells that are there may be laid out beyond that."""
_MOST: Final = 1 << 25
"""A sheet of the most rows that there may be, and 32 columns."""
_CHUNK: Final = 1 << 22
_LONGEST_TAG: Final = 1 << 12
_ENDLESS: Final = 1 << 40
_NAMES: Final = re.compile(r"workbook\.bin\.rels$", re.IGNORECASE)
"""The part of an .xlsb that names its sheets; no other kind of workbook has sheets of records."""


@dataclass
class _Extent:
    """Rows and columns up to the last cell, and how many cells there are."""

    rows: int = 0
    columns: int = 0
    cells: int = 0

    def reach(self, rows: int, columns: int, cells: int = 1) -> None:
        """Count cells, and how far they reach."""
        self.rows, self.columns = max(self.rows, rows), max(self.columns, columns)
        self.cells += cells


def check_extents(raw: BinaryIO, name: str) -> None:
    """Check that no sheet of a workbook is laid out wider than what it holds can ask for."""
    for part, extent in _extents(raw):
        area = extent.rows * extent.columns
        if area > min(_MOST, max(_FREE, _SPARSE * extent.cells)):
            raise InputError(
                f"{name}: {part} reaches to row {extent.rows:,} and column {extent.columns:,}, with"
                f" {extent.cells:,} cells in it, which is too much to lay out",
                "Delete the rows and columns behind the table, or save the sheet as CSV.",
            )


def _extents(raw: BinaryIO) -> Iterator[tuple[str, _Extent]]:
    raw.seek(0)
    if not zipfile.is_zipfile(raw):
        raw.seek(0)
        yield from (("a sheet", extent) for extent in _of_xls(raw.read()))
        return
    with zipfile.ZipFile(raw) as archive:
        members = archive.infolist()
        parts = (archive.read(one) for one in members if _NAMES.search(one.filename))
        named = b"".join(parts).decode("utf-8", "replace").lower()
        is_plain = "&" not in named and "\0" not in named  # else names may be written otherwise
        for member in members:
            name = member.filename.replace("\\", "/").rpartition("/")[2]
            ending = name.rpartition(".")[2].lower()
            if ending == "bin" and is_plain and name.isascii() and name.lower() not in named:
                continue  # settings of a printer, macros and the like
            if measure := _MEASURES.get(ending):
                with archive.open(member) as part:
                    for extent in measure(part):
                        yield name, extent


# XML ---------------------------------------------------------------------------------------------

_PLACE: Final = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]*)(\d{0,9})""")
_CELL: Final = re.compile(rb"<(?:\w+:)?c[\s/>]")
_ROW_START: Final = re.compile(rb"<(?:\w+:)?row[\s/>]")
_TABLE: Final = re.compile(
    rb"""<(/?)table:(table-row|table-cell|covered-table-cell|table)\b"""
    rb"""((?:[^<>"']|"[^"]*"|'[^']*')*)>"""
)
_REPEATED: Final = re.compile(rb"""number-(?:columns|rows)-repeated\s*=\s*["'](\d{1,9})""")


def _of_xml(part: IO[bytes]) -> Iterator[_Extent]:
    text = _pieces(part)
    first = next(text, b"")
    if b"<table:table" in first or b"office:document" in first[:_LONGEST_TAG]:
        yield from _of_opendocument(chain([first], text))
    else:
        yield _of_sheet(chain([first], text))


def _pieces(part: IO[bytes]) -> Iterator[bytes]:
    """Pieces that begin and end between two tags."""
    rest = b""
    while data := part.read(_CHUNK):
        data = rest + data
        cut = data.rfind(b"<")
        cut = len(data) if cut < len(data) - _LONGEST_TAG else cut
        yield data[:cut]
        rest = data[cut:]
    yield rest


def _of_sheet(text: Iterable[bytes]) -> _Extent:
    """Of a sheet of Excel's: by the places of its cells; those without one stand in a row."""
    extent, unplaced, widest = _Extent(), 0, 0
    for piece in text:
        cells = sum(map(piece.count, (b"<c ", b"<c>", b"<c/>", b":c ", b":c>", b":c/>")))
        rows = piece.count(b"<row") + piece.count(b":row")
        row, column, places = _furthest(piece)
        extent.reach(row, column, cells)
        if places < cells + rows:
            unplaced += rows
            widest = max(widest, *(len(_CELL.findall(one)) for one in _ROW_START.split(piece)))
    extent.reach(extent.rows + unplaced, extent.columns + widest, 0)
    return extent


def _furthest(piece: bytes) -> tuple[int, int, int]:
    """The last row and column that places such as `r="C12"` name, and how many there are."""
    data = np.frombuffer(piece + b" " * 16, dtype=np.uint8)
    at = np.flatnonzero(data[1:-16] == ord("r")) + 1
    at = at[data[at - 1] <= ord(" ")]
    is_plain = (data[at + 1] == ord("=")) & np.isin(data[at + 2], np.frombuffer(b"\"'", np.uint8))
    if not is_plain.all():  # spaces around the sign, or a word of a text
        found = [(_column(letters), int(digits or b"0")) for letters, digits in
                 set(_PLACE.findall(piece))]  # fmt: skip
        columns, rows = zip(*found, strict=True) if found else ((0,), (0,))
        return max(rows), max(columns), len(_PLACE.findall(piece))
    at += 3
    column = row = np.zeros(len(at), dtype=np.int64)
    for _ in range(13):  # the most letters and digits there are, and some more
        byte = data[at].astype(np.int64)
        digit, letter = byte - ord("0"), (byte | 0x20) - ord("a")
        is_digit, is_letter = (digit >= 0) & (digit <= 9), (letter >= 0) & (letter < 26)  # noqa: PLR2004
        column = np.where(is_letter, np.minimum(26 * column + letter + 1, _ENDLESS), column)
        row = np.where(is_digit, np.minimum(10 * row + digit, _ENDLESS), row)
        goes_on = is_digit | is_letter
        if not goes_on.any():
            break
        at = at + goes_on
    return int(row.max(initial=0)), int(column.max(initial=0)), len(at)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper()[:7]:
        number = 26 * number + letter - ord("A") + 1
    return number


def _of_opendocument(text: Iterable[bytes]) -> Iterator[_Extent]:
    """Of each table: cells and rows are written once, with how often they are repeated."""
    extent, times, place, width = _Extent(), 1, 0, 0
    below = 0
    for piece in text:
        for end, tag, attributes in _TABLE.findall(piece):
            found = _REPEATED.search(attributes)
            count = int(found[1]) if found else 1
            if tag == b"table":
                if end:
                    yield extent
                extent, below = _Extent(), 0
            elif tag == b"table-row":
                if end or attributes.endswith(b"/"):
                    below += times if end else count
                    if width:
                        extent.reach(below, width)
                times, place, width = count, 0, 0
            elif not end:
                place += count
                if b"value" in attributes or b"formula" in attributes \
                        or not attributes.endswith(b"/"):  # fmt: skip
                    width = place
                    extent.cells += 1
    yield extent


# Records -----------------------------------------------------------------------------------------

_ROW_RECORD: Final = 0
_CELL_RECORDS: Final = range(1, 12)


def _of_records(part: IO[bytes]) -> Iterator[_Extent]:
    """Of a sheet of an .xlsb: each record has its kind and its length before it."""
    data, place, extent, row = part.read(), 0, _Extent(), 0
    try:
        while place < len(data):
            kind, place = _varied(data, place, 2)
            size, place = _varied(data, place, 4)
            if kind == _ROW_RECORD:
                (row,) = struct.unpack_from("<I", data, place)
            elif kind in _CELL_RECORDS:
                (column,) = struct.unpack_from("<I", data, place)
                extent.reach(row + 1, column + 1)
            place += size
    except (IndexError, struct.error):
        pass  # it is cut off, which whoever reads it will find
    yield extent


def _varied(data: bytes, place: int, most: int) -> tuple[int, int]:
    """A number of seven bits a byte, and the place behind it."""
    number = 0
    for byte in range(most):
        number |= (data[place] & 0x7F) << (7 * byte)
        place += 1
        if data[place - 1] < 0x80:  # noqa: PLR2004 - the bit that says that more follow
            break
    return number, place


_MEASURES: Final = {"xml": _of_xml, "bin": _of_records}

_BOF, _DIMENSIONS, _MULRK = 0x0809, 0x0200, 0x00BD
_XLS_CELLS: Final = {0x0006, 0x0204, 0x0203, 0x0205, 0x00FD, 0x00D6, 0x027E, 0x0406, 0x0206, 0x0207}


def _of_xls(data: bytes) -> Iterator[_Extent]:
    """Of each sheet of an .xls."""
    stream, place, extent = _book_of(data) or b"", 0, _Extent()
    while place + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, place)
        body = stream[place + 4 : place + 4 + size]
        place += 4 + size
        if kind == _BOF:
            yield extent
            extent = _Extent()
        elif kind == _DIMENSIONS and len(body) >= 12:  # noqa: PLR2004 - as those of Excel 97
            # Room for all of it is made at once, whatever there is.
            _, rows, _, columns = struct.unpack_from("<IIHH", body)
            yield _Extent(rows, columns)
        elif kind in _XLS_CELLS or kind == _MULRK:
            if len(body) < 6:  # noqa: PLR2004 - row, column, format
                continue
            row, column = struct.unpack_from("<HH", body)
            last = struct.unpack_from("<H", body, len(body) - 2)[0] if kind == _MULRK else column
            extent.reach(row + 1, max(column, last) + 1, max(1, last - column + 1))
    yield extent


def _book_of(data: bytes) -> bytes | None:
    """The stream of records in an .xls, which is a small file system of its own.

    Where there is none, as in a workbook that is locked, nothing will be laid out either.
    """
    from olefile import OleFileIO

    try:
        with OleFileIO(data) as files:
            found = [name for name in ("Workbook", "Book") if files.exists(name)]
            return bytes(files.openstream(found[0]).read()) if found else None
    except (OSError, struct.error, IndexError):
        raise ValueError("damaged") from None
