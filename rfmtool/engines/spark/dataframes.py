"""What a cluster is asked to do, and its answer as batches that no limit of its own stops."""

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

PARTITION_ROWS: Final = 4_000_000
"""How many rows are asked for at a time, a third of a gigabyte or less; an order counts as one."""
_PART: Final = "rfmtool_part"
_REST_LETTERS: Final = 16


def pieces_dataframe(spark: SparkSession, work: FileTask | ScanTask, columns: str) -> DataFrame:
    """What workers make of each piece of some work, a task a piece.

    Args:
        spark: the session.
        work: is sent to them.
        columns: of what they make, with the types that SQL has for them.
    """
    count, task = len(work.pieces), partial(run_task, pickle.dumps(work), __version__)
    return spark.range(0, count, 1, count).mapInArrow(task, columns)


def tables_dataframe(
    spark: SparkSession, cleaning: Cleaning, tables: Sequence[TableSource], mark: str, columns: str
) -> DataFrame:
    """What workers make of the rows of all tables of an export.

    Args:
        spark: the session.
        cleaning: how rows become lines.
        tables: the sources of the export.
        mark: begins the customer ids of notes.
        columns: of the lines, with the types that SQL has for them.
    """
    frames = []
    for number, source in enumerate(tables):
        work = TableTask(cleaning, number, source.narrow, mark)
        needed = work.source.layout.header[:-1]
        others = [name for name in source.layout.header if name not in needed]
        texts = ", ".join(["''", *(f"cast({quote_identifier(name)} as string)" for name in others)])
        rest = f"substring(ltrim(concat_ws({texts})), 1, {_REST_LETTERS}) as {REST}"
        part = f"spark_partition_id() as {_PART}"
        rows = source.table.to_dataframe(spark).selectExpr(
            *map(quote_identifier, needed), rest, part
        )
        frames.append(rows.mapInArrow(partial(run_task, pickle.dumps(work), __version__), columns))
    return reduce(lambda one, other: one.unionAll(other), frames)


def partitioned_batches(spark: SparkSession, frame: DataFrame) -> Iterator[pa.RecordBatch]:
    """What a frame holds, some customers after the others.

    Spark answers one question with a gigabyte at most, so there what it has found is kept, and
    asked for in shares. Sail answers with any number, and would find it anew for each share.
    """
    shares = 1
    if spark.conf.get("spark.app.id", None):  # which Sail does not have
        frame.persist()
        rows = f"coalesce(size({ORDERS_COLUMN}), 0) + 1" if ORDERS_COLUMN in frame.columns else "1"
        held = pa.Table.from_batches(iter_record_batches(frame.selectExpr(f"sum({rows}) as rows")))
        shares = max(1, -(-(held["rows"][0].as_py() or 0) // PARTITION_ROWS))
    try:
        for share in range(shares):
            is_in_share = f"pmod(xxhash64(customer_id), {shares}) = {share}"
            yield from iter_record_batches(frame.where(is_in_share) if shares > 1 else frame)
    finally:
        with suppress(Exception):  # it may be gone
            frame.unpersist()
