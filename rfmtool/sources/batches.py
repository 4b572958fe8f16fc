"""Batches of raw cells, and the records among them that cannot be taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from rfmtool.arrays import Mask, Places


@dataclass(frozen=True)
class Fault:
    """A record that cannot be taken apart into cells; `row` counts from 0 in its batch."""

    row: int
    reason: str
    is_blank: bool = False
    piece: str = ""
    """Its text, where nothing divides it: it could be a piece of a cell."""


@dataclass(frozen=True)
class Batch:
    """Consecutive records of one file.

    `cells` holds a column for each role, without the records in `faults`; `whole()` fetches all
    columns of the same records, for the rare look beyond the roles.
    """

    cells: Mapping[str, pa.Array]
    records: int
    """All records, faulty ones included."""
    faults: tuple[Fault, ...]
    all_columns: Callable[[], Sequence[pa.Array]]
    footer_rows: int = 0
    """How many records at the end are a footer; they are blank faults too."""
    texts: Callable[[Sequence[int]], list[bytes]] = lambda rows: [b""] * len(rows)
    """Fetches records as they stand in a file of text, by their places in the batch; of typed
    sources they are empty."""

    def rows(self) -> Places:
        """Places in the batch, from 0, of the records that have cells."""
        faulty = [fault.row for fault in self.faults]
        return np.setdiff1d(np.arange(self.records), faulty, assume_unique=True)

    def without(self, bad: Mask, reason: str) -> Batch:
        """Move the marked ones of the records that have cells to the faults."""
        rows = self.rows()[bad].tolist()
        good = pa.array(~bad)
        whole = self.all_columns
        return replace(
            self,
            cells={role: cells.filter(good) for role, cells in self.cells.items()},
            faults=self.faults + tuple(Fault(row, reason) for row in rows),
            all_columns=lambda: [column.filter(good) for column in whole()],
        )


Job = Callable[[], Batch]
Jobs = Iterator[Job]
"""The batches of a file in its order; any thread may do each."""
