"""Small editions of tables to write into databases, and writers that are killed."""

import os
import signal
import warnings
from datetime import date
from decimal import Decimal

import pyarrow as pa
from effort import THOROUGH

from rfmtool.databases.urls import parse_target_url
from rfmtool.databases.writing import RunTables, writing_tables

STEP = 1 if THOROUGH else 6
"""Writers are stopped at each of thirty points, or at a few of them."""


def people(spent, batches=1, **more):
    """A table of customers, each batch the same."""
    columns = {"customer_id": pa.array(["ann", "bob"]),
               "monetary": pa.array(spent, pa.decimal128(19, 4)), **more}  # fmt: skip
    batch = pa.record_batch(columns)
    return pa.RecordBatchReader.from_batches(batch.schema, iter([batch] * batches))


def edition(*spent, day=1, **more):
    spent = [Decimal(one) for one in spent]
    return RunTables(date(2024, 1, day), "1", [("customers", people(spent, **more))])


def write(url, what, if_exists="replace", **more):
    with writing_tables(parse_target_url(url), what, if_exists, **more):
        pass


def killed_after(point, url, batches=9):
    """In a process of its own, write until it kills itself after so many batches."""
    warnings.simplefilter("ignore")  # of threads, which the child has none of
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    rows = people([Decimal(7), Decimal(8)], batches)

    def until_killed():
        for number, batch in enumerate(rows):
            if number == point:
                os.kill(os.getpid(), signal.SIGKILL)
            yield batch

    tables = [("customers", pa.RecordBatchReader.from_batches(rows.schema, until_killed()))]
    try:
        with writing_tables(
            parse_target_url(url), RunTables(date(2024, 1, 2), "1", tables), "replace"
        ):
            os.kill(os.getpid(), signal.SIGKILL)
    finally:
        os._exit(1)
