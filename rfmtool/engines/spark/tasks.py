"""What runs on the workers of a cluster: pieces of an export become lines, by our own reader."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from rfmtool import __version__
from rfmtool.engines.spark.notes import Note
from rfmtool.engines.spark.pieces import Piece
from rfmtool.errors import RfmtoolError, SystemFailureError, UsageError
from rfmtool.sources.rows.lines import Cleaning
from rfmtool.sources.source import FileSource

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

    def lines(self, number: int) -> Iterator[pa.RecordBatch]:
        """The lines of a piece, each batch with a note behind it."""
        piece, batch = self.pieces[number], 0
        schema = self.cleaning.schema
        try:
            source = piece.of(self.sources[piece.file])
            for batch, job in enumerate(source.jobs()):
                ordinal = number * _BATCHES + batch
                _, cleaned = self.cleaning.cleaned(piece.file, source, job, ordinal)
                if not cleaned.lines.schema.equals(schema):
                    raise TypeError("lines are of other columns than was said")
                yield cleaned.lines
                yield self._line(Note.of((number, batch), piece.file, cleaned))
        except RfmtoolError as error:
            yield self._line(Note((number, batch + 1), failure=error))
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            failure = SystemFailureError(f"a worker of the cluster failed: {reason}", "Run again.")
            yield self._line(Note((number, batch + 1), failure=failure))

    def _line(self, note: Note) -> pa.RecordBatch:
        nothing = {"order_id": "", "sales": 0, "refunds": 0, "rows": 0, "is_sale": True}
        line = {**nothing, "customer_id": self.mark + note.text()}
        return pa.RecordBatch.from_pylist([line], schema=self.cleaning.schema)


def read_pieces(
    packed: bytes, version: str, numbers: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """The lines of some pieces, as `mapInArrow` wants them.

    Args:
        packed: the work, pickled.
        version: of the package that packed it; another might read otherwise.
        numbers: which pieces.

    Raises:
        UsageError: this worker has another version.
    """
    if version != __version__:
        raise UsageError(f"{_OTHER_VERSION} {__version__}")
    work: Work = pickle.loads(packed)  # noqa: S301 - made by whoever asks, as this function is
    for batch in numbers:
        for number in batch.column(0).to_pylist():
            for lines in work.lines(number):
                yield lines.rename_columns(sent_names(lines.schema))


_OTHER_VERSION: Final = "this worker has rfmtool"


def sent_names(schema: pa.Schema) -> list[str]:
    """Names of the columns of lines that need no quotes in SQL."""
    return [name if name.isidentifier() else f"kept_{place}"
            for place, name in enumerate(schema.names)]  # fmt: skip
