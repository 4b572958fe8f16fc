"""How a text file is written, found in its first bytes: encoding, marks, header.

Only what the sample proves is taken: other quotes than the usual, an escape, columns aligned by
spaces. What does not fit then is itemised row by row, never bent to fit.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from rfmtool.errors import InputError, UsageError
from rfmtool.sources.containers import kind_of
from rfmtool.sources.encodings import check_encoding, check_utf8, no_text, proven
from rfmtool.sources.exports import ExportFile
from rfmtool.sources.headers import Heading, Names, find_heading, no_heading
from rfmtool.sources.layout import Asked, Dialect, FileLayout
from rfmtool.sources.records import Marks, Record, records
from rfmtool.sources.roles import EXPORT, Roles
from rfmtool.sources.streams import first_bytes, squeeze

SAMPLE_BYTES: Final = 1 << 18
_DELIMITERS: Final = (",", ";", "\t", "|")
_RARE_DELIMITERS: Final = ("^", "~", ":", "\x01", "\x1f")
"""Taken only where they make columns that play the needed roles."""
_ALIGNED: Final = Marks("\t", quote="")
_TRIED_BYTES: Final = 1 << 15
_TRIED_RECORDS: Final = 200
_BLANK: Final = b" \t\r\n"
_RUN_OF_SPACES: Final = re.compile(rb"[ \t]{2}|^[ \t]", re.MULTILINE)
_EVEN_ENOUGH: Final = 0.9
_MARKUP: Final = (
    (re.compile(rb"<[!?a-zA-Z]"), "HTML or XML"),
    (re.compile(rb'\{\s*"|\[\s*[\[{]'), "JSON"),
)


@dataclass(frozen=True)
class _Sample:
    """The first bytes of a file, in whole lines, and what the user said about it."""

    text: bytes
    start: int
    asked: Asked
    where: str
    roles: Roles


@dataclass(frozen=True)
class _Trial:
    """What some marks make of the sample; the one with the largest rank wins."""

    marks: Marks
    records: tuple[Record, ...]
    heading: Heading
    is_aligned: bool = False

    @property
    def rows(self) -> tuple[Record, ...]:
        """The records below the header."""
        return self.records[self.heading.above + self.heading.rows :]

    @property
    def odd(self) -> int:
        """How many records cannot be taken apart, or have other cells than there are names."""
        width = len(self.heading.names)
        return sum(not one.is_blank and len(one.cells or ()) != width for one in self.rows)

    @property
    def is_perfect(self) -> bool:
        """Whether the first record names every needed role, and all others have its cells.

        One column is no proof: whatever divides no cell makes one of every row.
        """
        is_one = len(self.heading.names) == 1
        return self.heading.has_roles and not (is_one or self.heading.above or self.odd)

    def rank(self) -> tuple[bool, float, int]:
        width = len(self.heading.names)
        even = 1 - self.odd / max(1, len(self.rows)) if width > 1 else 0.0
        return self.heading.has_roles, even, width


def sniff(file: ExportFile, asked: Asked, roles: Roles = EXPORT) -> tuple[Dialect, tuple[str, ...]]:
    """Find a text file's dialect and header.

    Raises:
        InputError: the file is empty, is not text in the encoding, or has a header only, where
            there must be rows.
        UsageError: the encoding or delimiter asked for is none.
    """
    encoding = _encoding(file, asked)
    with file.utf8(encoding) as (stream, _):
        text = first_bytes(stream, SAMPLE_BYTES)
    start = len(codecs.BOM_UTF8) if text.startswith(codecs.BOM_UTF8) else 0
    if not text[start:].strip(_BLANK):
        raise InputError(f"{file.name}: the file is empty", "Export it again.")
    _check_is_table(text, file)
    if asked.encoding is None:
        check_utf8(text, file.name)
    head = _whole_lines(text[: start + _TRIED_BYTES], text)
    sample = _Sample(head, start, asked, file.name, roles)
    best = _forced(sample) if file.kind == "workbook" else _best(sample)
    return _checked(best, encoding, text, sample)


def _encoding(file: ExportFile, asked: Asked) -> str:
    if file.kind == "workbook":
        return "utf-8"
    if asked.encoding is None:
        with file.utf8("utf-8") as (stream, _):
            return proven(first_bytes(stream, 4))
    check_encoding(asked.encoding)
    return asked.encoding


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


def _whole_lines(head: bytes, text: bytes) -> bytes:
    """The head without the line that it cuts in two."""
    if len(head) == len(text) < SAMPLE_BYTES:
        return head
    cut = max(head.rfind(b"\n"), head.rfind(b"\r"))
    return head[: cut + 1] if cut >= 0 else head


def _checked(
    trial: _Trial, encoding: str, text: bytes, sample: _Sample
) -> tuple[Dialect, tuple[str, ...]]:
    body = trial.heading.above + trial.heading.rows
    names, empty = _columns(trial.heading.names, trial.rows)
    dialect = Dialect(
        " " if trial.is_aligned else trial.marks.delimiter,
        encoding,
        trial.records[body - 1].end if body else 0,
        quote=trial.marks.quote,
        escape=trial.marks.escape,
        is_aligned=trial.is_aligned,
        is_padded=_is_padded(trial),
        rows_above=trial.heading.above,
        header_rows=trial.heading.rows,
        empty_columns=empty,
    )
    try:
        _check_body(trial, dialect, text, sample)
    except InputError as error:
        error.seen = FileLayout(names, _roles_of(names, sample) or {}, dialect)
        raise
    return dialect, names


def _check_body(trial: _Trial, dialect: Dialect, text: bytes, sample: _Sample) -> None:
    """Check that the header can be read, and that there is something below it."""
    above = trial.records[: dialect.rows_above + dialect.header_rows]
    if not trial.heading.has_roles and any(one.cells is None for one in above):
        raise InputError(
            f"{sample.where}: the quotes of the header row cannot be read",
            "Say how cells are divided with --delimiter.",
        )
    read = squeeze(text) if trial.is_aligned else text
    if b"\0" in read[: dialect.body_offset]:
        raise no_text(text, sample.where)
    if not (sample.roles.may_be_empty or read[dialect.body_offset :].strip(_BLANK)):
        raise InputError(
            f"{sample.where}: there is a header row and nothing below it", "Export it again."
        )


# Which marks -------------------------------------------------------------------------------------


def _forced(sample: _Sample) -> _Trial:
    return _trial(sample, Marks(","))


def _best(sample: _Sample) -> _Trial:
    asked = _asked_delimiter(sample.asked)
    if asked == " " and _RUN_OF_SPACES.search(sample.text):
        return _aligned(sample)
    delimiters = (asked,) if asked else _DELIMITERS
    best = _likeliest(sample, delimiters)
    if not (asked or best.heading.has_roles):
        best = _rarer(sample, best)
    return best if best.is_aligned else _with_other_quotes(sample, best)


def _likeliest(sample: _Sample, delimiters: Sequence[str]) -> _Trial:
    trials = []
    for delimiter in delimiters:
        trials.append(_trial(sample, Marks(delimiter)))
        if trials[-1].is_perfect:
            return trials[-1]  # no other can fit better, and most files are such
    return _widest(trials)


def _widest(trials: Sequence[_Trial]) -> _Trial:
    return max(trials, key=_Trial.rank)


def _rarer(sample: _Sample, usual: _Trial) -> _Trial:
    spaced = bool(_RUN_OF_SPACES.search(sample.text))
    marks = [Marks(one) for one in (*_RARE_DELIMITERS, *(" " * (not spaced)))]
    best = _widest([_trial(sample, one) for one in marks])
    aligned = _aligned(sample) if spaced and b'"' not in sample.text else None
    for one in (best, aligned):
        if one and one.heading.has_roles:
            return one
    if aligned and len(usual.heading.names) == 1 and aligned.rank()[1] >= _EVEN_ENOUGH:
        return aligned
    return usual


def _aligned(sample: _Sample) -> _Trial:
    squeezed = replace(sample, text=squeeze(sample.text))
    return replace(_trial(squeezed, _ALIGNED), is_aligned=True)


def _with_other_quotes(sample: _Sample, usual: _Trial) -> _Trial:
    """Take single quotes or an escape where the usual marks leave more records unread."""
    best = usual
    for quote in _quotes(sample.text, usual):
        for escape in _escapes(sample.text, usual):
            marks = Marks(usual.marks.delimiter, quote, escape)
            trial = _trial(sample, marks)
            if marks != usual.marks and _is_better(trial, best):
                best = trial
    return best


def _is_better(trial: _Trial, best: _Trial) -> bool:
    if trial.heading.has_roles < best.heading.has_roles:
        return False
    return trial.odd < best.odd or (trial.odd == best.odd and _shows(best, trial.marks))


def _shows(best: _Trial, marks: Marks) -> bool:
    """Whether the cells, as they are read so far, show other marks than they are read with."""
    quote, escaped = marks.quote, marks.escape + marks.quote
    width = len(best.heading.names)
    rows = [one.cells for one in best.rows if one.cells and len(one.cells) == width]
    if marks.escape > best.marks.escape and any(escaped in cell for row in rows for cell in row):
        return True
    return quote != best.marks.quote and _wraps_cells(rows, quote)


def _quotes(text: bytes, usual: _Trial) -> tuple[str, ...]:
    cut = re.escape(usual.marks.delimiter.encode())
    if re.search(rb"(?m)(?:^|" + cut + rb')"', text) or b"'" not in text:
        return ('"',)
    return ('"', "'")


def _escapes(text: bytes, usual: _Trial) -> tuple[str, ...]:
    marks = ("\\" + mark for mark in (usual.marks.delimiter, '"', "'", "\\"))
    return ("", "\\") if any(mark.encode() in text for mark in marks) else ("",)


def _wraps_cells(rows: Sequence[Names], quote: str) -> bool:
    """Whether such quotes hold some column from top to bottom, or a cell with doubled ones."""
    doubled = re.compile(f"{quote}(?:[^{quote}]|{quote * 2})*{quote * 2}(?:[^{quote}])*{quote}")
    if any(doubled.fullmatch(cell) for row in rows for cell in row):
        return True
    return any(
        any(column)
        and all(len(cell) > 1 and cell[0] == cell[-1] == quote for cell in column if cell)
        for column in zip(*rows, strict=True)
    )


def _trial(sample: _Sample, marks: Marks) -> _Trial:
    found = tuple(records(sample.text, sample.start, marks, _TRIED_RECORDS))
    found = found or (Record(sample.start, ("",)),)
    roles_of = partial(_roles_of, sample=sample)
    find = find_heading if sample.asked.has_header else no_heading
    return _Trial(marks, found, find(found, roles_of))


def _roles_of(names: Names, sample: _Sample) -> Mapping[str, int] | None:
    try:
        return sample.roles.find(names, sample.asked.columns, sample.where)
    except InputError:
        return None


def _asked_delimiter(asked: Asked) -> str | None:
    delimiter = {"\\t": "\t", "tab": "\t"}.get(asked.delimiter or "", asked.delimiter)
    if delimiter is not None and (
        len(delimiter) != 1 or delimiter in '"\r\n' or not delimiter.isascii()
    ):
        raise UsageError(
            f"--delimiter {delimiter!r} is not one plain character", "For example ';' or tab."
        )
    return delimiter


# Which columns -----------------------------------------------------------------------------------


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
    return _named(names), empty


def _mostly(answers: Iterable[bool]) -> bool:
    given = list(answers)
    return 2 * sum(given) > len(given)


def _named(names: Names) -> Names:
    return tuple(
        name if name.strip() or str(place) in names else str(place)
        for place, name in enumerate(names, 1)
    )


def _is_padded(trial: _Trial) -> bool:
    """Whether a space follows every delimiter, and so is no part of any cell."""
    inner = [cell for one in trial.rows for cell in (one.cells or ())[1:] if cell]
    return bool(inner) and trial.marks.delimiter != " " and all(cell[0] == " " for cell in inner)
