"""Orders of several rows of which only the first is filled: its cells are carried down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import mask_of
from rfmtool.sources.batches import Jobs
from rfmtool.sources.rows.runs import Cells

_ORDER: Final = "order_id"
_AMOUNT: Final = "amount"


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
        yield partial(replace, batch)  # as it is


def _carried(cells: Cells, roles: Sequence[str], above: Cells | None) -> dict[str, pa.Array]:
    """Fill the cells below `above`, which is the last row before them."""
    if above is not None:
        joined = {role: pa.concat_arrays([above[role], column]) for role, column in cells.items()}
        return {role: column.slice(1) for role, column in _carried(joined, roles, None).items()}
    orders = cells[_ORDER]
    goes_on = np.zeros(len(orders), dtype=bool)  # the order of the row above
    goes_on[1:] = mask_of(pc.equal(orders.slice(1), orders.slice(0, len(orders) - 1)))
    places = np.arange(len(orders))
    starts = np.maximum.accumulate(np.where(goes_on, 0, places))
    filled = dict(cells)
    for role in roles:
        if role in cells:  # each empty cell takes the last filled one above it in its order
            last = np.maximum.accumulate(np.where(mask_of(cells[role].is_valid()), places, -1))
            filled[role] = cells[role].take(pa.array(last, mask=last < starts))
    if _AMOUNT in cells:
        amounts = cells[_AMOUNT]
        is_text = pa.types.is_string(amounts.type)
        zero = pa.scalar("0") if is_text else pa.scalar(0).cast(amounts.type)
        empty = pc.and_(amounts.is_null(), pa.array(goes_on))
        filled[_AMOUNT] = pc.if_else(empty, zero, amounts)
    return filled
