"""Which files an EXPORT names, and their bytes, decompressed and as UTF-8."""

from __future__ import annotations

import codecs
import glob
import io
import os
import shutil
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Final, TypeVar, cast

from rfmtool.errors import InputError, SystemFailureError
from rfmtool.manifest import MANIFEST, manifest_of
from rfmtool.sources.containers import DAMAGED, READ, is_workbook, kind_of, unpacked
from rfmtool.sources.streams import ByteStream, bounded, transcoded
from rfmtool.sources.workbooks import sheet_as_csv, too_large

_PACKED: Final = ("", ".gz", ".bz2", ".zst", ".zip")
_TEXT: Final = (".csv", ".tsv", ".tab", ".txt", ".psv")
_DATA_ENDINGS: Final = (
    *(kind + packed for kind in _TEXT for packed in _PACKED),
    ".zip",
    ".parquet",
    ".pq",
)
_TRUSTED_BYTES: Final = 1 << 30
_TRUSTED_RATIO: Final = 200
"""Real exports pack to between a fifth and a fiftieth; beyond this it is made to fill a disk."""


@dataclass(frozen=True)
class ExportFile:
    """One file of an export.

    `spool` holds what came by stdin, which can be read only once; `part` names the member of a
    zip file or the sheet of a workbook that is asked for.
    """

    name: str
    path: Path | None = None
    spool: BinaryIO | None = None
    part: str = ""
    max_bytes: int | None = None

    @property
    def whole_name(self) -> str:
        """The path with what is asked for in it."""
        place = os.fspath(self.path or self.name)
        return f"{place}/{self.part}" if self.part else place

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
        """What the first bytes say the file is, one of `containers.READ`.

        Raises:
            InputError: it is of a kind that cannot be read.
        """
        with self.open() as raw:
            kind = kind_of(raw.read(16) or b"")
            if kind == "zip" and is_workbook(raw):
                kind = "workbook"
        if kind not in READ:
            raise InputError(
                f"{self.name}: this holds {kind} data, which rfmtool does not read",
                "Export it as CSV or Parquet.",
            )
        if self.part and kind not in ("zip", "workbook"):
            raise InputError(
                f"{self.name}: the file is no folder, zip or workbook that holds {self.part}",
                "Name the file itself.",
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
            stream = self._unpacked(raw)
            if codecs.lookup(encoding).name not in ("utf-8", "utf-8-sig", "ascii"):
                stream = transcoded(stream, encoding)
            yield stream, raw
        except UnicodeError:
            raise InputError(
                f"{self.name}: this is no {encoding} text", "Say another with --encoding."
            ) from None
        except DAMAGED as error:
            if self.kind in ("text", "workbook") and not isinstance(error, OSError):
                raise
            raise InputError(
                f"{self.name}: the {self.kind} data is damaged or cut off",
                "Export or download it again.",
            ) from None
        finally:
            raw.close()

    def _unpacked(self, raw: BinaryIO) -> ByteStream:
        if self.kind == "workbook":
            return cast("ByteStream", io.BytesIO(self._sheet))
        stream = unpacked(raw, self.kind, self.name, self.part)
        if self.kind == "text" and self.max_bytes is None:
            return stream
        return bounded(stream, self._most_bytes, too_large(self.name, self._most_bytes))

    @cached_property
    def _sheet(self) -> bytes:
        with self.open() as raw:
            return sheet_as_csv(raw, self.name, self.part, self._most_bytes)

    @cached_property
    def _most_bytes(self) -> int:
        if self.max_bytes is not None:
            return self.max_bytes
        return max(_TRUSTED_BYTES, _TRUSTED_RATIO * self.stored_bytes)


def expand(
    exports: Sequence[str | os.PathLike[str]], max_bytes: int | None = None
) -> list[ExportFile]:
    """List the files that paths, folders, globs and `-` (stdin) name, sorted by path.

    A member of a zip file and a sheet of a workbook are named like files in a folder.

    Args:
        exports: paths, globs, or `-`.
        max_bytes: the most that a file may hold, unpacked.

    Raises:
        InputError: nothing is there, a folder holds no data, or a file is named twice.
    """
    files = [file for export in exports for file in _files_of(os.fspath(export))]
    twice = _repeated((file.path.resolve() if file.path else file.name, file.part)
                      for file in files)  # fmt: skip
    if twice:
        name = Path(min(str(place) for place, _ in twice)).name
        raise InputError(f"{name}: named twice, so its money would count twice", "Name it once.")
    shared = _repeated(file.name for file in files)
    # Rows are counted and named by file, so two files of one name go by their whole paths.
    return [
        replace(
            file,
            name=_shown(file.whole_name if file.name in shared else file.name),
            max_bytes=max_bytes,
        )
        for file in files
    ]


Thing = TypeVar("Thing", bound=Hashable)


def _repeated(names: Iterable[Thing]) -> set[Thing]:
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
    container = next((parent for parent in path.parents if parent.is_file()), None)
    if container is not None:
        part = path.relative_to(container).as_posix()
        return [ExportFile(_shown(f"{container.name}/{part}"), container, part=part)]
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
