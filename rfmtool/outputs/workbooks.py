"""Write tables as sheets of an Excel workbook: text as text, money and days as numbers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from traceback import clear_frames
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import mask_of
from rfmtool.errors import SystemFailureError, UsageError
from rfmtool.outputs.cells import text_of
from rfmtool.scratch import scratch_folder

_MAX_ROWS: Final = 1_048_575  # the rows of a sheet below its header
_MAX_LETTERS: Final = 32_767  # the length of a cell in UTF-16 code units
_MAX_DIGITS: Final = 15  # the digits of a number that a spreadsheet keeps
_CHUNK_ROWS: Final = 1 << 14
_FIRST_DAY: Final = 25_569  # 1970-01-01 as a spreadsheet's day number
_FIRST_SAFE_DAY: Final = 61  # 1900-03-01; for earlier days, spreadsheets disagree by one day
_SETTINGS: Final = {"constant_memory": True, "strings_to_formulas": False,
                    "strings_to_numbers": False, "strings_to_urls": False,
                    "use_zip64": True}  # fmt: skip
_CREATED: Final = datetime(1980, 1, 1)  # noqa: DTZ001 - fixed, so that bytes are reproducible
_HINT: Final = "Take csv or parquet instead, in --tables or as the ending of -o's file."
_MONEY, _DAY = "#,##0.00##", "yyyy-mm-dd"
_WIDTHS: Final = {_MONEY: 18, _DAY: 12}
_MAX_WIDTH: Final = 50
_BLUE: Final = "#1F5FA8"
_FILTER_WIDTH: Final = 3  # the width of a header's filter button, in letters
_CHART_GAP: Final = 1  # columns between a table and its charts
_CHART_ROWS: Final = 16


@dataclass(frozen=True)
class Chart:
    """A bar chart of the column `values` with labels of the column `names`, rows from 0."""

    title: str
    names: str
    values: str
    start: int
    stop: int
    upright: bool = False


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook: a table, links in one of its columns, and charts beside it."""

    name: str
    table: pa.Table
    linked: str = ""
    """The column of text whose cells are links to other sheets."""
    links: Sequence[str | None] = ()
    """The name of the linked sheet for each row."""
    charts: Sequence[Chart] = ()


class _Markup(str):
    """Text that xlsxwriter would take for its own markup, and write without escaping."""

    __slots__ = ()


def check_library(asked: str) -> None:
    """Raise UsageError where xlsxwriter, which the option or file `asked` needs, is missing."""
    if find_spec("xlsxwriter") is None:
        raise UsageError(
            f"{asked}: what writes workbooks is not installed",
            "Install it with pip install 'rfmtool[excel]', or take another kind of table.",
        )


def write_workbook(sheets: Sequence[Sheet], target: IO[bytes]) -> None:
    """Write sheets; numbers that a spreadsheet cannot hold exactly are written as text.

    Raises:
        UsageError: a table has too many rows for a sheet, or too long a text for a cell.
        SystemFailureError: there is not enough temporary space.
    """
    for sheet in sheets:
        if reason := unfit(sheet.table):
            raise UsageError(reason, _HINT)
    with scratch_folder("rfmtool-") as scratch, (scratch / "book").open("w+b") as book:
        with _temporary_failures(book):
            _write(sheets, book, str(scratch))
            book.seek(0)
        shutil.copyfileobj(book, target)


def unfit(table: pa.Table) -> str:
    """Why a table does not fit into a sheet; empty where it does."""
    if (rows := len(table)) > _MAX_ROWS:
        return f"{rows:,} rows do not fit into a sheet of a workbook, which holds {_MAX_ROWS:,}"
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_string(column.type) and _longest(column) > _MAX_LETTERS:
            return (
                f"column {name!r} has text that does not fit into a cell of a workbook, which"
                f" holds {_MAX_LETTERS:,} letters"
            )
    return ""


def _longest(column: pa.ChunkedArray) -> int:
    """The code units of the longest cell, if one may be too long; else 0."""
    # No cell has more code units than bytes in UTF-8.
    long = column.filter(pc.greater(pc.binary_length(column), _MAX_LETTERS))
    pairs = pc.count_substring_regex(long, r"[\x{10000}-\x{10FFFF}]")
    return pc.max(pc.add(pc.utf8_length(long), pairs)).as_py() or 0


@contextmanager
def _temporary_failures(book: IO[bytes]) -> Iterator[None]:
    from xlsxwriter.exceptions import FileCreateError

    try:
        yield
    except (OSError, FileCreateError) as error:
        cause = error.args[0] if isinstance(error, FileCreateError) else error
        # The library's archive would fail again when it is garbage collected: do that now.
        with Path(os.devnull).open("wb") as devnull:
            os.dup2(devnull.fileno(), book.fileno())
        clear_frames(cause.__traceback__)
        reason = (cause.strerror or str(cause)).lower()
        raise SystemFailureError(
            f"a workbook cannot be put together in a temporary folder: {reason}",
            "Free some space, or name a roomier folder with TMPDIR.",
        ) from None


