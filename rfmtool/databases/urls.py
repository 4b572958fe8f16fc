"""Database URLs: a table or query to read, or a target to write to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import unquote

from rfmtool.errors import UsageError
from rfmtool.locations import WRITABLE_SCHEMES, scheme_of, without_secrets

_ALIASES: Final = {"postgres": "postgresql"}
_WITH_SCHEMA: Final = re.compile(r"(\w+://[^/?]*/[^/?]*)/([^/?]+)(\?.*)?")
_UNQUOTED_SCHEMES: Final = ("snowflake", "bigquery")
"""Where names are written without quotes, because quoted names are other names."""


@dataclass(frozen=True)
class Database:
    """A database with the URL that its driver opens."""

    scheme: str
    url: str = field(repr=False)
    """With all secrets, and without the table or query."""

    @property
    def name(self) -> str:
        """The name in messages, without secrets."""
        return without_secrets(self.url)

    @property
    def path(self) -> str:
        """The path of the file of a `sqlite:` or `duckdb:` URL."""
        return self.url.partition(":")[2].removeprefix("//")

    @property
    def is_file(self) -> bool:
        """Whether it is a file of this machine."""
        return self.scheme in ("sqlite", "duckdb")


@dataclass(frozen=True)
class DatabaseRows:
    """Rows of a database to read: of a table or a query."""

    database: Database
    table: str = ""
    query: str = field(default="", repr=False)
    columns: tuple[str, ...] = ()
    """The columns of the table to read; empty for all."""

    @property
    def name(self) -> str:
        """The name in messages, without secrets."""
        return f"{self.database.name}#{'query' if self.query else self.table}"

    @property
    def kind(self) -> str:
        """The scheme of the database."""
        return self.database.scheme

    @property
    def statement(self) -> str:
        """The SQL that selects the rows."""
        if self.query:
            return self.query.strip().rstrip(";")
        table = self.table
        if self.database.scheme not in _UNQUOTED_SCHEMES:
            table = quote_identifier(*table.split("."))
        columns = ", ".join(map(quote_identifier, self.columns)) or "*"
        return f"select {columns} from {table}"


@dataclass(frozen=True)
class Target:
    """Where tables are written: a database, on a server perhaps a schema of it."""

    database: Database
    schema: str = ""

    @property
    def name(self) -> str:
        """The name in messages, without secrets."""
        return f"{self.database.name}/{self.schema}" if self.schema else self.database.name

    def qualified_name(self, table: str) -> str:
        """A table of the target in SQL."""
        return quote_identifier(*filter(None, [self.schema]), table)


def quote_identifier(*names: str) -> str:
    """A table or column name in SQL, qualified or not."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def parse_database_url(url: str) -> Database:
    """The database that a URL names."""
    scheme = scheme_of(url)
    database = Database(_ALIASES.get(scheme, scheme), url)
    if database.is_file and not database.path:
        raise UsageError(f"{scheme}: names no file", f"For example {scheme}:shop.db.")
    return database


def parse_rows_url(url: str, table: str | None = None, query: str | None = None) -> DatabaseRows:
    """The rows that a URL names: behind `#` a table or, where it has spaces, a query."""
    base, _, fragment = url.partition("#")
    database = parse_database_url(base)
    if not database.is_file and "@" in fragment.partition(" ")[0]:
        raise UsageError(f"{database.scheme}: a # stands in its password", "Write it as %23.")
    if fragment:
        is_query = any(map(str.isspace, fragment.strip()))
        table, query = (None, fragment) if is_query else (fragment, None)
    if not (table or query):
        raise UsageError(
            f"{database.name}: which table is not said",
            "Name it with --table, or behind #; or ask with --query 'select …'.",
        )
    return DatabaseRows(database, table or "", query or "")


def parse_target_url(url: str) -> Target:
    """The target that a URL after `-o` names: on a server its last part may be a schema."""
    database = parse_database_url(url)
    if database.scheme not in WRITABLE_SCHEMES or "#" in url:
        raise UsageError(
            f"-o {database.name}: tables are not written there",
            "Name a postgresql:// URL with a schema, a duckdb: or a sqlite: file.",
        )
    match = _WITH_SCHEMA.fullmatch(url)
    if database.is_file or not match:
        return Target(database)
    base, schema, parameters = match.groups("")
    return Target(replace(database, url=base + parameters), unquote(schema))
