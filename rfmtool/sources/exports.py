"""Which files an EXPORT names, and their bytes, decompressed and as UTF-8."""

from __future__ import annotations

import bz2
import codecs
import glob
import gzip
import io
import os
import shutil
import sys
import tempfile
import threading
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Final, Protocol, cast

import pyarrow as pa

from rfmtool.errors import InputError, SystemFailureError
from rfmtool.manifest import MANIFEST, manifest_of

_MAGIC: Final = {
    b"PAR1": "parquet",
    b"\x1f\x8b": "gzip",
    b"BZh": "bz2",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"\xd0\xcf\x11\xe0": "xls",
    b"SQLite format 3": "sqlite",
    b"%PDF": "pdf",
    b"ARROW1": "arrow",
}
_NOT_READ: Final = ("zip", "xls", "sqlite", "pdf", "arrow")
_PACKED: Final = ("", ".gz", ".bz2", ".zst")
_TEXT: Final = (".csv", ".tsv", ".tab", ".txt", ".psv")
_DATA_ENDINGS: Final = (*(kind + packed for kind in _TEXT for packed in _PACKED), ".parquet", ".pq")
_DAMAGED: Final = (EOFError, OSError, zlib.error, pa.ArrowInvalid)


class ByteStream(Protocol):
    """The part of a binary file that reading needs."""

    def readinto(self, target: memoryview, /) -> int | None:
        """Fill `target` from its start; return how many bytes came, 0 at the end."""

    def close(self) -> None:
        """Let go of the file."""


@dataclass(frozen=True)
class ExportFile:
    """One file of an export; `spool` holds what came by stdin, which can be read only once."""

    name: str
    path: Path | None = None
    spool: BinaryIO | None = None

    def open(self) -> BinaryIO:
        """Open the bytes as they are stored.

        Raises:
            InputError: the file is not there or may not be read.
        """
        if self.spool is not None:
            return cast("BinaryIO", _Unclosed(self.spool))
        try:
            return Path(self.path or self.name).open("rb", buffering=0)
        except OSError as error:
            reason = (error.strerror or "not readable").lower()
            raise InputError(
                f"{self.name}: cannot be read: {reason}", "See to that, or name another file."
            ) from None

    @cached_property
    def kind(self) -> str:
        """What the first bytes say the file is: parquet, gzip, bz2, zstd, or text.

        Raises:
            InputError: it is of a kind that cannot be read.
        """
        with self.open() as raw:
            start = raw.read(16) or b""
        kind = next((name for magic, name in _MAGIC.items() if start.startswith(magic)), "text")
        if kind in _NOT_READ:
            raise InputError(
                f"{self.name}: this is a {kind} file, which rfmtool does not read",
                "Export it as CSV or Parquet.",
            )
        return kind

    @cached_property
    def stored_bytes(self) -> int:
        """The size of the file as it is stored."""
        with self.open() as raw:
            return raw.seek(0, os.SEEK_END)

    @contextmanager
    def utf8(self, encoding: str) -> Iterator[tuple[ByteStream, BinaryIO]]:
        """Give the text as UTF-8 bytes, and the raw file to ask how far reading has come.

        Raises:
            InputError: a compressed file is damaged or cut off.
        """
        raw = self.open()
        try:
            stream = _unpack(raw, self.kind)
            if codecs.lookup(encoding).name not in ("utf-8", "utf-8-sig", "ascii"):
                stream = cast("ByteStream", io.BufferedReader(_Transcoded(stream, encoding)))
            yield stream, raw
        except UnicodeError:
            raise InputError(
                f"{self.name}: this is no {encoding} text", "Say another with --encoding."
            ) from None
        except _DAMAGED as error:
            if self.kind == "text" and not isinstance(error, OSError):
                raise
            raise InputError(
                f"{self.name}: the {self.kind} data is damaged or cut off",
                "Export or download it again.",
            ) from None
        finally:
            raw.close()


def expand(exports: Sequence[str | os.PathLike[str]]) -> list[ExportFile]:
    """List the files that paths, folders, globs and `-` (stdin) name, sorted by path.

    Raises:
        InputError: nothing is there, a folder holds no data, or a file is named twice.
    """
    files = [file for export in exports for file in _files_of(os.fspath(export))]
    twice = _repeated(str(file.path.resolve()) if file.path else file.name for file in files)
    if twice:
        name = Path(min(twice)).name
        raise InputError(f"{name}: named twice, so its money would count twice", "Name it once.")
    shared = _repeated(file.name for file in files)
    # Rows are counted and named by file, so two files of one name go by their whole paths.
    return [replace(file, name=_shown(file.path or file.name)) if file.name in shared else file
            for file in files]  # fmt: skip


