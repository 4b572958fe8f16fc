"""Refuse a file that continues with a second table below an empty row."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import mask_of
from rfmtool.errors import InputError
from rfmtool.sources.batches import Batch
from rfmtool.sources.layout import FileLayout

_NUMBER_OR_DATE: Final = re.compile(r"[\d\s.,:/+-]*\d[\d\s.,:/+-]*")


def check_one_table(batch: Batch, layout: FileLayout) -> None:
    """Refuse a second table below an empty row; there, its own header again is only a bad row."""
    cells = list(batch.cells.values())
    if not all(column.null_count for column in cells):
        return
    empty = np.logical_and.reduce([mask_of(column.is_null()) for column in cells])
    below = np.flatnonzero(empty[:-1] & ~empty[1:]) + 1
    if not len(below):
        return
    index = pa.array(below)
    has_words = [
        mask_of(pc.match_substring_regex(column.take(index), r"^[^\d@]*[^\d@\s][^\d@]*$"))
        for column in cells
    ]
    for place in below[np.logical_and.reduce(has_words)].tolist():
        names = [column[place].as_py() for column in batch.all_columns()]
        # The columns that are not read may show that it is a row of data.
        if None in names or any(_NUMBER_OR_DATE.fullmatch(name) for name in names):
            continue
        if [name.strip() for name in names] != [name.strip() for name in layout.header]:
            raise InputError(
                f"a second table begins in row {int(batch.places()[place]) + 1:,} of this part,"
                " below an empty row",
                "Keep each table in a file of its own.",
            )
