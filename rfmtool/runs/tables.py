"""The tables that a run writes into a database: customers, lists, changes and history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from rfmtool.columns import INTEGERS, RATIOS
from rfmtool.databases.writing import DAY_COLUMN, RunTables
from rfmtool.documents import Data
from rfmtool.outputs.tables import labels_as_text, to_rows, to_table
from rfmtool.runs.folder import FolderOptions, list_places
from rfmtool.runs.history import history_rows
from rfmtool.runs.moves import CHANGE_COLUMNS
from rfmtool.runs.previous import RunWithPrevious
from rfmtool.version import __version__

if TYPE_CHECKING:
    from rfmtool.pipeline import Result

CUSTOMERS, LISTS, CHANGES, HISTORY = NAMES = ("customers", "lists", "changes", "history")
_NO_CHANGES: Final = pa.schema([(name, pa.string()) for name in CHANGE_COLUMNS])
_LIST_COLUMNS: Final = {"list": pa.string(), "place": pa.int64(), "customer_id": pa.string()}
_LIST_SCHEMA: Final = pa.schema(_LIST_COLUMNS)


def run_tables(
    result: Result, summary: Data, options: FolderOptions, linked_run: RunWithPrevious | None
) -> RunTables:
    """The tables of a run; those of earlier runs stay in the history only."""
    tables = _tables(result, summary, options, linked_run)
    return RunTables(result.as_of, __version__, tables, frozenset({HISTORY}))


def _tables(
    result: Result, summary: Data, options: FolderOptions, linked_run: RunWithPrevious | None
) -> Iterator[tuple[str, pa.RecordBatchReader]]:
    # Column types must not depend on the values of a run.
    rows = labels_as_text(to_rows(result.parts(), result.columns))
    types = {**dict.fromkeys(RATIOS, pa.float64()), **dict.fromkeys(INTEGERS, pa.int64())}
    schema = [field.with_type(types.get(field.name, field.type)) for field in rows.schema]
    yield CUSTOMERS, rows.cast(pa.schema(schema))
    yield LISTS, pa.RecordBatchReader.from_batches(_LIST_SCHEMA, _lists(result, options))
    changes = None if linked_run is None else linked_run.changes
    # An empty table replaces the changes of earlier runs.
    empty = _NO_CHANGES.empty_table()
    table = empty if changes is None else to_table(changes, CHANGE_COLUMNS, ())
    yield CHANGES, table.to_reader()
    yield HISTORY, history_rows(summary, changes).drop_columns(DAY_COLUMN).to_reader()


def _lists(result: Result, options: FolderOptions) -> Iterator[pa.RecordBatch]:
    """The rows of each list in its order."""
    ids = result.grouped.table["customer_id"].combine_chunks()
    for name, rows in list_places(result, options).items():
        places = pa.array(np.arange(1, len(rows) + 1))
        columns = [pa.repeat(name, len(rows)), places, ids.take(pa.array(rows))]
        yield pa.record_batch(columns, schema=_LIST_SCHEMA)
