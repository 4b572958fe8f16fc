"""Folders for what is not whole yet: gone when done with, and known again when a kill left one.

A folder holds a mark that its process keeps locked. Whoever finds a mark of ours that nobody holds
may remove the folder; a name alone proves nothing.
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

if sys.platform != "win32":
    import fcntl

MARK_FILE: Final = ".rfmtool-mark"
_WORDS: Final = b"rfmtool is at work here; a later run removes what a kill has left.\n"


@contextmanager
def scratch_folder(prefix: str, parent: Path | None = None) -> Iterator[Path]:
    """Make a folder that only its owner may enter, and remove it in the end.

    Those of the same prefix that killed runs left are removed first.

    Raises:
        OSError: it cannot be made.
    """
    parent = parent or Path(tempfile.gettempdir())
    _remove_leftovers(prefix, parent)
    made = None
    try:
        with uninterrupted():  # or nobody would know the name of what has just been made
            made = _marked(prefix, parent)
        yield made[0]
    finally:
        if made:
            with uninterrupted():  # such as by who presses Ctrl-C twice
                os.close(made[1])
                _remove(made[0])


def _marked(prefix: str, parent: Path) -> tuple[Path, int]:
    """Make a folder with our mark in it, which is held until the handle is closed."""
    while True:
        place = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        try:
            handle = os.open(place / MARK_FILE, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
            if _held(handle) and os.fstat(handle).st_nlink:
                os.write(handle, _WORDS)
                return place, handle
            os.close(handle)
        except FileNotFoundError:
            pass
        except BaseException:
            _remove(place)
            raise
        # Another run took it, not yet held, for one that a kill had left.


def _held(handle: int) -> bool:
    """Take the lock of a file; False where another process has it."""
    if sys.platform != "win32":
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _remove(place: Path) -> None:
    """Remove a folder, its mark last, so that what cannot be removed is known again."""
    with suppress(OSError):
        for child in place.iterdir():
            if child.is_dir() and not child.is_symlink():
                shutil.rmtree(child)
            elif child.name != MARK_FILE:
                child.unlink()
        (place / MARK_FILE).unlink(missing_ok=True)
        place.rmdir()


def _remove_leftovers(prefix: str, parent: Path) -> None:
    if sys.platform == "win32":
        return  # nothing there tells whether somebody holds a mark
    with suppress(OSError), os.scandir(parent) as entries:
        named = re.compile(re.escape(prefix) + r"[a-z0-9_]{8}")
        for entry in entries:
            if named.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                place = Path(entry.path)
                handle = _left_mark(place)
                if handle is not None:
                    _remove(place)
                    os.close(handle)
                with suppress(OSError):
                    place.rmdir()  # as a kill leaves it before there is a mark: it is empty


def _left_mark(place: Path) -> int | None:
    """The mark of a folder, now held, if it is ours and no other process holds it."""
    try:
        handle = os.open(place / MARK_FILE, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    found = os.fstat(handle)
    is_ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
    if is_ours and _held(handle) and os.read(handle, len(_WORDS) + 1) in (_WORDS, b""):
        return handle
    os.close(handle)
    return None
