"""Detect encoding, dialect and header of a text file from its first bytes."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from rfmtool.errors import InputError, NoTableError
from rfmtool.sources.files.containers import kind_of
from rfmtool.sources.files.encodings import (
    check_encoding,
    check_utf8,
    encoding_from_bom,
    nul_bytes_error,
)
from rfmtool.sources.files.exports import ExportFile
from rfmtool.sources.files.streams import (
    first_bytes,
    has_formula_cells,
    spaces_to_tabs,
    unwrap_formulas,
)
from rfmtool.sources.layout import KNOWN_LAYOUT, Asked, Dialect, FileLayout
from rfmtool.sources.roles import EXPORT, Roles, may_be_data
from rfmtool.sources.text.dialect_candidates import (
    DialectCandidate,
    Sample,
    best_candidate,
    places_by_role,
    plain_csv_candidate,
)
from rfmtool.sources.text.headers import Names
from rfmtool.sources.text.records import Record

SAMPLE_BYTES: Final = 1 << 18
_TRIED_BYTES: Final = 1 << 15
_TRIED_LINES: Final = 20
"""If the first bytes hold fewer, as with thousands of columns, more bytes are tried."""
_LEAST_FITTING_SHARE: Final = 0.5
_BLANK: Final = b" \t\r\n"
_MARKUP: Final = (
    (re.compile(rb"<[!?a-zA-Z]"), "HTML or XML"),
    (re.compile(rb'\{\s*"|\[\s*[\[{]'), "JSON"),
)


def sniff(file: ExportFile, asked: Asked, roles: Roles = EXPORT) -> tuple[Dialect, tuple[str, ...]]:
    """Detect a text file's dialect and header."""
    encoding = asked.encoding or "utf-8"
    if file.kind == "workbook":
        encoding = "utf-8"
    elif asked.encoding is None:
        with file.utf8("utf-8") as (stream, _):
            encoding = encoding_from_bom(first_bytes(stream, 4))
    else:
        check_encoding(encoding)
    with file.utf8(encoding) as (stream, _):
        text = first_bytes(stream, SAMPLE_BYTES)
    start = len(codecs.BOM_UTF8) if text.startswith(codecs.BOM_UTF8) else 0
    if not text[start:].strip(_BLANK):
        raise NoTableError(f"{file.name}: the file is empty", "Export it again.")
    _check_is_table(text, file)
    if asked.encoding is None:
        check_utf8(text, file.name)
    wrapped = has_formula_cells(text)
    if wrapped:
        text = unwrap_formulas(text[: text.rfind(b"\n") + 1] if len(text) == SAMPLE_BYTES else text)
    folders = tuple(file.partition_values)
    sample = Sample(_head(text, start, file.name), start, asked, file.name, roles, folders)
    best = plain_csv_candidate(sample) if file.kind == "workbook" else best_candidate(sample)
    dialect, header = _dialect_of(best, encoding, text, sample)
    return replace(dialect, is_wrapped=wrapped), header


def _check_is_table(text: bytes, file: ExportFile) -> None:
    kind = kind_of(text)
    if file.kind != "text" and kind != "text":
        raise InputError(
            f"{file.name}: what is packed in it is {kind} data, and only text is read packed",
            "Unpack it, and name what comes out.",
        )
    start = text.lstrip(codecs.BOM_UTF8 + b" \t\r\n")
    kind = next((name for mark, name in _MARKUP if mark.match(start)), "")
    if kind:
        raise InputError(f"{file.name}: this is {kind}, not a table", "Export it as CSV.")


def _head(text: bytes, start: int, where: str) -> bytes:
    """The first complete lines: more bytes where the usual number holds too few lines."""
    size = start + _TRIED_BYTES
    while size < len(text) and len(text[:size].splitlines()) <= _TRIED_LINES:
        size *= 2
    head = text[:size]
    if len(head) == len(text) < SAMPLE_BYTES:
        return head
    cut = max(head.rfind(b"\n"), head.rfind(b"\r"))
    if cut < 0:
        raise InputError(
            f"{where}: the first row is longer than {SAMPLE_BYTES >> 10} KiB, which is no header",
            "Export it again with a line for each row, and with fewer columns.",
        )
    return head[: cut + 1]


