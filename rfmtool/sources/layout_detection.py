"""Layouts of files and frames: the roles of their columns."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from rfmtool.errors import InputError
from rfmtool.sources.cells.typed import can_be_read_as
from rfmtool.sources.files.exports import ExportFile
from rfmtool.sources.files.parquet import schema_of
from rfmtool.sources.layout import KEPT_PREFIX, KNOWN_LAYOUT, MAY_LACK, Asked, FileLayout
from rfmtool.sources.roles import KNOWN_PLACES, Roles, kept_places, known_names
from rfmtool.sources.text.dialect import sniff

FolderValues = tuple[str | None, ...]


def text_layout(file: ExportFile, asked: Asked, roles: Roles) -> FileLayout:
    """The layout of a text file or a sheet."""
    dialect, header = sniff(file, asked, roles)
    header, folder_values = _with_folder_columns(header, file)
    layout = FileLayout(header, {}, dialect, roles.kinds, partition_values=folder_values)
    return replace(layout, places=_places(layout, asked, roles, file.name))


def parquet_layout(file: ExportFile, asked: Asked, roles: Roles) -> FileLayout:
    """The layout of a Parquet file."""
    schema = schema_of(file)
    names, folder_values = _with_folder_columns(tuple(schema.names), file)
    for name in names[len(schema.names) :]:
        schema = schema.append(pa.field(name, pa.string()))
    return typed_layout(schema, asked, file.name, roles, folder_values)


def _with_folder_columns(
    header: tuple[str, ...], file: ExportFile
) -> tuple[tuple[str, ...], FolderValues]:
    """A header extended by the columns in the names of folders, and the cells of those."""
    cells = {name: cell for name, cell in file.partition_values.items() if name not in header}
    return (*header, *cells), tuple(cells.values())


def _places(layout: FileLayout, asked: Asked, roles: Roles, where: str) -> dict[str, int]:
    header = names = layout.header
    try:
        if layout.dialect and layout.dialect.may_lack_header:
            names = known_names(header, [*roles.kinds, *asked.columns.values()])
        places = roles.find(names, asked.columns, where)
    except InputError as error:
        KNOWN_LAYOUT.attach(error, replace(layout, places=KNOWN_PLACES.of(error) or {}))
        raise
    kept = [name for name in asked.keep if name in header or name not in asked.elsewhere]
    with KNOWN_LAYOUT.attached(replace(layout, places=places)):
        return places | kept_places(header, kept, places, where)


def typed_layout(
    schema: pa.Schema, asked: Asked, where: str, roles: Roles, folder_values: FolderValues = ()
) -> FileLayout:
    """The layout of typed columns."""
    layout = FileLayout(tuple(schema.names), {}, kinds=roles.kinds, partition_values=folder_values)
    places = _places(layout, asked, roles, where)
    for role, place in list(places.items()):
        arrow_type = schema.field(place).type
        is_kept = role.startswith(KEPT_PREFIX)
        if can_be_read_as("kept" if is_kept else roles.kinds.get(role, "text"), arrow_type):
            continue
        what = f"{where}: column {layout.header[place]!r} holds {arrow_type}, which cannot be"
        if is_kept:
            hint = "Leave it out of --keep, or turn it into text."
            raise InputError(f"{what} carried through", hint)
        if role == "refunded" and "voided" not in places and pa.types.is_boolean(arrow_type):
            places["voided"] = place
        elif role not in MAY_LACK or role in asked.columns:
            hint = f"Name another with {roles.option}, or turn it into text."
            raise InputError(f"{what} {role}", hint)
        del places[role]
    return replace(layout, places=places)
