"""Convert errors of the operating system while writing to SystemFailureError with a hint."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rfmtool.errors import SystemFailureError

_NEXT_STEPS: Final = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "Free some space and run again."),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "Name a place where you may write."),
    errno.ENOENT: "No file can be made there, as under /proc: name a folder of your own.",
    errno.ENAMETOOLONG: "Name a shorter one.",
    errno.ELOOP: "Its links lead in a circle: name another place.",
    errno.EBUSY: "Name a folder below it: a mounted one cannot be exchanged.",
}
_DEVICES: Final = (Path("/dev"), Path("/proc"))


@contextmanager
def system_failures(what: str) -> Iterator[None]:
    """Convert an OSError inside the block to SystemFailureError; `what` is the path written."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = _NEXT_STEPS.get(error.errno or 0, "See to that, or name another place.")
        if not is_in_place(Path(what)):
            hint = f"Nothing was changed. {hint}"
        raise SystemFailureError(f"{what}: cannot be written: {reason}", hint) from None


def is_in_place(path: Path) -> bool:
    """Whether the path is a pipe or a device, which is written directly."""
    is_device = any(path.absolute().is_relative_to(devices) for devices in _DEVICES)
    return path.exists() and (is_device or not (path.is_file() or path.is_dir()))