def _repeated(names: Iterable[str]) -> set[str]:
    return {name for name, count in Counter(names).items() if count > 1}


def _files_of(export: str) -> list[ExportFile]:
    if export == "-":
        return [ExportFile("stdin", spool=_spooled(sys.stdin.buffer, "stdin"))]
    if not export:
        raise InputError("EXPORT: the name is empty", "Name a file, a folder, or - for stdin.")
    path = Path(export)
    if path.is_dir():
        found = _data_in(path)
        if not found:
            raise InputError(
                f"{export}: this folder has no data files",
                f"Files are taken by their ending: {' '.join(_DATA_ENDINGS)}; folders in it that"
                " rfmtool wrote are left out.",
            )
        return [ExportFile(_shown(child.relative_to(path)), child) for child in found]
    if not path.exists() and glob.has_magic(export):
        # Path.glob takes no absolute patterns.
        matches = sorted(Path(match) for match in glob.glob(export, recursive=True))  # noqa: PTH207
        found = [match for match in matches if match.is_file()]
        if not found:
            raise InputError(f"{export}: no file matches", "Check the spelling and the folder.")
        return [ExportFile(_shown(match), match) for match in found]
    if not path.exists():
        raise InputError(
            f"{export}: there is no such file or folder", "Check the spelling and the folder."
        )
    if not path.is_file():  # a pipe, such as a shell makes of <(command)
        file = ExportFile(_shown(path), path)
        with file.open() as pipe:
            return [replace(file, path=None, spool=_spooled(pipe, file.name))]
    return [ExportFile(_shown(path.name), path)]


def _shown(path: str | os.PathLike[str]) -> str:
    """A path as text that can be written, even where its bytes are no text."""
    return os.fsencode(path).decode("utf-8", "replace")


def _data_in(folder: Path) -> list[Path]:
    """The data files at any depth, but for those of answers that an earlier run wrote in there."""
    manifests = (path for path in folder.glob(f"*/**/{MANIFEST}") if path.is_file())
    answers = {path.parent for path in manifests if manifest_of(path.parent)}
    return sorted(
        child
        for child in folder.rglob("*")
        if has_data_name(child, folder) and child.is_file() and answers.isdisjoint(child.parents)
    )


def has_data_name(child: Path, folder: Path) -> bool:
    """Whether a file of this name in a folder would be read with it."""
    hidden = any(part.startswith((".", "_")) for part in child.relative_to(folder).parts)
    return not hidden and child.name.lower().endswith(_DATA_ENDINGS)


def _spooled(pipe: BinaryIO, name: str) -> BinaryIO:
    try:
        spool = _Spool()
        shutil.copyfileobj(pipe, spool.file)
        spool.file.flush()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SystemFailureError(
            f"{name}: cannot be kept in a temporary file: {reason}",
            "Free some space, name a roomier folder with TMPDIR, or give a file.",
        ) from None
    return cast("BinaryIO", spool)


def _unpack(raw: BinaryIO, kind: str) -> ByteStream:
    if kind == "gzip":
        return cast("ByteStream", gzip.GzipFile(fileobj=raw))
    if kind == "bz2":
        return cast("ByteStream", bz2.BZ2File(raw))
    if kind == "zstd":
        packed = pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd")
        return cast("ByteStream", io.BufferedReader(_ArrowStream(packed)))
    return cast("ByteStream", raw)


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


class _ArrowStream(io.RawIOBase):
    """An Arrow input stream as a Python file."""

    def __init__(self, stream: pa.NativeFile) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(target))
        target[: len(data)] = data
        return len(data)


class _Transcoded(io.RawIOBase):
    """A stream of another encoding as UTF-8; bytes that cannot be decoded stay invalid."""

    _CHUNK: Final = 1 << 20

    def __init__(self, stream: ByteStream, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        chunk = bytearray(self._CHUNK)
        while not self._ready:
            count = self._stream.readinto(memoryview(chunk)) or 0
            text = self._decoder.decode(bytes(chunk[:count]), final=not count)
            self._ready = text.encode("utf-8", "surrogateescape")
            if not count and not self._ready:
                return 0
        taken, self._ready = self._ready[: len(target)], self._ready[len(target) :]
        target[: len(taken)] = taken
        return len(taken)
