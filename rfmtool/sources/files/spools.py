"""Temporary files for the bytes of pipes, which are read more than once."""

from __future__ import annotations

import io
import os
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, Final, cast

import pyarrow as pa

from rfmtool.errors import InputError, SystemFailureError
from rfmtool.interrupts import uninterrupted

_CHUNK: Final = 1 << 20


def spool_pipe(pipe: BinaryIO, name: str, most: int | None = None) -> BinaryIO:
    """Copy a pipe's bytes to a temporary file, at most `most` bytes."""
    with _new_spool(name) as spool:
        while data := pipe.read(_CHUNK):
            if not spool.tell() and not data.strip(b"\0"):  # /dev/zero never ends
                raise InputError(f"{name}: it begins with nothing but zeros", "Name a table.")
            spool.file.write(data)
            if most is not None and spool.tell() > most:
                raise too_large_error(name, most)
    return cast("BinaryIO", spool)


def spool_batches(reader: pa.RecordBatchReader, name: str, batch_rows: int) -> BinaryIO:
    """Copy batches to a temporary file in Arrow's IPC stream format; small ones are joined."""
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with (
        _new_spool(name) as spool,
        pa.ipc.new_stream(spool.file, reader.schema, options=options) as writer,
    ):
        waiting: list[pa.RecordBatch] = []
        for batch in reader:
            waiting.append(batch)
            if sum(map(len, waiting)) >= batch_rows:
                writer.write_table(pa.Table.from_batches(waiting).combine_chunks())
                waiting.clear()
        writer.write_table(pa.Table.from_batches(waiting, reader.schema).combine_chunks())
    return cast("BinaryIO", spool)


@contextmanager
def _new_spool(name: str) -> Iterator[_Spool]:
    """Yield a new spool and flush it at the end; system errors become a SystemFailureError."""
    spool = None
    try:
        with uninterrupted():  # or a file by which Python tries the folder could stay
            spool = _Spool(tempfile.TemporaryFile())  # noqa: SIM115 - the spool closes it
        yield spool
        spool.file.flush()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        size = os.fstat(spool.file.fileno()).st_size if spool else 0
        raise SystemFailureError(
            f"{name}: cannot be kept in a temporary file, which had grown to {size:,} bytes:"
            f" {reason}",
            "Free some space, name a roomier folder with TMPDIR, or give a file.",
        ) from None


def too_large_error(name: str, most: int) -> InputError:
    """The error for a file that holds more than `most` bytes."""
    return InputError(
        f"{name}: it holds more than {most:,} bytes once unpacked",
        "If it is meant to, allow more with --max-size, for example 100GB.",
    )


def open_spool(spool: BinaryIO) -> BinaryIO:
    """A new reader of a spool, independent of others."""
    return cast("BinaryIO", _SpoolReader(spool))


class _Spool(io.RawIOBase):
    """A temporary copy of a pipe, deleted when no longer referenced."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        # In a reference cycle Python might finalize the file first, and warn that it is open.
        weakref.finalize(self, file.close)

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


class _SpoolReader(io.RawIOBase):
    """A reader of a spool with a position of its own; closing it leaves the spool open."""

    # Threads may read a spool at the same time.
    _lock: Final = threading.Lock()

    def __init__(self, spool: BinaryIO) -> None:
        self._spool = spool
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        with self._lock:
            self._spool.seek(self._position)
            data = self._spool.read(len(target))
        self._position += len(data)
        target[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_CUR:
            offset, whence = self._position + offset, os.SEEK_SET
        with self._lock:
            self._position = self._spool.seek(offset, whence)
        return self._position

    def tell(self) -> int:
        return self._position
