"""Reading exports: what to read, which column plays which role, raw text to exact lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rfmtool.errors import InputError, having_seen
from rfmtool.rules.presets import Preset
from rfmtool.sources import detect, roles_by_cells
from rfmtool.sources.detect import Export
from rfmtool.sources.files.listing import left_out
from rfmtool.sources.layout import Asked, Reading
from rfmtool.sources.presets import Known
from rfmtool.sources.source import FileSource

__all__ = ["Asked", "Export", "open_export"]


def open_export(source: Any, asked: Asked) -> Export:  # noqa: ANN401 - any frame library's frame
    """Find out how to read an export.

    Args:
        source: a path, glob, folder or `-`; a sequence of these; a pandas frame; or anything with
            the Arrow C stream interface.
        asked: what the user said about it.

    Raises:
        InputError: it cannot be read.
        AmbiguousInputError: it can be read in two ways that differ.
    """
    asked = asked.of_table()
    known = Known(asked.own_presets, asked.preset)
    sources, passed_over = detect.sources_of(source, asked, known.roles())
    presets = {source.name: known.of(source.layout.header) for source in sources}
    with having_seen(Export(tuple(sources), Reading(), asked)):
        _check_same(presets)
        detect.same_roles(sources)
    preset = presets[sources[0].name]
    sources = roles_by_cells.settled(sources, asked, preset)
    export = detect.understand(sources, asked, preset)
    files = [one.file.path for one in sources if isinstance(one, FileSource) and one.file.path]
    notices = (*passed_over, *roles_by_cells.unplayed(sources, asked, preset))
    return replace(export, left_out=left_out(source, files), notices=notices)


def _check_same(presets: Mapping[str, Preset]) -> None:
    first, preset = next(iter(presets.items()))
    other = next((name for name, other in presets.items() if other != preset), None)
    if other is not None:
        raise InputError(
            f"{other} and {first} are different kinds of export ({presets[other].name} and"
            f" {preset.name})",
            "Read them apart, or say --preset none and name the columns with --column.",
        )
