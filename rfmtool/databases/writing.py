"""Tables of a database, written in one transaction: readers see all old rows or all new ones.

Rows are deleted and inserted, tables are never dropped, so that grants, views and indexes stay. The
table RUNS_TABLE lists the tables that rfmtool wrote; all others are left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa

from rfmtool.databases.connections import driver_of
from rfmtool.databases.failures import translated_errors
from rfmtool.databases.sessions import Session, open_session
from rfmtool.databases.urls import Target, quote_identifier
from rfmtool.errors import ForeignFolderError, SystemFailureError, UsageError

IfExists = Literal["replace", "append", "fail"]
"""Delete all earlier rows, delete those of the same day, or refuse an existing table."""
DAY_COLUMN: Final = "as_of"
"""The column of every table with the day of the run."""
RUNS_TABLE: Final = "rfmtool_runs"
CURRENT_VIEW: Final = "customers_current"
_RUNS_SCHEMA: Final = pa.schema(
    {"table_name": pa.string(), "rows": pa.int64(), "version": pa.string()}
)


@dataclass(frozen=True)
class RunTables:
    """The tables of one run."""

    day: date
    version: str
    """Of the program."""
    tables: Iterable[tuple[str, pa.RecordBatchReader]]
    """Names and rows, which are computed while they are written."""
    history_tables: frozenset[str] = frozenset()
    """The tables whose rows of other days stay in any case."""


def check_target(target: Target, tables: Sequence[str], if_exists: IfExists) -> None:
    """Check that tables can be written there, before the export is read."""
    driver_of(target.database)
    if target.database.is_file and not Path(target.database.path).exists():
        if not Path(target.database.path).absolute().parent.is_dir():
            raise UsageError(
                f"{target.name}: there is no such folder", "Make it first, or name another."
            )
        return
    with translated_errors(target.name), open_session(target) as session:
        _prepare(session)  # rolled back, but shows whether it is permitted
        _check_tables(session, tables, if_exists)


@contextmanager
def writing_tables(
    target: Target, run: RunTables, if_exists: IfExists, *, view: bool = False
) -> Iterator[None]:
    """Write the tables of a run; the transaction is committed when the block ends without error."""
    with ExitStack() as stack:
        with translated_errors(target.name):
            session = stack.enter_context(open_session(target))
            _prepare(session)
            for table, rows in run.tables:
                _check_tables(session, [table], if_exists)
                where = _where_replaced(run, table, if_exists)
                _create_or_extend(session, table, _schema_with_day(rows.schema))
                session.execute(f"delete from {target.qualified_name(table)}{where}")
                count = session.ingest(table, _with_day(rows, run.day))
                _record_table(session, run, where, {"table_name": table, "rows": count})
            if view:
                _check_tables(session, [CURRENT_VIEW], "append")
                _create_view(session)
                where = _where_replaced(run, CURRENT_VIEW, if_exists)
                _record_table(session, run, where, {"table_name": CURRENT_VIEW, "rows": None})
        yield
        try:
            session.connection.commit()
        except Exception:  # noqa: BLE001 - of any driver
            raise SystemFailureError(
                f"{target.name}: the connection broke off at the very end",
                "The old rows stand there or the new, whole. Run again, which harms neither.",
            ) from None


def _prepare(session: Session) -> None:
    """Lock the target against other runs, and create the schema and RUNS_TABLE."""
    target = session.target
    if not target.database.is_file:
        key = target.schema.replace("'", "''")
        lock = f"select pg_try_advisory_xact_lock(hashtext('rfmtool {key}'))"
        [(is_locked,)] = session.execute(lock)
        if not is_locked:
            raise SystemFailureError(
                f"{target.name}: another run writes there", "Wait for it to end, and run again."
            )
        schemas = f"select 1 from pg_namespace where nspname = '{key}'"
        if target.schema and not session.execute(schemas):
            session.execute(f"create schema {quote_identifier(target.schema)}")
    _create_or_extend(session, RUNS_TABLE, _schema_with_day(_RUNS_SCHEMA))


def _check_tables(session: Session, tables: Iterable[str], if_exists: IfExists) -> None:
    target = session.target
    own_tables = {RUNS_TABLE}
    if session.column_types(RUNS_TABLE):
        query = f"select table_name from {target.qualified_name(RUNS_TABLE)}"
        own_tables |= {name for (name,) in session.execute(query)}
    for table in tables:
        if not session.column_types(table):
            continue
        if table not in own_tables:
            raise ForeignFolderError(
                f"{target.name}: has a table {table}, which no run of rfmtool wrote",
                "Name another schema or file, or rename that table.",
            )
        if if_exists == "fail":
            raise UsageError(
                f"{target.name}: has a table {table} already, and --if-exists says fail",
                "Say --if-exists replace or append, or name another place.",
            )


def _where_replaced(run: RunTables, table: str, if_exists: IfExists) -> str:
    """The SQL condition of the rows to delete; empty for all."""
    keeps_other_days = table in run.history_tables or if_exists == "append"
    return f" where {quote_identifier(DAY_COLUMN)} = '{run.day}'" if keeps_other_days else ""


def _create_or_extend(session: Session, table: str, schema: pa.Schema) -> None:
    target, existing = session.target, session.column_types(table)
    types = {field.name: _sql_type(target, field.type) for field in schema}
    declared = [
        f"{quote_identifier(name)} {dtype}" for name, dtype in types.items() if name not in existing
    ]
    if not existing:
        session.execute(f"create table {target.qualified_name(table)} ({', '.join(declared)})")
        return
    for column in declared:
        session.execute(f"alter table {target.qualified_name(table)} add column {column}")
    for name, dtype in types.items():
        if name in existing and _base_type(existing[name]) != _base_type(dtype):
            raise UsageError(
                f"{target.name}: {table}.{name} is {existing[name]} there,"
                f" where {dtype} is written",
                "Give it that type, or name another place.",
            )


def _base_type(dtype: str) -> str:
    return dtype.partition("(")[0].lower()


def _sql_type(target: Target, dtype: pa.DataType) -> str:
    is_duckdb = target.database.scheme == "duckdb"
    if pa.types.is_decimal(dtype):
        return f"{'decimal' if is_duckdb else 'numeric'}({dtype.precision}, {dtype.scale})"
    if pa.types.is_date(dtype):
        return "date"
    if pa.types.is_integer(dtype):
        return "bigint"
    if pa.types.is_floating(dtype):
        return "double" if is_duckdb else "double precision"
    return "varchar" if is_duckdb else "text"


def _schema_with_day(schema: pa.Schema) -> pa.Schema:
    """The schema as it is written: the day first, then columns of few types."""
    fields = [pa.field(DAY_COLUMN, pa.date32())]
    for field in schema:
        dtype = field.type
        if pa.types.is_integer(dtype):
            dtype = pa.int64()
        elif pa.types.is_floating(dtype):
            dtype = pa.float64()
        elif not pa.types.is_decimal(dtype) and not pa.types.is_date(dtype):
            dtype = pa.string()
        fields.append(field.with_type(dtype))
    return pa.schema(fields)


def _with_day(rows: pa.RecordBatchReader, day: date) -> pa.RecordBatchReader:
    schema = _schema_with_day(rows.schema)

    def dated(batch: pa.RecordBatch) -> pa.RecordBatch:
        days = pa.repeat(pa.scalar(day), len(batch))
        columns = [
            column.cast(field.type)
            for column, field in zip(batch.columns, [*schema][1:], strict=True)
        ]
        return pa.record_batch([days, *columns], schema)

    return pa.RecordBatchReader.from_batches(schema, map(dated, rows))


def _record_table(session: Session, run: RunTables, where: str, row: Mapping[str, object]) -> None:
    where += f"{' and' if where else ' where'} table_name = '{row['table_name']}'"
    session.execute(f"delete from {session.target.qualified_name(RUNS_TABLE)}{where}")
    rows = pa.Table.from_pylist([{**row, "version": run.version}], _RUNS_SCHEMA)
    session.ingest(RUNS_TABLE, _with_day(rows.to_reader(), run.day))


def _create_view(session: Session) -> None:
    target = session.target
    customers, view = target.qualified_name("customers"), target.qualified_name(CURRENT_VIEW)
    latest = f"select * from {customers} where as_of = (select max(as_of) from {customers})"
    create = "create or replace view"
    if target.database.scheme == "sqlite":
        create = "create view"
        session.execute(f"drop view if exists {view}")
    session.execute(f"{create} {view} as {latest}")
