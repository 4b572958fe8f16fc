"""Reading exports: what to read, which column plays which role, raw text to exact lines."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from rfmtool.errors import InputError
from rfmtool.sources import detect
from rfmtool.sources.detect import Export, Source
from rfmtool.sources.exports import expand
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
    sources = _sources(source, asked)
    detect.same_roles(sources)
    return detect.understand(sources, asked)


def _sources(source: Any, asked: Asked) -> list[Source]:  # noqa: ANN401
    if isinstance(source, (str, os.PathLike)):
        source = [source]
    if detect.is_arrow_stream(source):
        return [detect.source_of_table(_table(source), asked)]
    if not isinstance(source, Sequence):
        kind = type(source).__name__
        raise InputError(
            f"a source is a path, paths, or a frame, not a {kind}", "Pass one of these."
        )
    return [detect.source_of_file(file, asked) for file in expand(source)]


def _table(frame: Any) -> pa.Table:  # noqa: ANN401
    try:
        return pa.RecordBatchReader.from_stream(frame).read_all()
    except pa.ArrowException:
        # Arrow's own words would quote a cell.
        raise InputError(
            "the frame cannot be read: one of its columns mixes types",
            "Make it text first, for example frame.astype({'customer_id': str}).",
        ) from None
