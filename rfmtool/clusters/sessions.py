"""Sessions of clusters that speak Spark Connect, with errors translated into ours."""

from __future__ import annotations

import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pyarrow as pa

from rfmtool.errors import RfmtoolError, SystemFailureError, UsageError
from rfmtool.interrupts import uninterrupted
from rfmtool.version import __version__

if TYPE_CHECKING:
    from pyspark.sql.connect.session import SparkSession

_PORT: Final = 15002
VERSION_MISMATCH: Final = "this worker has another version of rfmtool"
"""The message of the ImportError that such a worker raises."""
_MISSING_MODULE: Final = re.compile(r"No module named '([\w.]+)'")


def host_and_port(remote: str) -> str:
    """The name of a cluster in messages: its host and port, because a URL may hold a token."""
    try:
        parts = urlsplit(remote)
        host, port = parts.hostname, parts.port or _PORT
    except ValueError:
        host = None
    if host is None or not remote.startswith("sc://"):
        raise UsageError(
            "that is no URL of a cluster that speaks Spark Connect",
            f"It looks like sc://HOST:{_PORT}.",
        )
    return f"{host}:{port}"


@contextmanager
def spark_session(remote: str) -> Iterator[SparkSession]:
    """A new session on a cluster; its queries are interrupted where the block fails."""
    address = host_and_port(remote)
    try:
        with warnings.catch_warnings(), uninterrupted(), _main_with_file():
            warnings.simplefilter("ignore", FutureWarning)  # about the version of pandas
            from pyspark.errors import PySparkValueError
            from pyspark.sql.connect.client.retries import DefaultPolicy
            from pyspark.sql.connect.session import SparkSession
    except ImportError:
        raise UsageError(
            "clusters are asked by the client of Spark Connect, which is not installed",
            "Install it with pip install 'rfmtool[spark]'.",
        ) from None
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    with _translated_errors(address), _silenced(logging.getLogger("SQLQueryContextLogger")):
        try:
            spark = SparkSession.builder.remote(remote).create()
        except PySparkValueError:
            raise UsageError(
                "--remote has parameters that Spark Connect does not know",
                f"It looks like sc://HOST:{_PORT}/;token=TOKEN.",
            ) from None
        try:
            # By default the client silently retries for ten minutes.
            policy = DefaultPolicy(max_retries=3, initial_backoff=100, max_backoff=1000)
            spark.client.set_retry_policies([policy])
            spark.sql("select 1").toArrow()  # connects
            yield spark
        except BaseException:
            with suppress(Exception):
                spark.interruptAll()
            raise
        finally:
            with suppress(Exception), uninterrupted():
                spark.stop()


def iter_record_batches(frame: Any) -> Iterator[pa.RecordBatch]:  # noqa: ANN401 - more than a DataFrame shows
    """The batches of a frame as they arrive, at least one, which may be empty.

    By a private method: all public ones return the entire result at once.
    """
    client = frame.sparkSession.client
    for table in client.to_table_as_iterator(frame._plan.to_proto(client), {}):  # noqa: SLF001
        if isinstance(table, pa.Table):
            yield from table.to_batches() or [pa.RecordBatch.from_pylist([], table.schema)]


@contextmanager
def _main_with_file() -> Iterator[None]:
    """Give `__main__` a file: the client takes `python -c` for its own doctests, and exits."""
    main = sys.modules["__main__"]
    if hasattr(main, "__file__"):
        yield
        return
    main.__file__ = ""
    try:
        yield
    finally:
        del main.__file__


@contextmanager
def _silenced(logger: logging.Logger) -> Iterator[None]:
    """Disable a logger of the client, which would print cells."""
    was_disabled, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = was_disabled


@contextmanager
def _translated_errors(address: str) -> Iterator[None]:
    """Replace the errors of a cluster by ours, because its messages hold cells."""
    from pyspark.errors import PySparkException

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*RETRIES_EXCEEDED")
            yield
    except RfmtoolError:
        raise
    except PySparkException as error:
        raise _translated(address, error) from None


def _translated(address: str, error: Any) -> RfmtoolError:  # noqa: ANN401 - the client's
    message, status = str(error), getattr(error, "getGrpcStatusCode", lambda: None)()
    code = getattr(status, "name", "")
    if code == "UNAVAILABLE":
        return SystemFailureError(
            f"the cluster at {address} cannot be reached, or broke off",
            "See whether it runs and whether the network lets you, and run again.",
        )
    if code in ("UNAUTHENTICATED", "PERMISSION_DENIED"):
        return UsageError(
            f"the cluster at {address} refuses the login", "Look at the token in --remote."
        )
    if code == "UNIMPLEMENTED":
        return UsageError(
            f"what answers at {address} does not speak Spark Connect",
            f"Look at the host and the port; mostly it is {_PORT}.",
        )
    missing = _MISSING_MODULE.search(message)
    if missing or VERSION_MISMATCH in message:
        what = f"have no module {missing[1]}" if missing else "have another version of rfmtool"
        return UsageError(
            f"the workers of the cluster at {address} {what}",
            f"Install rfmtool {__version__} on each of them, for the version of Python that"
            " runs here.",
        )
    return SystemFailureError(
        f"the cluster at {address} could not do what it was asked ({type(error).__name__})",
        "Its own log says why; its words may hold cells, so they are not shown.",
    )
