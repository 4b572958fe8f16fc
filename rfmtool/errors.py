"""Errors that users read, and the exit code of a command for each.

A message says what is wrong and where; `hint` says what to do next. Neither ever quotes a cell:
cells are customers' data.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class RfmtoolError(Exception):
    """The base class of all errors meant for the user."""

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        self.contexts: dict[ErrorContext[Any], Any] = {}

    def __str__(self) -> str:
        """Return message and hint on one line."""
        message = super().__str__()
        return f"{message}. {self.hint}" if self.hint else message


class ErrorContext(Generic[Value]):
    """What was known of one kind before an error was raised; an error keeps the first of each."""

    def attach(self, error: RfmtoolError, value: Value) -> None:
        """Attach a value to an error."""
        error.contexts.setdefault(self, value)

    @contextmanager
    def attached(self, value: Value) -> Iterator[None]:
        """Attach a value to errors raised inside."""
        try:
            yield
        except RfmtoolError as error:
            self.attach(error, value)
            raise

    def of(self, error: RfmtoolError) -> Value | None:
        """The value attached to an error."""
        value: Value | None = error.contexts.get(self)
        return value


@contextmanager
def errors_naming(what: str) -> Iterator[None]:
    """Prefix errors raised inside with the file or table, unless they name it already."""
    try:
        yield
    except RfmtoolError as error:
        if not error.args[0].startswith(f"{what}: "):
            error.args = (f"{what}: {error.args[0]}",)
        raise


class UsageError(RfmtoolError):
    """An invalid option or argument."""


def check_type(name: str, value: object, kinds: type | tuple[type, ...], instead: str) -> None:
    """Check the type of an argument of the library; raises UsageError."""
    if not isinstance(value, kinds):
        raise UsageError(f"{name}: cannot be of type {type(value).__name__}", f"Give {instead}.")


class InputError(RfmtoolError):
    """An export that cannot be read: missing, empty, damaged, or without a needed column."""


class NoTableError(InputError):
    """A file without a table or without rows; skipped if other exports are good."""


class AmbiguousInputError(InputError):
    """An export with two possible readings that differ; the user must choose."""


class RulesError(RfmtoolError):
    """A rules or scales file with an error; the message names the file and the key."""

    def __init__(
        self, message: str, hint: str = "rfmtool rules show prints a rules file that loads."
    ) -> None:
        super().__init__(message, hint)


class ForeignFolderError(RfmtoolError):
    """An output folder that contains something we did not write."""


class LimitError(RfmtoolError):
    """The data failed a limit the user set; nothing was published."""

    exit_code = 1


class SystemFailureError(RfmtoolError):
    """The system failed: disk full, permission denied, folder held by another run."""

    exit_code = 3
