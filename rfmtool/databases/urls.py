"""What a database URL names: a table of it, or what a query answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import unquote

from rfmtool.errors import UsageError
from rfmtool.locations import WRITABLE_SCHEMES, scheme_of, without_secrets

_ALIASES: Final = {"postgres": "postgresql"}
_WITH_SCHEMA: Final = re.compile(r"(\w+://[^/?]*/[^/?]*)/([^/?]+)(\?.*)?")
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
        return self.scheme in ("sqlite", "duckdb")


@dataclass(frozen=True)
class DatabaseRows:
    """Rows of a database that are to be read."""

    database: Database
    table: str = ""
    query: str = field(default="", repr=False)
    columns: tuple[str, ...] = ()
    """Of the table, those that are to be read; none stands for all."""

    @property
    def name(self) -> str:
        """What messages call them, without secrets."""
        return f"{self.database.name}#{'query' if self.query else self.table}"

    @property
    def kind(self) -> str:
        """What holds them."""
        return self.database.scheme

    @property
    def statement(self) -> str:
        """What is asked of the database."""
        if self.query:
            return self.query.strip().rstrip(";")
        bare = self.database.scheme in _BARE
        columns = ", ".join(map(quote_identifier, self.columns)) or "*"
        return f"select {columns} from {self.table if bare else quote_identifier(*self.table.split('.'))}"


@dataclass(frozen=True)
class Target:
    """Where tables are to stand: a database, of a server perhaps a schema of it."""

    database: Database
    schema: str = ""

    @property
    def name(self) -> str:
        """What messages call it, without secrets."""
        return f"{self.database.name}/{self.schema}" if self.schema else self.database.name

    @property
    def is_server(self) -> bool:
        """Whether it is no file of this machine."""
        return not self.database.is_file

    def qualified_name(self, table: str) -> str:
        """A table of it, as SQL."""
        return quote_identifier(*filter(None, [self.schema]), table)


def quote_identifier(*names: str) -> str:
    """A name of a table or column as SQL, within schemas or not."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def parse_database_url(url: str) -> Database:
    """The database that a URL names."""
    scheme = scheme_of(url)
    found = Database(_ALIASES.get(scheme, scheme), url)
    if found.is_file and not found.path:
        raise UsageError(f"{scheme}: names no file", f"For example {scheme}:shop.db.")
    return found


def parse_rows_url(url: str, table: str | None = None, query: str | None = None) -> DatabaseRows:
    """The rows that a URL names: behind `#` stands a table or, told by its spaces, a query."""
    base, _, said = url.partition("#")
    database = parse_database_url(base)
    if not database.is_file and "@" in said.partition(" ")[0]:
        raise UsageError(f"{database.scheme}: a # stands in its password", "Write it as %23.")
    if said:
        table, query = (None, said) if any(map(str.isspace, said.strip())) else (said, None)
    if not (table or query):
        raise UsageError(
            f"{database.name}: which table is not said",
            "Name it with --table, or behind #; or ask with --query 'select …'.",
        )
    return DatabaseRows(database, table or "", query or "")


def parse_target_url(url: str) -> Target:
    """Where a URL after `-o` points: the last part of a server's may be a schema."""
    database = parse_database_url(url)
    if database.scheme not in WRITABLE_SCHEMES or "#" in url:
        raise UsageError(
            f"-o {database.name}: tables are not written there",
            "Name a postgresql:// URL with a schema, a duckdb: or a sqlite: file.",
        )
    found = _WITH_SCHEMA.fullmatch(url)
    if database.is_file or not found:
        return Target(database)
    base, schema, parameters = found.groups("")
    return Target(replace(database, url=base + parameters), unquote(schema))
