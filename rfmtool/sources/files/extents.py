"""Check the extent of a workbook's sheets before a library allocates all their cells.

A single cell far out, as left by formatting, turns a small file into a table of billions of cells.
Extents are upper estimates, for each part of the file that may be a sheet.
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

_ALWAYS_ALLOWED: Final = 1 << 22  # cells that may be allocated even if most are empty
_AREA_PER_CELL: Final = 8  # beyond that, cells that may be allocated for each cell that exists
_MOST_CELLS: Final = 1 << 25  # a sheet of the largest number of rows, and 32 columns
_CHUNK: Final = 1 << 22
_LONGEST_TAG: Final = 1 << 12
_HUGE: Final = 1 << 40
_SHEET_NAMES_PART: Final = re.compile(r"workbook\.bin\.rels$", re.IGNORECASE)
"""The part of an .xlsb that names its sheets; only this kind of workbook has binary sheets."""


@dataclass
class _Extent:
    """Rows and columns up to the last cell, and the number of cells."""

    rows: int = 0
    columns: int = 0
    cells: int = 0

    def reach(self, rows: int, columns: int, cells: int = 1) -> None:
        self.rows, self.columns = max(self.rows, rows), max(self.columns, columns)
        self.cells += cells


def check_extents(raw: BinaryIO, name: str) -> None:
    """Raise for a sheet of a workbook that reaches much further than its cells justify."""
    for part, extent in _extents(raw):
        area = extent.rows * extent.columns
        if area > min(_MOST_CELLS, max(_ALWAYS_ALLOWED, _AREA_PER_CELL * extent.cells)):
            raise InputError(
                f"{name}: {part} reaches to row {extent.rows:,} and column {extent.columns:,}, with"
                f" {extent.cells:,} cells in it, which is too much to lay out",
                "Delete the rows and columns behind the table, or save the sheet as CSV.",
            )


def _extents(raw: BinaryIO) -> Iterator[tuple[str, _Extent]]:
    raw.seek(0)
    if not zipfile.is_zipfile(raw):
        raw.seek(0)
        yield from (("a sheet", extent) for extent in _xls_extents(raw.read()))
        return
    with zipfile.ZipFile(raw) as archive:
        members = archive.infolist()
        parts = (archive.read(part) for part in members if _SHEET_NAMES_PART.search(part.filename))
        sheets = b"".join(parts).decode("utf-8", "replace").lower()
        is_plain = "&" not in sheets and "\0" not in sheets  # else names may be escaped
        for member in members:
            name = member.filename.replace("\\", "/").rpartition("/")[2]
            ending = name.rpartition(".")[2].lower()
            if ending == "bin" and is_plain and name.isascii() and name.lower() not in sheets:
                continue  # printer settings, macros and the like
            if extents_of := _EXTENTS.get(ending):
                with archive.open(member) as part:
                    for extent in extents_of(part):
                        yield name, extent


# XML ---------------------------------------------------------------------------------------------

_CELL_REFERENCE: Final = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]*)(\d{0,9})""")
_CELL: Final = re.compile(rb"<(?:\w+:)?c[\s/>]")
_ROW_START: Final = re.compile(rb"<(?:\w+:)?row[\s/>]")
_TABLE: Final = re.compile(
    rb"""<(/?)table:(table-row|table-cell|covered-table-cell|table)\b"""
    rb"""((?:[^<>"']|"[^"]*"|'[^']*')*)>"""
)
_REPEATED: Final = re.compile(rb"""number-(?:columns|rows)-repeated\s*=\s*["'](\d{1,9})""")


def _xml_extents(part: IO[bytes]) -> Iterator[_Extent]:
    text = _iter_pieces(part)
    first = next(text, b"")
    if b"<table:table" in first or b"office:document" in first[:_LONGEST_TAG]:
        yield from _opendocument_extents(chain([first], text))
    else:
        yield _sheet_extent(chain([first], text))


def _iter_pieces(part: IO[bytes]) -> Iterator[bytes]:
    """Yield pieces that are cut between two tags."""
    rest = b""
    while data := part.read(_CHUNK):
        data = rest + data
        cut = data.rfind(b"<")
        cut = len(data) if cut < len(data) - _LONGEST_TAG else cut
        yield data[:cut]
        rest = data[cut:]
    yield rest


def _sheet_extent(text: Iterable[bytes]) -> _Extent:
    """The extent of an Excel sheet, by the references of its cells, or else by their number."""
    extent, unplaced, widest = _Extent(), 0, 0
    for piece in text:
        cells = sum(map(piece.count, (b"<c ", b"<c>", b"<c/>", b":c ", b":c>", b":c/>")))
        rows = piece.count(b"<row") + piece.count(b":row")
        row, column, references = _last_reference(piece)
        extent.reach(row, column, cells)
        if references < cells + rows:
            unplaced += rows
            widest = max(widest, *(len(_CELL.findall(part)) for part in _ROW_START.split(piece)))
    extent.reach(extent.rows + unplaced, extent.columns + widest, 0)
    return extent


