"""Tables of a cluster's catalogue, which the cluster reads: Delta, Iceberg or whatever it knows."""

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
    """Its name, within databases and catalogues or not."""

    @property
    def name(self) -> str:
        """What messages call it, without secrets."""
        place = f"sc://{host_and_port(self.remote)}"
        return f"{place}#{self.table}" if self.table else place

    def to_dataframe(self, spark: SparkSession) -> DataFrame:
        """The table in a session.

        Moments are told in UTC, as they are where a file or another database is read.
        """
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
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise AmbiguousInputError(
                f"{self.name}: has two columns called {twice!r}", "Rename them apart in a view."
            )
        return frame

    def sample(self) -> pa.Table:
        """Some rows of it, of all columns, whichever are found first."""
        with spark_session(self.remote) as spark:
            return self.to_dataframe(spark).limit(_SAMPLE_ROWS).toArrow()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All its rows as they come, in whatever order."""
        with spark_session(self.remote) as spark:
            yield from iter_record_batches(self.to_dataframe(spark))


def quote_identifier(name: str) -> str:
    """A name as the SQL of clusters has it."""
    return "`" + name.replace("`", "``") + "`"


def parse_cluster_table_url(
    url: str, table: str | None = None, query: str | None = None
) -> ClusterTable:
    """The table that a URL names: behind `#`, or as it is said beside it."""
    remote, _, said = url.partition("#")
    found = ClusterTable(remote, said or table or "")
    if query:
        raise UsageError(f"{found.name}: a cluster is asked for tables, not by --query",
                         "Make a view of the query there, and name that with --table.")  # fmt: skip
    if not found.table:
        raise UsageError(
            f"{found.name}: which table is not said",
            "Name it with --table, or behind #, as in sc://host:15002#sales.orders.",
        )
    return found
