"""Objects of a store as files, and downloads from the web."""

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

_BUFFER_BYTES: Final = 1 << 20  # each request takes a round trip, so that small ones are slow
_TRIES: Final = 4
_PAUSE_SECONDS: Final = 0.5  # before the second try; doubled before each further one
_TIMEOUT_SECONDS: Final = 60
_SERVER_ERROR: Final = 500
_TOO_MANY_REQUESTS: Final = 429
_DENIED: Final = (401, 403)
Result = TypeVar("Result")


def open_object(listed: StoreObject) -> BinaryIO:
    """Open an object, unless it has changed since it was listed."""
    with translated_errors(listed.name):
        [info] = listed.store.filesystem.get_file_info([listed.path])
        if (info.size, info.mtime_ns) != (listed.size, listed.modified_ns):
            raise InputError(f"{listed.name}: changed while it was read", "Run again.")
        file = listed.store.filesystem.open_input_file(listed.path)
    return cast("BinaryIO", io.BufferedReader(_ObjectStream(listed.name, file), _BUFFER_BYTES))


class _ObjectStream(io.RawIOBase):
    def __init__(self, name: str, file: pa.NativeFile) -> None:
        self._name, self._file = name, file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        with translated_errors(self._name):
            data = self._file.read(len(target))
        target[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def close(self) -> None:
        self._file.close()
        super().close()


def download(url: str, keep: Callable[[BinaryIO], Result]) -> Result:
    """Return what `keep` makes of a file from the web; one that breaks off is fetched anew."""
    name, reason = without_secrets(url), ""
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_PAUSE_SECONDS * 2 ** (attempt - 1))
        try:
            return _fetch_once(url, name, keep)
        except _TransientError as error:
            reason = str(error)
    raise SystemFailureError(
        f"{name}: cannot be fetched: {reason}", f"It was tried {_TRIES} times. Run again later."
    )


class _TransientError(Exception):
    """A failure after which another try may succeed."""


def _fetch_once(url: str, name: str, keep: Callable[[BinaryIO], Result]) -> Result:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310 - the user's
            if url.startswith("https:") and not response.url.startswith("https:"):
                raise UsageError(
                    f"{name}: leads to where anybody can read along", "Name where it really is."
                )
            length = response.length
            stream = _CountingStream(response)
            result = keep(cast("BinaryIO", stream))
    except urllib.error.HTTPError as error:
        error.close()
        if error.code >= _SERVER_ERROR or error.code == _TOO_MANY_REQUESTS:
            raise _TransientError(f"its server says {error.code}") from None
        what = "may not be fetched" if error.code in _DENIED else "there is no such file"
        raise InputError(f"{name}: {what} ({error.code})", "Look at the URL.") from None
    except (http.client.InvalidURL, UnicodeError):
        raise InputError(
            f"{name}: is no URL that can be fetched",
            "Write it without user and password; spaces and other letters as %20 and the like.",
        ) from None
    except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError):
        raise _TransientError("the connection fails") from None
    if length is not None and stream.count < length:
        raise _TransientError("the connection breaks off")
    return result


class _CountingStream(io.RawIOBase):
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._response = response
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._response.read(size)
        except (http.client.HTTPException, OSError):
            raise _TransientError("the connection breaks off") from None
        self.count += len(data)
        return data
