"""The number of rows and of blank rows of a source whose roles are not known."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from rfmtool.errors import InputError
from rfmtool.sources.layout import KEPT_PREFIX
from rfmtool.sources.rows.bins import is_blank
from rfmtool.sources.source import Source


def count_rows(source: Source) -> tuple[int, int] | None:
    """The numbers of rows and blank rows; None where its columns are unknown or it is damaged."""
    layout = source.layout.in_file
    places = {f"{KEPT_PREFIX}{place}": place for place in range(len(layout.header))}
    if not places:
        return None
    untyped = source.with_layout(
        header=layout.header, partition_values=(), places=places, kinds={}, fill_down=()
    )
    rows = blank = 0
    try:
        for job in untyped.jobs():
            batch = job()
            rows += batch.records
            blank += sum(fault.is_blank for fault in batch.faults)
            columns = [is_blank(cells) for cells in batch.cells.values()]
            blank += int(np.logical_and.reduce(columns).sum())
    except (InputError, pa.ArrowException):
        return None
    return rows, blank
