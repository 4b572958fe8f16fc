"""Data frames of what tasks make on a cluster, and results as batches, whatever their size."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial, reduce
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from rfmtool.clusters.sessions import iter_record_batches
from rfmtool.clusters.tables import quote_identifier
from rfmtool.engines.spark.customer_orders import ORDERS_COLUMN
from rfmtool.engines.spark.tasks import FileTask, ScanTask, TableTask, run_task
from rfmtool.sources.rows.lines import Cleaning
from rfmtool.sources.source import REST, TableSource
from rfmtool.version import __version__

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.connect.session import SparkSession

MAX_RESULT_ROWS: Final = 4_000_000
"""The most rows in one result, a third of a gigabyte or less; each order counts as a row too."""
_PARTITION: Final = "rfmtool_part"
_REST_LETTERS: Final = 16


def pieces_dataframe(spark: SparkSession, task: FileTask | ScanTask, columns: str) -> DataFrame:
    """What workers make of each piece of a task, in one Spark task for each piece.

    `columns` are those of the result with their SQL types.
    """
    count, function = len(task.pieces), partial(run_task, pickle.dumps(task), __version__)
    return spark.range(0, count, 1, count).mapInArrow(function, columns)


def tables_dataframe(
    spark: SparkSession, cleaning: Cleaning, tables: Sequence[TableSource], mark: str, columns: str
) -> DataFrame:
    """What workers make of the rows of all tables of an export.

    `mark` begins the customer ids of reports; `columns` declares those of the lines in SQL.
    """
    frames = []
    for number, source in enumerate(tables):
        task = TableTask(cleaning, number, source.narrow, mark)
        needed = task.source.layout.header[:-1]
        others = [name for name in source.layout.header if name not in needed]
        texts = ", ".join(["''", *(f"cast({quote_identifier(name)} as string)" for name in others)])
        rest = f"substring(ltrim(concat_ws({texts})), 1, {_REST_LETTERS}) as {REST}"
        partition = f"spark_partition_id() as {_PARTITION}"
        frame = source.table.to_dataframe(spark)
        rows = frame.selectExpr(*map(quote_identifier, needed), rest, partition)
        frames.append(rows.mapInArrow(partial(run_task, pickle.dumps(task), __version__), columns))
    return reduce(lambda left, right: left.unionAll(right), frames)


def partitioned_batches(spark: SparkSession, frame: DataFrame) -> Iterator[pa.RecordBatch]:
    """The rows of a frame, some customers after the others.

    Spark limits one result to a gigabyte, so there the frame is cached and fetched in parts. Sail
    has no limit, and would compute the frame anew for each part.
    """
    parts = 1
    if spark.conf.get("spark.app.id", None):  # which Sail does not set
        frame.persist()
        rows = f"coalesce(size({ORDERS_COLUMN}), 0) + 1" if ORDERS_COLUMN in frame.columns else "1"
        total = frame.selectExpr(f"sum({rows}) as rows")
        counts = pa.Table.from_batches(iter_record_batches(total))
        parts = max(1, -(-(counts["rows"][0].as_py() or 0) // MAX_RESULT_ROWS))
    try:
        for part in range(parts):
            is_in_part = f"pmod(xxhash64(customer_id), {parts}) = {part}"
            yield from iter_record_batches(frame.where(is_in_part) if parts > 1 else frame)
    finally:
        with suppress(Exception):  # the session may have ended
            frame.unpersist()
