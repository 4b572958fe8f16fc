"""An evidence table's files and frames to raw cells, and what they say about how it is written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from rfmtool.errors import InputError
from rfmtool.sources.batches import Batch
from rfmtool.sources.cells import format_inference
from rfmtool.sources.cells.date_formats import (
    DATE_FORMATS,
    ISO,
    NUMERIC_DATE_FORMATS,
    YEAR_FIRST,
    DateFormat,
    parse_date_format,
    with_time_zone,
)
from rfmtool.sources.cells.dates import read_days
from rfmtool.sources.cells.numbers import NumberFormat
from rfmtool.sources.detect import source_of_file, sources_of
from rfmtool.sources.evidence.cells import TableReading
from rfmtool.sources.evidence.roles import EvidenceTable
from rfmtool.sources.files.exports import ExportFile
from rfmtool.sources.files.listing import list_export_files
from rfmtool.sources.frames import is_frame
from rfmtool.sources.layout import Asked
from rfmtool.sources.source import Source
from rfmtool.sources.tables import source_of_stored, split_sources
from rfmtool.threads import run_in_order

SourceBatches = tuple[Source, Sequence[Batch]]


def read_batches(
    source: Any,  # noqa: ANN401 - a path, paths, or any library's frame
    table: EvidenceTable,
    asked: Asked,
    threads: int,
) -> list[SourceBatches]:
    """Take the files of a table, or a frame, apart into cells."""
    if isinstance(source, (str, os.PathLike)):
        source = [source]
    if isinstance(source, Sequence) and not is_frame(source):
        rows, paths = split_sources([os.fspath(one) for one in source], asked)
        found = [
            _batches_of(source_of_stored(one, asked, table.detection_roles()), threads)
            for one in rows
        ]
        if rows and not paths:
            return found
        # By name, so that the last word on somebody does not hang on how the files were listed.
        files = sorted(list_export_files(paths, asked.max_bytes), key=lambda file: file.name)
        return found + [_of_file(file, asked, table, threads) for file in files]
    return [
        _batches_of(one, threads) for one in sources_of(source, asked, table.detection_roles())[0]
    ]


def _of_file(file: ExportFile, asked: Asked, table: EvidenceTable, threads: int) -> SourceBatches:
    plain = replace(asked, delimiter=None, encoding=None)
    if plain != asked:
        # The export may come from one program and this from another: the file itself comes first.
        with suppress(InputError):
            part = _batches_of(source_of_file(file, plain, table.detection_roles()), threads)
            faults = (fault for batch in part[1] for fault in batch.faults)
            if not any(fault.reason == "bad_encoding" for fault in faults):
                return part
    return _batches_of(source_of_file(file, asked, table.detection_roles()), threads)


def _batches_of(source: Source, threads: int) -> SourceBatches:
    return source, list(run_in_order(source.jobs(), threads))


def table_reading(
    table: EvidenceTable, parts: Sequence[SourceBatches], asked: Asked
) -> TableReading:
    """Find out, from the whole table, how its dates and numbers are written."""
    days = {
        role: with_time_zone(_date_reading(table, role, parts, asked), asked.timezone, None)
        for role, what in table.roles.items()
        if what.kind == "day"
    }
    weights: format_inference.FormatCounts = format_inference.FormatCounts()
    for role, what in table.roles.items():
        if what.kind in ("whole", "number", "money"):
            for cells in _column(role, parts):
                format_inference.count_number_formats(cells, weights)
    if bool(weights["."]) != bool(weights[","]):
        return TableReading(days, NumberFormat("." if weights["."] else ","))
    return TableReading(days, format_inference.infer_number_format(weights, asked))


def _column(role: str, parts: Sequence[SourceBatches]) -> Iterator[pa.Array]:
    return (batch.cells[role] for _, batches in parts for batch in batches if role in batch.cells)


def _date_reading(
    table: EvidenceTable, role: str, parts: Sequence[SourceBatches], asked: Asked
) -> DateFormat:
    """Choose how a column's dates are written; where none is a date, each row then says so."""
    weights: format_inference.FormatCounts = format_inference.FormatCounts()
    for cells in _column(role, parts):
        format_inference.count_date_formats(cells, weights)
    if asked.date_format:
        wanted = parse_date_format(asked.date_format)
        fitting = sum(_fitting(cells, wanted) for cells in _column(role, parts))
        if fitting and fitting >= weights[ISO.name]:
            return wanted
    known = (*(reading.name for reading in (*DATE_FORMATS, YEAR_FIRST)), *NUMERIC_DATE_FORMATS)
    if not any(weights[name] for name in known):
        return ISO
    layouts = [source.layout for source, _ in parts if role in source.layout.places]
    column = layouts[0].header[layouts[0].places[role]]
    return format_inference.infer_date_format(weights, column, f"{table.name}.{role}")


def _fitting(cells: pa.Array, reading: DateFormat) -> int:
    if pa.types.is_temporal(cells.type):
        return 0
    _, unread = read_days(cells, reading)
    return len(cells) if unread is None else int(np.count_nonzero(~unread))
