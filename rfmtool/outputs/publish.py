"""Files and folders that appear whole or not at all.

A folder is written beside its place, flushed, and exchanged for the old one in one step. A killed
run leaves the old folder untouched, and leftovers that the next run removes.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final

from rfmtool.errors import ForeignFolderError, UsageError
from rfmtool.locations import check_is_local_path
from rfmtool.manifest import read_manifest
from rfmtool.outputs.files import flush
from rfmtool.outputs.lock import exclusive_lock
from rfmtool.outputs.system_errors import is_in_place, system_failures
from rfmtool.outputs.user_files import carry_over, find_user_files
from rfmtool.scratch import scratch_folder

_RENAME_EXCHANGE: Final = 2
_AT_FDCWD: Final = -100
_NEW, _OLD = ".rfmtool-new-", ".rfmtool-old"


@contextmanager
def published_file(path: Path, *, shared: bool = False) -> Iterator[IO[bytes]]:
    """Open a file that takes its name only when it is complete.

    An existing path that is no regular file (`/dev/stdout`, a pipe) is written in place.

    Args:
        path: where it is to stand.
        shared: let others read it, as its old mode or the umask says; else its owner alone may.

    Raises:
        UsageError: it is a folder, or in no folder, or no place in the file system.
        SystemFailureError: the system refuses.
    """
    what = str(path)
    check_is_local_path(what)
    with system_failures(what):
        if path.is_dir():
            raise UsageError(f"{path}: is a folder, not a file", "Name a file in it.")
        if not path.absolute().parent.is_dir():
            raise UsageError(f"{path}: there is no such folder", "Make it first, or name another.")
        in_place = is_in_place(path)
    if in_place:
        # Behind what is there: /dev/stdout may be a file that the shell appends to.
        with system_failures(what):
            behind = path.open("ab")
        with _closed(behind, what) as target:
            yield target
        return
    with system_failures(what):
        real = _real(path)
    with _beside(real, what) as place:
        beside = place / "new"
        with system_failures(what):
            opened = beside.open("wb")
        with _closed(opened, what) as target:
            yield target
            with system_failures(what):
                target.flush()
                os.fsync(target.fileno())
        with system_failures(what):
            beside.chmod(_mode_for(real, 0o666) if shared else 0o600)
            beside.replace(real)
    _flush_folder(real.parent)


def _real(path: Path) -> Path:
    """Where a path leads, so that a link keeps pointing where it does.

    Raises:
        OSError: its links lead in a circle; Python below 3.13 makes that a RuntimeError.
    """
    real = path.resolve()
    if real.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return real


@contextmanager
def _beside(target: Path, what: str) -> Iterator[Path]:
    """A folder beside `target` for what is to take its place."""
    with ExitStack() as stack:
        with system_failures(what):
            place = stack.enter_context(scratch_folder(f".{target.name}{_NEW}", target.parent))
        yield place


@contextmanager
def _closed(target: IO[bytes], what: str) -> Iterator[IO[bytes]]:
    """Close a file in the end, which writes what it still holds back."""
    try:
        yield target
    finally:
        with system_failures(what):
            target.close()


def _mode_for(path: Path, usual: int) -> int:
    """The mode of what is there; where nothing is, the usual one as the umask leaves it."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return usual & ~mask


@contextmanager
def published_folder(folder: Path, kind: str = "run", *, shared: bool = False) -> Iterator[Path]:
    """Give an empty folder to write into; it takes the place of `folder` when the block ends well.

    Args:
        folder: where the files are to stand. What lies in it that no manifest of ours names is the
            user's, and comes along untouched.
        kind: what they are, as the manifest will say; only the same kind is replaced.
        shared: let others read it, as the folder's old mode or the umask says; else its owner
            alone may.

    Raises:
        UsageError: the shell stands in `folder`, or it is the root, or no place in the file system.
        ForeignFolderError: no earlier run wrote `folder`, or the user has a file in it whose name
            we write.
        SystemFailureError: the system refuses, or another run is writing the same folder.
    """
    what = str(folder)
    check_is_local_path(what)
    with system_failures(what):
        if folder.exists() and not folder.is_dir():
            raise ForeignFolderError(f"{what}: is a file, not a folder", "Name another folder.")
        folder = _real(folder)
    if folder == folder.parent or Path.cwd().is_relative_to(folder):
        raise UsageError(
            f"{what}: the working folder is in it, and would be exchanged under your feet",
            "Name a folder of its own, such as -o out.",
        )
    with _parents_of(folder), exclusive_lock(folder):
        with system_failures(what):
            _repair(folder)
            check_ours(folder, kind)
        with _beside(folder, what) as place:
            beside = place / "new"
            with system_failures(what):
                beside.mkdir(mode=0o700)
            yield beside
            with system_failures(what):
                beside.chmod(_mode_for(folder, 0o777) if shared else 0o700)
                _flush_all(beside, shared=shared)
                carry_over(folder, beside)
                _exchange(beside, folder)
        _flush_folder(folder.parent)


@contextmanager
def _parents_of(folder: Path) -> Iterator[None]:
    """Make the folders that lead to `folder`; take them away again if it comes to nothing."""
    missing = [parent for parent in folder.parents if not parent.exists()]
    last = folder.parents[len(missing)]
    if not last.is_dir():
        raise UsageError(f"{folder}: {last.name} is a file, not a folder", "Name another folder.")
    try:
        with system_failures(str(folder)):
            folder.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for parent in missing:
            with contextlib.suppress(OSError):
                parent.rmdir()
        raise


def check_ours(folder: Path, kind: str) -> None:
    """Check that a folder is absent, empty, or has the manifest of an earlier run of this kind.

    Raises:
        ForeignFolderError: naming one file of a folder that is not ours, or the other kind.
    """
    if not folder.exists():
        return
    manifest = read_manifest(folder)
    there = (manifest or {}).get("kind", kind)
    if there != kind:
        raise ForeignFolderError(
            f"{folder}: is the folder of a {there}, which no {kind} replaces",
            "Name another folder, or delete that one.",
        )
    if manifest is None and (foreign := find_user_files(folder)):
        raise ForeignFolderError(
            f"{folder}: holds {min(foreign)}, which no run of rfmtool wrote here",
            "Name another folder, or move that away.",
        )


def _repair(folder: Path) -> None:
    """Bring back a folder that a killed run had just moved away, or remove it where it is old."""
    old = folder.parent / f".{folder.name}{_OLD}"
    if not read_manifest(old):
        return  # a name alone does not make it ours
    if not folder.exists():
        old.rename(folder)
        return
    with scratch_folder(f".{folder.name}{_NEW}", folder.parent) as place:
        old.rename(place / "old")


def _exchange(new: Path, folder: Path) -> None:
    if not folder.exists():
        new.rename(folder)
    elif not _exchanged_in_one_step(new, folder):
        old = folder.parent / f".{folder.name}{_OLD}"
        folder.rename(old)
        new.rename(folder)
        old.rename(new)  # where it is removed with all the rest


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


def _flush_all(folder: Path, *, shared: bool) -> None:
    for path in folder.rglob("*"):
        if not shared:
            path.chmod(0o700 if path.is_dir() else 0o600)
        if path.is_dir():
            _flush_folder(path)
        else:
            flush(path)


def _flush_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # folders cannot be opened on Windows
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
