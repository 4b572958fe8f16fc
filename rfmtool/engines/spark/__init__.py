"""Lines read and brought together on a cluster that speaks Spark Connect, as Spark and Sail do.

Files are read by our own reader, inside tasks, because the readers of both are silently wrong about
text. The lines are grouped there to the finest level, what each order moved on each day, which is
kept on disk here and asked like any other lines.
"""

from __future__ import annotations

import pickle
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool import __version__
from rfmtool.engines import Grouping, Request
from rfmtool.engines.columns import Columns
from rfmtool.engines.exact import DOUBLE, WIDE, MoneyOverflowError, statement, whole_array
from rfmtool.engines.local import LocalEngine
from rfmtool.engines.spark.notes import Note
from rfmtool.engines.spark.pieces import files_of, pieces_of
from rfmtool.engines.spark.session import batches_of, session
from rfmtool.engines.spark.tasks import Work, read_pieces, sent_names
from rfmtool.errors import RfmtoolError
from rfmtool.sources.files.spools import reader_of, spooled_stream
from rfmtool.sources.ledger import Ledger
from rfmtool.sources.read import BATCH_ROWS
from rfmtool.sources.rows.clean import LARGEST
from rfmtool.sources.rows.lines import ExportLines

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
        files = files_of(lines.export.sources)
        mark = f"\x1e{secrets.token_hex(16)}"
        work = Work(lines.cleaning, files, tuple(pieces_of(files)), mark)
        # Money that is to be counted once is told by the lines themselves.
        is_whole = request.amount_per_order
        try:
            level = _level(self.remote, work, lines, DOUBLE, is_whole=is_whole)
        except MoneyOverflowError:
            level = _level(self.remote, work, lines, WIDE, is_whole=is_whole)
        with level.spool:
            return self.local.group(replace(request, lines=level))


@dataclass(frozen=True)
class _Level:
    """What came back, as lines that may be read more than once."""

    spool: BinaryIO
    schema: pa.Schema

    def read(self) -> pa.RecordBatchReader:
        """Begin to read them from the first."""
        return pa.ipc.open_stream(pa.PythonFile(reader_of(self.spool), mode="r"))


def _level(remote: str, work: Work, lines: ExportLines, money: str, *, is_whole: bool) -> _Level:
    """The lines of the pieces, grouped to the finest level unless they are wanted whole.

    The ledger of `lines` is filled.
    """
    names = sent_names(lines.schema)
    notes: list[Note] = []
    columns = zip(names, (_TYPES[kind] for kind in lines.schema.types), strict=True)
    task = partial(read_pieces, pickle.dumps(work), __version__)
    count = len(work.pieces)
    with session(remote) as spark:
        read = spark.range(0, count, 1, count).mapInArrow(
            task, ", ".join(f"{name} {kind}" for name, kind in columns)
        )
        read.createOrReplaceTempView("lines")
        answer = spark.sql("select * from lines" if is_whole else _query(names, money))
        schema = pa.schema(
            pa.field(one.name, pa.int64() if one.name in _SUMMED else one.type)
            for one in lines.schema
        )
        batches = _exact(batches_of(answer), schema, names, wide=money == WIDE)
        stream = pa.RecordBatchReader.from_batches(schema, _apart(batches, work.mark, notes))
        spool = spooled_stream(stream, "lines that come from the cluster", BATCH_ROWS)
    _fill(lines, notes)
    return _Level(spool, schema)


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
