"""Paths and URLs: which kind a name is, and how to show one without secrets."""

from __future__ import annotations

import re
from typing import Final, Literal

from rfmtool.errors import UsageError

DATABASE_SCHEMES: Final = ("postgresql", "postgres", "sqlite", "duckdb", "snowflake", "bigquery")
STORE_SCHEMES: Final = ("s3", "gs", "az")
WEB_SCHEME: Final = "https"
CLUSTER_SCHEME: Final = "sc"
"""Spark Connect."""
WRITABLE_SCHEMES: Final = ("postgresql", "sqlite", "duckdb", *STORE_SCHEMES)
"""Where a run can be written to other than to files."""

# At least two letters, as `C:` is a drive; one slash, since `Path` turns two into one.
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/")
_DATABASE: Final = re.compile(rf"({'|'.join(DATABASE_SCHEMES)}|mysql|mariadb|jdbc):", re.IGNORECASE)

_CREDENTIALS: Final = re.compile(r"://\S*@")
_PARAMETERS: Final = re.compile(r"(?<=://)([^\s?#]*)\?[^\s#]*")
_CLUSTER_PARAMETERS: Final = re.compile(r"(\b[a-z]{2,}:/[^\s;]*);\S*", re.IGNORECASE)


def scheme_of(name: str) -> str:
    """The scheme of a URL in lower case; empty for a path."""
    match = _DATABASE.match(name) or _SCHEME.match(name)
    return match[1].lower() if match else ""


def is_database(name: str) -> bool:
    """Whether a name is the URL of a supported database."""
    return scheme_of(name) in DATABASE_SCHEMES


def is_store(name: str) -> bool:
    """Whether a name is the URL of an object store."""
    return scheme_of(name) in STORE_SCHEMES


def is_cluster(name: str) -> bool:
    """Whether a name is the URL of a cluster or of a table in one."""
    return scheme_of(name) == CLUSTER_SCHEME


def check_is_local_path(name: str) -> None:
    """Check that a name is the path of a file or folder; UsageError shows only a URL's scheme."""
    if scheme := scheme_of(name):
        raise UsageError(
            f"{scheme}:…: only files and folders of this machine are read and written here",
            "Copy it to a file first, or name a place of this machine.",
        )


def check_is_path(name: str, verb: Literal["read", "written"]) -> None:
    """Check that a name is a path, once URLs of known schemes are handled; raises UsageError."""
    if scheme := scheme_of(name):
        readable = (*DATABASE_SCHEMES, *STORE_SCHEMES, WEB_SCHEME, CLUSTER_SCHEME)
        known = ", ".join(readable if verb == "read" else WRITABLE_SCHEMES)
        raise UsageError(
            f"{scheme}:…: such a place is not {verb}",
            f"Name a file or folder, or a URL of one of these: {known}.",
        )


def without_secrets(text: str) -> str:
    """A text without the user, password and parameters of URLs in it."""
    return _CLUSTER_PARAMETERS.sub(r"\1", _PARAMETERS.sub(r"\1", _CREDENTIALS.sub("://", text)))
