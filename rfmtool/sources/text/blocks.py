"""A stream of CSV bytes, cut into blocks that begin and end between two records.

Records are lexed as RFC 4180 says: a quote opens a quoted field only at the field's start; inside,
a doubled quote is one quote, or one behind the escape where the file has one. A record with text
behind its closing quote, or whose quote is never closed, can be read in more than one way: it is
cut out and reported, never guessed.
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
_QUOTED_FIELD_BYTES: Final = 1 << 20
"""A quote that stays open for longer counts as never closed."""
_RECORD_BYTES: Final = 64 << 20
TAIL_BYTES: Final = 1 << 12
"""What the last block holds at least, so that whoever looks at a file's end finds it whole."""
_TRIES: Final = 64
"""How many line ends are tried as the end of a block before any will do."""
_LF, _CR = b"\n", b"\r"

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Block:
    """Whole records, and the places of those whose quotes can be doubted.

    `torn` records are cut out, because they can be read in two ways; their places count from 0,
    the cut out ones included. `stray` ones hold a quote in a bare cell; their places count
    without the torn ones. `cut_out` is the text of the torn ones.
    """

    data: pa.Buffer
    malformed_rows: tuple[int, ...] = ()
    stray_quote_rows: tuple[int, ...] = ()
    is_last: bool = False
    malformed_texts: tuple[bytes, ...] = ()


