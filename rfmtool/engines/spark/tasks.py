"""What runs on the workers of a cluster: pieces of an export become lines, by our own reader."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from rfmtool import __version__
from rfmtool.engines.spark.notes import Note
from rfmtool.engines.spark.pieces import Piece
from rfmtool.errors import RfmtoolError, SystemFailureError
from rfmtool.sources.rows.lines import Cleaning
from rfmtool.sources.source import FileSource
from rfmtool.sources.text.spans import Glance

OTHER_VERSION: Final = "this worker has another version of rfmtool"
BEGUN: Final = -1
"""Stands for the number of a batch in the note that each piece begins with."""
_BATCHES: Final = 1 << 20
"""More batches than a piece has, so that each has a number of its own."""


@dataclass(frozen=True)
class Work:
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
        yield self._line(Note((number, BEGUN)))
        try:
            source = piece.of(self.sources[piece.file])
            for batch, job in enumerate(source.jobs()):
                ordinal = number * _BATCHES + batch
                _, cleaned = self.cleaning.cleaned(piece.file, source, job, ordinal)
                if not cleaned.lines.schema.equals(schema):
                    raise TypeError("lines are of other columns than was said")
                yield cleaned.lines.rename_columns(sent_names(schema))
                yield self._line(Note.of((number, batch), piece.file, cleaned))
        except (RfmtoolError, OSError) as error:
            yield self._line(Note((number, batch + 1), failure=_failure(error)))

    def _line(self, note: Note) -> pa.RecordBatch:
        nothing = {"order_id": "", "sales": 0, "refunds": 0, "rows": 0, "is_sale": True}
        line = {**nothing, "customer_id": self.mark + note.text()}
        note_line = pa.RecordBatch.from_pylist([line], schema=self.cleaning.schema)
        return note_line.rename_columns(sent_names(self.cleaning.schema))


@dataclass(frozen=True)
class Look:
    """Texts in parts, each of which is looked at for where it may be cut."""

    sources: tuple[FileSource, ...]
    pieces: tuple[Piece, ...]

    def do(self, number: int) -> Iterator[pa.RecordBatch]:
        """Give what a part shows: its number, and a glance at it as JSON, or what failed."""
        piece = self.pieces[number]
        try:
            seen = json.dumps(piece.glance(self.sources[piece.file]))
        except (RfmtoolError, OSError) as error:
            seen = Note((number, 0), failure=_failure(error)).text()
        yield pa.RecordBatch.from_pydict({"number": [number], "seen": [seen]})

    @staticmethod
    def read(text: str) -> Glance:
        """The glance that a text is.

        Raises:
            RfmtoolError: it says what failed.
        """
        if not text.startswith("["):
            raise Note.read(text).failure or ValueError(text)
        quotes, fits, cuts = json.loads(text)
        return Glance(quotes, (*fits,), (*cuts,))


def _failure(error: RfmtoolError | OSError) -> RfmtoolError:
    if isinstance(error, RfmtoolError):
        return error
    reason = (error.strerror or type(error).__name__).lower()
    return SystemFailureError(f"a worker of the cluster failed: {reason}", "Run again.")


def do_work(
    packed: bytes, version: str, numbers: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Do some pieces of work, as `mapInArrow` wants it done.

    Args:
        packed: the work, pickled.
        version: of the package that packed it; another might read otherwise.
        numbers: which pieces.

    Raises:
        ImportError: this worker has another version.
    """
    if version != __version__:
        raise ImportError(OTHER_VERSION)
    work: Work | Look = pickle.loads(packed)  # noqa: S301 - made by whoever sent this function
    for batch in numbers:
        for number in batch.column(0).to_pylist():
            yield from work.do(number)


def sent_names(schema: pa.Schema) -> list[str]:
    """Names of the columns of lines that need no quotes in SQL."""
    return [name if name.isidentifier() else f"kept_{place}"
            for place, name in enumerate(schema.names)]  # fmt: skip
