"""Reading exports: what to read, which column plays which role, raw text to exact lines.

Whatever reads raises InputError where something is not there, is damaged, is of a kind that is not
read, or lacks what is needed, AmbiguousInputError where it can be read in two ways that differ,
UsageError where what the user said of it cannot be meant, and SystemFailureError where the system,
a store or a database fails.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from rfmtool.errors import InputError, add_error_context
from rfmtool.sources import detect, roles_by_cells
from rfmtool.sources.detect import Export
from rfmtool.sources.files.listing import ignored_files
from rfmtool.sources.layout import Asked, Formats
from rfmtool.sources.presets import KnownPresets
from rfmtool.sources.source import FileSource
from rfmtool.sources.unused_columns import unused_column_notices

__all__ = ["Asked", "Export", "open_export"]

_FILLED: Final = (
    "Orders have their day, and what else is the order's, on their first row alone: it is carried"
    " down to the rows below that go on with it."
)


def open_export(source: Any, asked: Asked) -> Export:  # noqa: ANN401 - any frame library's frame
    """Find out how to read an export.

    Args:
        source: a path, glob, folder, URL or `-`; a sequence of these; a pandas frame; or anything
            with the Arrow C stream interface.
        asked: what the user said about it.

    Raises:
        InputError: it cannot be read.
        AmbiguousInputError: it can be read in two ways that differ.
        UsageError: a database or store does not know what is asked, or refuses the login.
        SystemFailureError: it cannot be reached, or breaks off.
    """
    asked = asked.of_table()
    known = KnownPresets(asked.own_presets, asked.preset)
    sources, passed_over = detect.sources_of(source, asked, known.roles())
    first = sources[0].name
    preset, *others = (known.preset_for(source.layout.header) for source in sources)
    with add_error_context(Export(tuple(sources), Formats(), asked)):
        for other, one in zip(others, sources[1:], strict=True):
            if other != preset:
                raise InputError(
                    f"{one.name} and {first} are different kinds of export ({other.name} and"
                    f" {preset.name})",
                    "Read them apart, or say --preset none and name the columns with --column.",
                )
        detect.check_same_roles(sources)
    sources = roles_by_cells.with_roles_checked(sources, asked, preset)
    export = detect.detect_formats(sources, asked, preset)
    read = [one.file for one in sources if isinstance(one, FileSource)]
    files = [file.path for file in read if file.path]
    shown = (notice for file in read for notice in file.notices)
    filled = (_FILLED,) if "order_id" in export.sources[0].layout.carry_down else ()
    notices = (*passed_over, *shown, *filled, *unused_column_notices(sources, asked, preset))
    return replace(export, left_out=ignored_files(source, files), notices=notices)
