"""A stream of CSV bytes, split into blocks of complete records.

Quoting is that of RFC 4180: a quote opens a quoted field only at the field's start; inside, a
doubled quote (or, in a file with an escape character, an escaped one) is one quote. A record with
text behind its closing quote, or with a quote that is never closed, is ambiguous: it is cut out
and reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rfmtool.errors import InputError
from rfmtool.sources.files.streams import ByteStream
from rfmtool.sources.text.records import Marks, line_end

BLOCK_BYTES: Final = 4 << 20
_QUOTED_FIELD_BYTES: Final = 1 << 20  # a quote that stays open for longer counts as never closed
_RECORD_BYTES: Final = 64 << 20
TAIL_BYTES: Final = 1 << 12
"""The least size of the last block, so that it contains the whole footer of a file."""
_TRIES: Final = 64
"""How many line ends between delimited lines are tried for before any line end is taken."""
_LF, _CR = b"\n", b"\r"

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Block:
    """Complete records, and which of them have suspicious quotes."""

    data: pa.Buffer
    """Without the malformed records."""
    malformed_rows: tuple[int, ...] = ()
    """Indices of the ambiguous records that are cut out, among all records of the block."""
    stray_quote_rows: tuple[int, ...] = ()
    """Indices of records with a quote in an unquoted cell, among the records of `data`."""
    is_last: bool = False
    malformed_texts: tuple[bytes, ...] = ()


def split_into_blocks(
    stream: ByteStream, marks: Marks, offset: int, block_bytes: int = BLOCK_BYTES
) -> Iterator[Block]:
    """Split a stream of UTF-8 behind `offset` bytes into blocks of complete records."""
    while offset and (count := stream.readinto(memoryview(bytearray(offset)))):
        offset -= count
    splitter = BlockSplitter(marks, min(TAIL_BYTES, block_bytes // 2))
    rest = pa.py_buffer(b"")
    more = True
    while more:
        # As much again as is left of a long line, so that none of it is scanned more than twice.
        size = max(block_bytes, len(rest))
        buffer, filled = _fill_buffer(stream, rest, size)
        more = filled == len(rest) + size
        block, used = splitter.cut(buffer.slice(0, filled), final=not more)
        if len(block.data) or block.malformed_rows:
            yield block
        rest = buffer.slice(used, filled - used)
        if len(rest) > _RECORD_BYTES:
            raise InputError(
                "a record is longer than 64 MiB, so this is no table of text, or a quote is never"
                " closed",
                "Say how cells are divided with --delimiter.",
            )


def _fill_buffer(stream: ByteStream, rest: pa.Buffer, block_bytes: int) -> tuple[pa.Buffer, int]:
    """Read into a new buffer that begins with `rest`; return it and how much of it is filled."""
    # Arrow's own buffers avoid the page faults of joined byte strings.
    buffer = pa.allocate_buffer(len(rest) + block_bytes)
    view = memoryview(buffer).cast("B")
    view[: len(rest)] = memoryview(rest).cast("B")
    filled = len(rest)
    while filled < len(view) and (count := stream.readinto(view[filled:])):
        filled += count
    return buffer, filled


class BlockSplitter:
    """Cuts blocks at the last record boundary of a buffer, at least `tail` bytes before its end."""

    def __init__(self, marks: Marks, tail: int) -> None:
        self._marks = marks
        self._pattern = marks.record_pattern()
        self._strict_pattern = marks.record_pattern(strict=True)
        self._quote_neighbours = (marks.delimiter + "\n\r" + marks.quote).encode()
        self._delimiter = marks.delimiter.encode()
        self._blank = self._quote_neighbours + b" \t"
        self._tail = tail
        self._is_quote = np.empty(0, dtype=bool)  # reused, as allocating takes longer than the scan

    def cut(self, buffer: pa.Buffer, *, final: bool) -> tuple[Block, int]:
        """Return the block at the buffer's start, and how many bytes it used."""
        view = memoryview(buffer).cast("B")
        if self._marks.escape:
            return self._cut_by_record(bytes(view), final=final)
        data = np.frombuffer(buffer, dtype=np.uint8)
        quotes = np.empty(0, dtype=np.intp)
        if self._marks.quote:
            if len(self._is_quote) < len(data):
                self._is_quote = np.empty(len(data), dtype=bool)
            is_quote = self._is_quote[: len(data)]
            quotes = np.flatnonzero(np.equal(data, ord(self._marks.quote), out=is_quote))
        even = len(data) if len(quotes) % 2 == 0 else 0
        used = even if final else self.last_record_boundary(view, quotes)
        if used and self.has_valid_quotes(data[:used], quotes[: np.searchsorted(quotes, used)]):
            return Block(buffer.slice(0, used), is_last=final), used
        if used or len(data) > _QUOTED_FIELD_BYTES or final:
            return self._cut_by_record(bytes(view), final=final)
        return Block(buffer.slice(0, 0)), 0

    def last_record_boundary(self, view: memoryview, quotes: npt.NDArray[np.intp]) -> int:
        """Return a place between two records, 0 if there is none.

        A line without a delimiter may be part of a cell in the line before or behind it, so a place
        between lines with delimiters is preferred.
        """
        last = used = _after_last_record(view[: max(0, len(view) - self._tail)], quotes)
        for _ in range(_TRIES):
            if not used or self._is_between_delimited_lines(view, used):
                return used
            used = _after_last_record(view[: used - 1], quotes)
        return last

    def _is_between_delimited_lines(self, view: memoryview | bytes, place: int) -> bool:
        before = bytes(view[max(0, place - TAIL_BYTES) : place]).rstrip(self._blank)
        behind = bytes(view[place : place + TAIL_BYTES]).lstrip(self._blank)
        start = max(before.rfind(_LF), before.rfind(_CR)) + 1
        end = line_end(behind, 0)
        return self._delimiter in before[start:] and self._delimiter in behind[:end]

    def has_valid_quotes(self, data: Bytes, quotes: npt.NDArray[np.intp]) -> bool:
        """Whether every quote opens, closes or doubles, so that parity tells what is quoted.

        Counted from 0, an even quote must follow a delimiter, a line end or the quote it doubles;
        an odd one must be followed by one of these.
        """
        if not len(quotes):
            return True
        before = data.take(quotes[0::2] - 1)
        after = data.take(quotes[1::2] + 1, mode="clip")
        if quotes[0] <= 0:
            before[0] = ord(_LF)
        return self._are_quote_neighbours(before) and self._are_quote_neighbours(after)

    def _are_quote_neighbours(self, neighbours: Bytes) -> bool:
        is_expected = np.zeros(len(neighbours), dtype=bool)
        for byte in self._quote_neighbours:
            is_expected |= neighbours == byte
        return bool(is_expected.all())

    def _cut_by_record(self, data: bytes, *, final: bool) -> tuple[Block, int]:
        """Match record by record, and cut out those that are malformed."""
        good: list[bytes] = []
        malformed: dict[int, bytes] = {}
        stray = []
        start = count = 0
        while start < len(data):
            if not final and self._may_end_here(data, start):
                break
            match = self._pattern.match(data, start, start + _QUOTED_FIELD_BYTES)
            if match and (data[match.end() - 1] in _LF + _CR or match.end() == len(data)):
                end = match.end()
                if self._has_stray_quote(data, start, end):
                    stray.append(len(good))
                good.append(data[start:end])
            else:
                end = line_end(data, start)
                if end == len(data) and not final:
                    break  # the line continues in the next block
                malformed[count] = data[start:end]
                if good and good[-1].endswith(_CR):
                    good[-1] += _LF  # or the CR would join the LF of an empty line behind the gap
            start, count = end, count + 1
        kept, texts = pa.py_buffer(b"".join(good)), tuple(malformed.values())
        return Block(kept, tuple(malformed), tuple(stray), final, texts), start

    def _may_end_here(self, data: bytes, start: int) -> bool:
        """Whether a block should end here, as later a field might continue beyond the data."""
        left = len(data) - _QUOTED_FIELD_BYTES - start
        if left < 0:
            return True
        return start > 0 and left < TAIL_BYTES and self._is_between_delimited_lines(data, start)

    def _has_stray_quote(self, data: bytes, start: int, end: int) -> bool:
        quote = self._marks.quote.encode()
        if not quote or data.find(quote, start, end) < 0:
            return False
        match = self._strict_pattern.match(data, start, end)
        return match is None or match.end() != end


def _after_last_record(view: memoryview, quotes: npt.NDArray[np.intp]) -> int:
    """The place behind the last line end outside quotes, 0 if there is none."""
    used = _after_last_line_end(view, len(view))
    while used and (before := int(np.searchsorted(quotes, used))) % 2:
        used = _after_last_line_end(view, int(quotes[before - 1]))
    return used


def _after_last_line_end(view: memoryview, end: int) -> int:
    step = 1 << 12
    while end > 0:
        start = max(0, end - step)
        tail = bytes(view[start:end])
        # A CR at the very end may be half of a CRLF, so it does not count.
        place = max(tail.rfind(_LF), tail.rfind(_CR, 0, len(tail) - 1))
        if place >= 0:
            return start + place + 1
        end, step = start, step * 4
    return 0
