"""What a record of text looks like, given the marks that divide and quote its cells."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_NEAR: Final = 1 << 8
"""How far the end of a line is looked for first."""


@dataclass(frozen=True)
class Marks:
    """What divides the cells of a record, what quotes one, and what makes a mark plain text."""

    delimiter: str
    quote: str = '"'
    escape: str = ""

    def record_pattern(self, *, strict: bool = False) -> re.Pattern[bytes]:
        """The pattern of one whole record with its line end.

        Args:
            strict: let no quote stand inside a bare cell.
        """
        return _pattern(self, strict)


@dataclass(frozen=True)
class Record:
    """One record of a sample: where it ends, and its cells; None where its quotes are torn."""

    end: int
    cells: tuple[str, ...] | None

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing in it but delimiters and white space."""
        return self.cells is not None and not "".join(self.cells).strip()


@lru_cache(maxsize=64)
def _pattern(marks: Marks, strict: bool) -> re.Pattern[bytes]:  # noqa: FBT001 - one caller
    cut, quote, escape = (re.escape(mark.encode()) for mark in
                          (marks.delimiter, marks.quote, marks.escape))  # fmt: skip
    # Other letters behind an escape (\n, \N) mean one thing here and another there: torn.
    escaped = rb"|" + escape + rb"[" + cut + quote + escape + rb"]" if escape else b""
    doubled = b"" if escape or not quote else rb"|" + quote + quote
    bare = rb"(?>[^" + cut + escape + rb"\r\n" + (quote if strict else b"") + rb"]++" + escaped
    field = bare + rb")*+"
    if quote:
        quoted = quote + rb"(?>[^" + quote + escape + rb"]++" + escaped + doubled + rb")*+" + quote
        field = rb"(?>" + quoted + rb"|(?!" + quote + rb")" + field + rb")"
    return re.compile(field + rb"(?>" + cut + field + rb")*+(?>\r\n|\n|\r|\Z)")


def line_end(data: bytes, start: int) -> int:
    """Return the place behind the line that begins at `start`."""
    size = _NEAR
    while start < len(data):
        # Twice as far each time, so that neither short lines nor one long line cost a square.
        found = [place for mark in (b"\n", b"\r")
                 if (place := data.find(mark, start, start + size)) >= 0]  # fmt: skip
        if found:
            end = min(found)
            return end + 2 if data.startswith(b"\r\n", end) else end + 1
        start, size = start + size, size * 2
    return len(data)


def parse_records(sample: bytes, start: int, marks: Marks, most: int) -> list[Record]:
    """Take the first records of a sample apart."""
    found: list[Record] = []
    for end, match in _matches(sample, start, marks.record_pattern()):
        cells = None if match is None else _cells(match.group(), marks)
        found.append(Record(end, cells))
        if len(found) == most:
            break
    return found


def iter_record_bytes(data: bytes, marks: Marks) -> Iterator[bytes]:
    """The records of a block one after the other, each without its line end."""
    start = 0
    for end, _ in _matches(data, 0, marks.record_pattern()):
        yield data[start:end].rstrip(b"\r\n")
        start = end


def _matches(
    sample: bytes, start: int, pattern: re.Pattern[bytes]
) -> Iterator[tuple[int, re.Match[bytes] | None]]:
    while start < len(sample):
        match = pattern.match(sample, start)
        start = match.end() if match else line_end(sample, start)
        yield start, match


def _cells(record: bytes, marks: Marks) -> tuple[str, ...]:
    # Not str.splitlines: only CR and LF end a line here, a form feed or U+2028 is text.
    text = io.StringIO(record.decode("utf-8", "replace"), newline="")
    reader = csv.reader(
        text,
        delimiter=marks.delimiter,
        quotechar=marks.quote or None,
        quoting=csv.QUOTE_MINIMAL if marks.quote else csv.QUOTE_NONE,
        escapechar=marks.escape or None,
        doublequote=not marks.escape,
    )
    try:
        return tuple(next(reader, [""])) or ("",)
    except csv.Error:  # a cell beyond 128 KiB
        return ("",)
