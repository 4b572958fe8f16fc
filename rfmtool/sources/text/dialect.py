"""How a text file is written, found in its first bytes: encoding, marks, header.

Only what the sample proves is taken: other quotes than the usual, an escape, columns aligned by
spaces. What does not fit then is itemised row by row, never bent to fit.
"""

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
from rfmtool.sources.layout import Asked, Dialect, FileLayout
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
"""Where the first bytes hold fewer, as of tables with thousands of columns, more are tried."""
_EVEN: Final = 0.5
_BLANK: Final = b" \t\r\n"
_MARKUP: Final = (
    (re.compile(rb"<[!?a-zA-Z]"), "HTML or XML"),
    (re.compile(rb'\{\s*"|\[\s*[\[{]'), "JSON"),
)


def sniff(file: ExportFile, asked: Asked, roles: Roles = EXPORT) -> tuple[Dialect, tuple[str, ...]]:
    """Find a text file's dialect and header.

    Raises:
        InputError: the file is empty, is not text in the encoding, has a first row without an
            end, or has a header only, where there must be rows.
        UsageError: the encoding or delimiter asked for is none.
    """
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
    keys = tuple(file.partition_values)
    sample = Sample(_head(text, start, file.name), start, asked, file.name, roles, keys)
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
    """The first lines, in so many bytes as hold enough of them; the last is not cut in two."""
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
    trial: DialectCandidate, encoding: str, text: bytes, sample: Sample
) -> tuple[Dialect, tuple[str, ...]]:
    body = trial.heading.rows_above + trial.heading.header_rows
    names, empty = _columns(trial.heading.names, trial.rows)
    inner = [cell for one in trial.rows for cell in (one.cells or ())[1:] if cell]
    dialect = Dialect(
        " " if trial.is_aligned else trial.marks.delimiter,
        encoding,
        trial.records[body - 1].end if body else 0,
        quote=trial.marks.quote,
        escape=trial.marks.escape,
        is_aligned=trial.is_aligned,
        # A space follows every delimiter, and so is no part of any cell.
        is_padded=trial.marks.delimiter != " " and {cell[0] for cell in inner} == {" "},
        rows_above=trial.heading.rows_above,
        header_rows=trial.heading.header_rows,
        empty_columns=empty,
        may_lack_header=_is_doubtful(trial),
        # Nothing divides the lines into columns, as of a text that is no table.
        has_no_columns=not trial.heading.has_roles and trial.rank()[1] < _EVEN,
    )
    try:
        _check_body(trial, dialect, text, sample)
    except InputError as error:
        error.seen = FileLayout(names, places_by_role(names, sample) or {}, dialect)
        raise
    return dialect, names


def _check_body(trial: DialectCandidate, dialect: Dialect, text: bytes, sample: Sample) -> None:
    """Check that the header can be read, and that there is something below it."""
    above = trial.records[: dialect.rows_above + dialect.header_rows]
    if not trial.heading.has_roles and any(one.cells is None for one in above):
        raise InputError(
            f"{sample.where}: the quotes of the header row cannot be read",
            "Say how cells are divided with --delimiter.",
        )
    read = spaces_to_tabs(text) if trial.is_aligned else text
    if b"\0" in read[: dialect.body_offset]:
        raise nul_bytes_error(text, sample.where)
    if not (sample.roles.may_be_empty or read[dialect.body_offset :].strip(_BLANK)):
        raise NoTableError(
            f"{sample.where}: there is a header row and nothing below it", "Export it again."
        )


def _columns(names: Names, rows: Sequence[Record]) -> tuple[Names, int]:
    """Name the nameless columns by their places, and count the empty ones at the end."""
    cells = [one.cells for one in rows if one.cells and not one.is_blank]
    width = len(names)
    if not names[-1].strip() and _mostly(len(row) == width - 1 for row in cells):
        names = names[:-1]  # the header alone ends in a delimiter
    elif _mostly(len(row) == width + 1 and not row[-1].strip() for row in cells):
        names = (*names, "")  # the rows alone end in one
    even = [row for row in cells if len(row) == len(names)]
    empty = 0
    while empty < len(names) - 1 and not names[-1 - empty].strip():
        if not _mostly(not row[-1 - empty].strip() for row in even):
            break
        empty += 1
    taken = {*names}
    named = tuple(
        name if name.strip() or str(place) in taken else str(place)
        for place, name in enumerate(names, 1)
    )
    return named, empty


def _mostly(answers: Iterable[bool]) -> bool:
    given = list(answers)
    return 2 * sum(given) > len(given)


def _is_doubtful(trial: DialectCandidate) -> bool:
    """Whether neither its names nor the rows below prove the header to be one."""
    heading = trial.heading
    if heading.has_roles or not heading.header_rows:
        return False
    even = [one.cells for one in trial.rows if one.cells and len(one.cells) == len(heading.names)]
    columns = zip(heading.names, *even, strict=True)
    above_data = (
        bool(name.strip()) and _mostly(may_be_data([cell]) for cell in cells if cell.strip())
        for name, *cells in columns
    )
    return may_be_data(heading.names) or not any(above_data)
