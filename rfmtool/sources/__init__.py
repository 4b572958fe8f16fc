"""Reading exports: what to read, which column plays which role, raw text to exact lines.

Whatever reads raises InputError where something is not there, is damaged, is of a kind that is not
read, or lacks what is needed, AmbiguousInputError where it can be read in two ways that differ,
UsageError where what the user said of it cannot be meant, and SystemFailureError where the system,
a store or a database fails.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from rfmtool.errors import InputError, having_seen
from rfmtool.sources import detect, roles_by_cells
from rfmtool.sources.detect import Export
from rfmtool.sources.files.listing import left_out
from rfmtool.sources.layout import Asked, Reading
from rfmtool.sources.presets import Known
from rfmtool.sources.source import FileSource
from rfmtool.sources.unplayed import unplayed

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
    known = Known(asked.own_presets, asked.preset)
    sources, passed_over = detect.sources_of(source, asked, known.roles())
    first = sources[0].name
    preset, *others = (known.of(source.layout.header) for source in sources)
    with having_seen(Export(tuple(sources), Reading(), asked)):
        for other, one in zip(others, sources[1:], strict=True):
            if other != preset:
                raise InputError(
                    f"{one.name} and {first} are different kinds of export ({other.name} and"
                    f" {preset.name})",
                    "Read them apart, or say --preset none and name the columns with --column.",
                )
        detect.same_roles(sources)
    sources = roles_by_cells.settled(sources, asked, preset)
    export = detect.understand(sources, asked, preset)
    read = [one.file for one in sources if isinstance(one, FileSource)]
    files = [file.path for file in read if file.path]
    shown = (notice for file in read for notice in file.notices)
    filled = (_FILLED,) if "order_id" in export.sources[0].layout.carry_down else ()
    notices = (*passed_over, *shown, *filled, *unplayed(sources, asked, preset))
    return replace(export, left_out=left_out(source, files), notices=notices)
