"""Files and folders that appear whole or not at all.

A folder is written beside its place, flushed, and exchanged for the old one in one step. A killed
run leaves the old folder untouched, and leftovers that the next run removes.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from rfmtool.errors import ForeignFolderError, SystemFailureError

MANIFEST: Final = "manifest.json"
_TOOL: Final = "rfmtool"
_RENAME_EXCHANGE: Final = 2
_AT_FDCWD: Final = -100
_NEW, _OLD = ".rfmtool-new-", ".rfmtool-old"


@contextmanager
def system_failures(what: str) -> Iterator[None]:
    """Turn what the system refuses into one sentence.

    Raises:
        SystemFailureError: the disk is full, permission is denied, and the like.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = "Nothing was changed; free some space and run again." if (
            error.errno in (errno.ENOSPC, errno.EDQUOT)) else "Nothing was changed."  # fmt: skip
        raise SystemFailureError(f"{what}: cannot be written: {reason}", hint) from None


@contextmanager
def published_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes its name only when it is complete.

    An existing path that is no regular file (`/dev/stdout`, a pipe) is written in place.

    Raises:
        SystemFailureError: the system refuses.
    """
    with system_failures(str(path)):
        if path.exists() and not path.is_file():
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, "it is a folder")
            with path.open("wb") as target:
                yield target
            return
        real = Path(os.path.realpath(path))  # a link keeps pointing where it does
        handle, beside = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
        try:
            with os.fdopen(handle, "wb") as target:
                yield target
                _flush(target)
            Path(beside).chmod(_mode_for(real))
            Path(beside).replace(real)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
        _flush_folder(real.parent)


def _mode_for(path: Path) -> int:
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


@contextmanager
def published_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder to write into; it takes the place of `folder` when the block ends well.

    Raises:
        ForeignFolderError: `folder` holds something that no earlier run wrote.
        SystemFailureError: the system refuses, or another run is writing the same folder.
    """
    folder = folder.resolve()  # a link keeps pointing where it does
    with system_failures(str(folder)):
        folder.parent.mkdir(parents=True, exist_ok=True)
    with _held(folder), system_failures(str(folder)):
        _repair(folder)
        check_ours(folder)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}{_NEW}", dir=folder.parent))
        try:
            yield beside
            beside.chmod(_folder_mode(folder))
            for path in beside.rglob("*"):
                with path.open("rb") if path.is_file() else contextlib.nullcontext() as written:
                    if written:
                        os.fsync(written.fileno())
            _exchange(beside, folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        _flush_folder(folder.parent)


def _folder_mode(folder: Path) -> int:
    if folder.exists():
        return stat.S_IMODE(folder.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o777 & ~mask


def check_ours(folder: Path) -> None:
    """Check that a folder is absent, empty, or wholly what an earlier run wrote.

    Raises:
        ForeignFolderError: naming one file that is not ours.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ForeignFolderError(f"{folder}: is a file, not a folder", "Choose another folder.")
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    if not files and not any(folder.iterdir()):
        return
    ours = {MANIFEST, *_named_in_manifest(folder)}
    foreign = sorted(files - ours)
    if MANIFEST not in files or foreign:
        first = foreign[0] if foreign else next(iter(sorted(files)), "an empty folder")
        raise ForeignFolderError(
            f"{folder}: holds {first}, which no run of rfmtool wrote here",
            "Choose another folder, or move that away.",
        )


def _named_in_manifest(folder: Path) -> set[str]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        if manifest["tool"] != _TOOL:
            return set()
        return {output["name"] for output in manifest["outputs"]}
    except (OSError, ValueError, LookupError, TypeError):
        return set()


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold the folder's place against other runs; a lock dies with its process."""
    path = folder.parent / f".{folder.name}.rfmtool-lock"
    with system_failures(str(folder)):
        handle = _locked(path, folder)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def _locked(path: Path, folder: Path) -> int:
    try:
        import fcntl
    except ImportError:  # Windows: creating the file is the lock
        return os.open(path, os.O_CREAT | os.O_RDWR)
    while True:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise SystemFailureError(
                f"{folder}: another run is writing it", "Wait for that run to end."
            ) from None
        with contextlib.suppress(FileNotFoundError):
            if os.fstat(handle).st_ino == path.stat().st_ino:
                return handle
        os.close(handle)  # the run before removed the file between our open and our lock


def _repair(folder: Path) -> None:
    """Remove what a killed run left, and bring back a folder it had just moved away."""
    old = folder.parent / f".{folder.name}{_OLD}"
    if old.exists():
        if folder.exists():
            shutil.rmtree(old)
        else:
            old.rename(folder)
    for left in folder.parent.glob(f".{_escaped(folder.name)}{_NEW}*"):
        shutil.rmtree(left)


def _escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _exchange(new: Path, folder: Path) -> None:
    if not folder.exists():
        new.rename(folder)
    elif not _exchanged_in_one_step(new, folder):
        old = folder.parent / f".{folder.name}{_OLD}"
        folder.rename(old)
        new.rename(folder)
        shutil.rmtree(old)


def _exchanged_in_one_step(new: Path, folder: Path) -> bool:
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False  # not Linux, or an older C library
    names = os.fsencode(new), os.fsencode(folder)
    if renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS):
        return False  # a file system without it
    raise OSError(number, os.strerror(number))


def _flush(target: IO[bytes]) -> None:
    target.flush()
    os.fsync(target.fileno())


def _flush_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # folders cannot be opened on Windows
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
