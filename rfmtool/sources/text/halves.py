"""Cells that a line end tore in two where nothing quotes it, seen by the pieces they leave.

A line that nothing divides may be the end of the cell above it, or the beginning of the cell below:
the records beside it look whole and may hold half a cell. Which of them does cannot be told, so
both are set aside, where the torn cell would play a role.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from rfmtool.arrays import Places, mask_of
from rfmtool.sources.batches import Batch, Fault
from rfmtool.sources.layout import FileLayout


def without_halves(batch: Batch, layout: FileLayout) -> Batch:
    """Set aside the records beside loose pieces whose cell there plays a role.

    Args:
        batch: its records numbered as they stand in the file.
        layout: the file's columns.
    """
    pieces = [fault for fault in batch.faults if fault.piece]
    if not pieces:
        return batch
    bad = np.isin(batch.rows(), np.concatenate([[-1], *_halves(batch, layout, pieces)]))
    return batch.without(bad, "bad_text") if bad.any() else batch


def _halves(batch: Batch, layout: FileLayout, pieces: Sequence[Fault]) -> Iterator[Places]:
    """The rows above pieces of the last column, and those below pieces of the first."""
    rows = np.array([fault.row for fault in pieces])
    above, below = _beside(rows, np.union1d(rows, _blank_rows(batch)))
    with_role = set(layout.places.values())
    if len(layout.header) - 1 in with_role:
        yield above
    if 0 in with_role:
        yield below


def _beside(pieces: Places, passed: Places) -> tuple[Places, Places]:
    """The rows above and below each piece, blank rows and further pieces passed over."""
    starts = np.flatnonzero(np.diff(passed, prepend=-2) > 1)
    ends = np.append(starts[1:], len(passed)) - 1
    holds = np.logical_or.reduceat(np.isin(passed, pieces), starts)
    return passed[starts][holds] - 1, passed[ends][holds] + 1


def _blank_rows(batch: Batch) -> Places:
    empty = [mask_of(column.is_null()) for column in batch.cells.values()]
    blank = [fault.row for fault in batch.faults if fault.is_blank]
    return np.concatenate([batch.rows()[np.logical_and.reduce(empty)], blank]).astype(np.int64)
