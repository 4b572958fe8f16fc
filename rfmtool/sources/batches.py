"""Batches of raw cells, and the records among them that cannot be split into cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from rfmtool.arrays import Mask, Places


@dataclass(frozen=True)
class Fault:
    """A record that cannot be split into cells; `row` counts from 0 in its batch."""

    row: int
    reason: str
    is_blank: bool = False
    piece: str = ""
    """Its text, where it holds no delimiter: it could be a piece of a cell."""


@dataclass(frozen=True)
class Batch:
    """Consecutive records of one file.

    `cells` holds a column for each role, without the records in `faults`; `all_columns()` fetches
    the columns without a role as well, of the same records.
    """

    cells: Mapping[str, pa.Array]
    records: int
    """All records, faulty ones included."""
    faults: tuple[Fault, ...]
    all_columns: Callable[[], Sequence[pa.Array]]
    footer_rows: int = 0
    """How many records at the end are a footer; they are blank faults too."""
    texts: Callable[[Sequence[int]], list[bytes]] = lambda rows: [b""] * len(rows)
    """Fetches the raw text of records by their places in the batch; empty for typed sources."""

    def places(self) -> Places:
        """Places in the batch, from 0, of the records without a fault."""
        faulty = [fault.row for fault in self.faults]
        return np.setdiff1d(np.arange(self.records), faulty, assume_unique=True)

    def without(self, bad: Mask, reason: str) -> Batch:
        """The batch with more faults; `bad` marks records among those without a fault."""
        faulty = self.places()[bad].tolist()
        good = pa.array(~bad)
        all_columns = self.all_columns
        return replace(
            self,
            cells={role: cells.filter(good) for role, cells in self.cells.items()},
            faults=self.faults + tuple(Fault(row, reason) for row in faulty),
            all_columns=lambda: [column.filter(good) for column in all_columns()],
        )


Job = Callable[[], Batch]
Jobs = Iterator[Job]
"""The batches of a file; any thread may run each job, if they are started in the file's order."""
