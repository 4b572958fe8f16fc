"""Tables of databases and lakes as sources, kept on disk since they are looked at repeatedly."""

from __future__ import annotations

from collections.abc import Sequence

from rfmtool.clusters.tables import ClusterTable, parse_cluster_table_url
from rfmtool.databases.reading import batches, is_file_table
from rfmtool.databases.urls import DatabaseRows, parse_rows_url
from rfmtool.errors import InputError, UsageError
from rfmtool.locations import is_cluster, is_database
from rfmtool.sources.files.spools import spool_batches
from rfmtool.sources.layout import Asked
from rfmtool.sources.layouts import typed_layout
from rfmtool.sources.read import BATCH_ROWS
from rfmtool.sources.roles import Roles
from rfmtool.sources.source import DatabaseSource, Source, StreamSource, TableSource, version_of
from rfmtool.stores import lakes
from rfmtool.stores.lakes import Lake

Table = DatabaseRows | Lake | ClusterTable


def split_sources(exports: Sequence[str], asked: Asked) -> tuple[list[Table], list[str]]:
    """Tell tables from files.

    Raises:
        InputError: the same rows are named twice.
        UsageError: a table or query is said and no database named, or both are said, or neither.
    """
    if asked.table and asked.query:
        raise UsageError("--table and --query are both given", "Give one of them.")
    rows: list[Table] = [
        (parse_cluster_table_url if is_cluster(one) else parse_rows_url)(
            one, asked.table, asked.query
        )
        for one in exports
        if is_database(one) or is_cluster(one)
    ]
    said = "--table" if asked.table else "--query" if asked.query else ""
    if said and not rows:
        raise UsageError(
            f"{said}: no database is named", "Name one, for example postgresql://host/shop."
        )
    others = [one for one in exports if not (is_database(one) or is_cluster(one))]
    found = {one: lake for one in others if (lake := lakes.find_lake_table(one))}
    tables = [*rows, *found.values()]
    told = [(one.name, getattr(one, "query", "")) for one in tables]
    for table, one in zip(tables, told, strict=True):
        if told.count(one) > 1:
            raise InputError(
                f"{table.name}: named twice, so its money would count twice", "Name it once."
            )
    return tables, [one for one in others if one not in found]


def source_of_stored(table: Table, asked: Asked, roles: Roles) -> Source:
    """Ask for a table once, and keep the answer: the next would be of another state.

    A table of a cluster stays there, and a table in a file is read as files are.
    """
    if isinstance(table, ClusterTable):
        sample = table.sample()
        layout = typed_layout(sample.schema, asked, table.name, roles)
        return TableSource(table.name, layout, table, sample)
    with lakes.batches(table) if isinstance(table, Lake) else batches(table) as reader:
        layout = typed_layout(reader.schema, asked, table.name, roles)
        if isinstance(table, DatabaseRows) and is_file_table(table):
            return DatabaseSource(table.name, layout, table, version_of(table.database), table.kind)
        spool = spool_batches(reader, table.name, BATCH_ROWS)
    return StreamSource(table.name, layout, spool, table.kind)
