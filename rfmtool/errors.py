"""What can go wrong, and with which exit code a command then ends.

A message says what is wrong and where; `hint` says what to do next. Neither ever quotes a cell:
cells are customers' data.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class RfmtoolError(Exception):
    """Something the user should read; every error raised on purpose descends from it."""

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        """Keep what is wrong and where (`message`), and what to do next (`hint`)."""
        super().__init__(message)
        self.hint = hint
        self.seen: object = None
        """What was understood before: the export, or the export read and grouped."""

    def __str__(self) -> str:
        """Give the whole of it on one line."""
        message = super().__str__()
        return f"{message}. {self.hint}" if self.hint else message


@contextmanager
def add_error_context(seen: object) -> Iterator[None]:
    """Give errors raised inside what was understood before them."""
    try:
        yield
    except RfmtoolError as error:
        error.seen = error.seen or seen
        raise


@contextmanager
def errors_naming(what: str) -> Iterator[None]:
    """Name the file or table that errors raised inside are about, if they do not yet."""
    try:
        yield
    except RfmtoolError as error:
        if not error.args[0].startswith(f"{what}: "):
            error.args = (f"{what}: {error.args[0]}",)
        raise


class UsageError(RfmtoolError):
    """An option or argument that cannot be meant."""


def check_type(name: str, value: object, kinds: type | tuple[type, ...], instead: str) -> None:
    """Check that an argument of the library is of a kind that it takes.

    Raises:
        UsageError: it is not.
    """
    if not isinstance(value, kinds):
        raise UsageError(f"{name}: cannot be of type {type(value).__name__}", f"Give {instead}.")


class InputError(RfmtoolError):
    """An export that cannot be read: missing, empty, damaged, or without a needed column."""


class NoTableError(InputError):
    """A file that holds no table, or one without rows; beside good exports it is passed over."""


class AmbiguousInputError(InputError):
    """An export that can be read in two ways that differ; the user must say which."""


class RulesError(RfmtoolError):
    """A rules or scales file with an error; the message names the file and the key."""

    def __init__(
        self, message: str, hint: str = "rfmtool rules show prints a rules file that loads."
    ) -> None:
        """Point to an example where there is nothing better to say."""
        super().__init__(message, hint)


class ForeignFolderError(RfmtoolError):
    """An output folder that holds something we did not write."""


class LimitError(RfmtoolError):
    """The data failed a limit the user set; nothing was published."""

    exit_code = 1


class SystemFailureError(RfmtoolError):
    """The system failed: disk full, permission denied, folder held by another run."""

    exit_code = 3
