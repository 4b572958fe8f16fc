"""One run at a time in a place."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rfmtool.errors import SystemFailureError
from rfmtool.interrupts import uninterrupted
from rfmtool.outputs.system_errors import system_failures

if sys.platform != "win32":
    # Not where it is used: a Ctrl-C that meets an import may be lost.
    import fcntl


@contextmanager
def exclusive_lock(folder: Path) -> Iterator[None]:
    """Hold the folder's place against other runs; a lock dies with its process."""
    path = folder.parent / f".{folder.name}.rfmtool-lock"
    handle = None
    try:
        # Held back, so that an interrupt never comes when it is there and nobody knows of it.
        with system_failures(str(folder)), uninterrupted():
            handle = _locked(path, folder)
        yield
    finally:
        if handle is not None:
            with uninterrupted():
                with contextlib.suppress(OSError):  # Windows removes no file that is open
                    path.unlink()
                os.close(handle)


def _locked(path: Path, folder: Path) -> int:
    if sys.platform == "win32":
        return _locked_on_windows(path, folder)
    while True:
        handle = _opened(path)
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


def _opened(path: Path) -> int:
    """Open the lock itself, and nothing that a link in its place points to."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
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


def _locked_on_windows(path: Path, folder: Path) -> int:
    import msvcrt

    handle = os.open(path, os.O_CREAT | os.O_RDWR)
    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    except OSError:
        os.close(handle)
        raise SystemFailureError(
            f"{folder}: another run is writing it", "Wait for that run to end."
        ) from None
    return handle