def _dialect_of(
    best: DialectCandidate, encoding: str, text: bytes, sample: Sample
) -> tuple[Dialect, tuple[str, ...]]:
    heading, marks = best.heading, best.marks
    body = heading.rows_above + heading.header_rows
    names, empty = _named_columns(heading.names, best.rows)
    inner = [cell for row in best.rows for cell in (row.cells or ())[1:] if cell]
    dialect = Dialect(
        " " if best.is_aligned else marks.delimiter,
        encoding,
        best.records[body - 1].end if body else 0,
        quote=marks.quote,
        escape=marks.escape,
        is_aligned=best.is_aligned,
        is_padded=marks.delimiter != " " and {cell[0] for cell in inner} == {" "},
        rows_above=heading.rows_above,
        header_rows=heading.header_rows,
        empty_columns=empty,
        may_lack_header=_may_lack_header(best),
        has_no_columns=not heading.has_roles and best.rank()[1] < _LEAST_FITTING_SHARE,
    )
    try:
        _check_body(best, dialect, text, sample)
    except InputError as error:
        known = FileLayout(names, places_by_role(names, sample) or {}, dialect)
        KNOWN_LAYOUT.attach(error, known)
        raise
    return dialect, names


def _check_body(best: DialectCandidate, dialect: Dialect, text: bytes, sample: Sample) -> None:
    above = best.records[: dialect.rows_above + dialect.header_rows]
    if not best.heading.has_roles and any(record.cells is None for record in above):
        raise InputError(
            f"{sample.where}: the quotes of the header row cannot be read",
            "Say how cells are divided with --delimiter.",
        )
    text_read = spaces_to_tabs(text) if best.is_aligned else text
    if b"\0" in text_read[: dialect.body_offset]:
        raise nul_bytes_error(text, sample.where)
    if not (sample.roles.may_be_empty or text_read[dialect.body_offset :].strip(_BLANK)):
        raise NoTableError(
            f"{sample.where}: there is a header row and nothing below it", "Export it again."
        )


def _named_columns(names: Names, rows: Sequence[Record]) -> tuple[Names, int]:
    """Column names, numbers where there is no name; and how many columns at the end are empty."""
    cells = [row.cells for row in rows if row.cells and not row.is_blank]
    width = len(names)
    if not names[-1].strip() and _mostly(len(row) == width - 1 for row in cells):
        names = names[:-1]  # the header alone ends in a delimiter
    elif _mostly(len(row) == width + 1 and not row[-1].strip() for row in cells):
        names = (*names, "")  # the rows alone end in one
    fitting = [row for row in cells if len(row) == len(names)]
    empty = 0
    while empty < len(names) - 1 and not names[-1 - empty].strip():
        if not _mostly(not row[-1 - empty].strip() for row in fitting):
            break
        empty += 1
    taken = {*names}
    with_numbers = tuple(
        name if name.strip() or str(place) in taken else str(place)
        for place, name in enumerate(names, 1)
    )
    return with_numbers, empty


def _mostly(flags: Iterable[bool]) -> bool:
    flags = list(flags)
    return 2 * sum(flags) > len(flags)


def _may_lack_header(best: DialectCandidate) -> bool:
    """Whether neither the names nor the rows below show that the header is one."""
    heading = best.heading
    if heading.has_roles or not heading.header_rows:
        return False
    width = len(heading.names)
    fitting = [row.cells for row in best.rows if row.cells and len(row.cells) == width]
    columns = zip(heading.names, *fitting, strict=True)
    above_data = (
        bool(name.strip()) and _mostly(may_be_data([cell]) for cell in cells if cell.strip())
        for name, *cells in columns
    )
    return may_be_data(heading.names) or not any(above_data)
