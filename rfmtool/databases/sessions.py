"""Sessions that write to databases, with what differs between their drivers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from rfmtool.databases.connections import open_connection
from rfmtool.databases.urls import Target, quote_identifier

_COLUMNS_QUERIES: Final = {
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
    """For DuckDB the connection itself, whose cursors would be in transactions of their own."""

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """Execute a statement, and return its rows."""
        self.cursor.execute(sql)
        return list(self.cursor.fetchall()) if self.cursor.description else []

    def column_types(self, table: str) -> dict[str, str]:
        """The types of a table's columns by name; empty where there is no such table."""
        qualified = self.target.qualified_name(table).replace("'", "''")
        query = _COLUMNS_QUERIES[self.target.database.scheme]
        return dict(self.execute(query.format(table=qualified, name=table)))

    def ingest(self, table: str, rows: pa.RecordBatchReader) -> int:
        """Append rows to a table, and return their number."""
        if self.target.database.scheme == "duckdb":
            names = ", ".join(map(quote_identifier, rows.schema.names))
            qualified = self.target.qualified_name(table)
            self.connection.register("rows_to_come", rows)
            insert = f"insert into {qualified} ({names}) select {names} from rows_to_come"
            [(count,)] = self.execute(insert)
            self.connection.unregister("rows_to_come")
            return int(count)
        options = {"db_schema_name": self.target.schema} if self.target.schema else {}
        if self.target.database.is_file:  # decimals as text, which SQLite converts to numbers
            schema = pa.schema([
                field.with_type(pa.string()) if pa.types.is_decimal(field.type) else field
                for field in rows.schema
            ])  # fmt: skip
            batches = (batch.cast(schema) for batch in rows)
            rows = pa.RecordBatchReader.from_batches(schema, batches)
        return int(self.cursor.adbc_ingest(table, rows, mode="append", **options))


@contextmanager
def open_session(target: Target) -> Iterator[Session]:
    """Begin a transaction, which is rolled back unless it is committed; raises as its driver."""
    with open_connection(target.database, read_only=False) as connection:
        is_duckdb = target.database.scheme == "duckdb"
        if is_duckdb:
            connection.execute("begin transaction")
        with nullcontext(connection) if is_duckdb else connection.cursor() as cursor:
            yield Session(target, connection, cursor)
