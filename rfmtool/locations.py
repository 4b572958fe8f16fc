"""What a name is: a place in the file system, a database, or neither; and names without secrets."""

from __future__ import annotations

import re
from typing import Final, Literal

from rfmtool.errors import UsageError

DATABASE_SCHEMES: Final = ("postgresql", "postgres", "sqlite", "duckdb", "snowflake", "bigquery")
"""How names of databases begin."""
STORE_SCHEMES: Final = ("s3", "gs", "az")
"""How names of places in object stores begin."""
WEB_SCHEME: Final = "https"
CLUSTER_SCHEME: Final = "sc"
"""How names of clusters that speak Spark Connect begin."""
WRITABLE_SCHEMES: Final = ("postgresql", "sqlite", "duckdb", *STORE_SCHEMES)
"""How names begin of places beside files that a run is written to."""

# Two letters at least, as `C:` is a drive; one slash is what a path makes of two.
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/")
_DATABASE: Final = re.compile(rf"({'|'.join(DATABASE_SCHEMES)}|mysql|mariadb|jdbc):", re.IGNORECASE)

_USER: Final = re.compile(r"://\S*@")
_PARAMETERS: Final = re.compile(r"(?<=://)([^\s?#]*)\?[^\s#]*")
_OF_CLUSTER: Final = re.compile(r"(\b[a-z]{2,}:/[^\s;]*);\S*", re.IGNORECASE)


def scheme_of(name: str) -> str:
    """The scheme of a URL, in small letters; nothing where it is a path."""
    found = _DATABASE.match(name) or _SCHEME.match(name)
    return found[1].lower() if found else ""


def is_database(name: str) -> bool:
    """Whether it names a database that can be read and written."""
    return scheme_of(name) in DATABASE_SCHEMES


def is_store(name: str) -> bool:
    """Whether it names a place in an object store."""
    return scheme_of(name) in STORE_SCHEMES


def is_cluster(name: str) -> bool:
    """Whether it names a cluster, or a table of one."""
    return scheme_of(name) == CLUSTER_SCHEME


def check_is_local_path(name: str) -> None:
    """Check that a name is that of a file or folder.

    Raises:
        UsageError: it is a URL; only its scheme is shown, since others may hold passwords.
    """
    if scheme := scheme_of(name):
        raise UsageError(
            f"{scheme}:…: only files and folders of this machine are read and written here",
            "Copy it to a file first, or name a place of this machine.",
        )


def check_is_path(name: str, verb: Literal["read", "written"]) -> None:
    """Check that a name is a path, since all URLs of a known kind have been told apart.

    Raises:
        UsageError: it is a URL of another kind; only its scheme is shown.
    """
    if scheme := scheme_of(name):
        known = ", ".join(
            (*DATABASE_SCHEMES, *STORE_SCHEMES, WEB_SCHEME, CLUSTER_SCHEME)
            if verb == "read"
            else WRITABLE_SCHEMES
        )
        raise UsageError(
            f"{scheme}:…: such a place is not {verb}",
            f"Name a file or folder, or a URL of one of these: {known}.",
        )


def without_secrets(text: str) -> str:
    """A text without what URLs in it may hold: user, password, parameters."""
    return _OF_CLUSTER.sub(r"\1", _PARAMETERS.sub(r"\1", _USER.sub("://", text)))
