"""Rows of a database as a stream of Arrow batches, each cell exactly what it was."""

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
"""What comes as Arrow knows it; all else is asked for as text, which a server makes of numbers
faster than the driver does, and exactly."""
_DUCKDB_TYPES: Final = (
    "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER",
    "UBIGINT", "FLOAT", "DOUBLE", "DECIMAL", "VARCHAR", "DATE", "TIMESTAMP",
)  # fmt: skip
_THOUSANDTHS: Final = r"^(-?\d+\.\d{3})$"
"""What could be read as thousands too; one more zero tells that it is not."""

_RENAMED: Final = re.compile(r":\d+$")
"""How SQLite tells columns of one name apart."""
_MODIFIED: Final = 4
_SCALE_BITS: Final = 0x7FF
"""How PostgreSQL keeps a numeric's scale: in the last bits of its modifier, less 4."""


@contextmanager
def batches(rows: DatabaseRows) -> Iterator[pa.RecordBatchReader]:
    """Ask for rows, and give them as they come.

    Numbers of any length come as text, since no type of Arrow holds them all; so does what text
    is made of only by the database, such as a uuid.
    """
    with ExitStack() as stack:
        with translated_errors(rows.name):
            connection = stack.enter_context(open_connection(rows.database, read_only=True))
            cursor = stack.enter_context(connection.cursor())
            if read := _READERS.get(rows.database.scheme):
                reader = read(cursor, rows)
            else:
                cursor.execute(rows.statement)
                reader = cursor.fetch_record_batch()
        yield pa.RecordBatchReader.from_batches(reader.schema, _told(reader, rows.name))


def is_file_table(rows: DatabaseRows) -> bool:
    """Whether they are a table of a file, which lists them in one order whenever it is asked."""
    if rows.database.scheme != "duckdb" or rows.query:
        return False
    asked = (
        "select distinct table_type from information_schema.tables"
        " where lower(table_name) = lower(?)"
    )
    with translated_errors(rows.name), open_connection(rows.database, read_only=True) as connection:
        found = connection.execute(asked, [rows.table.split(".")[-1]]).fetchall()
    return bool(found == [("BASE TABLE",)])


def _told(reader: pa.RecordBatchReader, name: str) -> Iterator[pa.RecordBatch]:
    """The same batches, with errors in our words wherever they are asked for."""
    with translated_errors(name):
        yield from reader


def _postgresql(cursor: Any, rows: DatabaseRows) -> pa.RecordBatchReader:  # noqa: ANN401 - of ADBC
    cursor.execute("set transaction read only")
    asked = cursor.adbc_execute_schema(rows.statement)
    _check_names(rows, asked.names)
    casts = {"money": "::numeric::text", **dict.fromkeys(_POSTGRESQL_TYPES, "")}
    columns = {
        field.name: quote_identifier(field.name) + casts.get(_kind(field), "::text")
        for field in asked
    }
    cursor.execute(_asking(rows, columns))
    reader = cursor.fetch_record_batch()
    places = [place for place, field in enumerate(asked) if _may_be_thousands(field)]
    found = (_with_numbers(batch, places) for batch in reader)
    return pa.RecordBatchReader.from_batches(reader.schema, found)


def _kind(field: pa.Field) -> str:
    kind: bytes = field.metadata[b"POSTGRESQL:type"]
    return kind.decode()


def _may_be_thousands(field: pa.Field) -> bool:
    """Whether a column may hold numbers with three decimals."""
    if _kind(field) not in ("numeric", "money"):
        return False
    modifier = int(field.metadata.get(b"POSTGRESQL:typmod", -1))
    return modifier < _MODIFIED or (modifier - _MODIFIED) & _SCALE_BITS == len("000")


def _with_numbers(batch: pa.RecordBatch, places: list[int]) -> pa.RecordBatch:
    """The batch with numbers as text that can be read in one way only."""
    columns = batch.columns
    for place in places:
        columns[place] = pc.replace_substring_regex(columns[place], _THOUSANDTHS, r"\10")
    return pa.record_batch(columns, batch.schema)


def _sqlite(cursor: Any, rows: DatabaseRows) -> pa.RecordBatchReader:  # noqa: ANN401 - of ADBC
    """Every cell has a type of its own there, whatever its column says, so all come as text."""
    cursor.execute(f"select * from (\n{rows.statement}\n) limit 0")
    names = [column[0] for column in cursor.description]
    _check_names(rows, [_RENAMED.sub("", name) for name in names])
    columns = {}
    for name in names:
        text = f"coalesce(cast({quote_identifier(name)} as text), '')"
        is_open = f"typeof({quote_identifier(name)}) = 'real' and substr({text}, -4, 1) = '.'"
        columns[name] = f"iif({is_open}, {text} || '0', {text})"
    cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(_BATCH_ROWS)})
    cursor.execute(_asking(rows, columns))
    return cursor.fetch_record_batch()


def _duckdb(cursor: duckdb.DuckDBPyConnection, rows: DatabaseRows) -> pa.RecordBatchReader:
    described = cursor.execute(f"describe select * from (\n{rows.statement}\n)").fetchall()
    types = {name: kind for name, kind, *_ in described}
    _check_names(rows, [name for name, *_ in described])
    columns = {
        name: quote_identifier(name) if kind.partition("(")[0].partition(" ")[0] in _DUCKDB_TYPES
        and not kind.endswith("]") else f"{quote_identifier(name)}::varchar"
        for name, kind in types.items()
    }  # fmt: skip
    return cursor.sql(_asking(rows, columns)).to_arrow_reader(_BATCH_ROWS)


_READERS: Final[Mapping[str, Callable[[Any, DatabaseRows], pa.RecordBatchReader]]] = {
    "postgresql": _postgresql,
    "sqlite": _sqlite,
    "duckdb": _duckdb,
}


def _asking(rows: DatabaseRows, columns: Mapping[str, str]) -> str:
    """The same question with each column as an expression; plain where all come as they are."""
    if all(sql == quote_identifier(name) for name, sql in columns.items()):
        return rows.statement
    named = ", ".join(f"{sql} as {quote_identifier(name)}" for name, sql in columns.items())
    return f"select {named} from (\n{rows.statement}\n) as asked"


def _check_names(rows: DatabaseRows, names: list[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise AmbiguousInputError(
            f"{rows.name}: has two columns called {twice!r}", "Rename them apart in the query."
        )
