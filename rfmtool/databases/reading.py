"""Rows of a database as a stream of Arrow batches, with exact cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.databases.connections import open_connection
from rfmtool.databases.failures import translated_errors
from rfmtool.databases.urls import DatabaseRows, quote_identifier
from rfmtool.errors import AmbiguousInputError

_BATCH_ROWS: Final = 1 << 17
_POSTGRESQL_TYPES: Final = (
    "bool", "int2", "int4", "int8", "float4", "float8", "text", "varchar", "date",
    "timestamp", "timestamptz",
)  # fmt: skip
"""Types that are read as Arrow types; all others are cast to text by the server, which is faster
than the driver, and exact."""
_DUCKDB_TYPES: Final = (
    "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER",
    "UBIGINT", "FLOAT", "DOUBLE", "DECIMAL", "VARCHAR", "DATE", "TIMESTAMP",
)  # fmt: skip
_THOUSANDTHS: Final = r"^(-?\d+\.\d{3})$"
"""Numbers that could be read as thousands too; one more zero shows that they are not."""

_DUPLICATE_SUFFIX: Final = re.compile(r":\d+$")
"""What SQLite appends to the second column of one name."""
_MODIFIER_OFFSET: Final = 4
_SCALE_BITS: Final = 0x7FF
"""PostgreSQL keeps the scale of a numeric in the last bits of its type modifier, less 4."""


@contextmanager
def batches(rows: DatabaseRows) -> Iterator[pa.RecordBatchReader]:
    """The rows as they come.

    Numbers of any length come as text, because no type of Arrow holds them all; so do types that
    only the database can print, such as a uuid.
    """
    with ExitStack() as stack:
        with translated_errors(rows.name):
            connection = stack.enter_context(open_connection(rows.database, read_only=True))
            cursor = stack.enter_context(connection.cursor())
            if read := _READ_FUNCTIONS.get(rows.database.scheme):
                reader = read(cursor, rows)
            else:
                cursor.execute(rows.statement)
                reader = cursor.fetch_record_batch()
        checked = _with_translated_errors(reader, rows.name)
        yield pa.RecordBatchReader.from_batches(reader.schema, checked)


def is_file_table(rows: DatabaseRows) -> bool:
    """Whether they are a table of a DuckDB file, which has the same order each time it is read."""
    if rows.database.scheme != "duckdb" or rows.query:
        return False
    is_named = "lower(table_name) = lower(?)"
    query = f"select distinct table_type from information_schema.tables where {is_named}"
    with translated_errors(rows.name), open_connection(rows.database, read_only=True) as connection:
        types = connection.execute(query, [rows.table.split(".")[-1]]).fetchall()
    return bool(types == [("BASE TABLE",)])


def _with_translated_errors(reader: pa.RecordBatchReader, name: str) -> Iterator[pa.RecordBatch]:
    with translated_errors(name):
        yield from reader


def _read_postgresql(cursor: Any, rows: DatabaseRows) -> pa.RecordBatchReader:  # noqa: ANN401 - of ADBC
    cursor.execute("set transaction read only")
    schema = cursor.adbc_execute_schema(rows.statement)
    _check_unique_names(rows, schema.names)
    casts = {"money": "::numeric::text", **dict.fromkeys(_POSTGRESQL_TYPES, "")}
    columns = {
        field.name: quote_identifier(field.name) + casts.get(_postgresql_type(field), "::text")
        for field in schema
    }
    cursor.execute(_statement_with(rows, columns))
    reader = cursor.fetch_record_batch()
    places = [place for place, field in enumerate(schema) if _may_be_thousands(field)]
    batches = (_with_unambiguous_numbers(batch, places) for batch in reader)
    return pa.RecordBatchReader.from_batches(reader.schema, batches)


def _postgresql_type(field: pa.Field) -> str:
    name: bytes = field.metadata[b"POSTGRESQL:type"]
    return name.decode()


def _may_be_thousands(field: pa.Field) -> bool:
    """Whether a column may hold numbers with three decimals."""
    if _postgresql_type(field) not in ("numeric", "money"):
        return False
    modifier = int(field.metadata.get(b"POSTGRESQL:typmod", -1))
    return modifier < _MODIFIER_OFFSET or (modifier - _MODIFIER_OFFSET) & _SCALE_BITS == len("000")


def _with_unambiguous_numbers(batch: pa.RecordBatch, places: list[int]) -> pa.RecordBatch:
    """The batch with one more zero in numbers that could be read as thousands."""
    columns = batch.columns
    for place in places:
        columns[place] = pc.replace_substring_regex(columns[place], _THOUSANDTHS, r"\10")
    return pa.record_batch(columns, batch.schema)


def _read_sqlite(cursor: Any, rows: DatabaseRows) -> pa.RecordBatchReader:  # noqa: ANN401 - of ADBC
    """Read all cells as text, because in SQLite each cell has a type of its own."""
    cursor.execute(f"select * from (\n{rows.statement}\n) limit 0")
    names = [column[0] for column in cursor.description]
    _check_unique_names(rows, [_DUPLICATE_SUFFIX.sub("", name) for name in names])
    columns = {}
    for name in names:
        quoted = quote_identifier(name)
        text = f"coalesce(cast({quoted} as text), '')"
        may_be_thousands = f"typeof({quoted}) = 'real' and substr({text}, -4, 1) = '.'"
        columns[name] = f"iif({may_be_thousands}, {text} || '0', {text})"
    cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(_BATCH_ROWS)})
    cursor.execute(_statement_with(rows, columns))
    return cursor.fetch_record_batch()


def _read_duckdb(cursor: duckdb.DuckDBPyConnection, rows: DatabaseRows) -> pa.RecordBatchReader:
    described = cursor.execute(f"describe select * from (\n{rows.statement}\n)").fetchall()
    _check_unique_names(rows, [name for name, *_ in described])
    columns = {
        name: quote_identifier(name) if dtype.partition("(")[0].partition(" ")[0] in _DUCKDB_TYPES
        and not dtype.endswith("]") else f"{quote_identifier(name)}::varchar"
        for name, dtype, *_ in described
    }  # fmt: skip
    return cursor.sql(_statement_with(rows, columns)).to_arrow_reader(_BATCH_ROWS)


_READ_FUNCTIONS: Final[Mapping[str, Callable[[Any, DatabaseRows], pa.RecordBatchReader]]] = {
    "postgresql": _read_postgresql,
    "sqlite": _read_sqlite,
    "duckdb": _read_duckdb,
}


def _statement_with(rows: DatabaseRows, columns: Mapping[str, str]) -> str:
    """The statement with an expression for each column; unchanged where none differs."""
    if all(sql == quote_identifier(name) for name, sql in columns.items()):
        return rows.statement
    named = ", ".join(f"{sql} as {quote_identifier(name)}" for name, sql in columns.items())
    return f"select {named} from (\n{rows.statement}\n) as asked"


def _check_unique_names(rows: DatabaseRows, names: list[str]) -> None:
    duplicate = next((name for name in names if names.count(name) > 1), None)
    if duplicate is not None:
        raise AmbiguousInputError(
            f"{rows.name}: has two columns called {duplicate!r}", "Rename them apart in the query."
        )
