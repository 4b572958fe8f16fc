"""Which columns of a file or frame play which roles."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from rfmtool.errors import InputError, add_error_context
from rfmtool.sources.cells.typed import can_be_read_as
from rfmtool.sources.files.exports import ExportFile
from rfmtool.sources.files.parquet import schema_of
from rfmtool.sources.layout import KEPT, OPTIONAL_ROLES, SUGGESTED_ROLES, Asked, FileLayout
from rfmtool.sources.roles import Roles, kept_places, known_names
from rfmtool.sources.text.dialect import sniff


def text_layout(file: ExportFile, asked: Asked, roles: Roles) -> FileLayout:
    """The layout of a text file or a sheet."""
    dialect, header = sniff(file, asked, roles)
    header, keys = _with_keys(header, file)
    found = FileLayout(header, {}, dialect, roles.kinds, folder_values=keys)
    return replace(found, places=_places(found, asked, roles, file.name))


def parquet_layout(file: ExportFile, asked: Asked, roles: Roles) -> FileLayout:
    """The layout of a Parquet file."""
    schema = schema_of(file)
    names, keys = _with_keys(tuple(schema.names), file)
    for name in names[len(schema.names) :]:
        schema = schema.append(pa.field(name, pa.string()))
    return typed_layout(schema, asked, file.name, roles, keys)


def _with_keys(
    header: tuple[str, ...], file: ExportFile
) -> tuple[tuple[str, ...], tuple[str | None, ...]]:
    """A header with the columns that stand in the names of folders behind it, and their cells."""
    keys = {name: cell for name, cell in file.partition_values.items() if name not in header}
    return (*header, *keys), tuple(keys.values())


def _places(found: FileLayout, asked: Asked, roles: Roles, where: str) -> dict[str, int]:
    """The places of the roles and of the columns that are carried through."""
    header = names = found.header
    try:
        if found.dialect and found.dialect.may_lack_header:
            names = known_names(header, [*roles.kinds, *asked.columns.values()])
        places = roles.find(names, asked.columns, where)
    except InputError as error:
        known = error.seen if isinstance(error.seen, dict) else {}
        error.seen = replace(found, places=known)
        raise
    kept = [name for name in asked.keep if name in header or name not in asked.elsewhere]
    with add_error_context(replace(found, places=places)):
        return places | kept_places(header, kept, places, where)


def typed_layout(
    schema: pa.Schema, asked: Asked, where: str, roles: Roles, keys: tuple[str | None, ...] = ()
) -> FileLayout:
    """The layout of columns that have types."""
    found = FileLayout(tuple(schema.names), {}, kinds=roles.kinds, folder_values=keys)
    places = _places(found, asked, roles, where)
    for role, place in list(places.items()):
        kind = schema.field(place).type
        is_kept = role.startswith(KEPT)
        if can_be_read_as("kept" if is_kept else roles.kinds.get(role, "text"), kind):
            continue
        if is_kept:
            raise InputError(
                f"{where}: column {found.header[place]!r} holds {kind}, which cannot be carried"
                " through",
                "Leave it out of --keep, or turn it into text.",
            )
        if role == "refunded" and "voided" not in places and pa.types.is_boolean(kind):
            places["voided"] = place
        elif role not in (*OPTIONAL_ROLES, *SUGGESTED_ROLES) or role in asked.columns:
            raise InputError(
                f"{where}: column {found.header[place]!r} holds {kind}, which cannot be {role}",
                f"Name another with {roles.option}, or turn it into text.",
            )
        del places[role]
    return replace(found, places=places)
