"""Lines read and brought together on a cluster that speaks Spark Connect, as Spark and Sail do.

Files are read by our own reader, inside tasks, because the readers of both are silently wrong about
text. The lines are grouped there to customers, each with what their orders moved. What that cannot
tell is asked of the finest level, what each order moved on each day, which is kept on disk here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Final, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.clusters.sessions import iter_record_batches, spark_session
from rfmtool.engines import Grouping, Request
from rfmtool.engines.aggregate_sql import LineAggregates
from rfmtool.engines.exact_sums import (
    DECIMAL,
    DOUBLE,
    MoneyOverflowError,
    integer_array_from_sums,
    sql_statement,
)
from rfmtool.engines.local import LocalEngine
from rfmtool.engines.queries import SameEmailError, customers_query, grouping_from_customers
from rfmtool.engines.spark.batch_reports import BatchReport
from rfmtool.engines.spark.customer_orders import (
    customer_orders_query,
    grouping_from_customer_orders,
)
from rfmtool.engines.spark.dataframes import partitioned_batches, pieces_dataframe, tables_dataframe
from rfmtool.engines.spark.pieces import Piece, cluster_tables, cut_into_pieces, worker_files
from rfmtool.engines.spark.tasks import BEGUN, FileTask, ScanTask, sql_names
from rfmtool.errors import RfmtoolError, SystemFailureError
from rfmtool.sources.files.spools import open_spool, spool_batches
from rfmtool.sources.ledger import Ledger
from rfmtool.sources.read import BATCH_ROWS
from rfmtool.sources.rows.clean import LARGEST
from rfmtool.sources.rows.lines import ExportLines
from rfmtool.sources.source import FileSource
from rfmtool.sources.text.spans import QuoteScan

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession

Answer = TypeVar("Answer")

_SUMMED: Final = ("sales", "refunds", "rows", "cost", "uncosted")
_TYPES: Final = {pa.string(): "string", pa.int32(): "int", pa.int64(): "bigint",
                 pa.bool_(): "boolean"}  # fmt: skip


@dataclass(frozen=True)
class SparkEngine:
    """Reads and groups on a cluster; what is asked of the finest level is answered here."""

    remote: str = field(repr=False)
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
        if _is_by_customer(request):
            with suppress(SameEmailError):  # who can only be one person with a level
                return _exactly(partial(self._customers, lines, request))
        spool, schema = _exactly(partial(self._level, lines, is_whole=request.amount_per_order))
        with spool:
            return self.local.group(replace(request, lines=_Kept(spool, schema)))

    def _customers(self, lines: ExportLines, request: Request, money: str) -> Grouping:
        """The customers of the lines, and what is wanted of each."""
        columns = LineAggregates(sql_names(lines.schema), money)
        if request.entries or columns.has_category or columns.text_columns:
            with self._asked(lines, customer_orders_query(request, columns)) as batches:
                return grouping_from_customer_orders(batches, request, columns, lines.schema.names)
        columns = replace(columns, counts_rows=request.excludes_voided_orders or columns.has_cost)
        with self._asked(lines, customers_query(request, columns)) as batches:
            answer = pa.Table.from_batches(batches)
        return grouping_from_customers(answer, request, columns)

    def _level(
        self, lines: ExportLines, money: str, *, is_whole: bool
    ) -> tuple[BinaryIO, pa.Schema]:
        """The finest level of the lines, or all of them; kept on disk."""
        names = sql_names(lines.schema)
        schema = pa.schema(
            pa.field(one.name, pa.int64() if one.name in _SUMMED else one.type)
            for one in lines.schema
        )
        query = "select * from lines" if is_whole else _level_query(names, money)
        with self._asked(lines, query) as batches:
            exact = _exact(batches, schema, names, wide=money == DECIMAL or is_whole)
            stream = pa.RecordBatchReader.from_batches(schema, exact)
            return spool_batches(stream, "lines that come from the cluster", BATCH_ROWS), schema

    @contextmanager
    def _asked(self, lines: ExportLines, query: str) -> Iterator[Iterator[pa.RecordBatch]]:
        """What a query of `lines` answers; once all has been taken their ledger is filled."""
        types = zip(sql_names(lines.schema), lines.schema.types, strict=True)
        columns = ", ".join(f"{name} {_TYPES[kind]}" for name, kind in types)
        tables = cluster_tables(lines.export.sources, self.remote)
        files = () if tables else worker_files(lines.export.sources)
        mark, notes = f"\x1e{secrets.token_hex(16)}", list[BatchReport]()
        pieces: tuple[Piece, ...] = ()
        with spark_session(self.remote) as spark:
            if tables:
                read = tables_dataframe(spark, lines.cleaning, tables, mark, columns)
            else:
                pieces = cut_into_pieces(files, partial(_glances, spark, files))
                read = pieces_dataframe(
                    spark, FileTask(lines.cleaning, files, pieces, mark), columns
                )
            read.createOrReplaceTempView("lines")
            answer = partitioned_batches(spark, spark.sql(query))
            yield _apart(answer, mark, notes)
        begun = sorted(note.place[0] for note in notes if note.place[1] == BEGUN)
        if begun != [*range(len(pieces))]:
            raise SystemFailureError(
                "the cluster did not answer once for each piece of the export", "Run again."
            )
        _fill(lines, notes)


@dataclass(frozen=True)
class _Kept:
    """What came back, as lines that may be read more than once."""

    spool: BinaryIO
    schema: pa.Schema

    def read(self) -> pa.RecordBatchReader:
        """Begin to read them from the first."""
        return pa.ipc.open_stream(pa.PythonFile(open_spool(self.spool), mode="r"))


def _is_by_customer(request: Request) -> bool:
    """Whether what is wanted can be told of each customer alone, and so on the cluster."""
    others = (request.only_overlap, request.only_anonymous, request.only_by_status, request.first_categories,
              request.amount_per_order, request.deduplicates_orders)  # fmt: skip
    return not any(others)


def _exactly(ask: Callable[[str], Answer]) -> Answer:
    """An answer of sums of doubles, or where those are not exact, of what is wider."""
    try:
        return ask(DOUBLE)
    except MoneyOverflowError:
        return ask(DECIMAL)


def _glances(
    spark: SparkSession, files: tuple[FileSource, ...], parts: Sequence[Piece]
) -> list[QuoteScan]:
    """Look at parts of texts, on the cluster."""
    look = ScanTask(files, tuple(parts))
    seen = pa.Table.from_batches(
        iter_record_batches(pieces_dataframe(spark, look, "number bigint, seen string"))
    )
    texts = seen.sort_by("number")["seen"].to_pylist()
    return [ScanTask.parse_glance(text) for text in texts]


def _level_query(names: Iterable[str], money: str) -> str:
    keys = ", ".join(name for name in names if name not in (*_SUMMED, LARGEST))
    sums = LineAggregates([*names], money).sums()
    if LARGEST in names:
        sums += f", max({LARGEST}) as {LARGEST}"
    return sql_statement("level", keys=keys, sums=sums)


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
            integer_array_from_sums(batch[name], wide=wide)
            if kind == pa.int64()
            else batch[name].cast(kind)
            for name, kind in zip(names, schema.types, strict=True)
        ]
        yield pa.record_batch(columns, schema=schema)


def _apart(
    batches: Iterable[pa.RecordBatch], mark: str, notes: list[BatchReport]
) -> Iterator[pa.RecordBatch]:
    """The lines alone; notes are read as they pass."""
    for batch in batches:
        is_note = pc.fill_null(pc.starts_with(batch["customer_id"], mark), fill_value=False)
        if not pc.any(is_note).as_py():
            yield batch
            continue
        texts = batch["customer_id"].filter(is_note).to_pylist()
        notes.extend(BatchReport.from_json(text.removeprefix(mark)) for text in texts)
        yield batch.filter(pc.invert(is_note))


def _fill(lines: ExportLines, notes: Iterable[BatchReport]) -> None:
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
