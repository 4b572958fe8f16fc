"""An export as one stream of exact lines: blocks are cleaned in threads and come back in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Final, Protocol

import numpy as np
import pyarrow as pa

from rfmtool.errors import errors_naming
from rfmtool.memory import MemoryGuard
from rfmtool.sources.batches import Job
from rfmtool.sources.detect import Export
from rfmtool.sources.layout import Formats, LineOptions
from rfmtool.sources.ledger import Ledger, Tally
from rfmtool.sources.rows.clean import Cleaned, clean, lines_schema
from rfmtool.sources.rows.reordered_headers import check_not_reordered, reordered_header
from rfmtool.sources.source import Source
from rfmtool.threads import run_in_order

FILE: Final = "file"
"""The column of the file's number in the export, where there are several files."""
_FILE_FIELD: Final = pa.field(FILE, pa.int32())


class Watcher(Protocol):
    """Something that is told how far reading has come."""

    def file(self, name: str, stored_bytes: int) -> None:
        """A file begins."""

    def reached(self, stored_bytes: int) -> None:
        """So many bytes of the file are read."""

    def done(self) -> None:
        """Nothing more is read, or reading has failed."""


@dataclass(frozen=True)
class Cleaning:
    """How the batches of an export become lines: a value that goes to wherever they are read."""

    reading: Formats
    question: LineOptions
    schema: pa.Schema
    """Of the lines."""

    def cleaned(self, file: int, source: Source, job: Job, ordinal: int) -> tuple[str, Cleaned]:
        """The name of a source, and what becomes of a batch of it.

        Args:
            file: the number of the source in the export.
            source: what the batch is of.
            job: gives the batch.
            ordinal: the batch's own number, whatever the source.
        """
        batch = job()
        place = self.schema.get_field_index(FILE)
        with errors_naming(source.name):
            schema = self.schema if place < 0 else self.schema.remove(place)
            found = clean(batch, self.reading, self.question, ordinal, schema)
        found = replace(
            found, reordered_header_row=reordered_header(batch, found.tally, source.layout.in_file)
        )
        if place >= 0:
            numbers = pa.array(np.full(len(found.lines), file, dtype=np.int32))
            found = replace(found, lines=found.lines.append_column(_FILE_FIELD, numbers))
        return source.name, found


@dataclass
class ExportLines:
    """An export as lines, which may be read more than once."""

    export: Export
    """What to read and how; the optional columns it has are in the lines."""
    question: LineOptions
    """Which readable lines are asked for."""
    threads: int
    """How many blocks are cleaned at a time."""
    watcher: Watcher | None = None
    """Told how far reading has come."""
    ledger: Ledger = field(default_factory=Ledger)
    """Where every row went that was read last, in the order of the files whatever threads do."""

    @property
    def has_files(self) -> bool:
        """Whether lines say in which of several files they stand."""
        return len(self.export.sources) > 1 and not self.question.order_per_row

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns of the lines."""
        return self._schema.append(_FILE_FIELD) if self.has_files else self._schema

    @cached_property
    def _schema(self) -> pa.Schema:
        roles, question = self.export.columns.keys(), self.question
        asks = {"amount", "order_id"} <= roles and question.amount_per is None
        largest = asks and not question.order_per_row
        return lines_schema(roles, largest=largest, by_status=question.all_with_status)

    def read(self) -> pa.RecordBatchReader:
        """Begin to read; the ledger is filled as the stream is consumed.

        Raises:
            InputError: while the stream is consumed, a file turns out damaged, or to hold a second
                header with its columns in another order.
        """
        self.ledger = Ledger()
        return pa.RecordBatchReader.from_batches(self.schema, self._counted(self.ledger))

    @property
    def cleaning(self) -> Cleaning:
        """How batches become these lines."""
        return Cleaning(self.export.reading, self.question, self.schema)

    def count(self, name: str, tally: Tally, turned: int | None) -> None:
        """Add the next batch of a file to the ledger.

        Raises:
            InputError: it holds the header once more, in another order.
        """
        with errors_naming(name):
            check_not_reordered(turned, self.ledger.rows_by_file.get(name, 0))
        self.ledger.add(name, tally)

    def _counted(self, ledger: Ledger) -> Iterator[pa.RecordBatch]:
        growth = MemoryGuard()
        try:
            for name, cleaned in run_in_order(self._jobs(), self.threads):
                self.count(name, cleaned.tally, cleaned.reordered_header_row)
                growth.check()
                yield cleaned.lines
        except GeneratorExit:
            raise
        except BaseException as error:  # Ctrl-C may well strike here
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
