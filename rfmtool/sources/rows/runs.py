"""Runs of consecutive rows that are equal in all but money, so that each is parsed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Places
from rfmtool.sources.layout import NUMBER_ROLES, LineOptions

Cells = Mapping[str, pa.Array]


@dataclass(frozen=True)
class Runs:
    """Runs of consecutive rows that are equal in all but money."""

    heads: Cells
    """The cells of each run's first row."""
    starts: Places
    lengths: Places

    def run_places(self, places: Places) -> Places:
        """The place of the run of each row."""
        return np.searchsorted(self.starts, places, side="right") - 1


def find_runs(cells: Cells, options: LineOptions) -> Runs:
    """The runs of a batch; where every row is an order, each is a run of its own."""
    columns = {role: column for role, column in cells.items() if role not in NUMBER_ROLES}
    rows = len(cells["customer_id"])
    is_run = options.order_per_row or options.amount_per == "order"
    starts = np.arange(rows) if is_run else _changes(list(columns.values()), rows)
    if len(starts) == rows:
        return Runs(columns, starts, np.ones(rows, dtype=np.int64))
    heads = {role: column.take(pa.array(starts)) for role, column in columns.items()}
    return Runs(heads, starts, np.diff(starts, append=rows))


def _changes(columns: list[pa.Array], rows: int) -> Places:
    """The places of the first row and of all rows that differ from the row before."""
    changed = np.zeros(rows, dtype=bool)
    changed[0] = True
    for column in columns:
        differs = pc.not_equal(column.slice(1), column.slice(0, rows - 1))
        if differs.null_count:
            differs = differs.fill_null(fill_value=True)
        changed[1:] |= differs.to_numpy(zero_copy_only=False)
    return np.flatnonzero(changed)
