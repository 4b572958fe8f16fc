"""Tables of databases, lakes and clusters as sources."""

from __future__ import annotations

from collections.abc import Sequence

from rfmtool.clusters.tables import ClusterTable, parse_cluster_table_url
from rfmtool.databases.reading import batches, is_file_table
from rfmtool.databases.urls import DatabaseRows, parse_rows_url
from rfmtool.errors import InputError, UsageError
from rfmtool.locations import is_cluster, is_database
from rfmtool.sources.files.spools import spool_batches
from rfmtool.sources.layout import Asked
from rfmtool.sources.layout_detection import typed_layout
from rfmtool.sources.read import BATCH_ROWS
from rfmtool.sources.roles import Roles
from rfmtool.sources.source import DatabaseSource, Source, StreamSource, TableSource, version_of
from rfmtool.stores import lakes
from rfmtool.stores.lakes import Lake

Table = DatabaseRows | Lake | ClusterTable


def split_sources(exports: Sequence[str], asked: Asked) -> tuple[list[Table], list[str]]:
    """Separate the URLs of tables from the paths of files."""
    if asked.table and asked.query:
        raise UsageError("--table and --query are both given", "Give one of them.")
    tables: list[Table] = []
    paths = []
    for export in exports:
        if is_cluster(export):
            tables.append(parse_cluster_table_url(export, asked.table, asked.query))
        elif is_database(export):
            tables.append(parse_rows_url(export, asked.table, asked.query))
        else:
            paths.append(export)
    option = "--table" if asked.table else "--query" if asked.query else ""
    if option and not tables:
        hint = "Name one, for example postgresql://host/shop."
        raise UsageError(f"{option}: no database is named", hint)
    lake_tables = {path: lake for path in paths if (lake := lakes.find_lake_table(path))}
    tables += lake_tables.values()
    keys = [(table.name, getattr(table, "query", "")) for table in tables]
    for key in keys:
        if keys.count(key) > 1:
            what = f"{key[0]}: named twice, so its money would count twice"
            raise InputError(what, "Name it once.")
    return tables, [path for path in paths if path not in lake_tables]


def source_of_stored(table: Table, asked: Asked, roles: Roles) -> Source:
    """A table, spooled to disk, as a second query would see another state of it.

    A table of a cluster is read there, and a table in a database file is read in place.
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
