"""URLs of object stores, and errors of stores translated into ours."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import pyarrow as pa
from pyarrow import fs

from rfmtool.documents import parse_json
from rfmtool.errors import RfmtoolError, UsageError
from rfmtool.failures import failure_by_message, failure_error
from rfmtool.locations import scheme_of, without_secrets
from rfmtool.manifest import TOOL

_LOGIN_ERROR_PARTS: Final = "OAuth2", "AuthenticationException", "Base64"
"""Parts of the messages of ArrowExceptions about wrong credentials."""

_DEFAULT_PARAMETERS: Final = {
    "s3": "allow_delayed_open=true",  # small objects take one request to write instead of three
    "gs": "retry_limit_seconds=10",  # by default a quarter of an hour without interruption
}
"""The parameter that is set where the URL does not set it."""


@dataclass(frozen=True)
class Store:
    """A bucket, folder or object of an object store."""

    url: str = field(repr=False)
    filesystem: fs.FileSystem = field(repr=False)
    path: str
    """Bucket and key, without a slash at the end."""

    @property
    def name(self) -> str:
        """The name in messages, without secrets."""
        return without_secrets(self.url)

    def __reduce__(self) -> tuple[Callable[[str], Store], tuple[str]]:
        """Pickle the URL, so that no credentials of this machine go to another."""
        return parse_store_url, (self.url,)


def parse_store_url(url: str) -> Store:
    """The store that a URL names, which is not contacted.

    Parameters of the URL are those of Arrow, such as `endpoint_override`, `scheme` and `region`;
    without them the store's own environment variables apply.
    """
    name = without_secrets(url)
    if not urlsplit(url).netloc:
        raise UsageError(f"{name}: names no bucket", "For example s3://bucket/folder.")
    with translated_errors(name):
        if scheme_of(url) == "az":
            return Store(url, *_azure(url))
        query, default = urlsplit(url).query, _DEFAULT_PARAMETERS[scheme_of(url)]
        is_set = default.partition("=")[0] in dict(parse_qsl(query))
        full = url if is_set else f"{url}{'&' if query else '?'}{default}"
        try:
            filesystem, path = fs.FileSystem.from_uri(full)
        except pa.ArrowInvalid:
            raise _url_error(url) from None
        return Store(url, filesystem, path.rstrip("/"))


def read_own_json(store: Store, path: str) -> dict[str, Any] | None:
    """The JSON object that rfmtool wrote; None where it is not JSON, or another tool's."""
    with store.filesystem.open_input_stream(path, compression=None) as stream:
        try:
            data = parse_json(stream.read())
        except ValueError:
            return None
    return data if isinstance(data, dict) and data.get("tool") == TOOL else None


def _url_error(url: str) -> UsageError:
    return UsageError(
        f"{without_secrets(url)}: is not understood", "Look at its spelling and its parameters."
    )


def _azure(url: str) -> tuple[fs.FileSystem, str]:
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query))
    account = given.pop("account_name", None) or os.environ.get("AZURE_STORAGE_ACCOUNT")
    if not account:
        raise UsageError(
            f"{without_secrets(url)}: whose account it is of is not said",
            "Set AZURE_STORAGE_ACCOUNT.",
        )
    key = os.environ.get("AZURE_STORAGE_KEY") or None
    try:
        filesystem = fs.AzureFileSystem(account, account_key=key, **given)
    except (TypeError, pa.ArrowInvalid):
        raise _url_error(url) from None
    return filesystem, unquote(f"{parts.netloc}{parts.path}").rstrip("/")


@contextmanager
def translated_errors(name: str) -> Iterator[None]:
    """Replace the errors of a store by ours."""
    try:
        yield
    except RfmtoolError:
        raise
    except FileNotFoundError:
        raise failure_error(__package__, "absent", name) from None
    except pa.ArrowException as error:
        if not any(part in str(error) for part in _LOGIN_ERROR_PARTS):
            raise
        raise failure_error(__package__, "login", name) from None
    except OSError as error:
        if error.errno is not None and not isinstance(error, PermissionError):
            raise  # an error of this machine
        failure = failure_by_message(__package__, str(error)) or "lost"
        raise failure_error(__package__, failure, name) from None
