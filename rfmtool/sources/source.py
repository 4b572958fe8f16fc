"""Sources: files, frames, streams and tables, each read as batches of raw cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, Self

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
    """One table of an export and the roles of its columns."""

    @property
    def name(self) -> str:
        """Its name in messages."""

    @property
    def layout(self) -> FileLayout:
        """Its columns and their roles."""

    @property
    def kind(self) -> str:
        """Its kind, such as `text` or `frame`; InputError if it is a file that cannot be opened."""

    @property
    def stored_bytes(self) -> int | None:
        """Its size on disk; None where it is not a file."""

    def with_layout(self, **changes: Any) -> Source:  # noqa: ANN401 - fields of a FileLayout
        """The same source with changes of its layout."""

    def jobs(self, progress: Progress | None = None, block_bytes: int = BLOCK_BYTES) -> Jobs:
        """Its batches as jobs; texts are split into blocks of `block_bytes`."""


def version_of(database: Database) -> tuple[int, int]:
    """The size of a database file and when it was modified, in ns; they differ after a change."""
    try:
        stat = Path(database.path).stat()
    except FileNotFoundError:
        return 0, 0
    return stat.st_size, stat.st_mtime_ns


def _finished(jobs: Jobs, name: str, layout: FileLayout) -> Jobs:
    """The same jobs, with errors that name the source, and cells filled down if necessary."""
    named = (errors_naming(name)(job) for job in jobs)
    return filled_down(named, layout.fill_down) if layout.fill_down else named


def _with_folder_columns(job: Job, layout: FileLayout) -> Batch:
    batch = job()
    rows, in_file = len(batch.places()), layout.in_file.places
    cells = {role: pa.scalar(layout.partition_value(role), pa.string())
             for role in layout.places if role not in in_file}  # fmt: skip
    columns = {role: pa.repeat(cell, rows) for role, cell in cells.items()}
    return replace(batch, cells={**batch.cells, **columns})


REST: Final = "rfmtool_rest"
"""The column that stands for all columns of a cluster's table without a role, as text."""


@dataclass(frozen=True)
class FileSource:
    """A file: Parquet, text, or the sheet of a workbook, which is read as text."""

    file: ExportFile
    layout: FileLayout

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.file.name

    @property
    def kind(self) -> str:
        """Its kind, by its first bytes."""
        return self.file.kind

    @property
    def stored_bytes(self) -> int:
        """The size of the file."""
        return self.file.stored_bytes

    def with_layout(self, **changes: Any) -> FileSource:  # noqa: ANN401 - fields of a FileLayout
        """The same file with changes of its layout."""
        return replace(self, layout=replace(self.layout, **changes))

    def jobs(self, progress: Progress | None = None, block_bytes: int = BLOCK_BYTES) -> Jobs:
        """Blocks of records of a text, or batches of a Parquet file's columns with a role."""
        layout = self.layout.in_file
        if layout.dialect is None:
            jobs = read.parquet_jobs(self.file, layout, progress)
        else:
            jobs = read.text_jobs(self.file, layout, progress, block_bytes)
        if self.layout.partition_values:
            jobs = (partial(_with_folder_columns, job, self.layout) for job in jobs)
        return _finished(jobs, self.name, self.layout)


@dataclass(frozen=True)
class _Table:
    """A source that is not a file of its own."""

    name: str
    layout: FileLayout
    stored_bytes = None

    def with_layout(self, **changes: Any) -> Self:  # noqa: ANN401 - fields of a FileLayout
        """The same table with changes of its layout."""
        return replace(self, layout=replace(self.layout, **changes))

    def jobs(self, progress: Progress | None = None, block_bytes: int = BLOCK_BYTES) -> Jobs:  # noqa: ARG002
        """Rows of the columns with a role; perhaps only a sample if `block_bytes` is small."""
        jobs = self._jobs(is_sample=block_bytes < BLOCK_BYTES)
        return _finished(jobs, self.name, self.layout)

    def _jobs(self, *, is_sample: bool) -> Jobs:
        raise NotImplementedError


@dataclass(frozen=True)
class FrameSource(_Table):
    """A frame in memory."""

    table: pa.Table
    kind: str = "frame"

    def _jobs(self, *, is_sample: bool) -> Jobs:
        table = self.table
        if is_sample:  # in one batch, as the first chunk may be tiny
            table = table.slice(0, read.BATCH_ROWS).combine_chunks()
        return read.table_jobs(table.to_reader(read.BATCH_ROWS), self.layout)


@dataclass(frozen=True)
class StreamSource(_Table):
    """A stream, spooled to disk as it is read more than once."""

    spool: BinaryIO
    kind: str = "frame"

    def _jobs(self, *, is_sample: bool) -> Jobs:  # noqa: ARG002
        with pa.ipc.open_stream(pa.PythonFile(open_spool(self.spool), mode="r")) as reader:
            yield from read.table_jobs(reader, self.layout)


@dataclass(frozen=True)
class DatabaseSource(_Table):
    """A table in a database file, such as SQLite, which is read in place."""

    rows: DatabaseRows
    version: tuple[int, int]
    """The `version_of` the file."""
    kind: str = "frame"

    def _jobs(self, *, is_sample: bool) -> Jobs:
        names = {role: self.layout.header[place] for role, place in self.layout.places.items()}
        start = 0
        for batch in self._batches(*sorted({*names.values()}), is_sample=is_sample):
            cells = {role: batch.column(name) for role, name in names.items()}
            all_columns = partial(self._all_columns, start, len(batch))
            yield partial(typed_batch, cells, self.layout.kinds, len(batch), all_columns)
            start += len(batch)

    def _all_columns(self, start: int, count: int) -> list[pa.Array]:
        parts: list[pa.RecordBatch] = []
        rows = 0
        for batch in self._batches():  # to the end, which closes the file
            first = max(start - rows, 0)
            part = batch.slice(first, max(start + count - rows - first, 0))
            if len(part) or not parts:  # an empty part would keep its batch in memory
                parts.append(part)
            rows += len(batch)
        return [column.combine_chunks() for column in pa.Table.from_batches(parts).columns]

    def _batches(self, *columns: str, is_sample: bool = False) -> Iterator[pa.RecordBatch]:
        if version_of(self.rows.database) != self.version:
            hint = "Run again when it is at rest."
            raise InputError(f"{self.name}: changed while it was read", hint)
        with reading.batches(replace(self.rows, columns=columns)) as reader:
            if not is_sample:
                yield from reader
                return
            first = [*islice(reader, 1)]
        del reader  # closes the file, which other programs may want to write
        yield from first


@dataclass(frozen=True)
class TableSource(_Table):
    """A table of a cluster, which reads it itself; here only if all rows must be checked."""

    table: ClusterTable
    sample: pa.Table
    kind: str = "table"

    def _jobs(self, *, is_sample: bool) -> Jobs:
        batches = self.sample.to_batches() if is_sample else self.table.batches()
        return read.table_jobs(batches, self.layout)

    @property
    def narrow(self) -> FrameSource:
        """An empty frame of the columns with a role and of REST, by which blank rows are found."""
        header = self.layout.header
        needed = sorted({header[place] for place in self.layout.places.values()})
        places = {role: needed.index(header[place]) for role, place in self.layout.places.items()}
        layout = replace(self.layout, header=(*needed, REST), places=places)
        rows = self.sample.select(needed).slice(0, 0)
        return FrameSource(self.name, layout, rows.append_column(REST, pa.array([], pa.string())))
