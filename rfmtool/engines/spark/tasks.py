"""What runs on the workers of a cluster: pieces and rows of an export become lines."""

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
from rfmtool.sources.rows.clean import Cleaned
from rfmtool.sources.rows.lines import Cleaning
from rfmtool.sources.source import FileSource, FrameSource, Source
from rfmtool.sources.text.spans import QuoteScan
from rfmtool.version import __version__

BEGUN: Final = -1
"""Stands for the number of a batch in the note that each piece begins with."""
_BATCHES: Final = 1 << 20
"""More batches than a piece has, so that each has a number of its own."""
_FILE_BITS: Final = 32
"""How many bits of a part's number are not that of its table."""
_JOINED_ROWS: Final = 1 << 16


@dataclass(frozen=True)
class FileTask:
    """An export cut into pieces, and what is to be made of them."""

    cleaning: Cleaning
    sources: tuple[FileSource, ...]
    pieces: tuple[Piece, ...]
    mark: str
    """Begins the customer ids of notes."""

    def do(self, number: int) -> Iterator[pa.RecordBatch]:
        """Give the lines of a piece, each batch with a note behind it."""
        piece, batch = self.pieces[number], 0
        schema = self.cleaning.schema
        yield self._line(BatchReport((number, BEGUN)))
        try:
            source = piece.source_of(self.sources[piece.file])
            for batch, job in enumerate(source.jobs()):
                ordinal = number * _BATCHES + batch
                cleaned = _cleaned(self.cleaning, piece.file, source, job, ordinal)
                yield cleaned.lines.rename_columns(sql_names(schema))
                yield self._line(BatchReport.from_cleaned((number, batch), piece.file, cleaned))
        except (RfmtoolError, OSError) as error:
            yield self._line(BatchReport((number, batch + 1), failure=_failure(error)))

    def _line(self, note: BatchReport) -> pa.RecordBatch:
        return _line(note, self.mark, self.cleaning.schema)


@dataclass(frozen=True)
class TableTask:
    """The rows of a table that a cluster reads, and what is to be made of them."""

    cleaning: Cleaning
    file: int
    """The number of the table in the export."""
    source: FrameSource
    """The columns that come, and the roles they play."""
    mark: str
    """Begins the customer ids of notes."""

    def do(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Give lines of a part of the rows, with notes among them.

        Args:
            batches: of the columns in their order, and the number of the part behind them.
        """
        for number, rows in enumerate(rebatched(batches)):
            *columns, part = rows.columns
            table = pa.table(columns, names=rows.column_names[:-1])
            place = (self.file << _FILE_BITS) + part[0].as_py(), number
            try:
                yield from self._lines(table, place)
            except RfmtoolError as error:
                yield _line(BatchReport(place, failure=error), self.mark, self.cleaning.schema)
                return

    def _lines(self, table: pa.Table, place: tuple[int, int]) -> Iterator[pa.RecordBatch]:
        if table.column_names != [*self.source.layout.header]:
            raise TypeError("a table has come with other columns than it has")
        source = replace(self.source, table=table)
        for job in source.jobs():
            ordinal = place[0] * _BATCHES + place[1]
            cleaned = _cleaned(self.cleaning, self.file, source, job, ordinal)
            yield cleaned.lines.rename_columns(sql_names(self.cleaning.schema))
            note = BatchReport.from_cleaned(place, self.file, cleaned)
            yield _line(note, self.mark, self.cleaning.schema)


def rebatched(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches of whatever size, as clusters send them, as such of one size; none is empty."""
    held: list[pa.RecordBatch] = []

    def parts() -> Iterator[pa.Table]:
        table = pa.Table.from_batches(held).combine_chunks()
        for start in range(0, len(table), _JOINED_ROWS):
            yield table.slice(start, _JOINED_ROWS)

    for batch in batches:
        held.append(batch)
        if sum(map(len, held)) >= _JOINED_ROWS:
            yield from parts()
            held.clear()
    if held:
        yield from parts()


def _cleaned(cleaning: Cleaning, file: int, source: Source, job: Job, ordinal: int) -> Cleaned:
    """What becomes of a batch, of the columns that were said: a cluster looks at no names."""
    _, cleaned = cleaning.cleaned(file, source, job, ordinal)
    if not cleaned.lines.schema.equals(cleaning.schema):
        raise TypeError("lines are of other columns than was said")
    return cleaned


def _line(note: BatchReport, mark: str, schema: pa.Schema) -> pa.RecordBatch:
    """A note as a line."""
    nothing = {"order_id": "", "sales": 0, "refunds": 0, "rows": 0, "is_sale": True}
    line = {**nothing, "customer_id": mark + note.to_json()}
    note_line = pa.RecordBatch.from_pylist([line], schema=schema)
    return note_line.rename_columns(sql_names(schema))


@dataclass(frozen=True)
class ScanTask:
    """Texts in parts, each of which is looked at for where it may be cut."""

    sources: tuple[FileSource, ...]
    pieces: tuple[Piece, ...]

    def do(self, number: int) -> Iterator[pa.RecordBatch]:
        """Give what a part shows: its number, and a glance at it as JSON, or what failed."""
        piece = self.pieces[number]
        try:
            seen = json.dumps(piece.glance(self.sources[piece.file]))
        except (RfmtoolError, OSError) as error:
            seen = BatchReport((number, 0), failure=_failure(error)).to_json()
        yield pa.RecordBatch.from_pydict({"number": [number], "seen": [seen]})

    @staticmethod
    def parse_glance(text: str) -> QuoteScan:
        """The glance that a text is.

        Raises:
            RfmtoolError: it says what failed.
        """
        if not text.startswith("["):
            raise BatchReport.from_json(text).failure or ValueError(text)
        quotes, fits, cuts = json.loads(text)
        return QuoteScan(quotes, (*fits,), (*cuts,))


def _failure(error: RfmtoolError | OSError) -> RfmtoolError:
    if isinstance(error, RfmtoolError):
        return error
    reason = (error.strerror or type(error).__name__).lower()
    return SystemFailureError(f"a worker of the cluster failed: {reason}", "Run again.")


def run_task(
    packed: bytes, version: str, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Do some pieces of work, as `mapInArrow` wants it done.

    Args:
        packed: the work, pickled.
        version: of the package that packed it; another might read otherwise.
        batches: which pieces, or the rows of a table.

    Raises:
        ImportError: this worker has another version.
    """
    if version != __version__:
        raise ImportError(VERSION_MISMATCH)
    work: FileTask | ScanTask | TableTask = pickle.loads(packed)  # noqa: S301 - made by whoever sent this function
    if isinstance(work, TableTask):
        yield from work.do(batches)
        return
    for batch in batches:
        for number in batch.column(0).to_pylist():
            yield from work.do(number)


def sql_names(schema: pa.Schema) -> list[str]:
    """Names of the columns of lines that need no quotes in SQL."""
    return [name if name.isidentifier() else f"kept_{place}"
            for place, name in enumerate(schema.names)]  # fmt: skip
