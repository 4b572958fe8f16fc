"""Infer delimiter, quote and escape: candidates parse a sample, and the best fit is taken.

Single quotes, an escape or columns aligned by spaces are taken only if the sample proves them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from rfmtool.errors import InputError, UsageError
from rfmtool.sources.files.streams import spaces_to_tabs
from rfmtool.sources.layout import Asked
from rfmtool.sources.roles import Roles
from rfmtool.sources.text.headers import Heading, Names, find_heading, numbered_heading
from rfmtool.sources.text.records import Marks, Record, parse_records

_DELIMITERS: Final = (",", ";", "\t", "|")
_RARE_DELIMITERS: Final = ("^", "~", ":", "\x01", "\x1f")
"""Taken only if they give columns for all required roles."""
_ALIGNED: Final = Marks("\t", quote="")
_TRIED_RECORDS: Final = 200
_RUN_OF_SPACES: Final = re.compile(rb"[ \t]{2}|^[ \t]", re.MULTILINE)
_EVEN_ENOUGH: Final = 0.9


@dataclass(frozen=True)
class Sample:
    """The first lines of a file, and the user's settings for it."""

    text: bytes
    start: int
    asked: Asked
    where: str
    roles: Roles
    folder_columns: tuple[str, ...] = ()
    """The names of columns whose values are in folder names."""


@dataclass(frozen=True)
class DialectCandidate:
    """The sample as parsed with some marks; the candidate with the largest rank wins."""

    marks: Marks
    records: tuple[Record, ...]
    heading: Heading
    is_aligned: bool = False

    @property
    def rows(self) -> tuple[Record, ...]:
        """The records below the header."""
        return self.records[self.heading.rows_above + self.heading.header_rows :]

    @property
    def misfit_count(self) -> int:
        """How many records cannot be parsed, or have not as many cells as the header."""
        width = len(self.heading.names)
        return sum(not row.is_blank and len(row.cells or ()) != width for row in self.rows)

    @property
    def is_perfect(self) -> bool:
        """Whether the first record names every required role, and all others have as many cells.

        Not with a single column, as any delimiter that does not occur gives one.
        """
        heading, width = self.heading, len(self.heading.names)
        return heading.has_roles and width > 1 and not (heading.rows_above or self.misfit_count)

    def rank(self) -> tuple[bool, float, int]:
        """Whether all required roles are there, the share of fitting records, and the width."""
        width = len(self.heading.names)
        fitting = 1 - self.misfit_count / max(1, len(self.rows)) if width > 1 else 0.0
        return self.heading.has_roles, fitting, width


def plain_csv_candidate(sample: Sample) -> DialectCandidate:
    """The sample parsed as plain CSV."""
    return _candidate(sample, Marks(","))


def best_candidate(sample: Sample) -> DialectCandidate:
    """The sample parsed with the marks that fit best, or with the delimiter given."""
    asked = {"\\t": "\t", "tab": "\t"}.get(sample.asked.delimiter or "", sample.asked.delimiter)
    if asked is not None and (len(asked) != 1 or asked in '"\r\n' or not asked.isascii()):
        raise UsageError(
            f"--delimiter {asked!r} is not one plain character", "For example ';' or tab."
        )
    if asked == " " and _RUN_OF_SPACES.search(sample.text):
        return _aligned(sample)
    candidates = []
    for delimiter in (asked,) if asked else _DELIMITERS:
        candidates.append(_candidate(sample, Marks(delimiter)))
        if candidates[-1].is_perfect:
            break  # no other can fit better, and most files are such
    is_perfect = candidates[-1].is_perfect
    best = candidates[-1] if is_perfect else max(candidates, key=DialectCandidate.rank)
    if not (asked or best.heading.has_roles):
        best = _with_rare_delimiter(sample, best)
    return best if best.is_aligned else _with_other_quotes(sample, best)


