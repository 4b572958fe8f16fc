"""Which marks divide, quote and escape: each is tried on a sample, and the best fit is taken.

Only what the sample proves is taken: other quotes than the usual, an escape, columns aligned by
spaces.
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
"""Taken only where they make columns that play the needed roles."""
_ALIGNED: Final = Marks("\t", quote="")
_TRIED_RECORDS: Final = 200
_RUN_OF_SPACES: Final = re.compile(rb"[ \t]{2}|^[ \t]", re.MULTILINE)
_EVEN_ENOUGH: Final = 0.9


@dataclass(frozen=True)
class Sample:
    """The first bytes of a file, in whole lines, and what the user said about it."""

    text: bytes
    start: int
    asked: Asked
    where: str
    roles: Roles
    keys: tuple[str, ...] = ()
    """The names of columns that stand in the names of folders."""


@dataclass(frozen=True)
class DialectCandidate:
    """What some marks make of the sample; the one with the largest rank wins."""

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
        """How many records cannot be taken apart, or have other cells than there are names."""
        width = len(self.heading.names)
        return sum(not one.is_blank and len(one.cells or ()) != width for one in self.rows)

    @property
    def is_perfect(self) -> bool:
        """Whether the first record names every needed role, and all others have its cells.

        One column is no proof: whatever divides no cell makes one of every row.
        """
        is_one = len(self.heading.names) == 1
        return self.heading.has_roles and not (
            is_one or self.heading.rows_above or self.misfit_count
        )

    def rank(self) -> tuple[bool, float, int]:
        """Whether the needed roles are there, how even the records are, how many columns."""
        width = len(self.heading.names)
        even = 1 - self.misfit_count / max(1, len(self.rows)) if width > 1 else 0.0
        return self.heading.has_roles, even, width


def plain_csv_candidate(sample: Sample) -> DialectCandidate:
    """What the marks of plain CSV make of a sample."""
    return _trial(sample, Marks(","))


def best_candidate(sample: Sample) -> DialectCandidate:
    """What the marks that fit best make of a sample."""
    asked = {"\\t": "\t", "tab": "\t"}.get(sample.asked.delimiter or "", sample.asked.delimiter)
    if asked is not None and (len(asked) != 1 or asked in '"\r\n' or not asked.isascii()):
        raise UsageError(
            f"--delimiter {asked!r} is not one plain character", "For example ';' or tab."
        )
    if asked == " " and _RUN_OF_SPACES.search(sample.text):
        return _aligned(sample)
    trials = []
    for delimiter in (asked,) if asked else _DELIMITERS:
        trials.append(_trial(sample, Marks(delimiter)))
        if trials[-1].is_perfect:
            break  # no other can fit better, and most files are such
    best = trials[-1] if trials[-1].is_perfect else max(trials, key=DialectCandidate.rank)
    if not (asked or best.heading.has_roles):
        best = _rarer(sample, best)
    return best if best.is_aligned else _with_other_quotes(sample, best)


def _rarer(sample: Sample, usual: DialectCandidate) -> DialectCandidate:
    spaced = bool(_RUN_OF_SPACES.search(sample.text))
    marks = [Marks(one) for one in (*_RARE_DELIMITERS, *(" " * (not spaced)))]
    best = max((_trial(sample, one) for one in marks), key=DialectCandidate.rank)
    aligned = _aligned(sample) if spaced and b'"' not in sample.text else None
    for one in (best, aligned):
        if one and one.heading.has_roles:
            return one
    if aligned and len(usual.heading.names) == 1 and aligned.rank()[1] >= _EVEN_ENOUGH:
        return aligned
    return usual


def _aligned(sample: Sample) -> DialectCandidate:
    squeezed = replace(sample, text=spaces_to_tabs(sample.text))
    return replace(_trial(squeezed, _ALIGNED), is_aligned=True)


def _with_other_quotes(sample: Sample, usual: DialectCandidate) -> DialectCandidate:
    """Take single quotes or an escape where the usual marks leave more records unread."""
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
            trial = _trial(sample, marks)
            if trial.heading.has_roles < best.heading.has_roles:
                continue
            if trial.misfit_count < best.misfit_count or (
                trial.misfit_count == best.misfit_count and _shows(best, marks)
            ):
                best = trial
    return best


def _shows(best: DialectCandidate, marks: Marks) -> bool:
    """Whether the cells, as they are read so far, show other marks than they are read with."""
    quote, escaped = marks.quote, marks.escape + marks.quote
    width = len(best.heading.names)
    rows = [one.cells for one in best.rows if one.cells and len(one.cells) == width]
    if marks.escape > best.marks.escape and any(escaped in cell for row in rows for cell in row):
        return True
    return quote != best.marks.quote and _wraps_cells(rows, quote)


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


def _trial(sample: Sample, marks: Marks) -> DialectCandidate:
    found = tuple(parse_records(sample.text, sample.start, marks, _TRIED_RECORDS))
    found = found or (Record(sample.start, ("",)),)
    find = find_heading if sample.asked.has_header else numbered_heading
    return DialectCandidate(marks, found, find(found, partial(places_by_role, sample=sample)))


def places_by_role(names: Names, sample: Sample) -> Mapping[str, int] | None:
    """The place of each role that names play; None where a needed one is missing."""
    header = (*names, *(key for key in sample.keys if key not in names))
    try:
        places = sample.roles.find(header, sample.asked.columns, sample.where)
    except InputError:
        return None
    return {role: place for role, place in places.items() if place < len(names)}
