"""Sources: a file, a frame or a stream of an export, each taken apart into batches of raw cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, Protocol, Self

import pyarrow as pa

from rfmtool.clusters.tables import ClusterTable
from rfmtool.databases import reading
from rfmtool.databases.urls import Database, DatabaseRows
from rfmtool.errors import InputError, errors_naming
from rfmtool.sources import read
from rfmtool.sources.batches import Batch, Job, Jobs
from rfmtool.sources.cells.typed import typed_batch
from rfmtool.sources.files.exports import ExportFile
from rfmtool.sources.files.spools import open_spool
from rfmtool.sources.layout import FileLayout
from rfmtool.sources.read import Progress
from rfmtool.sources.rows.fill_down import filled_down
from rfmtool.sources.text.blocks import BLOCK_BYTES


class Source(Protocol):
    """One table of an export, and which of its columns play which roles."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def layout(self) -> FileLayout:
        """Its columns and their roles."""

    @property
    def kind(self) -> str:
        """What it is, such as `text`, `parquet`, `workbook` or `frame`.

        Raises:
            InputError: it is a file that cannot be opened.
        """

    @property
    def stored_bytes(self) -> int | None:
        """Its size as it is stored; None where nothing is."""

    def with_layout(self, layout: FileLayout) -> Source:
        """The same with other columns."""

    def jobs(self, progress: Progress | None = None, block_bytes: int = BLOCK_BYTES) -> Jobs:
        """Batches as jobs that any thread may do; of a text, each of so many bytes."""


def version_of(database: Database) -> tuple[int, int]:
    """What tells a file of a database from what it becomes."""
    try:
        found = Path(database.path).stat()
    except FileNotFoundError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def _named(source: Source, jobs: Jobs) -> Jobs:
    """The same jobs, with errors that name the source, and cells carried down where it asks so."""
    named = (partial(_do, source.name, job) for job in jobs)
    return filled_down(named, source.layout.carry_down) if source.layout.carry_down else named


def _do(name: str, job: Job) -> Batch:
    with errors_naming(name):
        return job()


def _with_keys(job: Job, layout: FileLayout) -> Batch:
    """A batch with the columns that stand in the names of folders."""
    batch = job()
    rows, in_file = len(batch.rows()), layout.in_file.places
    keys = {
        role: pa.repeat(pa.scalar(layout.folder_value(role), pa.string()), rows)
        for role in layout.places
        if role not in in_file
    }
    return replace(batch, cells={**batch.cells, **keys})


REST: Final = "rfmtool_rest"
"""What the columns of a cluster's table that play no role begin with, as text."""


@dataclass(frozen=True)
class FileSource:
    """A file: Parquet, text, or the sheet of a workbook, which is read as text."""

    file: ExportFile
    layout: FileLayout

    @property
    def name(self) -> str:
        """The file's."""
        return self.file.name

    @property
    def kind(self) -> str:
        """What its first bytes say."""
        return self.file.kind

    @property
    def stored_bytes(self) -> int:
        """The size of the file."""
        return self.file.stored_bytes

    def with_layout(self, layout: FileLayout) -> FileSource:
        """The same with other columns."""
        return replace(self, layout=layout)

    def jobs(self, progress: Progress | None = None, block_bytes: int = BLOCK_BYTES) -> Jobs:
        """Blocks of whole records of a text, or rows of a Parquet file's needed columns."""
        layout = self.layout.in_file
        if layout.dialect is None:
            jobs = read.parquet_jobs(self.file, layout, progress)
        else:
            jobs = read.text_jobs(self.file, layout, progress, block_bytes)
        if self.layout.folder_values:
            jobs = (partial(_with_keys, job, self.layout) for job in jobs)
        return _named(self, jobs)


@dataclass(frozen=True)
class _Table:
    """A source that is no file of its own."""

    name: str
    layout: FileLayout
    stored_bytes = None

    def with_layout(self, layout: FileLayout) -> Self:
        """The same with other columns."""
        return replace(self, layout=layout)


