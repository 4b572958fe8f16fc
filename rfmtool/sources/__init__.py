"""Reading exports: what to read, which column plays which role, raw text to exact lines.

Functions that read raise InputError where input is missing, damaged, of an unsupported kind or
incomplete; AmbiguousInputError where it can be read in two ways that differ; UsageError where an
option does not fit it; SystemFailureError where the system, a store or a database fails.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from rfmtool.errors import AmbiguousInputError, InputError
from rfmtool.sources import detect, roles_by_cells
from rfmtool.sources.detect import Export
from rfmtool.sources.files.listing import ignored_files
from rfmtool.sources.layout import MONEY_ROLES, Asked, Formats
from rfmtool.sources.presets import KnownPresets
from rfmtool.sources.source import FileSource
from rfmtool.sources.unused_columns import unused_column_notices

__all__ = ["Asked", "Export", "open_export"]

_FILL_DOWN_NOTICE: Final = (
    "Orders have their day or number, and what else is the order's, on their first row alone: it is"
    " carried down to the rows below that go on with it."
)


def open_export(source: Any, asked: Asked) -> Export:  # noqa: ANN401 - any frame library's frame
    """Find out how to read an export by the user's options.

    It is a path, glob, folder, URL or `-`; a sequence of these; a pandas frame; or anything with
    the Arrow C stream interface.
    """
    asked = asked.of_table()
    known = KnownPresets(asked.own_presets, asked.preset)
    sources, passed_over = detect.sources_of(source, asked, known.roles())
    first = sources[0].name
    preset, *others = (known.preset_for(source.layout.header) for source in sources)
    with detect.KNOWN_EXPORT.attached(Export(tuple(sources), Formats(), asked)):
        for other, table in zip(others, sources[1:], strict=True):
            if other != preset:
                raise InputError(
                    f"{table.name} and {first} are different kinds of export ({other.name} and"
                    f" {preset.name})",
                    "Read them apart, or say --preset none and name the columns with --column.",
                )
        as_known = KnownPresets(asked.own_presets, preset.name).roles()
        sources, notices = roles_by_cells.with_filled_columns(sources, asked, as_known)
        detect.check_same_roles(sources)
    sources = roles_by_cells.with_roles_checked(sources, asked, preset)
    export = detect.detect_formats(sources, asked, preset)
    files = [table.file for table in sources if isinstance(table, FileSource)]
    notices = [*passed_over, *notices, *(notice for file in files for notice in file.notices)]
    if "order_id" in export.sources[0].layout.fill_down:
        notices.append(_FILL_DOWN_NOTICE)
    if in_cents := export.formats.in_cents:
        names = " and ".join(repr(export.columns[role]) for role in sorted(in_cents))
        found = {*export.roles} - {*asked.columns, "quantity"}
        in_units = [role for role in MONEY_ROLES if role in found and role not in in_cents]
        if in_units and found & in_cents:
            role, name = in_units[0], export.columns[in_units[0]]
            with detect.KNOWN_EXPORT.attached(export):
                raise AmbiguousInputError(
                    f"{first}: by its name {names} is in cents, and {name!r} is not",
                    f"Say --column {role}={name!r} if that is so, or rename one of them.",
                )
        notices.append(f"By its name {names} is in cents: 1234 is read as 12.34.")
    notices += unused_column_notices(sources, asked, preset)
    left_out = ignored_files(source, [file.path for file in files if file.path])
    return replace(export, left_out=left_out, notices=tuple(notices))
