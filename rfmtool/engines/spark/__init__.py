"""Lines read and brought together on a cluster that speaks Spark Connect, as Spark and Sail do.

Files are read by our own reader, inside tasks, because the readers of both are silently wrong about
text. The lines are grouped there to the finest level, what each order moved on each day, which is
kept on disk here and asked like any other lines.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.engines import Grouping, Request
from rfmtool.engines.columns import Columns
from rfmtool.engines.exact import DOUBLE, WIDE, MoneyOverflowError, statement, whole_array
from rfmtool.engines.local import LocalEngine
from rfmtool.engines.spark.notes import Note
from rfmtool.engines.spark.pieces import Piece, files_of, pieces_of
from rfmtool.engines.spark.session import batches_of, done, session
from rfmtool.engines.spark.tasks import Look, Work, sent_names
from rfmtool.errors import RfmtoolError
from rfmtool.sources.files.spools import reader_of, spooled_stream
from rfmtool.sources.ledger import Ledger
from rfmtool.sources.read import BATCH_ROWS
from rfmtool.sources.rows.clean import LARGEST
from rfmtool.sources.rows.lines import ExportLines
from rfmtool.sources.source import FileSource
from rfmtool.sources.text.spans import Glance

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession

_SUMMED: Final = ("sales", "refunds", "rows", "cost", "uncosted")
_TYPES: Final = {pa.string(): "string", pa.int32(): "int", pa.int64(): "bigint",
                 pa.bool_(): "boolean"}  # fmt: skip


@dataclass(frozen=True)
class SparkEngine:
    """Reads and groups on a cluster; what is asked of the finest level is answered here."""

    remote: str
    """`sc://HOST:PORT`."""
    local: LocalEngine

    def group(self, request: Request) -> Grouping:
        """Return all that is wanted, as `engines.Engine` says.

        Raises:
            InputError: the export cannot be read, or a customer's money reaches 2^63.
            SystemFailureError: the cluster cannot be reached or fails, or memory or disk ran out.
            UsageError: the cluster cannot read such an export, or is not set up for it.
        """
        lines = request.lines
        if not isinstance(lines, ExportLines):
            raise TypeError("a cluster reads exports, no other lines")
        try:
            spool, schema = _level(self.remote, lines, DOUBLE, is_whole=request.amount_per_order)
        except MoneyOverflowError:
            spool, schema = _level(self.remote, lines, WIDE, is_whole=request.amount_per_order)
        with spool:
            return self.local.group(replace(request, lines=_Kept(spool, schema)))


@dataclass(frozen=True)
class _Kept:
    """What came back, as lines that may be read more than once."""

    spool: BinaryIO
    schema: pa.Schema

    def read(self) -> pa.RecordBatchReader:
        """Begin to read them from the first."""
        return pa.ipc.open_stream(pa.PythonFile(reader_of(self.spool), mode="r"))


def _level(
    remote: str, lines: ExportLines, money: str, *, is_whole: bool
) -> tuple[BinaryIO, pa.Schema]:
    """The lines grouped to the finest level, unless they are wanted whole; kept on disk.

    Their ledger is filled.
    """
    files, names = files_of(lines.export.sources), sent_names(lines.schema)
    types = zip(names, (_TYPES[kind] for kind in lines.schema.types), strict=True)
    schema = pa.schema(
        pa.field(one.name, pa.int64() if one.name in _SUMMED else one.type) for one in lines.schema
    )
    notes: list[Note] = []
    with session(remote) as spark:
        pieces = pieces_of(files, partial(_glances, spark, files))
        work = Work(lines.cleaning, files, pieces, f"\x1e{secrets.token_hex(16)}")
        read = done(spark, work, ", ".join(f"{name} {kind}" for name, kind in types))
        read.createOrReplaceTempView("lines")
        answer = spark.sql("select * from lines" if is_whole else _query(names, money))
        batches = _exact(batches_of(answer), schema, names, wide=money == WIDE)
        stream = pa.RecordBatchReader.from_batches(schema, _apart(batches, work.mark, notes))
        spool = spooled_stream(stream, "lines that come from the cluster", BATCH_ROWS)
    _fill(lines, notes)
    return spool, schema


def _glances(
    spark: SparkSession, files: tuple[FileSource, ...], parts: Sequence[Piece]
) -> list[Glance]:
    """Look at parts of texts, on the cluster."""
    look = Look(files, tuple(parts))
    seen = pa.Table.from_batches(batches_of(done(spark, look, "number bigint, seen string")))
    texts = seen.sort_by("number")["seen"].to_pylist()
    return [Look.read(text) for text in texts]


def _query(names: Iterable[str], money: str) -> str:
    keys = ", ".join(name for name in names if name not in (*_SUMMED, LARGEST))
    sums = Columns([*names], money).sums()
    if LARGEST in names:
        sums += f", max({LARGEST}) as {LARGEST}"
    return statement("level", keys=keys, sums=sums)


def _exact(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, names: list[str], *, wide: bool
) -> Iterator[pa.RecordBatch]:
    """What the cluster answers, in the types of lines.

    Raises:
        MoneyOverflowError: sales or refunds reach 2^53, and are not added up wide.
        InputError: they reach 2^63.
    """
    for batch in batches:
        columns = [
            whole_array(batch[name], wide=wide) if kind == pa.int64() else batch[name].cast(kind)
            for name, kind in zip(names, schema.types, strict=True)
        ]
        yield pa.record_batch(columns, schema=schema)


def _apart(
    batches: Iterable[pa.RecordBatch], mark: str, notes: list[Note]
) -> Iterator[pa.RecordBatch]:
    """The lines alone; notes are read as they pass."""
    for batch in batches:
        is_note = pc.fill_null(pc.starts_with(batch["customer_id"], mark), fill_value=False)
        texts = batch["customer_id"].filter(is_note).to_pylist()
        notes.extend(Note.read(text.removeprefix(mark)) for text in texts)
        yield batch.filter(pc.invert(is_note))


def _fill(lines: ExportLines, notes: Iterable[Note]) -> None:
    """Tell the ledger what the notes say, in the order of the export."""
    lines.ledger = Ledger()
    try:
        for note in sorted(notes, key=lambda note: note.place):
            if note.failure is not None:
                raise note.failure
            if note.tally is not None:
                lines.count(lines.export.sources[note.file].name, note.tally, note.turned)
    except RfmtoolError as error:
        lines.ledger.failure = error
        raise
    finally:
        if lines.watcher:
            lines.watcher.done()
