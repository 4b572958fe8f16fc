"""Cells that a line end tore in two where nothing quotes it, seen by the pieces they leave.

A line that nothing divides may be the end of the cell above it, or the beginning of the cell below:
the records beside it look whole and may hold half a cell. Which of them does cannot be told, so
both are set aside, where the torn cell would play a role.
"""

from __future__ import annotations

import numpy as np

from rfmtool.arrays import mask_of
from rfmtool.sources.batches import Batch
from rfmtool.sources.layout import FileLayout


def without_torn_cells(batch: Batch, layout: FileLayout) -> Batch:
    """Set aside the records beside loose pieces whose cell there plays a role."""
    pieces = [fault.row for fault in batch.faults if fault.piece]
    if not pieces:
        return batch
    rows = batch.rows()
    empty = np.logical_and.reduce([mask_of(column.is_null()) for column in batch.cells.values()])
    blank = [fault.row for fault in batch.faults if fault.is_blank]
    # Blank rows and further pieces are passed over, up and down, to the rows beside them.
    passed = np.unique(np.concatenate([pieces, rows[empty], blank]).astype(np.int64))
    starts = np.flatnonzero(np.diff(passed, prepend=-2) > 1)
    ends = np.append(starts[1:], len(passed)) - 1
    has_piece = np.logical_or.reduceat(np.isin(passed, pieces), starts)
    bad = np.zeros(len(rows), dtype=bool)
    with_role = set(layout.places.values())
    if len(layout.header) - 1 in with_role:  # above a piece of the last column
        bad |= np.isin(rows, passed[starts][has_piece] - 1)
    if 0 in with_role:  # below a piece of the first
        bad |= np.isin(rows, passed[ends][has_piece] + 1)
    return batch.without(bad, "bad_text") if bad.any() else batch
