"""What comes by a pipe, kept in a temporary file, since it is read more than once."""

from __future__ import annotations

import io
import os
import tempfile
import threading
from typing import BinaryIO, Final, cast

from rfmtool.errors import InputError, SystemFailureError

_CHUNK: Final = 1 << 20


def spooled(pipe: BinaryIO, name: str, most: int | None = None) -> BinaryIO:
    """Keep a copy of a pipe's bytes.

    Args:
        pipe: read to its end.
        name: what it is called in messages.
        most: how many bytes it may hold.

    Raises:
        InputError: it holds more.
        SystemFailureError: there is no room for it.
    """
    size = 0
    try:
        spool = _Spool()
        while data := pipe.read(_CHUNK):
            size += len(data)
            if most is not None and size > most:
                raise too_large(name, most)
            spool.file.write(data)
        spool.file.flush()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SystemFailureError(
            f"{name}: cannot be kept in a temporary file, which had grown to {size:,} bytes:"
            f" {reason}",
            "Free some space, name a roomier folder with TMPDIR, or give a file.",
        ) from None
    return cast("BinaryIO", spool)


def too_large(name: str, most: int) -> InputError:
    """Say that a file holds more than it may."""
    return InputError(
        f"{name}: it holds more than {most:,} bytes once unpacked",
        "If it is meant to, allow more with --max-size, for example 100GB.",
    )


def reader_of(spool: BinaryIO) -> BinaryIO:
    """A reader of a spool from its start, beside any other."""
    return cast("BinaryIO", _Unclosed(spool))


class _Spool(io.RawIOBase):
    """A copy of a pipe, since detection and a second pass need to read again; gone when unused."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - closed below, by the base at the latest

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self.file.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def close(self) -> None:
        self.file.close()
        super().close()


class _Unclosed(io.RawIOBase):
    """A reader of a spool: it has a place of its own, and closing it leaves the spool open."""

    # A thread may look at a row again while another reads on.
    _lock: Final = threading.Lock()

    def __init__(self, spool: BinaryIO) -> None:
        self._spool = spool
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        with self._lock:
            self._spool.seek(self._place)
            data = self._spool.read(len(target))
        self._place += len(data)
        target[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_CUR:
            offset, whence = self._place + offset, os.SEEK_SET
        with self._lock:
            self._place = self._spool.seek(offset, whence)
        return self._place

    def tell(self) -> int:
        return self._place