def _last_reference(piece: bytes) -> tuple[int, int, int]:
    """The last row and column in references such as `r="C12"`, and the number of references."""
    data = np.frombuffer(piece + b" " * 16, dtype=np.uint8)
    place = np.flatnonzero(data[1:-16] == ord("r")) + 1
    place = place[data[place - 1] <= ord(" ")]
    quotes = np.frombuffer(b"\"'", np.uint8)
    is_plain = (data[place + 1] == ord("=")) & np.isin(data[place + 2], quotes)
    if not is_plain.all():  # spaces around the sign, or a word of a text
        matches = _CELL_REFERENCE.findall(piece)
        columns = [_column_number(letters) for letters in {letters for letters, _ in matches}]
        rows = [int(digits or b"0") for digits in {digits for _, digits in matches}]
        return max(rows, default=0), max(columns, default=0), len(matches)
    place += 3
    column = row = np.zeros(len(place), dtype=np.int64)
    for _ in range(13):  # more than a reference has letters and digits
        byte = data[place].astype(np.int64)
        digit, letter = byte - ord("0"), (byte | 0x20) - ord("a")
        is_digit, is_letter = (digit >= 0) & (digit <= 9), (letter >= 0) & (letter < 26)  # noqa: PLR2004
        column = np.where(is_letter, np.minimum(26 * column + letter + 1, _HUGE), column)
        row = np.where(is_digit, np.minimum(10 * row + digit, _HUGE), row)
        is_reference = is_digit | is_letter
        if not is_reference.any():
            break
        place = place + is_reference
    return int(row.max(initial=0)), int(column.max(initial=0)), len(place)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper()[:7]:
        number = 26 * number + letter - ord("A") + 1
    return number


def _opendocument_extents(text: Iterable[bytes]) -> Iterator[_Extent]:
    """The extent of each table; a cell or row is written once, with its number of repetitions."""
    extent, rows, repeated_rows, columns, width = _Extent(), 0, 1, 0, 0
    for piece in text:
        for is_end, tag, attributes in _TABLE.findall(piece):
            match = _REPEATED.search(attributes)
            count = int(match[1]) if match else 1
            is_empty = attributes.endswith(b"/")
            if tag == b"table":
                if is_end:
                    yield extent
                extent, rows = _Extent(), 0
            elif tag == b"table-row":
                if is_end or is_empty:
                    rows += repeated_rows if is_end else count
                    if width:
                        extent.reach(rows, width)
                repeated_rows, columns, width = count, 0, 0
            elif not is_end:
                columns += count
                if b"value" in attributes or b"formula" in attributes or not is_empty:
                    width = columns
                    extent.cells += 1
    yield extent


# Binary records ----------------------------------------------------------------------------------

_ROW_RECORD: Final = 0
_CELL_RECORDS: Final = range(1, 12)


def _binary_extents(part: IO[bytes]) -> Iterator[_Extent]:
    """The extent of an .xlsb sheet, in which each record begins with its kind and length."""
    data, place, extent, row = part.read(), 0, _Extent(), 0
    try:
        while place < len(data):
            kind, place = _read_varint(data, place, 2)
            size, place = _read_varint(data, place, 4)
            if kind == _ROW_RECORD:
                (row,) = struct.unpack_from("<I", data, place)
            elif kind in _CELL_RECORDS:
                (column,) = struct.unpack_from("<I", data, place)
                extent.reach(row + 1, column + 1)
            place += size
    except (IndexError, struct.error):
        pass  # it is truncated, which reading it will show
    yield extent


def _read_varint(data: bytes, place: int, most: int) -> tuple[int, int]:
    """A number of up to `most` bytes of seven bits, and the place behind it."""
    number = 0
    for index in range(most):
        number |= (data[place] & 0x7F) << (7 * index)
        place += 1
        if data[place - 1] < 0x80:  # noqa: PLR2004 - the bit for more bytes to follow
            break
    return number, place


_EXTENTS: Final = {"xml": _xml_extents, "bin": _binary_extents}

_BOF, _DIMENSIONS, _MULRK = 0x0809, 0x0200, 0x00BD
_XLS_CELLS: Final = {0x0006, 0x0204, 0x0203, 0x0205, 0x00FD, 0x00D6, 0x027E, 0x0406, 0x0206, 0x0207}


def _xls_extents(data: bytes) -> Iterator[_Extent]:
    stream, place, extent = _workbook_stream(data) or b"", 0, _Extent()
    while place + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, place)
        body = stream[place + 4 : place + 4 + size]
        place += 4 + size
        if kind == _BOF:
            yield extent
            extent = _Extent()
        elif kind == _DIMENSIONS and len(body) >= 12:  # noqa: PLR2004 - as those of Excel 97
            # The library allocates all of this at once.
            _, rows, _, columns = struct.unpack_from("<IIHH", body)
            yield _Extent(rows, columns)
        elif kind in _XLS_CELLS or kind == _MULRK:
            if len(body) < 6:  # noqa: PLR2004 - row, column, format
                continue
            row, column = struct.unpack_from("<HH", body)
            last = struct.unpack_from("<H", body, len(body) - 2)[0] if kind == _MULRK else column
            extent.reach(row + 1, max(column, last) + 1, max(1, last - column + 1))
    yield extent


def _workbook_stream(data: bytes) -> bytes | None:
    """The stream of records in the file system that an .xls is; None if locked or other."""
    from olefile import OleFileIO

    try:
        with OleFileIO(data) as files:
            names = [name for name in ("Workbook", "Book") if files.exists(name)]
            return bytes(files.openstream(names[0]).read()) if names else None
    except (OSError, struct.error, IndexError):
        raise ValueError("damaged") from None
