"""Read an evidence table's files and frames into raw cells, and infer the formats it uses."""

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
from rfmtool.sources.cells.format_inference import (
    FormatCounts,
    count_date_formats,
    count_number_formats,
    infer_date_format,
    infer_number_format,
)
from rfmtool.sources.cells.numbers import NumberFormat
from rfmtool.sources.detect import source_of_file, sources_of
from rfmtool.sources.evidence.cells import TableReading
from rfmtool.sources.evidence.roles import EvidenceTable
from rfmtool.sources.files.exports import ExportFile
from rfmtool.sources.files.listing import list_export_files
from rfmtool.sources.frames import is_frame
from rfmtool.sources.layout import Asked
from rfmtool.sources.roles import Roles
from rfmtool.sources.source import Source
from rfmtool.sources.tables import source_of_stored, split_sources
from rfmtool.threads import run_in_order

SourceBatches = tuple[Source, Sequence[Batch]]
Parts = Sequence[SourceBatches]


def read_batches(
    source: Any,  # noqa: ANN401 - a path, paths, or any library's frame
    table: EvidenceTable,
    asked: Asked,
    threads: int,
) -> list[SourceBatches]:
    """Read the files of a table, stored tables or a frame into batches of raw cells."""
    roles = table.detection_roles()
    if isinstance(source, (str, os.PathLike)):
        source = [source]
    if not isinstance(source, Sequence) or is_frame(source):
        return [_read_source(frame, threads) for frame in sources_of(source, asked, roles)[0]]
    stored, paths = split_sources(list(map(os.fspath, source)), asked)
    batches = [_read_source(source_of_stored(one, asked, roles), threads) for one in stored]
    if stored and not paths:
        return batches
    # By name, so that results do not depend on the order in which files were given.
    files = sorted(list_export_files(paths, asked.max_bytes), key=lambda file: file.name)
    return batches + [_read_file(file, asked, roles, threads) for file in files]


def _read_file(file: ExportFile, asked: Asked, roles: Roles, threads: int) -> SourceBatches:
    detected = replace(asked, delimiter=None, encoding=None)
    if detected != asked:
        # The settings may be meant for the export only, so detection is tried first.
        with suppress(InputError):
            part = _read_source(source_of_file(file, detected, roles), threads)
            faults = (fault for batch in part[1] for fault in batch.faults)
            if not any(fault.reason == "bad_encoding" for fault in faults):
                return part
    return _read_source(source_of_file(file, asked, roles), threads)


def _read_source(source: Source, threads: int) -> SourceBatches:
    return source, list(run_in_order(source.jobs(), threads))


def table_reading(table: EvidenceTable, parts: Parts, asked: Asked) -> TableReading:
    """Infer the formats of a table's dates and numbers from all its rows."""
    days, counts = {}, FormatCounts()
    for name, role in table.roles.items():
        if role.kind == "day":
            date_format = _date_format(table, name, parts, asked)
            days[name] = with_time_zone(date_format, asked.timezone, None)
        elif role.kind in ("whole", "number", "money"):
            for cells in _column_parts(name, parts):
                count_number_formats(cells, counts)
    if bool(counts["."]) != bool(counts[","]):
        return TableReading(days, NumberFormat("." if counts["."] else ","))
    return TableReading(days, infer_number_format(counts, asked))


def _column_parts(role: str, parts: Parts) -> Iterator[pa.Array]:
    return (batch.cells[role] for _, batches in parts for batch in batches if role in batch.cells)


def _date_format(table: EvidenceTable, role: str, parts: Parts, asked: Asked) -> DateFormat:
    """The date format of a column; ISO where no cell is a date, so that every row is rejected."""
    counts = FormatCounts()
    for cells in _column_parts(role, parts):
        count_date_formats(cells, counts)
    if asked.date_format:
        wanted = parse_date_format(asked.date_format)
        fitting = 0
        for cells in _column_parts(role, parts):
            if not pa.types.is_temporal(cells.type):
                _, unread = read_days(cells, wanted)
                fitting += len(cells) if unread is None else int(np.count_nonzero(~unread))
        if fitting and fitting >= counts[ISO.name]:
            return wanted
    formats = (*(known.name for known in (*DATE_FORMATS, YEAR_FIRST)), *NUMERIC_DATE_FORMATS)
    if not any(counts[name] for name in formats):
        return ISO
    layouts = [source.layout for source, _ in parts if role in source.layout.places]
    column = layouts[0].header[layouts[0].places[role]]
    return infer_date_format(counts, column, f"{table.name}.{role}")
