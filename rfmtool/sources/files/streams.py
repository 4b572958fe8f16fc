"""Streams that decode, filter or limit the bytes of another stream."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable
from typing import BinaryIO, Final, Protocol, cast

import pyarrow as pa

from rfmtool.errors import InputError

_CHUNK: Final = 1 << 20


class ByteStream(Protocol):
    """The method of a binary file that reading needs."""

    def readinto(self, target: memoryview, /) -> int | None:
        """Fill `target` from its start; return the number of bytes read, 0 at the end."""


def first_bytes(stream: ByteStream, size: int) -> bytes:
    """Read `size` bytes, or fewer at the end."""
    data = bytearray(size)
    filled = 0
    while filled < size and (count := stream.readinto(memoryview(data)[filled:])):
        filled += count
    return bytes(data[:filled])


def transcoded(stream: ByteStream, encoding: str) -> ByteStream:
    """A stream of another encoding as UTF-8; bytes that cannot be decoded are kept, invalid."""
    decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")

    def to_utf8(chunk: bytes) -> bytes:
        return decoder.decode(chunk, final=not chunk).encode("utf-8", "surrogateescape")

    return _buffered(_Filter(stream, to_utf8))


def converted_by_line(stream: ByteStream, convert: Callable[[bytes], bytes]) -> ByteStream:
    """A stream to whose complete lines a function is applied."""
    rest = b""

    def converted(chunk: bytes) -> bytes:
        nonlocal rest
        text = rest + chunk
        cut = max(text.rfind(b"\n"), text.rfind(b"\r")) + 1 if chunk else len(text)
        rest = text[cut:]
        return convert(text[:cut])

    return _buffered(_Filter(stream, converted))


def zstd(raw: BinaryIO) -> ByteStream:
    """A Zstandard file, decompressed."""
    return _buffered(pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd"))


def spaces_to_tabs(text: bytes) -> bytes:
    """Lines with runs of spaces and tabs replaced by one tab, and none at their ends."""
    return _TABS_AT_LINE_ENDS.sub(b"", _SPACE_RUNS.sub(b"\t", text))


def unwrap_formulas(text: bytes) -> bytes:
    """Lines with cells such as `="00123"` replaced by the text of the formula."""
    return _FORMULA.sub(b'"', _QUOTED_FORMULA.sub(rb'"\1"', text))


def has_formula_cells(text: bytes) -> bool:
    """Whether a text has cells such as `="00123"`, by which exports make Excel keep zeros."""
    return b'="' in text and bool(_FORMULA.search(text) or _QUOTED_FORMULA.search(text))


_FORMULA: Final = re.compile(rb'(?:(?<=[\r\n,;\t|])|\A)="')
_QUOTED_FORMULA: Final = re.compile(rb'(?:(?<=[\r\n,;\t|])|\A)"=""([^"\r\n]*)"""(?=[\r\n,;\t|]|\Z)')
_SPACE_RUNS: Final = re.compile(rb"[ \t]+")
_TABS_AT_LINE_ENDS: Final = re.compile(rb"(?<=[\r\n])\t|\A\t|\t(?=[\r\n])|\t\Z")


def _buffered(raw: io.RawIOBase) -> ByteStream:
    return cast("ByteStream", io.BufferedReader(raw, _CHUNK))


class _Filter(io.RawIOBase):
    """The bytes of a stream as a function converts them; its last chunk is empty."""

    def __init__(self, stream: ByteStream, convert: Callable[[bytes], bytes]) -> None:
        self._stream = stream
        self._convert = convert
        self._ready = b""
        self._chunk = bytearray(_CHUNK)

    def readable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        while not self._ready:
            count = self._stream.readinto(memoryview(self._chunk)) or 0
            self._ready = self._convert(bytes(self._chunk[:count]))
            if not count and not self._ready:
                return 0
        taken, self._ready = self._ready[: len(target)], self._ready[len(target) :]
        target[: len(taken)] = taken
        return len(taken)


class Bounded:
    """A stream that raises `refusal` once more than `most` bytes have been read."""

    def __init__(self, stream: ByteStream, most: int, refusal: InputError) -> None:
        self._stream = stream
        self._left = most
        self._refusal = refusal

    def readinto(self, target: memoryview) -> int:
        """As `ByteStream.readinto`."""
        count = self._stream.readinto(target) or 0
        self._left -= count
        if self._left < 0:
            raise self._refusal
        return count


class ByteRange:
    """The bytes of a file from `start` to `stop`."""

    def __init__(self, raw: BinaryIO, start: int, stop: int) -> None:
        raw.seek(start)
        self._raw = raw
        self._left = stop - start

    def readinto(self, target: memoryview) -> int:
        """As `ByteStream.readinto`."""
        data = self._raw.read(min(len(target), self._left))
        self._left -= len(data)
        target[: len(data)] = data
        return len(data)
