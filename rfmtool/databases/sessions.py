"""What writing asks of a database, by the driver of each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from rfmtool.databases.connections import open_connection
from rfmtool.databases.urls import Target, quote_identifier

_COLUMNS: Final = {
    "postgresql": "select attname, format_type(atttypid, null) from pg_attribute"
    " where attrelid = to_regclass('{table}') and attnum > 0 and not attisdropped",
    "sqlite": "select name, type from pragma_table_info('{name}')",
    "duckdb": "select column_name, data_type from duckdb_columns()"
    " where lower(table_name) = lower('{name}')"
    " and database_name = current_database() and schema_name = current_schema()",
}


@dataclass(frozen=True)
class Session:
    """A transaction."""

    target: Target
    connection: Any
    cursor: Any
    """Of DuckDB the connection itself, whose cursors would be in transactions of their own."""

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """Do something; gives the rows that answer."""
        self.cursor.execute(sql)
        return list(self.cursor.fetchall()) if self.cursor.description else []

    def column_types(self, table: str) -> dict[str, str]:
        """The columns of a table and their types; none where there is no such table."""
        place = self.target.qualified_name(table).replace("'", "''")
        asked = _COLUMNS[self.target.database.scheme]
        return dict(self.execute(asked.format(table=place, name=table)))

    def ingest(self, table: str, rows: pa.RecordBatchReader) -> int:
        """Add rows to a table; gives how many."""
        if self.target.database.scheme == "duckdb":
            names = ", ".join(map(quote_identifier, rows.schema.names))
            place = self.target.qualified_name(table)
            self.connection.register("rows_to_come", rows)
            [(count,)] = self.execute(
                f"insert into {place} ({names}) select {names} from rows_to_come"
            )
            self.connection.unregister("rows_to_come")
            return int(count)
        where = {"db_schema_name": self.target.schema} if self.target.schema else {}
        if not self.target.is_server:  # decimals as text, which SQLite makes numbers of
            schema = pa.schema([
                field.with_type(pa.string()) if pa.types.is_decimal(field.type) else field
                for field in rows.schema
            ])  # fmt: skip
            parts = (batch.cast(schema) for batch in rows)
            rows = pa.RecordBatchReader.from_batches(schema, parts)
        return int(self.cursor.adbc_ingest(table, rows, mode="append", **where))


@contextmanager
def open_session(target: Target) -> Iterator[Session]:
    """Begin a transaction, which comes to nothing unless it is committed.

    Raises:
        Exception: whatever the driver raises.
    """
    with open_connection(target.database, read_only=False) as connection:
        is_duckdb = target.database.scheme == "duckdb"
        if is_duckdb:
            connection.execute("begin transaction")
        with nullcontext(connection) if is_duckdb else connection.cursor() as cursor:
            yield Session(target, connection, cursor)
