"""What a database URL names: a table of it, or what a query answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from rfmtool.errors import UsageError
from rfmtool.places import scheme_of, without_secrets

_ALIASES: Final = {"postgres": "postgresql"}
_FILES: Final = ("sqlite", "duckdb")
_BARE: Final = ("snowflake", "bigquery")
"""Where a quoted name would be another than the same without quotes."""


@dataclass(frozen=True)
class Database:
    """A database, as its driver finds it."""

    scheme: str
    url: str = field(repr=False)
    """With all secrets, and without what is asked of it."""

    @property
    def name(self) -> str:
        """What messages call it, without secrets."""
        return without_secrets(self.url)

    @property
    def path(self) -> str:
        """Where the file of a `sqlite:` or `duckdb:` is."""
        return self.url.partition(":")[2].removeprefix("//")

    @property
    def is_file(self) -> bool:
        """Whether it is a file of this machine."""
        return self.scheme in _FILES


@dataclass(frozen=True)
class Rows:
    """Rows of a database that are to be read."""

    database: Database
    table: str = ""
    query: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """What messages call them, without secrets."""
        return f"{self.database.name}#{'query' if self.query else self.table}"

    @property
    def statement(self) -> str:
        """What is asked of the database."""
        if self.query:
            return self.query.strip().rstrip(";")
        bare = self.database.scheme in _BARE
        return f"select * from {self.table if bare else quoted(*self.table.split('.'))}"


def quoted(*names: str) -> str:
    """A name of a table or column as SQL, within schemas or not."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def database_of(url: str) -> Database:
    """The database that a URL names.

    Raises:
        UsageError: it names none.
    """
    scheme = scheme_of(url)
    found = Database(_ALIASES.get(scheme, scheme), url)
    if found.is_file and not found.path:
        raise UsageError(f"{scheme}: names no file", f"For example {scheme}:shop.db.")
    return found


def rows_of(url: str, table: str | None = None, query: str | None = None) -> Rows:
    """The rows that a URL names: behind `#` stands a table or, told by its spaces, a query.

    Args:
        url: of the database.
        table: which to read where the URL does not say.
        query: what to ask where the URL does not say.

    Raises:
        UsageError: nothing says what to read.
    """
    base, _, said = url.partition("#")
    database = database_of(base)
    if said:
        table, query = (None, said) if any(map(str.isspace, said.strip())) else (said, None)
    if not (table or query):
        raise UsageError(
            f"{database.name}: which table is not said",
            "Name it with --table, or behind #; or ask with --query 'select …'.",
        )
    return Rows(database, table or "", query or "")
