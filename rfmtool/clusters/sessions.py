"""A session of a cluster that speaks Spark Connect, and what goes wrong there in our words."""

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
"""What a worker raises that has."""
_MISSING: Final = re.compile(r"No module named '([\w.]+)'")


def host_and_port(remote: str) -> str:
    """What messages call a cluster: its host and port, for a URL may hold a token."""
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
    """A session of its own on a cluster; what runs in it ends with it.

    Raises:
        UsageError: the client is not installed, the URL is none, or the login is refused.
        SystemFailureError: the cluster cannot be reached, or ends what it was asked.
    """
    place = host_and_port(remote)
    try:
        with warnings.catch_warnings(), uninterrupted(), _as_a_program():
            warnings.simplefilter("ignore", FutureWarning)  # of how new pandas is
            from pyspark.errors import PySparkValueError
            from pyspark.sql.connect.client.retries import DefaultPolicy
            from pyspark.sql.connect.session import SparkSession
    except ImportError:
        raise UsageError(
            "clusters are asked by the client of Spark Connect, which is not installed",
            "Install it with pip install 'rfmtool[spark]'.",
        ) from None
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    with _in_our_words(place), _silenced(logging.getLogger("SQLQueryContextLogger")):
        try:
            spark = SparkSession.builder.remote(remote).create()
        except PySparkValueError:
            raise UsageError(
                "--remote has parameters that Spark Connect does not know",
                f"It looks like sc://HOST:{_PORT}/;token=TOKEN.",
            ) from None
        try:
            # By its own policy the client tries for ten minutes, in silence.
            few = DefaultPolicy(max_retries=3, initial_backoff=100, max_backoff=1000)
            spark.client.set_retry_policies([few])
            spark.sql("select 1").toArrow()  # which connects
            yield spark
        except BaseException:
            with suppress(Exception):
                spark.interruptAll()
            raise
        finally:
            with suppress(Exception), uninterrupted():
                spark.stop()


def iter_record_batches(frame: Any) -> Iterator[pa.RecordBatch]:  # noqa: ANN401 - more than a DataFrame shows
    """What a frame holds, as it arrives: nothing public gives it otherwise than all at once.

    There is always one batch at least, which may be empty.
    """
    client = frame.sparkSession.client
    for table in client.to_table_as_iterator(frame._plan.to_proto(client), {}):  # noqa: SLF001
        if isinstance(table, pa.Table):
            yield from table.to_batches() or [pa.RecordBatch.from_pylist([], table.schema)]


@contextmanager
def _as_a_program() -> Iterator[None]:
    """Let what runs have a file: the client takes `python -c` for its own doctests, and ends it."""
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
    """Let a logger of the client's say nothing, for it would print cells."""
    was_silent, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = was_silent


@contextmanager
def _in_our_words(place: str) -> Iterator[None]:
    """Pass on nothing of what the cluster says, for its messages hold cells."""
    from pyspark.errors import PySparkException

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*RETRIES_EXCEEDED")
            yield
    except RfmtoolError:
        raise
    except PySparkException as error:
        raise _told(place, error) from None


def _told(place: str, error: Any) -> RfmtoolError:  # noqa: ANN401 - the client's
    said, status = str(error), getattr(error, "getGrpcStatusCode", lambda: None)()
    code = getattr(status, "name", "")
    if code == "UNAVAILABLE":
        return SystemFailureError(
            f"the cluster at {place} cannot be reached, or broke off",
            "See whether it runs and whether the network lets you, and run again.",
        )
    if code in ("UNAUTHENTICATED", "PERMISSION_DENIED"):
        return UsageError(
            f"the cluster at {place} refuses the login", "Look at the token in --remote."
        )
    if code == "UNIMPLEMENTED":
        return UsageError(
            f"what answers at {place} does not speak Spark Connect",
            f"Look at the host and the port; mostly it is {_PORT}.",
        )
    missing = _MISSING.search(said)
    if missing or VERSION_MISMATCH in said:
        what = f"have no module {missing[1]}" if missing else "have another version of rfmtool"
        return UsageError(
            f"the workers of the cluster at {place} {what}",
            f"Install rfmtool {__version__} on each of them, for the version of Python that"
            " runs here.",
        )
    return SystemFailureError(
        f"the cluster at {place} could not do what it was asked ({type(error).__name__})",
        "Its own log says why; its words may hold cells, so they are not shown.",
    )
