"""Rows that follow each other and are alike in all but money, so that one look does for all."""

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
    """Consecutive rows alike in all but money; each is looked at once."""

    heads: Cells
    """The cells of each run's first row."""
    starts: Places
    lengths: Places

    def run_indices(self, rows: Places) -> Places:
        """The run that each of these rows lies in."""
        return np.searchsorted(self.starts, rows, side="right") - 1


def find_runs(cells: Cells, question: LineOptions) -> Runs:
    """Find where rows stop being alike; where every row is an order, each is a run of its own."""
    alike = {role: column for role, column in cells.items() if role not in NUMBER_ROLES}
    rows = len(cells["customer_id"])
    apart = question.order_per_row or question.amount_per == "order"
    starts = np.arange(rows) if apart else _changes(list(alike.values()), rows)
    if len(starts) == rows:
        return Runs(alike, starts, np.ones(rows, dtype=np.int64))
    index = pa.array(starts)
    heads = {role: column.take(index) for role, column in alike.items()}
    return Runs(heads, starts, np.diff(starts, append=rows))


def _changes(columns: list[pa.Array], rows: int) -> Places:
    """Places of the rows that differ from the row before; the first one does."""
    changed = np.zeros(rows, dtype=bool)
    changed[0] = True
    for column in columns:
        differs = pc.not_equal(column.slice(1), column.slice(0, rows - 1))
        if differs.null_count:
            differs = differs.fill_null(fill_value=True)
        changed[1:] |= differs.to_numpy(zero_copy_only=False)
    return np.flatnonzero(changed)