def _write(sheets: Sequence[Sheet], target: IO[bytes], scratch: str) -> None:
    from xlsxwriter import Workbook

    # Rows are written to temporary files, not collected in memory.
    with Workbook(target, {**_SETTINGS, "tmpdir": scratch}) as book:
        book.set_properties({"created": _CREATED})
        formats = {code: book.add_format({"num_format": code}) for code in (_MONEY, _DAY)}
        bold = book.add_format({"bold": True})
        for sheet in sheets:
            worksheet = book.add_worksheet(sheet.name)
            worksheet.add_write_handler(_Markup, _write_markup)
            worksheet.freeze_panes(1, 0)
            worksheet.autofilter(0, 0, len(sheet.table), sheet.table.num_columns - 1)
            _format_columns(worksheet, sheet.table, formats)
            worksheet.write_row(0, 0, _texts(pa.array(sheet.table.column_names)), bold)
            _write_rows(worksheet, sheet, book.get_default_url_format())
            for number, chart in enumerate(sheet.charts):
                _add_chart(book, worksheet, sheet, chart, number)


def _write_rows(worksheet: Any, sheet: Sheet, link_format: Any) -> None:  # noqa: ANN401 - untyped
    linked = sheet.table.column_names.index(sheet.linked) if sheet.linked else -1
    chunks = sheet.table.to_batches(max_chunksize=_CHUNK_ROWS)
    rows = chain.from_iterable(zip(*map(_cells, chunk.columns), strict=True) for chunk in chunks)
    for number, row in enumerate(rows, 1):
        worksheet.write_row(number, 0, row)
        link = sheet.links[number - 1] if sheet.linked else None
        if link is not None and type(row[linked]) is str:
            url = f"internal:'{link}'!A1"
            worksheet.write_url(number, linked, url, link_format, row[linked])


def _add_chart(book: Any, worksheet: Any, sheet: Sheet, chart: Chart, number: int) -> None:  # noqa: ANN401 - untyped
    drawing = book.add_chart({"type": "column" if chart.upright else "bar"})
    columns = sheet.table.column_names
    names, values = columns.index(chart.names), columns.index(chart.values)
    first, last = chart.start + 1, chart.stop
    categories, heights = ([sheet.name, first, index, last, index] for index in (names, values))
    look = {"fill": {"color": _BLUE}, "gap": 60}
    drawing.add_series({"categories": categories, "values": heights, **look})
    drawing.set_title({"name": chart.title, "name_font": {"size": 12}})
    drawing.set_legend({"none": True})
    # Horizontal bars from the top down, as in the table.
    drawing.set_y_axis({"major_gridlines": {"visible": False}, "reverse": not chart.upright})
    worksheet.insert_chart(number * _CHART_ROWS + 1, len(columns) + _CHART_GAP, drawing)


def _write_markup(worksheet: Any, row: int, column: int, text: str, *formats: Any) -> int:  # noqa: ANN401 - untyped
    # A rich string is escaped; it needs at least three parts, and markup has seven letters.
    status: int = worksheet.write_rich_string(
        row, column, text[0], text[1], text[2:], *filter(None, formats)
    )
    return status


def _format_columns(worksheet: Any, table: pa.Table, formats: Mapping[str, Any]) -> None:  # noqa: ANN401 - untyped
    """Set the width and the number format of each column."""
    for index, name in enumerate(table.column_names):
        column = table.column(index)
        width, code = len(name) + _FILTER_WIDTH, _DAY if pa.types.is_date(column.type) else ""
        if pa.types.is_decimal(column.type):
            code = _MONEY
        if pa.types.is_string(column.type):
            longest = pc.max(pc.utf8_length(column)).as_py() or 0
            width = max(width, min(longest + 1, _MAX_WIDTH))
        worksheet.set_column(index, index, max(width, _WIDTHS.get(code, 0)), formats.get(code))


def _cells(array: pa.Array) -> list[object]:
    """The cells of a column as Python values; None for empty cells."""
    if pa.types.is_string(array.type):
        return _texts(array)
    numbers, exact = _numbers(array)
    if pc.all(exact).as_py() is not False:
        return list(numbers.to_pylist())
    return _choose(exact, numbers.to_pylist(), text_of(array).to_pylist())


def _texts(array: pa.Array) -> list[object]:
    cells: list[object] = array.to_pylist()
    markup = pc.and_(pc.starts_with(array, "<r>"), pc.ends_with(array, "</r>"))
    if not pc.any(markup).as_py():
        return cells
    return _choose(markup, [_Markup(cell) for cell in cells], cells)


def _numbers(array: pa.Array) -> tuple[pa.Array, pa.Array]:
    """A column as numbers, and which of them a spreadsheet holds exactly; nulls may be either."""
    if pa.types.is_decimal(array.type):
        text = text_of(array)
        digits = pc.utf8_trim(pc.replace_substring_regex(text, "[-.]", ""), "0")
        return pc.cast(text, pa.float64()), pc.less_equal(pc.utf8_length(digits), _MAX_DIGITS)
    if pa.types.is_date(array.type):
        days = pc.add(pc.cast(array, pa.int32()), _FIRST_DAY)
        return days, pc.greater_equal(days, _FIRST_SAFE_DAY)
    if pa.types.is_floating(array.type):
        return array, pc.is_finite(array)
    return array, pa.repeat(pa.scalar(value=True), len(array))


def _choose(mask: pa.Array, cells: list[object], fallbacks: list[object]) -> list[object]:
    rows = zip(mask_of(mask).tolist(), cells, fallbacks, strict=True)
    return [cell if is_chosen else fallback for is_chosen, cell, fallback in rows]
