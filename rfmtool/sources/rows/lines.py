"""An export as one stream of exact lines: batches are cleaned in threads, and kept in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Final, Protocol

import numpy as np
import pyarrow as pa

from rfmtool.errors import InputError, errors_naming
from rfmtool.memory import MemoryGuard
from rfmtool.sources.batches import Job
from rfmtool.sources.detect import Export
from rfmtool.sources.layout import Formats, LineOptions
from rfmtool.sources.ledger import Ledger, Tally
from rfmtool.sources.rows.clean import Cleaned, clean, lines_schema
from rfmtool.sources.rows.reordered_headers import reordered_header
from rfmtool.sources.source import Source
from rfmtool.threads import run_in_order

FILE: Final = "file"
"""The column of the number of the file in the export, if there are several files."""
_FILE_FIELD: Final = pa.field(FILE, pa.int32())


class Watcher(Protocol):
    """A receiver of progress."""

    def file(self, name: str, stored_bytes: int) -> None:
        """A file begins."""

    def reached(self, stored_bytes: int) -> None:
        """So many bytes of the file are read."""

    def done(self) -> None:
        """Reading has ended or failed."""


@dataclass(frozen=True)
class Cleaning:
    """How batches become lines; a value that can be sent to a cluster."""

    formats: Formats
    options: LineOptions
    schema: pa.Schema

    def cleaned(self, file: int, source: Source, job: Job, ordinal: int) -> tuple[str, Cleaned]:
        """The name of a source, and a batch of it cleaned.

        `file` and `ordinal` are the numbers of the source and of the batch in the export.
        """
        batch = job()
        place = self.schema.get_field_index(FILE)
        schema = self.schema if place < 0 else self.schema.remove(place)
        with errors_naming(source.name):
            cleaned = clean(batch, self.formats, self.options, ordinal, schema)
        row = reordered_header(batch, cleaned.tally, source.layout.in_file)
        lines = cleaned.lines
        if place >= 0:
            numbers = pa.array(np.full(len(lines), file, dtype=np.int32))
            lines = lines.append_column(_FILE_FIELD, numbers)
        return source.name, replace(cleaned, lines=lines, reordered_header_row=row)


@dataclass
class ExportLines:
    """An export as lines, which may be read more than once."""

    export: Export
    options: LineOptions
    threads: int
    watcher: Watcher | None = None
    ledger: Ledger = field(default_factory=Ledger)
    """The rows of the latest reading by bin, in the order of the files."""

    @property
    def has_files(self) -> bool:
        """Whether lines have the number of their file."""
        return len(self.export.sources) > 1 and not self.options.order_per_row

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns of the lines."""
        return self._schema.append(_FILE_FIELD) if self.has_files else self._schema

    @cached_property
    def _schema(self) -> pa.Schema:
        roles, question = self.export.columns.keys(), self.options
        is_amount_unclear = {"amount", "order_id"} <= roles and question.amount_per is None
        largest = is_amount_unclear and not question.order_per_row
        return lines_schema(roles, largest=largest, by_status=question.with_status_words)

    def read(self) -> pa.RecordBatchReader:
        """Start reading; as the stream is consumed, the ledger is filled and errors are raised."""
        self.ledger = Ledger()
        return pa.RecordBatchReader.from_batches(self.schema, self._counted(self.ledger))

    @property
    def cleaning(self) -> Cleaning:
        """How batches become these lines."""
        return Cleaning(self.export.formats, self.options, self.schema)

    def count(self, name: str, tally: Tally, reordered_header_row: int | None) -> None:
        """Add the next batch of a file to the ledger."""
        if reordered_header_row is not None:
            row = self.ledger.rows_by_file.get(name, 0) + reordered_header_row + 1
            raise InputError(
                f"{name}: row {row:,} holds the header again, with its columns in another order",
                "Two tables were joined there: keep each in a file of its own.",
            )
        self.ledger.add(name, tally)

    def _counted(self, ledger: Ledger) -> Iterator[pa.RecordBatch]:
        memory_guard = MemoryGuard()
        try:
            for name, cleaned in run_in_order(self._jobs(), self.threads):
                self.count(name, cleaned.tally, cleaned.reordered_header_row)
                memory_guard.check()
                yield cleaned.lines
        except GeneratorExit:
            raise
        except BaseException as error:  # Ctrl-C included
            ledger.failure = error
            raise
        finally:
            if self.watcher:
                self.watcher.done()

    def _jobs(self) -> Iterator[Callable[[], tuple[str, Cleaned]]]:
        ordinal, cleaning = 0, self.cleaning
        for file, source in enumerate(self.export.sources):
            reached = None
            if self.watcher is not None and source.stored_bytes is not None:
                self.watcher.file(source.name, source.stored_bytes)
                reached = self.watcher.reached
            for job in source.jobs(reached):
                yield partial(cleaning.cleaned, file, source, job, ordinal)
                ordinal += 1
