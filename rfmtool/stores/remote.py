"""Objects of a store as files, and files of the web."""

from __future__ import annotations

import http.client
import io
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import BinaryIO, Final, TypeVar, cast

import pyarrow as pa

from rfmtool.errors import InputError, SystemFailureError, UsageError
from rfmtool.locations import without_secrets
from rfmtool.stores.listing import StoreObject
from rfmtool.stores.urls import translated_errors

_BUFFER_BYTES: Final = 1 << 20
"""Each request costs a journey, so little is never asked for."""
_TRIES: Final = 4
_PAUSE_SECONDS: Final = 0.5
"""Before the second try; each further one waits twice as long."""
_PATIENCE_SECONDS: Final = 60
_FIRST_OF_SERVER: Final = 500
_TOO_MANY: Final = 429
_DENIED: Final = (401, 403)
Kept = TypeVar("Kept")


def open_object(found: StoreObject) -> BinaryIO:
    """Open an object."""
    with translated_errors(found.name):
        [now] = found.store.filesystem.get_file_info([found.path])
        if (now.size, now.mtime_ns) != (found.size, found.modified_ns):
            raise InputError(f"{found.name}: changed while it was read", "Run again.")
        stored = found.store.filesystem.open_input_file(found.path)
    return cast("BinaryIO", io.BufferedReader(_Object(found.name, stored), _BUFFER_BYTES))


class _Object(io.RawIOBase):
    """An open object, whose errors are in our words."""

    def __init__(self, name: str, stored: pa.NativeFile) -> None:
        self._name, self._stored = name, stored

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        with translated_errors(self._name):
            data = self._stored.read(len(target))
        target[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return int(self._stored.seek(offset, whence))

    def tell(self) -> int:
        return int(self._stored.tell())

    def close(self) -> None:
        self._stored.close()
        super().close()


def download(url: str, keep: Callable[[BinaryIO], Kept]) -> Kept:
    """Fetch a file of the web; what fails on the way is tried again from its start.

    Args:
        url: of the file.
        keep: given its bytes; what it makes of them is returned.

    Raises:
        InputError: there is no such file, or it may not be fetched.
        SystemFailureError: its server cannot be reached, or fails each time.
    """
    name, pause = without_secrets(url), _PAUSE_SECONDS
    for _ in range(_TRIES - 1):
        try:
            return _fetched_once(url, name, keep)
        except _Passing:
            time.sleep(pause)
            pause *= 2
    try:
        return _fetched_once(url, name, keep)
    except _Passing as error:
        raise SystemFailureError(
            f"{name}: cannot be fetched: {error}", f"It was tried {_TRIES} times. Run again later."
        ) from None


class _Passing(Exception):  # noqa: N818 - may be none the next time
    """A failure that may be over soon."""


def _fetched_once(url: str, name: str, keep: Callable[[BinaryIO], Kept]) -> Kept:
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310 - theirs
            if url.startswith("https:") and not answer.url.startswith("https:"):
                raise UsageError(
                    f"{name}: leads to where anybody can read along", "Name where it really is."
                )
            length = answer.length
            counted = _Counted(answer)
            kept = keep(cast("BinaryIO", counted))
    except urllib.error.HTTPError as error:
        error.close()
        if error.code >= _FIRST_OF_SERVER or error.code == _TOO_MANY:
            raise _Passing(f"its server says {error.code}") from None
        what = "may not be fetched" if error.code in _DENIED else "there is no such file"
        raise InputError(f"{name}: {what} ({error.code})", "Look at the URL.") from None
    except (http.client.InvalidURL, UnicodeError):
        raise InputError(
            f"{name}: is no URL that can be fetched",
            "Write it without user and password; spaces and other letters as %20 and the like.",
        ) from None
    except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError):
        raise _Passing("the connection fails") from None
    if length is not None and counted.count < length:
        raise _Passing("the connection breaks off")
    return kept


class _Counted(io.RawIOBase):
    """A stream that knows how much came of it."""

    def __init__(self, stream: http.client.HTTPResponse) -> None:
        self._stream = stream
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._stream.read(size)
        except (http.client.HTTPException, OSError):
            raise _Passing("the connection breaks off") from None
        self.count += len(data)
        return data
