"""Connections to databases, by the driver of each."""

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
"""What brings a driver, where that is an extra."""
_PATIENCE_SECONDS: Final = 20
_DUCKDB_MEMORY: Final = "1GB"
"""What a file of DuckDB is read and written with, beside the engine that groups."""


@contextmanager
def open_connection(database: Database, *, read_only: bool) -> Iterator[Any]:
    """Give a connection, within a transaction that comes to nothing unless it is committed.

    Raises:
        InputError: there is no such file.
        UsageError: the driver is not installed.
        Exception: whatever the driver raises.
    """
    if read_only and database.is_file and not Path(database.path).is_file():
        raise InputError(f"{database.name}: there is no such file", "Look at its spelling.")
    is_new = database.is_file and not Path(database.path).exists()
    mask = os.umask(0o077)  # what is made meanwhile holds customers' data
    try:
        with closing(_connection(database, read_only=read_only)) as connection:
            yield connection
    except BaseException:
        for end in ("", ".wal", "-journal") if is_new else ():
            Path(f"{database.path}{end}").unlink(missing_ok=True)
        raise
    finally:
        os.umask(mask)


def _connection(database: Database, *, read_only: bool) -> Any:  # noqa: ANN401 - of any driver
    if database.scheme == "duckdb":
        return duckdb.connect(
            database.path, read_only=read_only, config={"memory_limit": _DUCKDB_MEMORY}
        )
    driver = driver_of(database)
    if database.scheme == "sqlite":
        mode = "ro" if read_only else "rwc"
        return driver.connect(f"file:{quote(database.path)}?mode={mode}")
    if database.scheme == "bigquery":
        project = urlsplit(database.url)
        names = {"project_id": project.netloc, "dataset_id": project.path.strip("/")}
        return driver.connect({f"adbc.bigquery.sql.{key}": name for key, name in names.items()})
    if database.scheme == "snowflake":
        return driver.connect(database.url.removeprefix("snowflake://"))
    patient = "connect_timeout" in database.url or "PGCONNECT_TIMEOUT" in os.environ
    mark = "&" if "?" in database.url else "?"
    wait = "" if patient else f"{mark}connect_timeout={_PATIENCE_SECONDS}"
    return driver.connect(f"{database.url}{wait}")


def driver_of(database: Database) -> Any:  # noqa: ANN401 - a module
    """The library that reads and writes a database."""
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
