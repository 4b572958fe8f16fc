"""Tables as sheets of a workbook for spreadsheets: text as text, money and days as numbers."""

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

_MOST_ROWS: Final = 1_048_575
"""What a sheet holds below its header."""
_MOST_LETTERS: Final = 32_767
"""What a cell holds, in UTF-16 code units."""
_MOST_DIGITS: Final = 15
"""What a spreadsheet knows of a number."""
_CHUNK_ROWS: Final = 1 << 14
_FIRST_DAY: Final = 25_569
"""1970-01-01 in days of a spreadsheet."""
_CERTAIN_DAY: Final = 61
"""1900-03-01; before it spreadsheets differ by a day."""
_SETTINGS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "use_zip64": True,
}
_CREATED: Final = datetime(1980, 1, 1)  # noqa: DTZ001 - a fixed one, in no zone
_OTHER_KIND: Final = "Take csv or parquet instead, in --tables or as the ending of -o's file."
_MONEY, _DAY = "#,##0.00##", "yyyy-mm-dd"
_WIDTHS: Final = {_MONEY: 18, _DAY: 12}
_WIDEST: Final = 50
_BLUE: Final = "#1F5FA8"
_MARGIN: Final = 3
"""Letters beside a header, where the button of its filter is."""


_BESIDE: Final = 1
"""Columns between a table and its charts."""
_CHART_ROWS: Final = 16


@dataclass(frozen=True)
class Chart:
    """Bars of a column of numbers, named by another: rows of the same sheet, counted from 0."""

    title: str
    names: str
    values: str
    start: int
    stop: int
    upright: bool = False


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook: a table below its header, links from it, and charts beside it."""

    name: str
    table: pa.Table
    linked: str = ""
    """The column of text whose cells lead to other sheets."""
    links: Sequence[str | None] = ()
    """For each row, the name of the sheet that it leads to."""
    charts: Sequence[Chart] = ()


class _Markup(str):
    """Text that looks like the library's own markup, which it would write as it is."""

    __slots__ = ()


def check_library(asked: str) -> None:
    """Make sure that workbooks can be written, as what is `asked` needs.

    Raises:
        UsageError: the library for it is not there.
    """
    if find_spec("xlsxwriter") is None:
        raise UsageError(
            f"{asked}: what writes workbooks is not installed",
            "Install it with pip install 'rfmtool[excel]', or take another kind of table.",
        )


def write_workbook(sheets: Sequence[Sheet], target: IO[bytes]) -> None:
    """Write sheets of text, numbers, decimals and days; what no number holds exactly is text.

    Raises:
        UsageError: there are more rows than a sheet holds, or more text than a cell does.
        SystemFailureError: there is no room to put it together.
    """
    for sheet in sheets:
        too_large = unfit(sheet.table)
        if too_large:
            raise UsageError(too_large, _OTHER_KIND)
    with scratch_folder("rfmtool-") as scratch, (scratch / "book").open("w+b") as book:
        with _temporary_failures(book):
            _write(sheets, book, str(scratch))
            book.seek(0)
        shutil.copyfileobj(book, target)


def unfit(table: pa.Table) -> str:
    """Why a table does not fit into a sheet; nothing where it does."""
    if len(table) > _MOST_ROWS:
        return (
            f"{len(table):,} rows do not fit into a sheet of a workbook, which holds {_MOST_ROWS:,}"
        )
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_string(column.type) and _longest(column) > _MOST_LETTERS:
            return (
                f"column {name!r} has text that does not fit into a cell of a workbook, which"
                f" holds {_MOST_LETTERS:,} letters"
            )
    return ""


def _longest(column: pa.ChunkedArray) -> int:
    """Code units of the longest cell, if one may be too long; else 0."""
    # A letter's code units are never more than its bytes in UTF-8.
    long = column.filter(pc.greater(pc.binary_length(column), _MOST_LETTERS))
    pairs = pc.count_substring_regex(long, r"[\x{10000}-\x{10FFFF}]")
    return pc.max(pc.add(pc.utf8_length(long), pairs)).as_py() or 0


@contextmanager
def _temporary_failures(book: IO[bytes]) -> Iterator[None]:
    from xlsxwriter.exceptions import FileCreateError

    try:
        yield
    except (OSError, FileCreateError) as error:
        cause = error.args[0] if isinstance(error, FileCreateError) else error
        # The library's archive would fail once more, and complain, when it is let go of: now.
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), book.fileno())
        clear_frames(cause.__traceback__)
        reason = (cause.strerror or str(cause)).lower()
        raise SystemFailureError(
            f"a workbook cannot be put together in a temporary folder: {reason}",
            "Free some space, or name a roomier folder with TMPDIR.",
        ) from None


