"""Tables of a database, written in one transaction: readers see the old rows or the new, whole.

Rows are taken away and put in place, never tables: so grants, views and indexes stay. A table of
ours lists what we wrote; what it does not list is somebody else's, and left alone.
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
"""What becomes of earlier rows: all go, those of the same day go, or there may be none."""
DAY_COLUMN: Final = "as_of"
"""The column of every table that says of which day a row is."""
RUNS_TABLE: Final = "rfmtool_runs"
CURRENT_VIEW: Final = "customers_current"
_RUNS: Final = pa.schema({"table_name": pa.string(), "rows": pa.int64(), "version": pa.string()})


@dataclass(frozen=True)
class RunTables:
    """What is written of one run."""

    day: date
    version: str
    """Of the program."""
    tables: Iterable[tuple[str, pa.RecordBatchReader]]
    """By their names; rows are asked for as they are written."""
    history_tables: frozenset[str] = frozenset()
    """The tables whose rows of other days stay in any case."""


def check_target(target: Target, tables: Sequence[str], if_exists: IfExists) -> None:
    """Check that tables can stand there, sooner than after reading."""
    driver_of(target.database)
    if target.database.is_file and not Path(target.database.path).exists():
        if not Path(target.database.path).absolute().parent.is_dir():
            raise UsageError(
                f"{target.name}: there is no such folder", "Make it first, or name another."
            )
        return
    with translated_errors(target.name), open_session(target) as opened:
        _prepare(opened)  # which comes to nothing, and shows what is allowed
        _check(opened, tables, if_exists)


@contextmanager
def writing_tables(
    target: Target, edition: RunTables, if_exists: IfExists, *, view: bool = False
) -> Iterator[None]:
    """Write an edition; it takes effect when the block ends well."""
    with ExitStack() as stack:
        with translated_errors(target.name):
            opened = stack.enter_context(open_session(target))
            _prepare(opened)
            for table, rows in edition.tables:
                _check(opened, [table], if_exists)
                where = _gone(edition, table, if_exists)
                _make(opened, table, _dated_schema(rows.schema))
                opened.execute(f"delete from {target.qualified_name(table)}{where}")
                count = opened.ingest(table, _dated(rows, edition.day))
                _note(opened, edition, where, {"table_name": table, "rows": count})
            if view:
                _check(opened, [CURRENT_VIEW], "append")
                _make_view(opened)
                where = _gone(edition, CURRENT_VIEW, if_exists)
                _note(opened, edition, where, {"table_name": CURRENT_VIEW, "rows": None})
        yield
        try:
            opened.connection.commit()
        except Exception:  # noqa: BLE001 - of any driver
            raise SystemFailureError(
                f"{target.name}: the connection broke off at the very end",
                "The old rows stand there or the new, whole. Run again, which harms neither.",
            ) from None


def _prepare(opened: Session) -> None:
    """Keep other runs out, and make what is not there."""
    target = opened.target
    if target.is_server:
        key = target.schema.replace("'", "''")
        [(is_alone,)] = opened.execute(
            f"select pg_try_advisory_xact_lock(hashtext('rfmtool {key}'))"
        )
        if not is_alone:
            raise SystemFailureError(
                f"{target.name}: another run writes there", "Wait for it to end, and run again."
            )
        if target.schema and not opened.execute(
            f"select 1 from pg_namespace where nspname = '{key}'"
        ):
            opened.execute(f"create schema {quote_identifier(target.schema)}")
    _make(opened, RUNS_TABLE, _dated_schema(_RUNS))


def _check(opened: Session, tables: Iterable[str], if_exists: IfExists) -> None:
    target = opened.target
    ours = {RUNS_TABLE}
    if opened.column_types(RUNS_TABLE):
        ours |= {
            name
            for (name,) in opened.execute(
                f"select table_name from {target.qualified_name(RUNS_TABLE)}"
            )
        }
    for table in tables:
        if not opened.column_types(table):
            continue
        if table not in ours:
            raise ForeignFolderError(
                f"{target.name}: has a table {table}, which no run of rfmtool wrote",
                "Name another schema or file, or rename that table.",
            )
        if if_exists == "fail":
            raise UsageError(
                f"{target.name}: has a table {table} already, and --if-exists says fail",
                "Say --if-exists replace or append, or name another place.",
            )


def _gone(edition: RunTables, table: str, if_exists: IfExists) -> str:
    """Which rows go, as SQL."""
    keeps = table in edition.history_tables or if_exists == "append"
    return f" where {quote_identifier(DAY_COLUMN)} = '{edition.day}'" if keeps else ""


def _make(opened: Session, table: str, schema: pa.Schema) -> None:
    """Make a table, or the columns that it lacks."""
    target, there = opened.target, opened.column_types(table)
    wanted = {field.name: _type(target, field.type) for field in schema}
    declared = [
        f"{quote_identifier(name)} {kind}" for name, kind in wanted.items() if name not in there
    ]
    if not there:
        opened.execute(f"create table {target.qualified_name(table)} ({', '.join(declared)})")
        return
    for column in declared:
        opened.execute(f"alter table {target.qualified_name(table)} add column {column}")
    for name, kind in wanted.items():
        if name in there and _base(there[name]) != _base(kind):
            raise UsageError(
                f"{target.name}: {table}.{name} is {there[name]} there, where {kind} is written",
                "Give it that type, or name another place.",
            )


def _base(kind: str) -> str:
    return kind.partition("(")[0].lower()


def _type(target: Target, kind: pa.DataType) -> str:
    is_duckdb = target.database.scheme == "duckdb"
    if pa.types.is_decimal(kind):
        return f"{'decimal' if is_duckdb else 'numeric'}({kind.precision}, {kind.scale})"
    if pa.types.is_date(kind):
        return "date"
    if pa.types.is_integer(kind):
        return "bigint"
    if pa.types.is_floating(kind):
        return "double" if is_duckdb else "double precision"
    return "varchar" if is_duckdb else "text"


def _dated_schema(schema: pa.Schema) -> pa.Schema:
    """The columns as they are written: the day first, and few types."""
    fields = [pa.field(DAY_COLUMN, pa.date32())]
    for field in schema:
        kind = field.type
        if pa.types.is_integer(kind):
            kind = pa.int64()
        elif pa.types.is_floating(kind):
            kind = pa.float64()
        elif not pa.types.is_decimal(kind) and not pa.types.is_date(kind):
            kind = pa.string()
        fields.append(field.with_type(kind))
    return pa.schema(fields)


def _dated(rows: pa.RecordBatchReader, day: date) -> pa.RecordBatchReader:
    """The rows as they are written."""
    schema = _dated_schema(rows.schema)

    def dated(batch: pa.RecordBatch) -> pa.RecordBatch:
        days = pa.repeat(pa.scalar(day), len(batch))
        columns = [
            column.cast(field.type)
            for column, field in zip(batch.columns, [*schema][1:], strict=True)
        ]
        return pa.record_batch([days, *columns], schema)

    return pa.RecordBatchReader.from_batches(schema, map(dated, rows))


def _note(opened: Session, edition: RunTables, where: str, row: Mapping[str, object]) -> None:
    """Remember that a table is ours, and what was written."""
    also = f"{' and' if where else ' where'} table_name = '{row['table_name']}'"
    opened.execute(f"delete from {opened.target.qualified_name(RUNS_TABLE)}{where}{also}")
    rows = pa.Table.from_pylist([{**row, "version": edition.version}], _RUNS)
    opened.ingest(RUNS_TABLE, _dated(rows.to_reader(), edition.day))


def _make_view(opened: Session) -> None:
    """Show the customers of the latest day."""
    target = opened.target
    customers, view = target.qualified_name("customers"), target.qualified_name(CURRENT_VIEW)
    latest = f"select * from {customers} where as_of = (select max(as_of) from {customers})"
    if target.database.scheme == "sqlite":
        opened.execute(f"drop view if exists {view}")
        opened.execute(f"create view {view} as {latest}")
    else:
        opened.execute(f"create or replace view {view} as {latest}")
