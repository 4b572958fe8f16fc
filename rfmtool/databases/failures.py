"""Errors of databases and drivers translated into ours, because theirs may quote cells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import duckdb

from rfmtool.errors import InputError, RfmtoolError, SystemFailureError, UsageError

_LOGIN: Final = UsageError, "refuses the login", (
    "Say who you are in the URL, by PGUSER and PGPASSWORD, or by a service file."
)  # fmt: skip
_ABSENT: Final = UsageError, "there is no such table or column", (
    "Look at its spelling: capitals count, and a schema stands in front, as in shop.orders."
)  # fmt: skip
_NO_DATABASE: Final = UsageError, "there is no such database", "Look at its spelling."
_QUERY: Final = UsageError, "the query is not understood", (
    "Try it where you usually ask; it must be one select."
)  # fmt: skip
_WRITES: Final = UsageError, "the query would change the database", "Ask with a select."
_CELLS: Final = InputError, "the query fails on some of its rows", (
    "A cast or a division in it meets what it is not made for."
)  # fmt: skip
_FORBIDDEN: Final = SystemFailureError, "permission is denied", (
    "Have it granted, or log in as somebody else."
)  # fmt: skip
_TAKEN: Final = UsageError, "has a table of that name, which no run of rfmtool wrote", (
    "Name another schema, or rename that table."
)  # fmt: skip
_FULL: Final = SystemFailureError, "the database has no room left", "Free some, and run again."
_BUSY: Final = SystemFailureError, "another program holds it", "Run again when that has ended."
_LOST: Final = SystemFailureError, "the connection broke off", "Run again; nothing was written."
_UNREACHED: Final = SystemFailureError, "it cannot be reached", (
    "See whether it runs, and whether host and port are right."
)  # fmt: skip
_CLOSED: Final = SystemFailureError, "the file cannot be opened", (
    "See whether it is there, and whether you may write it and its folder."
)  # fmt: skip
_NO_FILE: Final = InputError, "the file is no such database", "Name another, or what it really is."

_STATES: Final = {
    "28": _LOGIN, "3D": _NO_DATABASE, "42501": _FORBIDDEN, "42": _QUERY, "42P01": _ABSENT,
    "42703": _ABSENT, "42P07": _TAKEN, "3F": _ABSENT, "25006": _WRITES, "22": _CELLS,
    "53": _FULL, "55": _BUSY, "40": _BUSY,
}  # fmt: skip
"""By the beginning of the SQLSTATE; the longest that fits counts."""
_MESSAGE_PARTS: Final = (
    ("Conversion Error", _CELLS), ("malformed JSON", _CELLS),
    ("]: FATAL", _LOST), ("server closed", _LOST), ("PGRES_FATAL_ERROR", _CELLS),
    ("authentication failed", _LOGIN), ("no password supplied", _LOGIN), ("role ", _LOGIN),
    ('database "', _NO_DATABASE), ("Failed to connect", _UNREACHED),
    ("not a database", _NO_FILE), ("not a valid DuckDB", _NO_FILE), ("no such", _ABSENT),
    ("syntax error", _QUERY), ("lock", _BUSY), ("Failed to step", _CELLS),
    ("readonly", _FORBIDDEN),
    ("Permission denied", _FORBIDDEN), ("is full", _FULL), ("No space", _FULL),
    ("failed to open", _CLOSED), ("Cannot open file", _CLOSED), ("disk I/O error", _CLOSED),
)  # fmt: skip
"""By a part of the message, where a driver gives no SQLSTATE."""
_DUCKDB_ERRORS: Final = (
    (duckdb.CatalogException, _ABSENT), (duckdb.BinderException, _ABSENT),
    (duckdb.ParserException, _QUERY), (duckdb.InvalidInputException, _CELLS),
    (duckdb.DataError, _CELLS),
)  # fmt: skip


@contextmanager
def translated_errors(name: str) -> Iterator[None]:
    """Replace the errors of a database by ours, which quote nothing of them."""
    try:
        yield
    except RfmtoolError:
        raise
    except Exception as error:  # noqa: BLE001 - of any driver
        kind, what, hint = _translation(error)
        raise kind(f"{name}: {what}", hint) from None


def _translation(error: Exception) -> tuple[type[RfmtoolError], str, str]:
    state = getattr(error, "sqlstate", None) or ""
    for length in (5, 2):
        if state[:length] in _STATES:
            return _STATES[state[:length]]
    text = str(error)
    for part, translation in _MESSAGE_PARTS:
        if part in text:
            return translation
    for kind, translation in _DUCKDB_ERRORS:
        if isinstance(error, kind):
            return translation
    if isinstance(error, (OSError, duckdb.Error)) or hasattr(error, "sqlstate"):
        return _LOST
    raise error