def _write(sheets: Sequence[Sheet], target: IO[bytes], scratch: str) -> None:
    from xlsxwriter import Workbook

    # Rows wait in a file beside the book, not in memory.
    with Workbook(target, {**_SETTINGS, "tmpdir": scratch}) as book:
        book.set_properties({"created": _CREATED})
        forms = {form: book.add_format({"num_format": form}) for form in (_MONEY, _DAY)}
        bold = book.add_format({"bold": True})
        for one in sheets:
            sheet = book.add_worksheet(one.name)
            sheet.add_write_handler(_Markup, _write_markup)
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, len(one.table), one.table.num_columns - 1)
            _lay_out(sheet, one.table, forms)
            sheet.write_row(0, 0, _texts(pa.array(one.table.column_names)), bold)
            _write_rows(sheet, one, book.get_default_url_format())
            for place, chart in enumerate(one.charts):
                _draw(book, sheet, one, chart, place)


def _write_rows(sheet: Any, one: Sheet, form: Any) -> None:  # noqa: ANN401 - untyped
    at = one.table.column_names.index(one.linked) if one.linked else -1
    chunks = one.table.to_batches(max_chunksize=_CHUNK_ROWS)
    rows = chain.from_iterable(zip(*map(_cells, chunk.columns), strict=True) for chunk in chunks)
    for number, row in enumerate(rows, 1):
        sheet.write_row(number, 0, row)
        target = one.links[number - 1] if one.linked else None
        if target is not None and type(row[at]) is str:
            sheet.write_url(number, at, f"internal:'{target}'!A1", form, row[at])


def _draw(book: Any, sheet: Any, one: Sheet, chart: Chart, place: int) -> None:  # noqa: ANN401 - untyped
    """Draw a chart beside the table, below those before."""
    drawn = book.add_chart({"type": "column" if chart.upright else "bar"})
    names, values = (one.table.column_names.index(name) for name in (chart.names, chart.values))
    rows = chart.start + 1, chart.stop
    series = {
        "categories": [one.name, rows[0], names, rows[1], names],
        "values": [one.name, rows[0], values, rows[1], values],
        "fill": {"color": _BLUE},
        "gap": 60,
    }
    drawn.add_series(series)
    drawn.set_title({"name": chart.title, "name_font": {"size": 12}})
    drawn.set_legend({"none": True})
    # The first row at the top, as in the table.
    drawn.set_y_axis({"major_gridlines": {"visible": False}, "reverse": not chart.upright})
    sheet.insert_chart(place * _CHART_ROWS + 1, one.table.num_columns + _BESIDE, drawn)


def _write_markup(sheet: Any, row: int, column: int, text: str, *form: Any) -> int:  # noqa: ANN401 - untyped
    # In pieces it is escaped; fewer than three are refused, and it has seven letters or more.
    written: int = sheet.write_rich_string(
        row, column, text[0], text[1], text[2:], *filter(None, form)
    )
    return written


def _lay_out(sheet: Any, table: pa.Table, forms: Mapping[str, Any]) -> None:  # noqa: ANN401 - untyped
    """Give each column its width and the form of its numbers."""
    for place, name in enumerate(table.column_names):
        column = table.column(place)
        form, width = "", len(name) + _MARGIN
        if pa.types.is_decimal(column.type):
            form = _MONEY
        if pa.types.is_date(column.type):
            form = _DAY
        if pa.types.is_string(column.type):
            longest = pc.max(pc.utf8_length(column)).as_py() or 0
            width = max(width, min(longest + 1, _WIDEST))
        sheet.set_column(place, place, max(width, _WIDTHS.get(form, 0)), forms.get(form))


# Cells -------------------------------------------------------------------------------------------


def _cells(array: pa.Array) -> list[object]:
    """A column's cells as what they are in a sheet; None is an empty one."""
    if pa.types.is_string(array.type):
        return _texts(array)
    numbers, exact = _numbers(array)
    if pc.all(exact).as_py() is not False:
        return list(numbers.to_pylist())
    return _chosen(exact, numbers.to_pylist(), text_of(array).to_pylist())


def _texts(array: pa.Array) -> list[object]:
    cells: list[object] = array.to_pylist()
    markup = pc.and_(pc.starts_with(array, "<r>"), pc.ends_with(array, "</r>"))
    if not pc.any(markup).as_py():
        return cells
    return _chosen(markup, [_Markup(cell) for cell in cells], cells)


def _numbers(array: pa.Array) -> tuple[pa.Array, pa.Array]:
    """A column as numbers, and which of them a spreadsheet can hold; null is either."""
    if pa.types.is_decimal(array.type):
        text = text_of(array)
        digits = pc.utf8_trim(pc.replace_substring_regex(text, "[-.]", ""), "0")
        return pc.cast(text, pa.float64()), pc.less_equal(pc.utf8_length(digits), _MOST_DIGITS)
    if pa.types.is_date(array.type):
        days = pc.add(pc.cast(array, pa.int32()), _FIRST_DAY)
        return days, pc.greater_equal(days, _CERTAIN_DAY)
    if pa.types.is_floating(array.type):
        return array, pc.is_finite(array)
    return array, pa.repeat(pa.scalar(value=True), len(array))


def _chosen(first: pa.Array, these: list[object], those: list[object]) -> list[object]:
    """Of each pair the first where so said, else the second."""
    pairs = zip(mask_of(first).tolist(), these, those, strict=True)
    return [this if is_first else that for is_first, this, that in pairs]