@dataclass(frozen=True)
class FrameSource(_Table):
    """A frame that somebody holds in memory."""

    table: pa.Table
    kind: str = "frame"

    def jobs(self, progress: Progress | None = None, block_bytes: int = BLOCK_BYTES) -> Jobs:  # noqa: ARG002
        """Rows of the needed columns."""
        reader = self.table.to_reader(read.BATCH_ROWS)
        return _named(self, read.table_jobs(reader, self.layout))


@dataclass(frozen=True)
class StreamSource(_Table):
    """A stream that comes only once, kept on disk since it is looked at more than once."""

    spool: BinaryIO
    kind: str = "frame"

    def jobs(self, progress: Progress | None = None, block_bytes: int = BLOCK_BYTES) -> Jobs:  # noqa: ARG002
        """Rows of the needed columns."""
        return _named(self, self._jobs())

    def _jobs(self) -> Jobs:
        with pa.ipc.open_stream(pa.PythonFile(open_spool(self.spool), mode="r")) as reader:
            yield from read.table_jobs(reader, self.layout)


@dataclass(frozen=True)
class DatabaseSource(_Table):
    """A table in a file of a database, which is read there, as a file is."""

    rows: DatabaseRows
    version: tuple[int, int]
    """What tells the file from what it becomes: its size, and when it was written."""
    kind: str = "frame"

    def jobs(self, progress: Progress | None = None, block_bytes: int = BLOCK_BYTES) -> Jobs:  # noqa: ARG002
        """Rows of the needed columns; the first where less is asked for at a time than usual."""
        return _named(self, self._jobs(is_sample=block_bytes < BLOCK_BYTES))

    def _jobs(self, *, is_sample: bool) -> Jobs:
        names = {role: self.layout.header[place] for role, place in self.layout.places.items()}
        start = 0
        for batch in self._batches(*sorted({*names.values()}), is_sample=is_sample):
            cells = {role: batch.column(name) for role, name in names.items()}
            whole = partial(self._whole, start, len(batch))
            yield partial(typed_batch, cells, self.layout.kinds, len(batch), whole)
            start += len(batch)

    def _whole(self, start: int, count: int) -> list[pa.Array]:
        """All columns of some rows."""
        found: list[pa.RecordBatch] = []
        seen = 0
        for batch in self._batches():  # to the end, which lets go of the file
            first = max(start - seen, 0)
            part = batch.slice(first, max(start + count - seen - first, 0))
            if len(part) or not found:  # an empty one holds all of its batch, too
                found.append(part)
            seen += len(batch)
        return [column.combine_chunks() for column in pa.Table.from_batches(found).columns]

    def _batches(self, *columns: str, is_sample: bool = False) -> Iterator[pa.RecordBatch]:
        if version_of(self.rows.database) != self.version:
            raise InputError(
                f"{self.name}: changed while it was read", "Run again when it is at rest."
            )
        with reading.batches(replace(self.rows, columns=columns)) as reader:
            if not is_sample:
                yield from reader
                return
            first = [*islice(reader, 1)]
        del reader  # and with it the file, which others may want to write
        yield from first


@dataclass(frozen=True)
class TableSource(_Table):
    """A table of a cluster, which is read there; here only where all of it must be looked at."""

    table: ClusterTable
    sample: pa.Table
    """Some of its rows."""
    kind: str = "table"

    def jobs(self, progress: Progress | None = None, block_bytes: int = BLOCK_BYTES) -> Jobs:  # noqa: ARG002
        """Rows in whatever order; the sample where less is asked for at a time than usual."""
        is_sample = block_bytes < BLOCK_BYTES
        batches = self.sample.to_batches() if is_sample else self.table.batches()
        return _named(self, read.table_jobs(batches, self.layout))

    @property
    def narrow(self) -> FrameSource:
        """No rows, of the columns that are needed, and of REST, which tells of blank rows."""
        header = self.layout.header
        needed = sorted({header[place] for place in self.layout.places.values()})
        places = {role: needed.index(header[place]) for role, place in self.layout.places.items()}
        layout = replace(self.layout, header=(*needed, REST), places=places)
        rows = self.sample.select(needed).slice(0, 0)
        return FrameSource(self.name, layout, rows.append_column(REST, pa.array([], pa.string())))
