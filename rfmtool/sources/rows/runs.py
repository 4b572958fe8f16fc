"""Runs of consecutive rows that are equal in all but money, so that each is parsed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, Places, mask_of
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
    """The runs of a batch; where every row is an order, each is a run of its own.

    So is each row with an amount where that may be the total of its order, and repeat another.
    """
    columns = {role: column for role, column in cells.items() if role not in NUMBER_ROLES}
    rows = len(cells["customer_id"])
    is_start = np.ones(rows, dtype=bool)
    if not options.order_per_row:
        is_start[1:] = _changes(list(columns.values()), rows)
    if options.amount_per == "order":
        is_start |= ~_are_zero(cells)
    starts = np.flatnonzero(is_start)
    if len(starts) == rows:
        return Runs(columns, starts, np.ones(rows, dtype=np.int64))
    heads = {role: column.take(pa.array(starts)) for role, column in columns.items()}
    return Runs(heads, starts, np.diff(starts, append=rows))


def _changes(columns: list[pa.Array], rows: int) -> Mask:
    """Which rows after the first differ from the row before."""
    changed = np.zeros(rows - 1, dtype=bool)
    for column in columns:
        differs = pc.not_equal(column.slice(1), column.slice(0, rows - 1))
        if differs.null_count:
            differs = differs.fill_null(fill_value=False)
            is_null = column.is_null()
            differs = pc.or_(differs, pc.xor(is_null.slice(1), is_null.slice(0, rows - 1)))
        changed |= differs.to_numpy(zero_copy_only=False)
    return changed


def _are_zero(cells: Cells) -> Mask:
    """Which rows have the amount 0, as rows have that are filled down, and no other money."""
    if "amount" not in cells:
        return np.zeros(len(cells["customer_id"]), dtype=bool)
    amounts = cells["amount"]
    zero = pa.scalar("0" if pa.types.is_string(amounts.type) else 0, amounts.type)
    others = [cells[role].is_null() for role in ("refunded", "unpaid") if role in cells]
    return mask_of(reduce(pc.and_, others, pc.equal(amounts, zero).fill_null(fill_value=False)))
