"""Tasks that run on the workers of a cluster and make lines of pieces or rows of an export."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa

from rfmtool.clusters.sessions import VERSION_MISMATCH
from rfmtool.engines.spark.batch_reports import BatchReport
from rfmtool.engines.spark.pieces import Piece
from rfmtool.errors import RfmtoolError, SystemFailureError
from rfmtool.sources.batches import Job
from rfmtool.sources.rows.lines import Cleaning
from rfmtool.sources.source import FileSource, FrameSource, Source
from rfmtool.sources.text.spans import QuoteScan
from rfmtool.version import __version__

STARTED: Final = -1
"""The number of a batch in the report that each piece begins with."""
_MAX_BATCHES: Final = 1 << 20
"""More batches than any piece has, so that each has a number of its own."""
_PARTITION_BITS: Final = 32
"""The lower bits of a piece's number are its partition, the others its table."""
_BATCH_ROWS: Final = 1 << 16


@dataclass(frozen=True)
class FileTask:
    """Cleaning of the pieces of an export's files."""

    cleaning: Cleaning
    sources: tuple[FileSource, ...]
    pieces: tuple[Piece, ...]
    mark: str
    """Begins the customer ids of reports."""

    def run(self, number: int) -> Iterator[pa.RecordBatch]:
        """The lines of a piece, each batch followed by its report."""
        piece, batch = self.pieces[number], 0
        schema = self.cleaning.schema
        yield _report_line(BatchReport((number, STARTED)), self.mark, schema)
        try:
            source = piece.source_of(self.sources[piece.file])
            for batch, job in enumerate(source.jobs()):
                yield from _cleaned(self, piece.file, source, job, (number, batch))
        except (RfmtoolError, OSError) as error:
            report = BatchReport((number, batch + 1), failure=_failure(error))
            yield _report_line(report, self.mark, schema)


@dataclass(frozen=True)
class TableTask:
    """Cleaning of the rows of a table that a cluster reads."""

    cleaning: Cleaning
    file: int
    """The number of the table in the export."""
    source: FrameSource
    """The columns of the rows, and their roles."""
    mark: str

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The lines of a partition of the rows, whose number is the last column, and reports."""
        for number, rows in enumerate(rebatched(batches)):
            *columns, partition = rows.columns
            table = pa.table(columns, names=rows.column_names[:-1])
            if table.column_names != [*self.source.layout.header]:
                raise TypeError("the batches have other columns than the table")
            source = replace(self.source, table=table)
            position = (self.file << _PARTITION_BITS) + partition[0].as_py(), number
            try:
                for job in source.jobs():
                    yield from _cleaned(self, self.file, source, job, position)
            except RfmtoolError as error:
                report = BatchReport(position, failure=error)
                yield _report_line(report, self.mark, self.cleaning.schema)
                return


def rebatched(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches of any size as tables of _BATCH_ROWS or fewer rows, none of them empty."""
    pending: list[pa.RecordBatch] = []

    def tables() -> Iterator[pa.Table]:
        table = pa.Table.from_batches(pending).combine_chunks()
        for start in range(0, len(table), _BATCH_ROWS):
            yield table.slice(start, _BATCH_ROWS)

    for batch in batches:
        pending.append(batch)
        if sum(map(len, pending)) >= _BATCH_ROWS:
            yield from tables()
            pending.clear()
    if pending:
        yield from tables()


def _cleaned(
    task: FileTask | TableTask, file: int, source: Source, job: Job, position: tuple[int, int]
) -> Iterator[pa.RecordBatch]:
    schema, ordinal = task.cleaning.schema, position[0] * _MAX_BATCHES + position[1]
    _, cleaned = task.cleaning.cleaned(file, source, job, ordinal)
    if not cleaned.lines.schema.equals(schema):  # clusters match columns by position
        raise TypeError("lines have other columns than declared")
    yield cleaned.lines.rename_columns(sql_names(schema))
    report = BatchReport(position, file, cleaned.tally, cleaned.reordered_header_row)
    yield _report_line(report, task.mark, schema)


def _report_line(report: BatchReport, mark: str, schema: pa.Schema) -> pa.RecordBatch:
    line = {"customer_id": mark + report.to_json(), "order_id": "", "sales": 0, "refunds": 0,
            "rows": 0, "is_sale": True}  # fmt: skip
    return pa.RecordBatch.from_pylist([line], schema=schema).rename_columns(sql_names(schema))


@dataclass(frozen=True)
class ScanTask:
    """Scans of the quotes in pieces of text files, which show where to cut between records."""

    sources: tuple[FileSource, ...]
    pieces: tuple[Piece, ...]

    def run(self, number: int) -> Iterator[pa.RecordBatch]:
        """The number of a piece, and its scan or the report of a failure as JSON."""
        piece = self.pieces[number]
        try:
            scan = json.dumps(piece.scan(self.sources[piece.file]))
        except (RfmtoolError, OSError) as error:
            scan = BatchReport((number, 0), failure=_failure(error)).to_json()
        yield pa.RecordBatch.from_pydict({"number": [number], "scan": [scan]})

    @staticmethod
    def parse_scan(text: str) -> QuoteScan:
        """The scan that `run` wrote; a failure that the text reports is raised."""
        if not text.startswith("["):
            raise BatchReport.from_json(text).failure or ValueError(text)
        quotes, is_well_quoted, boundaries = json.loads(text)
        return QuoteScan(quotes, (*is_well_quoted,), (*boundaries,))


def _failure(error: RfmtoolError | OSError) -> RfmtoolError:
    if isinstance(error, RfmtoolError):
        return error
    reason = (error.strerror or type(error).__name__).lower()
    return SystemFailureError(f"a worker of the cluster failed: {reason}", "Run again.")


def run_task(
    packed: bytes, version: str, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Run a pickled task on numbers of pieces or rows of a table, for `mapInArrow`."""
    if version != __version__:
        raise ImportError(VERSION_MISMATCH)
    task: FileTask | ScanTask | TableTask = pickle.loads(packed)  # noqa: S301 - from the sender of this function
    if isinstance(task, TableTask):
        yield from task.run(batches)
        return
    for batch in batches:
        for number in batch.column(0).to_pylist():
            yield from task.run(number)


def sql_names(schema: pa.Schema) -> list[str]:
    """Names of the columns of lines that need no quotes in SQL."""
    return [name if name.isidentifier() else f"kept_{index}"
            for index, name in enumerate(schema.names)]  # fmt: skip