def split_into_blocks(
    stream: ByteStream, marks: Marks, offset: int, block_bytes: int = BLOCK_BYTES
) -> Iterator[Block]:
    """Cut a stream into blocks of whole records.

    Args:
        stream: UTF-8 bytes.
        marks: what divides and quotes the cells.
        offset: bytes to pass over first.
        block_bytes: how much to read at a time.

    Raises:
        InputError: a record is longer than 64 MiB.
    """
    while offset and (count := stream.readinto(memoryview(bytearray(offset)))):
        offset -= count
    cutter = BlockSplitter(marks, min(TAIL_BYTES, block_bytes // 2))
    rest = pa.py_buffer(b"")
    more = True
    while more:
        # As much again as is left of a long line, so that it is looked at twice at most.
        size = max(block_bytes, len(rest))
        buffer, filled = _filled(stream, rest, size)
        more = filled == len(rest) + size
        block, used = cutter.cut(buffer.slice(0, filled), final=not more)
        if len(block.data) or block.malformed_rows:
            yield block
        rest = buffer.slice(used, filled - used)
        if len(rest) > _RECORD_BYTES:
            raise InputError(
                "a record is longer than 64 MiB, so this is no table of text, or a quote is never"
                " closed",
                "Say how cells are divided with --delimiter.",
            )


def _filled(stream: ByteStream, rest: pa.Buffer, block_bytes: int) -> tuple[pa.Buffer, int]:
    # Arrow's own buffers: reading into them spares the page faults of joined byte strings.
    buffer = pa.allocate_buffer(len(rest) + block_bytes)
    view = memoryview(buffer).cast("B")
    view[: len(rest)] = memoryview(rest).cast("B")
    filled = len(rest)
    while filled < len(view):
        count = stream.readinto(view[filled:])
        if not count:
            break
        filled += count
    return buffer, filled


class BlockSplitter:
    """Finds the last place of a buffer that lies between two records.

    `tail` is how much is left behind it at least.
    """

    def __init__(self, marks: Marks, tail: int) -> None:
        self._marks = marks
        self._record = marks.record_pattern()
        self._strict = marks.record_pattern(strict=True)
        self._beside = (marks.delimiter + "\n\r" + marks.quote).encode()
        self._delimiter = marks.delimiter.encode()
        self._blank = self._beside + b" \t"
        self._tail = tail
        self._is_quote = np.empty(0, dtype=bool)  # kept, as new memory takes longer than the look

    def cut(self, buffer: pa.Buffer, *, final: bool) -> tuple[Block, int]:
        """Return the block at the buffer's start, and how many bytes it used."""
        view = memoryview(buffer).cast("B")
        if self._marks.escape:
            return self._careful(bytes(view), final=final)
        data = np.frombuffer(buffer, dtype=np.uint8)
        quote = self._marks.quote
        quotes = self._places_of(quote, data) if quote else np.empty(0, dtype=np.intp)
        even = len(data) if len(quotes) % 2 == 0 else 0
        used = even if final else self.last_record_boundary(view, quotes)
        if used and self.has_valid_quotes(data[:used], quotes[: np.searchsorted(quotes, used)]):
            return Block(buffer.slice(0, used), is_last=final), used
        if used or len(data) > _QUOTED_FIELD_BYTES or final:
            return self._careful(bytes(view), final=final)
        return Block(buffer.slice(0, 0)), 0

    def _places_of(self, quote: str, data: Bytes) -> npt.NDArray[np.intp]:
        if len(self._is_quote) < len(data):
            self._is_quote = np.empty(len(data), dtype=bool)
        return np.flatnonzero(np.equal(data, ord(quote), out=self._is_quote[: len(data)]))

    def last_record_boundary(self, view: memoryview, quotes: npt.NDArray[np.intp]) -> int:
        """Return a place between two records that need no look at each other, 0 if there is none.

        A line that nothing divides may be a piece of a cell in the line before or behind it.
        """
        last = used = _between_records(view[: max(0, len(view) - self._tail)], quotes)
        for _ in range(_TRIES):
            if not used or self._divides_both(view, used):
                return used
            used = _between_records(view[: used - 1], quotes)
        return last

    def _divides_both(self, view: memoryview | bytes, place: int) -> bool:
        """Whether the lines before and behind a place, but for blank ones, have several cells."""
        before = bytes(view[max(0, place - TAIL_BYTES) : place]).rstrip(self._blank)
        behind = bytes(view[place : place + TAIL_BYTES]).lstrip(self._blank)
        start = max(before.rfind(_LF), before.rfind(_CR)) + 1
        end = line_end(behind, 0)
        return self._delimiter in before[start:] and self._delimiter in behind[:end]

    def has_valid_quotes(self, data: Bytes, quotes: npt.NDArray[np.intp]) -> bool:
        """Whether every quote opens, closes or doubles, so that parity tells inside from outside.

        Counted from 0, an even quote leaves the outside and must follow a delimiter, a line end
        or the quote it doubles; an odd one must be followed by one of these.
        """
        if not len(quotes):
            return True
        before = data.take(quotes[0::2] - 1)
        after = data.take(quotes[1::2] + 1, mode="clip")
        if quotes[0] <= 0:
            before[0] = ord(_LF)
        return self._all_beside(before) and self._all_beside(after)

    def _all_beside(self, neighbours: Bytes) -> bool:
        fits = np.zeros(len(neighbours), dtype=bool)
        for byte in self._beside:
            fits |= neighbours == byte
        return bool(fits.all())

    def _careful(self, data: bytes, *, final: bool) -> tuple[Block, int]:
        """Go record by record, and cut out those that the pattern does not fit."""
        good: list[bytes] = []
        torn, cut_out, stray = [], [], []
        start = count = 0
        while start < len(data):
            if not final and self._is_enough(data, start):
                break
            bound = start + _QUOTED_FIELD_BYTES
            match = self._record.match(data, start, bound)
            whole = match and (data[match.end() - 1] in _LF + _CR or match.end() == len(data))
            if match and whole:
                if self._is_stray(data, start, match.end()):
                    stray.append(len(good))
                good.append(data[start : match.end()])
                end = match.end()
            else:
                end = line_end(data, start)
                if end == len(data) and not final:
                    break  # the line goes on in the next block; its rest is no record
                torn.append(count)
                cut_out.append(data[start:end])
                if good and good[-1].endswith(_CR):
                    good[-1] += _LF  # or the CR would join the LF of an empty line behind the gap
            start, count = end, count + 1
        block = Block(
            pa.py_buffer(b"".join(good)), tuple(torn), tuple(stray), final, tuple(cut_out)
        )
        return block, start

    def _is_enough(self, data: bytes, start: int) -> bool:
        """Whether a block may end here; later, a field might go on beyond the data."""
        left = len(data) - _QUOTED_FIELD_BYTES - start
        return left < 0 or (start > 0 and left < TAIL_BYTES and self._divides_both(data, start))

    def _is_stray(self, data: bytes, start: int, end: int) -> bool:
        quote = self._marks.quote.encode()
        if not quote or data.find(quote, start, end) < 0:
            return False
        match = self._strict.match(data, start, end)
        return match is None or match.end() != end


def _between_records(view: memoryview, quotes: npt.NDArray[np.intp]) -> int:
    """Return the place behind the last line end outside quotes, 0 if there is none."""
    used = _after_last_line_end(view, len(view))
    while used and (before := int(np.searchsorted(quotes, used))) % 2:
        used = _after_last_line_end(view, int(quotes[before - 1]))
    return used


def _after_last_line_end(view: memoryview, end: int) -> int:
    step = 1 << 12
    while end > 0:
        start = max(0, end - step)
        tail = bytes(view[start:end])
        # A CR at the very end may be half of a CRLF, so it ends nothing yet.
        found = max(tail.rfind(_LF), tail.rfind(_CR, 0, len(tail) - 1))
        if found >= 0:
            return start + found + 1
        end, step = start, step * 4
    return 0
