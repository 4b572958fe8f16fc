"""A text cut into spans of whole records, which can then be read apart and at the same time.

Whether a line end stands between two records or within a cell is told by the number of quotes
before it. So each part of the text is looked at by itself, for both cases; what they say, one after
the other, tells where it may be cut, and whether at all.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rfmtool.sources.files.exports import ExportFile
from rfmtool.sources.files.streams import byte_range, first_bytes
from rfmtool.sources.layout import Dialect
from rfmtool.sources.text.blocks import TAIL_BYTES, BlockSplitter

_FEW: Final = 1 << 12


class QuoteScan(NamedTuple):
    """What a part of a text shows, where it begins outside of quotes and where inside."""

    quotes: int
    is_well_quoted: tuple[bool, bool]
    """Whether every quote opens, closes or doubles."""
    boundaries: tuple[int, int]
    """The last place between two records, in bytes of the file; 0 where there is none."""


def can_be_split(file: ExportFile, dialect: Dialect) -> bool:
    """Whether a text may be read in spans: its bytes are its letters, and stand as they are."""
    return (
        file.kind == "text"
        and codecs.lookup(dialect.encoding).name in ("utf-8", "utf-8-sig", "ascii")
        and not (dialect.escape or dialect.is_aligned or dialect.is_wrapped)
        and (file.max_bytes is None or file.stored_bytes <= file.max_bytes)
    )


def scan_quotes(file: ExportFile, dialect: Dialect, start: int, stop: int) -> QuoteScan:
    """Look at the bytes of a text from `start` to `stop`."""
    cutter = BlockSplitter(dialect.marks, TAIL_BYTES)
    before = min(start, 1)  # a quote is told by what stands beside it
    size = before + stop - start
    with file.open() as raw:
        part = byte_range(raw, start - before, stop + TAIL_BYTES)
        data = first_bytes(part, size + TAIL_BYTES)
    letters = np.frombuffer(data, dtype=np.uint8)[:size]
    quote = dialect.marks.quote
    quotes = np.flatnonzero(letters == ord(quote)) if quote else np.empty(0, dtype=np.intp)
    quotes = quotes[quotes >= before]
    # One more before them all, as what is inside begins with.
    opened = np.concatenate([[-1], quotes])
    outside, inside = (_case(cutter, data, one, start - before) for one in (quotes, opened))
    return QuoteScan(len(quotes), (outside[0], inside[0]), (outside[1], inside[1]))


def _case(
    cutter: BlockSplitter, data: bytes, quotes: npt.NDArray[np.intp], start: int
) -> tuple[bool, int]:
    """Whether some quotes fit, and where bytes from `start` may then be cut."""
    letters = np.frombuffer(data, dtype=np.uint8)
    # What does not fit mostly shows at once, and the search for a place would take its time.
    if not all(cutter.has_valid_quotes(letters, some) for some in (quotes[:_FEW], quotes)):
        return False, 0
    border = cutter.last_record_boundary(memoryview(data), quotes)
    return True, border and start + border


def split_into_spans(glances: Sequence[QuoteScan], start: int, stop: int) -> list[tuple[int, int]]:
    """Cut a text where what was seen of its parts, one behind the other, lets it be cut.

    Args:
        glances: at all its parts, in order.
        start: where its first record begins.
        stop: where it ends.

    Returns:
        From where to where each span is; a single one where quotes can be doubted.
    """
    places, is_inside = [start], 0
    for one in glances:
        if not one.is_well_quoted[is_inside]:
            return [(start, stop)]
        places.append(max(places[-1], one.boundaries[is_inside]))
        is_inside = (is_inside + one.quotes) % 2
    if is_inside:
        return [(start, stop)]
    # The last part goes on to the end.
    return [both for both in pairwise([*places[:-1], stop]) if both[0] < both[1]]
