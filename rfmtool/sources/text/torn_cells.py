"""Cells split by an unquoted line end, which show by lines without a delimiter.

Such a line may be the end of the cell above it or the beginning of the cell below, so either
neighbouring record may hold half a cell. Both become faults if the cell in question has a role.
"""

from __future__ import annotations

import numpy as np

from rfmtool.arrays import mask_of
from rfmtool.sources.batches import Batch
from rfmtool.sources.layout import FileLayout


def without_torn_cells(batch: Batch, layout: FileLayout) -> Batch:
    """Make faults of the records next to pieces of cells if the cell at that end has a role."""
    pieces = [fault.row for fault in batch.faults if fault.piece]
    if not pieces:
        return batch
    places = batch.places()
    empty = np.logical_and.reduce([mask_of(column.is_null()) for column in batch.cells.values()])
    blank = [fault.row for fault in batch.faults if fault.is_blank]
    # Runs of pieces and blank rows; the records before and behind a run are its neighbours.
    skipped = np.unique(np.concatenate([pieces, places[empty], blank]).astype(np.int64))
    starts = np.flatnonzero(np.diff(skipped, prepend=-2) > 1)
    ends = np.append(starts[1:], len(skipped)) - 1
    has_piece = np.logical_or.reduceat(np.isin(skipped, pieces), starts)
    bad = np.zeros(len(places), dtype=bool)
    places_with_role = set(layout.places.values())
    if len(layout.header) - 1 in places_with_role:  # the piece may belong to the cell above
        bad |= np.isin(places, skipped[starts][has_piece] - 1)
    if 0 in places_with_role:  # or to the cell below
        bad |= np.isin(places, skipped[ends][has_piece] + 1)
    return batch.without(bad, "bad_text") if bad.any() else batch
