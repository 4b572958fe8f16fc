"""Errors of databases and drivers translated into ours, because theirs may quote cells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import duckdb

from rfmtool.errors import RfmtoolError
from rfmtool.failures import failure_by_message, failure_by_state, failure_error

_DUCKDB_ERRORS: Final = (
    (duckdb.CatalogException, "absent"), (duckdb.BinderException, "absent"),
    (duckdb.ParserException, "query"), (duckdb.InvalidInputException, "cells"),
    (duckdb.DataError, "cells"),
)  # fmt: skip


@contextmanager
def translated_errors(name: str) -> Iterator[None]:
    """Replace the errors of a database by ours, which quote nothing of them."""
    try:
        yield
    except RfmtoolError:
        raise
    except Exception as error:  # noqa: BLE001 - of any driver
        raise failure_error(__package__, _failure(error), name) from None


def _failure(error: Exception) -> str:
    """The name of the failure in failures.toml; an error that is no driver's is raised again."""
    by_state = failure_by_state(__package__, getattr(error, "sqlstate", None) or "")
    if known := by_state or failure_by_message(__package__, str(error)):
        return known
    for kind, failure in _DUCKDB_ERRORS:
        if isinstance(error, kind):
            return failure
    if isinstance(error, (OSError, duckdb.Error)) or hasattr(error, "sqlstate"):
        return "lost"
    raise error
