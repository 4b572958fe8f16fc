"""Records of delimited text, given delimiter, quote and escape."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final

_FIRST_SEARCH_BYTES: Final = 1 << 8  # how far the end of a line is searched for first


@dataclass(frozen=True)
class Marks:
    """Delimiter, quote and escape character; the last two may be empty."""

    delimiter: str
    quote: str = '"'
    escape: str = ""

    def record_pattern(self, *, strict: bool = False) -> re.Pattern[bytes]:
        """The pattern of a record with its line end; `strict`: without quotes in unquoted cells."""
        return _pattern(self, strict)


@dataclass(frozen=True)
class Record:
    """One record of a sample: where it ends, and its cells; None if its quotes are malformed."""

    end: int
    cells: tuple[str, ...] | None

    @property
    def names(self) -> tuple[str, ...]:
        """Its cells as names of columns: one without a name where its quotes are malformed."""
        return self.cells or ("",)

    @property
    def is_blank(self) -> bool:
        """Whether it contains only delimiters and white space."""
        return self.cells is not None and not "".join(self.cells).strip()


@lru_cache(maxsize=64)
def _pattern(marks: Marks, strict: bool) -> re.Pattern[bytes]:  # noqa: FBT001 - one caller
    delimiter, quote, escape = (re.escape(mark.encode()) for mark in
                          (marks.delimiter, marks.quote, marks.escape))  # fmt: skip
    # Other letters behind an escape (\n, \N) are ambiguous, and so match nothing.
    escaped = rb"|" + escape + rb"[" + delimiter + quote + escape + rb"]" if escape else b""
    doubled = b"" if escape or not quote else rb"|" + quote + quote
    excluded = quote if strict else b""
    field = rb"(?>[^" + delimiter + escape + rb"\r\n" + excluded + rb"]++" + escaped + rb")*+"
    if quote:
        quoted = quote + rb"(?>[^" + quote + escape + rb"]++" + escaped + doubled + rb")*+" + quote
        field = rb"(?>" + quoted + rb"|(?!" + quote + rb")" + field + rb")"
    return re.compile(field + rb"(?>" + delimiter + field + rb")*+(?>\r\n|\n|\r|\Z)")


def line_end(data: bytes, start: int) -> int:
    """The place behind the line that begins at `start`."""
    size = _FIRST_SEARCH_BYTES
    while start < len(data):
        # Twice as far each time, so that neither short lines nor one long line take quadratic time.
        ends = [place for mark in (b"\n", b"\r")
                if (place := data.find(mark, start, start + size)) >= 0]  # fmt: skip
        if ends:
            end = min(ends)
            return end + 2 if data.startswith(b"\r\n", end) else end + 1
        start, size = start + size, size * 2
    return len(data)


def parse_records(sample: bytes, start: int, marks: Marks, most: int) -> list[Record]:
    """Parse the first records of a sample, at most `most`."""
    matches = _iter_matches(sample, start, marks.record_pattern())
    return [
        Record(end, None if match is None else _cells(match.group(), marks))
        for end, match in islice(matches, most)
    ]


def iter_record_bytes(data: bytes, marks: Marks) -> Iterator[bytes]:
    """Yield the records of a block, without line ends."""
    start = 0
    for end, _ in _iter_matches(data, 0, marks.record_pattern()):
        yield data[start:end].rstrip(b"\r\n")
        start = end


def _iter_matches(
    sample: bytes, start: int, pattern: re.Pattern[bytes]
) -> Iterator[tuple[int, re.Match[bytes] | None]]:
    while start < len(sample):
        match = pattern.match(sample, start)
        start = match.end() if match else line_end(sample, start)
        yield start, match


def _cells(record: bytes, marks: Marks) -> tuple[str, ...]:
    # Not str.splitlines, which splits at form feeds and U+2028 too.
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
