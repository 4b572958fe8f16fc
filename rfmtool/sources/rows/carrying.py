"""Orders of several rows of which only the first is filled: its cells are carried down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, Places, mask_of
from rfmtool.sources.batches import Batch, Jobs

_ORDER: Final = "order_id"
_AMOUNT: Final = "amount"

Cells = Mapping[str, pa.Array]


def carried(jobs: Jobs, roles: Sequence[str]) -> Jobs:
    """Fill the empty cells of an order's later rows from the row above, and their amount with 0.

    Batches are taken apart here, one after the other: an order may begin in the batch before.

    Args:
        jobs: the batches of one file, in its order.
        roles: which roles are carried down.
    """
    above: Cells | None = None
    for job in jobs:
        batch = job()
        if len(batch.cells[_ORDER]):
            batch = replace(batch, cells=_carried(batch.cells, roles, above))
            above = {role: cells.slice(len(cells) - 1) for role, cells in batch.cells.items()}
        yield partial(_itself, batch)


def _itself(batch: Batch) -> Batch:
    return batch


def _carried(cells: Cells, roles: Sequence[str], above: Cells | None) -> dict[str, pa.Array]:
    """Fill the cells below `above`, which is the last row before them."""
    if above is not None:
        joined = {role: pa.concat_arrays([above[role], column]) for role, column in cells.items()}
        return {role: column.slice(1) for role, column in _carried(joined, roles, None).items()}
    goes_on = _goes_on(cells[_ORDER])
    starts = np.maximum.accumulate(np.where(goes_on, 0, np.arange(len(goes_on))))
    filled = {role: _down(cells[role], starts) for role in roles if role in cells}
    if _AMOUNT in cells:
        filled[_AMOUNT] = _zero_where(cells[_AMOUNT], goes_on)
    return {**cells, **filled}


def _goes_on(order_ids: pa.Array) -> Mask:
    """The rows that have the order id of the row above."""
    same = np.zeros(len(order_ids), dtype=bool)
    equal = pc.equal(order_ids.slice(1), order_ids.slice(0, len(order_ids) - 1))
    same[1:] = mask_of(equal)
    return same


def _down(column: pa.Array, starts: Places) -> pa.Array:
    """Each empty cell takes the last filled one above it in its order."""
    places = np.where(mask_of(column.is_valid()), np.arange(len(column)), -1)
    last = np.maximum.accumulate(places)
    return column.take(pa.array(last, mask=last < starts))


def _zero_where(column: pa.Array, goes_on: Mask) -> pa.Array:
    empty = pc.and_(column.is_null(), pa.array(goes_on))
    zero = pa.scalar("0") if pa.types.is_string(column.type) else pa.scalar(0).cast(column.type)
    return pc.if_else(empty, zero, column)
