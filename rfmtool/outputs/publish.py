"""Files and folders that appear whole or not at all.

A folder is written beside its place, flushed, and exchanged for the old one in one step. A killed
run leaves the old folder untouched, and leftovers that the next run removes.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from rfmtool.errors import ForeignFolderError, UsageError
from rfmtool.manifest import MANIFEST, manifest_of
from rfmtool.outputs.lock import held
from rfmtool.outputs.refusals import is_in_place, system_failures

_RENAME_EXCHANGE: Final = 2
_AT_FDCWD: Final = -100
_NEW, _OLD = ".rfmtool-new-", ".rfmtool-old"


@contextmanager
def published_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that takes its name only when it is complete.

    An existing path that is no regular file (`/dev/stdout`, a pipe) is written in place.

    Raises:
        UsageError: it is a folder, or in no folder.
        SystemFailureError: the system refuses.
    """
    if path.is_dir():
        raise UsageError(f"{path}: is a folder, not a file", "Name a file in it.")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"{path}: there is no such folder", "Make it first, or name another.")
    what = str(path)
    if is_in_place(path):
        # Behind what is there: /dev/stdout may be a file that the shell appends to.
        with system_failures(what):
            behind = path.open("ab")
        with _closed(behind, what) as target:
            yield target
        return
    real = Path(os.path.realpath(path))  # a link keeps pointing where it does
    with system_failures(what):
        handle, beside = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
    try:
        with _closed(os.fdopen(handle, "wb"), what) as target:
            yield target
            with system_failures(what):
                _flush(target)
        with system_failures(what):
            Path(beside).chmod(_mode_for(real))
            Path(beside).replace(real)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    _flush_folder(real.parent)


@contextmanager
def _closed(target: IO[bytes], what: str) -> Iterator[IO[bytes]]:
    """Close a file in the end, which writes what it still holds back."""
    try:
        yield target
    finally:
        with system_failures(what):
            target.close()


def _mode_for(path: Path) -> int:
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


@contextmanager
def published_folder(folder: Path, kind: str = "run") -> Iterator[Path]:
    """Give an empty folder to write into; it takes the place of `folder` when the block ends well.

    Args:
        folder: where the files are to stand.
        kind: what they are, as the manifest will say; only the same kind is replaced.

    Raises:
        UsageError: the shell stands in `folder`, or it is the root.
        ForeignFolderError: `folder` holds something that no earlier run wrote.
        SystemFailureError: the system refuses, or another run is writing the same folder.
    """
    what = str(folder)
    if folder.exists() and not folder.is_dir():
        raise ForeignFolderError(f"{what}: is a file, not a folder", "Name another folder.")
    folder = folder.resolve()  # a link keeps pointing where it does
    if folder == folder.parent or Path.cwd().is_relative_to(folder):
        raise UsageError(
            f"{what}: the working folder is in it, and would be exchanged under your feet",
            "Name a folder of its own, such as -o out.",
        )
    with _parents_of(folder), held(folder):
        try:
            with system_failures(what):
                _repair(folder)
                check_ours(folder, kind)
                beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}{_NEW}", dir=folder.parent))
            yield beside
            with system_failures(what):
                beside.chmod(_folder_mode(folder))
                _flush_all(beside)
                _exchange(beside, folder)
        finally:
            for left in _unfinished(folder):  # Ctrl-C can come before mkdtemp has said its name
                shutil.rmtree(left, ignore_errors=True)
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


def _folder_mode(folder: Path) -> int:
    if folder.exists():
        return stat.S_IMODE(folder.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o777 & ~mask


def check_ours(folder: Path, kind: str) -> None:
    """Check that a folder is absent, empty, or wholly what an earlier run of this kind wrote.

    Raises:
        ForeignFolderError: naming one file that is not ours, or the other kind.
    """
    if not folder.exists():
        return
    there = (manifest_of(folder) or {}).get("kind", kind)
    if there != kind:
        raise ForeignFolderError(
            f"{folder}: is the folder of a {there}, which no {kind} replaces",
            "Name another folder, or delete that one.",
        )
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    foreign = found - _ours(folder)
    if foreign:
        raise ForeignFolderError(
            f"{folder}: holds {min(foreign)}, which no run of rfmtool wrote here",
            "Name another folder, or move that away.",
        )


def _ours(folder: Path) -> set[str]:
    """What the manifest names, with its folders; nothing where there is no manifest of ours."""
    try:
        names = {MANIFEST, *(output["name"] for output in (manifest_of(folder) or {})["outputs"])}
    except (LookupError, TypeError):
        return set()
    # A link to a folder is not the folder we made.
    parents = {Path(name).parent.as_posix() for name in names}
    return names | {parent for parent in parents if not (folder / parent).is_symlink()}


def _repair(folder: Path) -> None:
    """Remove what a killed run left, and bring back a folder it had just moved away."""
    old = folder.parent / f".{folder.name}{_OLD}"
    if old.exists():
        if folder.exists():
            _remove(old)
        else:
            old.rename(folder)
    for left in _unfinished(folder):
        _remove(left)


def _unfinished(folder: Path) -> list[Path]:
    return list(folder.parent.glob(f".{_escaped(folder.name)}{_NEW}*"))


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    else:
        shutil.rmtree(path)


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


def _flush_all(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_dir():
            _flush_folder(path)
        else:
            with path.open("r+b") as written:  # Windows flushes only what may be written
                os.fsync(written.fileno())


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
