"""Split a text file into spans of complete records that can be read in parallel.

Whether a line end is between two records or within a cell depends on the number of quotes before
it. So each part of the text is scanned independently for both cases; the results in order show
where it may be split, and whether at all.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rfmtool.sources.files.exports import ExportFile
from rfmtool.sources.files.streams import ByteRange, first_bytes
from rfmtool.sources.layout import Dialect
from rfmtool.sources.text.blocks import TAIL_BYTES, BlockSplitter

_PROBE_QUOTES: Final = 1 << 12


class QuoteScan(NamedTuple):
    """The quotes of a part of a text; pairs are for a part that begins outside or inside quotes."""

    quotes: int
    is_well_quoted: tuple[bool, bool]
    """Whether every quote opens, closes or doubles."""
    boundaries: tuple[int, int]
    """The last place between two records, as an offset in the file; 0 if there is none."""


def can_be_split(file: ExportFile, dialect: Dialect) -> bool:
    """Whether a text may be read in spans: it is UTF-8, unpacked, and parsed as stored."""
    return (
        file.kind == "text"
        and codecs.lookup(dialect.encoding).name in ("utf-8", "utf-8-sig", "ascii")
        and not (dialect.escape or dialect.is_aligned or dialect.is_wrapped)
        and (file.max_bytes is None or file.stored_bytes <= file.max_bytes)
    )


def scan_quotes(file: ExportFile, dialect: Dialect, start: int, stop: int) -> QuoteScan:
    """Scan the bytes of a text from `start` to `stop`."""
    splitter = BlockSplitter(dialect.marks, TAIL_BYTES)
    before = min(start, 1)  # as quotes are judged by their neighbours
    size = before + stop - start
    with file.open() as raw:
        part = ByteRange(raw, start - before, stop + TAIL_BYTES)
        data = first_bytes(part, size + TAIL_BYTES)
    letters = np.frombuffer(data, dtype=np.uint8)[:size]
    quote = dialect.marks.quote
    quotes = np.flatnonzero(letters == ord(quote)) if quote else np.empty(0, dtype=np.intp)
    quotes = quotes[quotes >= before]
    # A part that begins inside quotes is one with another quote before it.
    cases = (quotes, np.concatenate([[-1], quotes]))
    offset = start - before
    outside, inside = (_quotes_and_boundary(splitter, data, case, offset) for case in cases)
    return QuoteScan(len(quotes), (outside[0], inside[0]), (outside[1], inside[1]))


def _quotes_and_boundary(
    splitter: BlockSplitter, data: bytes, quotes: npt.NDArray[np.intp], offset: int
) -> tuple[bool, int]:
    """Whether all quotes are valid, and if so the last record boundary in the file, or 0."""
    letters = np.frombuffer(data, dtype=np.uint8)
    # Invalid quotes mostly show among the first.
    for some in (quotes[:_PROBE_QUOTES], quotes):
        if not splitter.has_valid_quotes(letters, some):
            return False, 0
    boundary = splitter.last_record_boundary(memoryview(data), quotes)
    return True, boundary and offset + boundary


def split_into_spans(scans: Sequence[QuoteScan], start: int, stop: int) -> list[tuple[int, int]]:
    """Split a text from `start` to `stop` where the scans of all its parts, in order, allow it.

    A single span is returned if any quotes are ambiguous.
    """
    bounds, is_inside = [start], 0
    for scan in scans:
        if not scan.is_well_quoted[is_inside]:
            return [(start, stop)]
        bounds.append(max(bounds[-1], scan.boundaries[is_inside]))
        is_inside = (is_inside + scan.quotes) % 2
    if is_inside:
        return [(start, stop)]
    # The last part extends to the end.
    return [span for span in pairwise([*bounds[:-1], stop]) if span[0] < span[1]]
