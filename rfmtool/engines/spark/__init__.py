"""Lines read and grouped on a cluster that speaks Spark Connect: Spark or Sail.

Files are read by our own reader, inside tasks, because the readers of both misread some text
silently. The cluster groups lines to customers, each with the daily amounts of their orders. What
cannot be computed by customer is computed here, from the daily amounts of each order on disk.
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
from rfmtool.engines.spark.tasks import STARTED, FileTask, ScanTask, sql_names
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

Result = TypeVar("Result")

_SUM_COLUMNS: Final = ("sales", "refunds", "rows", "cost", "uncosted")
_SQL_TYPES: Final = {pa.string(): "string", pa.int32(): "int", pa.int64(): "bigint",
                 pa.bool_(): "boolean"}  # fmt: skip


@dataclass(frozen=True)
class SparkEngine:
    """Reads and groups on a cluster; `local` groups the finest level where that is needed."""

    remote: str = field(repr=False)
    """`sc://HOST:PORT`."""
    local: LocalEngine

    def group(self, request: Request) -> Grouping:
        """Return all that is requested: `engines.Engine.group`."""
        lines = request.lines
        if not isinstance(lines, ExportLines):
            raise TypeError("a cluster reads exports, no other lines")
        counts_once = request.amount_per_order or request.deduplicates_orders
        if not (request.only or request.first_categories or counts_once):
            with suppress(SameEmailError):  # only the level merges ids
                return _with_exact_sums(partial(self._group_by_customer, lines, request))
        spool_level = partial(self._spool_level, lines, all_lines=request.amount_per_order)
        spool, schema = _with_exact_sums(spool_level)
        with spool:
            return self.local.group(replace(request, lines=_SpooledLines(spool, schema)))

    def _group_by_customer(self, lines: ExportLines, request: Request, money: str) -> Grouping:
        columns = LineAggregates(sql_names(lines.schema), money)
        if request.entries or "category" in columns.names or columns.text_columns:
            with self._query_batches(lines, customer_orders_query(request, columns)) as batches:
                return grouping_from_customer_orders(batches, request, columns, lines.schema.names)
        columns = replace(
            columns, counts_rows=request.excludes_voided_orders or "cost" in columns.names
        )
        with self._query_batches(lines, customers_query(request, columns)) as batches:
            answer = pa.Table.from_batches(batches)
        return grouping_from_customers(answer, request, columns)

    def _spool_level(
        self, lines: ExportLines, money: str, *, all_lines: bool
    ) -> tuple[BinaryIO, pa.Schema]:
        """The finest level of the lines, or all lines, in a file on disk."""
        names = sql_names(lines.schema)
        schema = pa.schema(
            pa.field(column.name, pa.int64() if column.name in _SUM_COLUMNS else column.type)
            for column in lines.schema
        )
        query = "select * from lines"
        if not all_lines:
            keys = ", ".join(name for name in names if name not in (*_SUM_COLUMNS, LARGEST))
            largest = f", max({LARGEST}) as {LARGEST}" if LARGEST in names else ""
            sums = LineAggregates(names, money).sums() + largest
            query = sql_statement("level", keys=keys, sums=sums)
        with self._query_batches(lines, query) as batches:
            exact = _cast_to_lines(batches, schema, names, wide=money == DECIMAL or all_lines)
            stream = pa.RecordBatchReader.from_batches(schema, exact)
            return spool_batches(stream, "lines that come from the cluster", BATCH_ROWS), schema

    @contextmanager
    def _query_batches(self, lines: ExportLines, query: str) -> Iterator[Iterator[pa.RecordBatch]]:
        """The result of a query of `lines`; the ledger is filled when the block ends."""
        types = zip(sql_names(lines.schema), lines.schema.types, strict=True)
        columns = ", ".join(f"{name} {_SQL_TYPES[dtype]}" for name, dtype in types)
        tables = cluster_tables(lines.export.sources, self.remote)
        files = () if tables else worker_files(lines.export.sources)
        mark, reports = f"\x1e{secrets.token_hex(16)}", list[BatchReport]()
        pieces: tuple[Piece, ...] = ()
        with spark_session(self.remote) as spark:
            if tables:
                frame = tables_dataframe(spark, lines.cleaning, tables, mark, columns)
            else:
                pieces = cut_into_pieces(files, partial(_scan_pieces, spark, files))
                task = FileTask(lines.cleaning, files, pieces, mark)
                frame = pieces_dataframe(spark, task, columns)
            frame.createOrReplaceTempView("lines")
            batches = partitioned_batches(spark, spark.sql(query))
            yield _without_reports(batches, mark, reports)
        started = sorted(report.position[0] for report in reports if report.position[1] == STARTED)
        if started != [*range(len(pieces))]:
            raise SystemFailureError(
                "the cluster did not answer once for each piece of the export", "Run again."
            )
        _fill_ledger(lines, reports)


@dataclass(frozen=True)
class _SpooledLines:
    """Lines from a spool, which may be read more than once."""

    spool: BinaryIO
    schema: pa.Schema

    def read(self) -> pa.RecordBatchReader:
        return pa.ipc.open_stream(pa.PythonFile(open_spool(self.spool), mode="r"))


def _with_exact_sums(group: Callable[[str], Result]) -> Result:
    """The result with sums of DOUBLE, or of DECIMAL where doubles are not exact."""
    try:
        return group(DOUBLE)
    except MoneyOverflowError:
        return group(DECIMAL)


def _scan_pieces(
    spark: SparkSession, files: tuple[FileSource, ...], pieces: Sequence[Piece]
) -> list[QuoteScan]:
    frame = pieces_dataframe(spark, ScanTask(files, tuple(pieces)), "number bigint, scan string")
    table = pa.Table.from_batches(iter_record_batches(frame))
    texts = table.sort_by("number")["scan"].to_pylist()
    return [ScanTask.parse_scan(text) for text in texts]


def _cast_to_lines(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, names: list[str], *, wide: bool
) -> Iterator[pa.RecordBatch]:
    """The batches of the cluster in the types of lines; raises as `integer_array_from_sums`."""
    for batch in batches:
        columns = [
            integer_array_from_sums(batch[name], wide=wide)
            if dtype == pa.int64()
            else batch[name].cast(dtype)
            for name, dtype in zip(names, schema.types, strict=True)
        ]
        yield pa.record_batch(columns, schema=schema)


def _without_reports(
    batches: Iterable[pa.RecordBatch], mark: str, reports: list[BatchReport]
) -> Iterator[pa.RecordBatch]:
    """The lines without the reports among them, which are added to `reports`."""
    for batch in batches:
        is_report = pc.fill_null(pc.starts_with(batch["customer_id"], mark), fill_value=False)
        if not pc.any(is_report).as_py():
            yield batch
            continue
        texts = batch["customer_id"].filter(is_report).to_pylist()
        reports.extend(BatchReport.from_json(text.removeprefix(mark)) for text in texts)
        yield batch.filter(pc.invert(is_report))


def _fill_ledger(lines: ExportLines, reports: Iterable[BatchReport]) -> None:
    lines.ledger = Ledger()
    try:
        for report in sorted(reports, key=lambda report: report.position):
            if report.failure is not None:
                raise report.failure
            if report.tally is not None:
                name = lines.export.sources[report.file].name
                lines.count(name, report.tally, report.reordered_header_row)
    except RfmtoolError as error:
        lines.ledger.failure = error
        raise
    finally:
        if lines.watcher:
            lines.watcher.done()
