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
from rfmtool.sources.cells import conventions
from rfmtool.sources.cells.date_readings import (
    COUNTED,
    ISO,
    READINGS,
    YEAR_FIRST,
    DateReading,
    in_zone,
    reading_of,
)
from rfmtool.sources.cells.dates import read_days
from rfmtool.sources.cells.numbers import NumberReading
from rfmtool.sources.detect import source_of_file, sources_of
from rfmtool.sources.evidence.cells import TableReading
from rfmtool.sources.evidence.roles import EvidenceTable
from rfmtool.sources.files.exports import ExportFile
from rfmtool.sources.files.listing import expand
from rfmtool.sources.frames import is_frame
from rfmtool.sources.layout import Asked
from rfmtool.sources.source import Source
from rfmtool.sources.tables import apart, source_of_stored
from rfmtool.threads import in_order

Part = tuple[Source, Sequence[Batch]]


def taken_apart(
    source: Any,  # noqa: ANN401 - a path, paths, or any library's frame
    table: EvidenceTable,
    asked: Asked,
    threads: int,
) -> list[Part]:
    """Take the files of a table, or a frame, apart into cells."""
    if isinstance(source, (str, os.PathLike)):
        source = [source]
    if isinstance(source, Sequence) and not is_frame(source):
        rows, paths = apart([os.fspath(one) for one in source], asked)
        found = [_batches_of(source_of_stored(one, asked, table.layout()), threads) for one in rows]
        if rows and not paths:
            return found
        # By name, so that the last word on somebody does not hang on how the files were listed.
        files = sorted(expand(paths, asked.max_bytes), key=lambda file: file.name)
        return found + [_of_file(file, asked, table, threads) for file in files]
    return [_batches_of(one, threads) for one in sources_of(source, asked, table.layout())[0]]


def _of_file(file: ExportFile, asked: Asked, table: EvidenceTable, threads: int) -> Part:
    plain = replace(asked, delimiter=None, encoding=None)
    if plain != asked:
        # The export may come from one program and this from another: the file itself comes first.
        with suppress(InputError):
            part = _batches_of(source_of_file(file, plain, table.layout()), threads)
            faults = (fault for batch in part[1] for fault in batch.faults)
            if not any(fault.reason == "bad_encoding" for fault in faults):
                return part
    return _batches_of(source_of_file(file, asked, table.layout()), threads)


def _batches_of(source: Source, threads: int) -> Part:
    return source, list(in_order(source.jobs(), threads))


def table_reading(table: EvidenceTable, parts: Sequence[Part], asked: Asked) -> TableReading:
    """Find out, from the whole table, how its dates and numbers are written."""
    days = {
        role: in_zone(_date_reading(table, role, parts, asked), asked.timezone, None)
        for role, what in table.roles.items()
        if what.kind == "day"
    }
    weights: conventions.Weights = conventions.Weights()
    for role, what in table.roles.items():
        if what.kind in ("whole", "number", "money"):
            for cells in _column(role, parts):
                conventions.weigh_numbers(cells, weights)
    if bool(weights["."]) != bool(weights[","]):
        return TableReading(days, NumberReading("." if weights["."] else ","))
    return TableReading(days, conventions.number_reading(weights, asked))


def _column(role: str, parts: Sequence[Part]) -> Iterator[pa.Array]:
    return (batch.cells[role] for _, batches in parts for batch in batches if role in batch.cells)


def _date_reading(
    table: EvidenceTable, role: str, parts: Sequence[Part], asked: Asked
) -> DateReading:
    """Choose how a column's dates are written; where none is a date, each row then says so."""
    weights: conventions.Weights = conventions.Weights()
    for cells in _column(role, parts):
        conventions.weigh_dates(cells, weights)
    if asked.date_format:
        wanted = reading_of(asked.date_format)
        fitting = sum(_fitting(cells, wanted) for cells in _column(role, parts))
        if fitting and fitting >= weights[ISO.name]:
            return wanted
    known = (*(reading.name for reading in (*READINGS, YEAR_FIRST)), *COUNTED)
    if not any(weights[name] for name in known):
        return ISO
    layouts = [source.layout for source, _ in parts if role in source.layout.places]
    column = layouts[0].header[layouts[0].places[role]]
    return conventions.date_reading(weights, column, f"{table.name}.{role}")


def _fitting(cells: pa.Array, reading: DateReading) -> int:
    if pa.types.is_temporal(cells.type):
        return 0
    _, unread = read_days(cells, reading)
    return len(cells) if unread is None else int(np.count_nonzero(~unread))
