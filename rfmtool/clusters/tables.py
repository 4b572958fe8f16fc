"""Tables of a cluster's catalogue, which the cluster reads: Delta, Iceberg or any other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from rfmtool.clusters.sessions import host_and_port, iter_record_batches, spark_session
from rfmtool.errors import AmbiguousInputError, UsageError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.connect.session import SparkSession

_SAMPLE_ROWS: Final = 1 << 16


@dataclass(frozen=True)
class ClusterTable:
    """A table of a cluster's catalogue."""

    remote: str = field(repr=False)
    """`sc://HOST:PORT`, which may hold a token."""
    table: str
    """Its name, qualified by database and catalogue or not."""

    @property
    def name(self) -> str:
        """The name in messages, without secrets."""
        url = f"sc://{host_and_port(self.remote)}"
        return f"{url}#{self.table}" if self.table else url

    def to_dataframe(self, spark: SparkSession) -> DataFrame:
        """The table in a session, timestamps in UTC as in files and other databases."""
        from pyspark.errors import AnalysisException

        spark.conf.set("spark.sql.session.timeZone", "UTC")
        frame = spark.table(".".join(map(quote_identifier, self.table.split("."))))
        try:
            names = frame.columns
        except AnalysisException:
            raise UsageError(
                f"{self.name}: the cluster knows no such table",
                "Look at its spelling: its database stands in front, as in sales.orders.",
            ) from None
        duplicate = next((name for name in names if names.count(name) > 1), None)
        if duplicate is not None:
            raise AmbiguousInputError(
                f"{self.name}: has two columns called {duplicate!r}", "Rename them apart in a view."
            )
        return frame

    def sample(self) -> pa.Table:
        """The rows that the cluster returns first, with all columns."""
        with spark_session(self.remote) as spark:
            return self.to_dataframe(spark).limit(_SAMPLE_ROWS).toArrow()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows as they come, in any order."""
        with spark_session(self.remote) as spark:
            yield from iter_record_batches(self.to_dataframe(spark))


def quote_identifier(name: str) -> str:
    """A quoted name in the SQL of clusters."""
    return "`" + name.replace("`", "``") + "`"


def parse_cluster_table_url(
    url: str, table: str | None = None, query: str | None = None
) -> ClusterTable:
    """The table that a URL names behind `#`, or else `table`."""
    remote, _, fragment = url.partition("#")
    cluster_table = ClusterTable(remote, fragment or table or "")
    if query:
        raise UsageError(f"{cluster_table.name}: a cluster is asked for tables, not by --query",
                         "Make a view of the query there, and name that with --table.")  # fmt: skip
    if not cluster_table.table:
        raise UsageError(
            f"{cluster_table.name}: which table is not said",
            "Name it with --table, or behind #, as in sc://host:15002#sales.orders.",
        )
    return cluster_table
