"""Write files and folders atomically.

A folder is written next to its target, flushed, and exchanged for the old one in one step. A killed
run leaves the old folder untouched, and temporary files that the next run removes.
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
    """Open a temporary file that replaces `path` when the block ends without an error.

    An existing path that is no regular file (`/dev/stdout`, a pipe) is written directly.

    Args:
        path: the file to write.
        shared: let other users read it, by its old mode or the umask; else only its owner can.

    Raises:
        UsageError: the path is a folder, or in no existing folder, or not local.
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
        with system_failures(what):
            device = _open_in_place(path)
        with _closing(device, what) as target:
            yield target
        return
    with system_failures(what):
        real = _resolve(path)
    with _folder_next_to(real, what) as folder:
        temporary = folder / "new"
        with system_failures(what):
            file = temporary.open("wb")
        with _closing(file, what) as target:
            yield target
            with system_failures(what):
                target.flush()
                os.fsync(target.fileno())
        with system_failures(what):
            temporary.chmod(_mode_for(real, 0o666) if shared else 0o600)
            temporary.replace(real)
    _flush_folder(real.parent)


def _open_in_place(path: Path) -> IO[bytes]:
    """Open a pipe or device; stdout and stderr, by whatever name, as the descriptors they are.

    Opened anew, a file behind /dev/stdout would be written over by who else writes to stdout.
    """
    for descriptor in (1, 2):
        with contextlib.suppress(OSError):
            if os.path.samestat(path.stat(), os.fstat(descriptor)):
                return os.fdopen(os.dup(descriptor), "wb")
    return path.open("ab")


def _resolve(path: Path) -> Path:
    """The target of a path, so that symbolic links are kept.

    Raises:
        OSError: the links form a circle, for which Python below 3.13 raises RuntimeError.
    """
    real = path.resolve()
    if real.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return real


@contextmanager
def _folder_next_to(target: Path, what: str) -> Iterator[Path]:
    """A temporary folder in the parent folder of `target`."""
    with ExitStack() as stack:
        with system_failures(what):
            folder = stack.enter_context(scratch_folder(f".{target.name}{_NEW}", target.parent))
        yield folder


@contextmanager
def _closing(target: IO[bytes], what: str) -> Iterator[IO[bytes]]:
    """Close a file, which flushes it and so can fail."""
    try:
        yield target
    finally:
        with system_failures(what):
            target.close()


def _mode_for(path: Path, default: int) -> int:
    """The mode of an existing path, else the default without the bits of the umask."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return default & ~mask


@contextmanager
def published_folder(folder: Path, kind: str = "run", *, shared: bool = False) -> Iterator[Path]:
    """Make an empty folder that replaces `folder` when the block ends without an error.

    Args:
        folder: the folder to write. Files in it that are not in its manifest are the user's, and
            are kept.
        kind: the kind of the manifest to be written; only folders of this kind are replaced.
        shared: let other users read it, by its old mode or the umask; else only its owner can.

    Raises:
        UsageError: the working folder is in `folder`, or `folder` is the root or not local.
        ForeignFolderError: no earlier run wrote `folder`, or a file of the user has a name that is
            to be written.
        SystemFailureError: the system refuses, or another run is writing the same folder.
    """
    what = str(folder)
    check_is_local_path(what)
    with system_failures(what):
        if folder.exists() and not folder.is_dir():
            raise ForeignFolderError(f"{what}: is a file, not a folder", "Name another folder.")
        folder = _resolve(folder)
    if folder == folder.parent or Path.cwd().is_relative_to(folder):
        raise UsageError(
            f"{what}: the working folder is in it, and would be exchanged under your feet",
            "Name a folder of its own, such as -o out.",
        )
    with _parents_of(folder), exclusive_lock(folder):
        with system_failures(what):
            _repair(folder)
            check_ours(folder, kind)
        with _folder_next_to(folder, what) as parent:
            new = parent / "new"
            with system_failures(what):
                new.mkdir(mode=0o700)
            yield new
            with system_failures(what):
                new.chmod(_mode_for(folder, 0o777) if shared else 0o700)
                _flush_all(new, shared=shared)
                carry_over(folder, new)
                _exchange(new, folder)
        _flush_folder(folder.parent)


@contextmanager
def _parents_of(folder: Path) -> Iterator[None]:
    """Make the missing parents of `folder`; remove them if the block raises an error."""
    missing = [parent for parent in folder.parents if not parent.exists()]
    base = folder.parents[len(missing)]
    if not base.is_dir():
        raise UsageError(f"{folder}: {base.name} is a file, not a folder", "Name another folder.")
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
    """Check that a folder is absent, empty, or has a manifest of this kind.

    Raises:
        ForeignFolderError: the folder is of another kind, or has files and no manifest.
    """
    if not folder.exists():
        return
    manifest = read_manifest(folder)
    existing_kind = (manifest or {}).get("kind", kind)
    if existing_kind != kind:
        raise ForeignFolderError(
            f"{folder}: is the folder of a {existing_kind}, which no {kind} replaces",
            "Name another folder, or delete that one.",
        )
    if manifest is None and (foreign := find_user_files(folder)):
        raise ForeignFolderError(
            f"{folder}: holds {min(foreign)}, which no run of rfmtool wrote here",
            "Name another folder, or move that away.",
        )


def _repair(folder: Path) -> None:
    """Restore the folder that a killed run had moved away, or remove it if it was replaced."""
    old = folder.parent / f".{folder.name}{_OLD}"
    if not read_manifest(old):
        return  # may be of the user
    if not folder.exists():
        old.rename(folder)
        return
    with scratch_folder(f".{folder.name}{_NEW}", folder.parent) as scratch:
        old.rename(scratch / "old")


def _exchange(new: Path, folder: Path) -> None:
    if not folder.exists():
        new.rename(folder)
    elif not _exchanged_in_one_step(new, folder):
        old = folder.parent / f".{folder.name}{_OLD}"
        folder.rename(old)
        new.rename(folder)
        old.rename(new)  # in the temporary folder, which is removed


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
        return False  # not supported by the file system
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
