"""Errors of drivers and clients in our words, which are rows of their package's failures.toml."""

from __future__ import annotations

from typing import Any, Final

import rfmtool.errors
from rfmtool.documents import packaged_toml
from rfmtool.errors import RfmtoolError

_FILE: Final = "failures.toml"


def failure_by_message(package: str, message: str) -> str | None:
    """The name of the failure that a message tells of; None where that is unknown."""
    known = packaged_toml(package, _FILE)["messages"]
    return next((failure for part, failure in known if part in message), None)


def failure_by_state(package: str, state: str) -> str | None:
    """The name of the failure that an SQLSTATE stands for; None where that is unknown."""
    known = packaged_toml(package, _FILE)["states"]
    return next((known[state[:length]] for length in (5, 2) if state[:length] in known), None)


def failure_error(package: str, failure: str, name: str) -> RfmtoolError:
    """The error for a failure of what is called `name`."""
    row: dict[str, Any] = packaged_toml(package, _FILE)["failures"][failure]
    error: RfmtoolError = getattr(rfmtool.errors, row["error"])(
        f"{name}: {row['what']}", row["hint"]
    )
    return error
