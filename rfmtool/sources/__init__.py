"""Reading exports: what to read, which column plays which role, raw text to exact lines."""

from __future__ import annotations

from typing import Any

from rfmtool.sources import detect
from rfmtool.sources.detect import Export
from rfmtool.sources.layout import Asked

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
    sources = detect.sources_of(source, asked)
    detect.same_roles(sources)
    return detect.understand(sources, asked)
