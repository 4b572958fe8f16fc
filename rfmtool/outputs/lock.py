"""A lock that lets one run at a time write a folder or file."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rfmtool.errors import SystemFailureError
from rfmtool.interrupts import uninterrupted
from rfmtool.outputs.system_errors import system_failures
from rfmtool.scratch import try_lock


@contextmanager
def exclusive_lock(folder: Path) -> Iterator[None]:
    """Lock a folder or file against other runs; the lock ends with the process."""
    path = folder.parent / f".{folder.name}.rfmtool-lock"
    handle = None
    try:
        # Without interrupts, so that a lock taken is always released below.
        with system_failures(str(folder)), uninterrupted():
            handle = _lock(path, folder)
        yield
    finally:
        if handle is not None:
            with uninterrupted():
                with contextlib.suppress(OSError):  # Windows cannot remove open files
                    path.unlink()
                os.close(handle)


def _lock(path: Path, folder: Path) -> int:
    while True:
        handle = _open_lock_file(path)
        if not try_lock(handle):
            os.close(handle)
            raise SystemFailureError(
                f"{folder}: another run is writing it", "Wait for that run to end."
            )
        with contextlib.suppress(FileNotFoundError):
            if os.fstat(handle).st_ino == path.stat().st_ino:
                return handle
        os.close(handle)  # another run removed the file between our open and our lock


def _open_lock_file(path: Path) -> int:
    """Open the lock file without following links."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0), 0o600)
        if stat.S_ISREG(os.fstat(handle).st_mode):
            return handle
        os.close(handle)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.EISDIR):
            raise
    raise SystemFailureError(
        f"{path}: stands where the lock of a run belongs, and is no file",
        "See whose it is, and move it away.",
    )