def _with_rare_delimiter(sample: Sample, usual: DialectCandidate) -> DialectCandidate:
    has_space_runs = bool(_RUN_OF_SPACES.search(sample.text))
    delimiters = _RARE_DELIMITERS if has_space_runs else (*_RARE_DELIMITERS, " ")
    candidates = (_candidate(sample, Marks(delimiter)) for delimiter in delimiters)
    best = max(candidates, key=DialectCandidate.rank)
    aligned = _aligned(sample) if has_space_runs and b'"' not in sample.text else None
    if best.heading.has_roles:
        return best
    if aligned is None:
        return usual
    fitting = aligned.rank()[1]
    is_even = len(usual.heading.names) == 1 and fitting >= _EVEN_ENOUGH
    # Words of names with spaces in them may be names as well.
    has_roles = aligned.heading.has_roles and fitting >= usual.rank()[1]
    return aligned if has_roles or is_even else usual


def _aligned(sample: Sample) -> DialectCandidate:
    with_tabs = replace(sample, text=spaces_to_tabs(sample.text))
    return replace(_candidate(with_tabs, _ALIGNED), is_aligned=True)


def _with_other_quotes(sample: Sample, usual: DialectCandidate) -> DialectCandidate:
    best, text, delimiter = usual, sample.text, usual.marks.delimiter
    is_quoted = re.search(rb"(?m)(?:^|" + re.escape(delimiter.encode()) + rb')"', text)
    quotes = ('"',) if is_quoted or b"'" not in text else ('"', "'")
    escapable = (delimiter, '"', "'", "\\")
    is_escaped = any(("\\" + mark).encode() in text for mark in escapable)
    for quote in quotes:
        for escape in ("", "\\") if is_escaped else ("",):
            marks = Marks(delimiter, quote, escape)
            if marks == usual.marks:
                continue
            candidate = _candidate(sample, marks)
            if candidate.heading.has_roles < best.heading.has_roles:
                continue
            if candidate.misfit_count < best.misfit_count or (
                candidate.misfit_count == best.misfit_count and _cells_show_marks(best, marks)
            ):
                best = candidate
    return best


def _cells_show_marks(best: DialectCandidate, marks: Marks) -> bool:
    """Whether the cells of `best` contain quotes or escapes of `marks` that were not parsed."""
    quote, escaped = marks.quote, marks.escape + marks.quote
    width = len(best.heading.names)
    rows = [row.cells for row in best.rows if row.cells and len(row.cells) == width]
    if marks.escape > best.marks.escape and any(escaped in cell for row in rows for cell in row):
        return True
    return quote != best.marks.quote and _are_cell_quotes(rows, quote)


def _are_cell_quotes(rows: Sequence[Names], quote: str) -> bool:
    """Whether a quote surrounds all cells of a column, or a cell with doubled quotes."""
    doubled = re.compile(f"{quote}(?:[^{quote}]|{quote * 2})*{quote * 2}(?:[^{quote}])*{quote}")
    if any(doubled.fullmatch(cell) for row in rows for cell in row):
        return True
    return any(
        any(column)
        and all(len(cell) > 1 and cell[0] == cell[-1] == quote for cell in column if cell)
        for column in zip(*rows, strict=True)
    )


def _candidate(sample: Sample, marks: Marks) -> DialectCandidate:
    records = tuple(parse_records(sample.text, sample.start, marks, _TRIED_RECORDS))
    records = records or (Record(sample.start, ("",)),)
    find = find_heading if sample.asked.has_header else numbered_heading
    return DialectCandidate(marks, records, find(records, partial(places_by_role, sample=sample)))


def places_by_role(names: Names, sample: Sample) -> Mapping[str, int] | None:
    """The column index of each role that a header has; None if a required role is missing."""
    header = (*names, *(name for name in sample.folder_columns if name not in names))
    try:
        places = sample.roles.find(header, sample.asked.columns, sample.where)
    except InputError:
        return None
    return {role: place for role, place in places.items() if place < len(names)}
