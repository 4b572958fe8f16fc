"""Read a sheet of an Excel or OpenDocument workbook as CSV."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from rfmtool.errors import InputError, NoTableError
from rfmtool.sources.files.containers import DAMAGE_ERRORS
from rfmtool.sources.files.extents import check_extents
from rfmtool.sources.files.spools import too_large_error

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

_EXACT_BELOW: Final = 2.0**53  # below it every integer is exact as a double


def sheet_as_csv(raw: BinaryIO, name: str, sheet: str, most: int) -> bytes:
    """One sheet as CSV; ids and money keep their digits, days become YYYY-MM-DD."""
    calamine = _calamine(name)
    if zipfile.is_zipfile(raw):  # an .xls is not packed
        with zipfile.ZipFile(raw) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > most:
            raise too_large_error(name, most)
    try:
        check_extents(raw, name)
        raw.seek(0)
        book = calamine.CalamineWorkbook.from_filelike(raw)
        return _to_csv(_chosen_sheet(book, name, sheet).iter_rows())
    except calamine.PasswordError:
        raise InputError(
            f"{name}: this workbook is locked with a password", "Save it without one."
        ) from None
    except BaseException as error:
        # A panic in Rust is a BaseException of a class that cannot be imported.
        known = (*DAMAGE_ERRORS, calamine.CalamineError, ValueError)
        if not isinstance(error, known) and type(error).__name__ != "PanicException":
            raise
        raise InputError(
            f"{name}: this workbook is damaged, or is none", "Save it again, or as CSV."
        ) from None


def _calamine(name: str) -> Any:  # noqa: ANN401 - a module
    try:
        import python_calamine
    except ImportError:
        raise InputError(
            f"{name}: this is a workbook, and what reads those is not installed",
            "Install it with pip install 'rfmtool[excel]', or save the sheet as CSV.",
        ) from None
    return python_calamine


def _chosen_sheet(book: CalamineWorkbook, name: str, sheet: str) -> CalamineSheet:
    visible = [
        metadata.name
        for metadata in book.sheets_metadata
        if str(metadata.visible).endswith("Visible") and str(metadata.typ).endswith("WorkSheet")
    ]
    if sheet:
        if sheet not in book.sheet_names:
            raise InputError(
                f"{name}: there is no sheet {sheet!r}", f"The sheets are {', '.join(visible)}."
            )
        return book.get_sheet_by_name(sheet)
    sheets = [book.get_sheet_by_name(title) for title in visible]
    filled = [candidate for candidate in sheets if candidate.total_height > 0]
    if len(filled) == 1:
        return filled[0]
    if not filled:
        raise NoTableError(f"{name}: the workbook is empty", "Save it again.")
    raise InputError(
        f"{name}: {len(filled)} sheets hold data: {', '.join(item.name for item in filled)}",
        f"Name one as if the workbook were a folder: {name}/{filled[0].name}",
    )


def _to_csv(rows: Iterable[Sequence[object]]) -> bytes:
    data = io.BytesIO()
    with io.TextIOWrapper(data, "utf-8", errors="replace", newline="") as text:
        lines = ([_text(cell) for cell in row] for row in rows)
        csv.writer(text, lineterminator="\n").writerows(lines)
        text.flush()
        return data.getvalue()


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT_BELOW:
        return str(int(cell))  # workbooks have no integers; 17850 is stored as 17850.0
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    return str(cell)
