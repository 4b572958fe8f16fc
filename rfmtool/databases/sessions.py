"""What writing asks of a database, by the driver of each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

import duckdb
import pyarrow as pa

from rfmtool.databases.connections import connected
from rfmtool.databases.names import Target, quoted

_POSTGRESQL_COLUMNS: Final = (
    "select attname, format_type(atttypid, null) from pg_attribute"
    " where attrelid = to_regclass('{table}') and attnum > 0 and not attisdropped"
)
_SQLITE_COLUMNS: Final = "select name, type from pragma_table_info('{name}')"
_DUCKDB_COLUMNS: Final = (
    "select column_name, data_type from duckdb_columns() where lower(table_name) = lower('{name}')"
    " and database_name = current_database() and schema_name = current_schema()"
)


class Session(Protocol):
    """A transaction."""

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """Do something; gives the rows that answer."""

    def columns(self, target: Target, table: str) -> dict[str, str]:
        """The columns of a table and their types; none where there is no such table."""

    def ingest(self, target: Target, table: str, rows: pa.RecordBatchReader) -> int:
        """Add rows to a table; gives how many."""

    def commit(self) -> None:
        """Make it last."""


@contextmanager
def session(target: Target) -> Iterator[Session]:
    """Begin a transaction, which comes to nothing unless it is committed.

    Raises:
        Exception: whatever the driver raises.
    """
    with connected(target.database, read_only=False) as connection:
        if target.database.scheme == "duckdb":
            connection.execute("begin transaction")
            yield _DuckdbSession(connection)
        else:
            with closing(connection.cursor()) as cursor:
                yield _AdbcSession(connection, cursor)


@dataclass(frozen=True)
class _AdbcSession:
    connection: Any
    cursor: Any

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        self.cursor.execute(sql)
        return list(self.cursor.fetchall()) if self.cursor.description else []

    def columns(self, target: Target, table: str) -> dict[str, str]:
        asked = _POSTGRESQL_COLUMNS if target.is_server else _SQLITE_COLUMNS
        place = target.sql(table).replace("'", "''")
        return dict(self.execute(asked.format(table=place, name=table)))

    def ingest(self, target: Target, table: str, rows: pa.RecordBatchReader) -> int:
        where = {"db_schema_name": target.schema} if target.schema else {}
        if not target.is_server:  # decimals as text, which SQLite makes numbers of
            schema = pa.schema([
                field.with_type(pa.string()) if pa.types.is_decimal(field.type) else field
                for field in rows.schema
            ])  # fmt: skip
            parts = (batch.cast(schema) for batch in rows)
            rows = pa.RecordBatchReader.from_batches(schema, parts)
        return int(self.cursor.adbc_ingest(table, rows, mode="append", **where))

    def commit(self) -> None:
        self.connection.commit()


@dataclass(frozen=True)
class _DuckdbSession:
    connection: duckdb.DuckDBPyConnection

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def columns(self, target: Target, table: str) -> dict[str, str]:  # noqa: ARG002
        return dict(self.execute(_DUCKDB_COLUMNS.format(name=table)))

    def ingest(self, target: Target, table: str, rows: pa.RecordBatchReader) -> int:
        names = ", ".join(map(quoted, rows.schema.names))
        self.connection.register("rows_to_come", rows)
        asked = f"insert into {target.sql(table)} ({names}) select {names} from rows_to_come"
        [(count,)] = self.execute(asked)
        self.connection.unregister("rows_to_come")
        return int(count)

    def commit(self) -> None:
        self.connection.commit()
