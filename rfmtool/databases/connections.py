"""Connections to databases through their drivers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import duckdb

from rfmtool.databases.urls import Database
from rfmtool.errors import InputError, UsageError

_EXTRAS: Final = {"postgresql": "'rfmtool[postgres]'", "sqlite": "'rfmtool[sqlite]'"}
"""What to install for a driver, where rfmtool has an extra for it."""
_TIMEOUT_SECONDS: Final = 20
_DUCKDB_MEMORY: Final = "1GB"
"""For reading and writing a DuckDB file; the engine that groups has its own limit."""


@contextmanager
def open_connection(database: Database, *, read_only: bool) -> Iterator[Any]:
    """A connection, in a transaction that is rolled back unless it is committed.

    Raises the driver's own errors too.
    """
    if read_only and database.is_file and not Path(database.path).is_file():
        raise InputError(f"{database.name}: there is no such file", "Look at its spelling.")
    is_new = database.is_file and not Path(database.path).exists()
    mask = os.umask(0o077)  # new files hold customers' data
    try:
        with closing(_connect(database, read_only=read_only)) as connection:
            yield connection
    except BaseException:
        for suffix in ("", ".wal", "-journal") if is_new else ():
            Path(f"{database.path}{suffix}").unlink(missing_ok=True)
        raise
    finally:
        os.umask(mask)


def _connect(database: Database, *, read_only: bool) -> Any:  # noqa: ANN401 - of any driver
    if database.scheme == "duckdb":
        return duckdb.connect(
            database.path, read_only=read_only, config={"memory_limit": _DUCKDB_MEMORY}
        )
    driver = driver_of(database)
    if database.scheme == "sqlite":
        mode = "ro" if read_only else "rwc"
        return driver.connect(f"file:{quote(database.path)}?mode={mode}")
    if database.scheme == "bigquery":
        parts = urlsplit(database.url)
        names = {"project_id": parts.netloc, "dataset_id": parts.path.strip("/")}
        return driver.connect({f"adbc.bigquery.sql.{key}": name for key, name in names.items()})
    if database.scheme == "snowflake":
        return driver.connect(database.url.removeprefix("snowflake://"))
    if "connect_timeout" in database.url or "PGCONNECT_TIMEOUT" in os.environ:
        return driver.connect(database.url)
    separator = "&" if "?" in database.url else "?"
    return driver.connect(f"{database.url}{separator}connect_timeout={_TIMEOUT_SECONDS}")


def driver_of(database: Database) -> Any:  # noqa: ANN401 - a module
    """The driver module of a database."""
    if database.scheme == "duckdb":
        return duckdb
    try:
        return import_module(f"adbc_driver_{database.scheme}.dbapi")
    except ImportError:
        package = f"adbc-driver-{database.scheme}"
        raise UsageError(
            f"{database.name}: {package} is not installed",
            f"pip install {_EXTRAS.get(database.scheme, package)} brings it.",
        ) from None
