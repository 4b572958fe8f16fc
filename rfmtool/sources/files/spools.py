"""What comes by a pipe, kept in a temporary file, since it is read more than once."""

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

_CHUNK: Final = 1 << 20


def spool_pipe(pipe: BinaryIO, name: str, most: int | None = None) -> BinaryIO:
    """Keep a copy of a pipe's bytes."""
    with _kept(name) as spool:
        while data := pipe.read(_CHUNK):
            if not spool.tell() and not data.strip(b"\0"):  # as /dev/zero goes on for ever
                raise InputError(f"{name}: it begins with nothing but zeros", "Name a table.")
            spool.file.write(data)
            if most is not None and spool.tell() > most:
                raise too_large_error(name, most)
    return cast("BinaryIO", spool)


def spool_batches(reader: pa.RecordBatchReader, name: str, batch_rows: int) -> BinaryIO:
    """Keep the batches of a stream, as Arrow's own stream; small ones are joined."""
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with (
        _kept(name) as spool,
        pa.ipc.new_stream(spool.file, reader.schema, options=options) as writer,
    ):
        held: list[pa.RecordBatch] = []
        for batch in reader:
            held.append(batch)
            if sum(map(len, held)) >= batch_rows:
                writer.write_table(pa.Table.from_batches(held).combine_chunks())
                held.clear()
        writer.write_table(pa.Table.from_batches(held, reader.schema).combine_chunks())
    return cast("BinaryIO", spool)


@contextmanager
def _kept(name: str) -> Iterator[_Spool]:
    """A new spool; flushed at the end, and with errors in our words."""
    spool = None
    try:
        spool = _Spool(tempfile.TemporaryFile())  # noqa: SIM115 - it closes it
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
    """Say that a file holds more than it may."""
    return InputError(
        f"{name}: it holds more than {most:,} bytes once unpacked",
        "If it is meant to, allow more with --max-size, for example 100GB.",
    )


def open_spool(spool: BinaryIO) -> BinaryIO:
    """A reader of a spool from its start, beside any other."""
    return cast("BinaryIO", _Unclosed(spool))


class _Spool(io.RawIOBase):
    """A copy of a pipe, since detection and a second pass need to read again; gone when unused."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        # In a circle of objects Python would end the file first, and warn that it is open.
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
