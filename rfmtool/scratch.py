"""Temporary folders that are removed after use, even those that killed processes left behind.

Each folder contains a mark file that its process keeps locked. A folder may be removed if its mark
is ours and no process holds the lock; a name alone proves nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from rfmtool.interrupts import uninterrupted

if sys.platform == "win32":
    import msvcrt
else:  # at the top, since a Ctrl-C during an import may be lost
    import fcntl

MARK_FILE: Final = ".rfmtool-mark"
_MARK_TEXT: Final = b"rfmtool is at work here; a later run removes what a kill has left.\n"


@contextmanager
def scratch_folder(prefix: str, parent: Path | None = None) -> Iterator[Path]:
    """Create a folder that only its owner may enter, and remove it in the end.

    Folders with the same prefix that killed runs left behind are removed first. Raises OSError
    where it cannot be created.
    """
    with uninterrupted():  # the first time, a file is written to see whether it can be
        parent = parent or Path(tempfile.gettempdir())
    _remove_leftovers(prefix, parent)
    created = None
    try:
        with uninterrupted():  # or the folder would be created, and its name lost
            created = _make_marked_folder(prefix, parent)
        yield created[0]
    finally:
        if created:
            with uninterrupted():  # a second Ctrl-C, for example
                os.close(created[1])
                _remove(created[0])


def _make_marked_folder(prefix: str, parent: Path) -> tuple[Path, int]:
    """Create a folder with a mark file, and return both; the mark is locked until closed."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        try:
            handle = os.open(folder / MARK_FILE, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
            if try_lock(handle) and os.fstat(handle).st_nlink:
                os.write(handle, _MARK_TEXT)
                return folder, handle
            os.close(handle)
        except FileNotFoundError:
            pass
        except BaseException:
            _remove(folder)
            raise
        # Before it was locked, another run took it for a leftover and removed it.


def try_lock(handle: int) -> bool:
    """Lock a file until it is closed; False if another process holds the lock."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _remove(folder: Path) -> None:
    """Remove a folder, its mark last, so that a later run can retry what failed."""
    with suppress(OSError):
        for child in folder.iterdir():
            if child.is_dir() and not child.is_symlink():
                shutil.rmtree(child)
            elif child.name != MARK_FILE:
                child.unlink()
        (folder / MARK_FILE).unlink(missing_ok=True)
        folder.rmdir()


def _remove_leftovers(prefix: str, parent: Path) -> None:
    if sys.platform == "win32":
        return  # marks of others cannot be read there
    with suppress(OSError), os.scandir(parent) as entries:
        pattern = re.compile(re.escape(prefix) + r"[a-z0-9_]{8}")
        for entry in entries:
            if pattern.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                folder = Path(entry.path)
                handle = _lock_stale_mark(folder)
                if handle is not None:
                    _remove(folder)
                    os.close(handle)
                with suppress(OSError):
                    folder.rmdir()  # empty if its process was killed before it made the mark


def _lock_stale_mark(folder: Path) -> int | None:
    """Lock the mark of a folder; None if it is not ours or another process holds it."""
    try:
        handle = os.open(folder / MARK_FILE, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    status = os.fstat(handle)
    is_ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
    if is_ours and try_lock(handle) and os.read(handle, len(_MARK_TEXT) + 1) in (_MARK_TEXT, b""):
        return handle
    os.close(handle)
    return None
