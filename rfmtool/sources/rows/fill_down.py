"""Fill-down of exports in which only the first row of an order has all cells.

A preset says so, or the first rows show it. Then a row without a day continues the order above if
it has the same id and no other buyer, or if it has neither of them, and a quantity and a price or
no money at all. A total row has money without a price, nothing but money, or the word for a total.
Where only the id of an order stands on its first row alone, the next rows of the same customer and
time go on with it. Where a preset carries down the customer alone, rows without a day are headings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, mask_of
from rfmtool.sources.batches import Batch, Job, Jobs
from rfmtool.sources.cells.typed import display_text
from rfmtool.sources.layout import MONEY_ROLES
from rfmtool.sources.rows.bins import is_blank
from rfmtool.sources.rows.runs import Cells
from rfmtool.sources.text.footers import TOTAL_PATTERN

FillCounts = Counter[str]
_ORDER: Final = "order_id"
_AMOUNT: Final = "amount"
_BUYER: Final = ("order_id", "customer_id", "ordered_at")
ORDER_ROLES: Final = (
    *_BUYER, "paid_at", "currency", "status", "payment_status", "type", "cancelled_on", "voided",
    "is_test", "captured", "email", "phone", "name", "consent",
)  # fmt: skip
"""The roles that are filled down unless a preset names them."""
_LEAST_SHARE: Final = 0.05
"""A smaller share of rows that may continue an order are exceptions."""
_NEARLY_ALL: Final = 0.95
_LEAST_NUMBERED: Final = 10
"""Fewer rows below one with a number may be orders without any."""
_CONTINUATION: Final = 1
"""The shape of a row without order id and buyer that continues the order above."""
_TOTAL: Final = 2
"""The shape of a total row."""
_TOTAL_WORDS: Final = (
    rf"(?i)^(?:{TOTAL_PATTERN})[\s:.#]*(?:(?:for|of|order|no)[\s:.#]*)?(?:[\w#/-]*\d[\w/-]*)?$"
)
"""A number, such as that of an order, may follow the word."""
RowShapes = npt.NDArray[np.uint8]


def filled_down(jobs: Jobs, roles: Sequence[str]) -> Jobs:
    """Fill the empty cells of an order's later rows from the row above, and their amount with 0.

    As an order may begin in the batch before, each job waits for the last row of the job before it:
    jobs must be started in their order. If the order id is among the `roles`, rows without one may
    continue an order.
    """
    above: Future[Cells | None] = Future()
    above.set_result(None)
    for job in jobs:
        below: Future[Cells | None] = Future()
        yield partial(_filled_batch, job, roles, above, below)
        above = below


def _filled_batch(
    job: Job, roles: Sequence[str], above: Future[Cells | None], below: Future[Cells | None]
) -> Batch:
    """The batch of a job, filled down from the row `above` it; `below` becomes its last row."""
    try:
        batch = job()
        shapes, last_row = _shapes(batch, roles), above.result()
        if len(shapes):
            batch = replace(batch, cells=_filled(batch.cells, roles, last_row, shapes))
            last_row = {role: cells.slice(len(cells) - 1) for role, cells in batch.cells.items()}
        below.set_result(last_row)
    except BaseException as error:
        below.set_exception(error)  # or the job that waits for it would do so for ever
        raise
    return batch


def counting_fills(batches: Iterable[Batch], counts: FillCounts) -> Iterator[Batch]:
    """The same batches; rows that continue or may continue an order are counted in `counts`."""
    for batch in batches:
        cells = batch.cells
        if {*_BUYER} <= cells.keys() and len(cells[_ORDER]):
            shapes = _shapes(batch, ORDER_ROLES)
            buyers = {role: cells[role] for role in _BUYER}
            days = _filled(buyers, ORDER_ROLES, None, shapes)["ordered_at"]
            continues = _continues(cells, ORDER_ROLES, shapes) & mask_of(days.is_valid())
            money = [role for role in MONEY_ROLES if role in cells]
            is_unclear = _empty(cells, _BUYER) & (shapes != _CONTINUATION) & ~_empty(cells, money)
            dated = _repeats(cells[_ORDER]) & ~_empty(cells, ["ordered_at"])
            numbered_above = _continues(cells, [_ORDER], shapes)
            lacks_number = _empty(cells, [_ORDER])
            unnumbered = lacks_number & ~_empty(cells, ["customer_id"])
            lacks_number &= continues | numbered_above
            counts.update(rows=len(shapes), continues=int(continues.sum()),
                          unclear=int(is_unclear.sum()), dated=int(dated.sum()),
                          unnumbered=int(unnumbered.sum()),
                          numbered_above=int(numbered_above.sum()),
                          lacks_number=int(lacks_number.sum()))  # fmt: skip
        yield batch


def roles_to_fill_down(counts: FillCounts) -> tuple[tuple[str, ...], bool]:
    """The roles to fill as rows usually continue the order above, and whether many are unclear.

    Where orders have their day on all rows, a row without one is an exception.
    """
    enough = max(_LEAST_SHARE * counts["rows"], 1)
    continues, numbered = counts["continues"], counts["numbered_above"]
    least_numbered = max(enough, _LEAST_NUMBERED, _NEARLY_ALL * counts["unnumbered"])
    roles: tuple[str, ...] = ()
    if continues >= enough and counts["dated"] <= _LEAST_SHARE * continues:
        roles = ORDER_ROLES
    elif numbered >= least_numbered and counts["dated"] <= _LEAST_SHARE * numbered:
        roles = (_ORDER,)
    return roles, counts["unclear"] >= enough


def _filled(
    cells: Cells, roles: Sequence[str], above: Cells | None, shapes: RowShapes
) -> dict[str, pa.Array]:
    """The cells filled down, from the row `above` them as well."""
    if above is not None:
        joined = {role: pa.concat_arrays([above[role], column]) for role, column in cells.items()}
        filled = _filled(joined, roles, None, np.insert(shapes, 0, 0))
        return {role: column.slice(1) for role, column in filled.items()}
    continues = _continues(cells, roles, shapes)
    places = np.arange(len(continues))
    starts = np.maximum.accumulate(np.where(continues, 0, places))
    filled = dict(cells)
    for role in roles:
        if role in cells:  # each empty cell takes the last filled one above it in its order
            last = np.maximum.accumulate(np.where(mask_of(cells[role].is_valid()), places, -1))
            filled[role] = cells[role].take(pa.array(last, mask=last < starts))
    if _AMOUNT in cells:
        amounts = cells[_AMOUNT]
        zero = pa.scalar("0" if pa.types.is_string(amounts.type) else 0, amounts.type)
        empty = pc.and_(amounts.is_null(), pa.array(continues))
        filled[_AMOUNT] = pc.if_else(empty, zero, amounts)
    return filled


def _continues(cells: Cells, roles: Sequence[str], shapes: RowShapes) -> Mask:
    same_order = _repeats(cells[_ORDER])
    if "customer_id" in roles and not {_ORDER, "ordered_at"} & {*roles}:
        return ~_empty(cells, ["ordered_at"])
    if _ORDER not in roles:
        return same_order
    if "ordered_at" not in roles:
        same_time = _repeats(cells["customer_id"]) & _repeats(cells["ordered_at"])
        return same_time & _empty(cells, [_ORDER])
    same_buyer = _repeats(cells["customer_id"]) | _empty(cells, ["customer_id"])
    continues: Mask = (same_order & same_buyer & (shapes != _TOTAL)) | (shapes == _CONTINUATION)
    return continues & _empty(cells, ["ordered_at"])


def _repeats(column: pa.Array) -> Mask:
    """The cells that equal those of the row above."""
    same = np.zeros(len(column), dtype=bool)
    same[1:] = mask_of(pc.equal(column.slice(1), column.slice(0, len(column) - 1)))
    return same


def _shapes(batch: Batch, roles: Sequence[str]) -> RowShapes:
    """The rows without a day that are totals, or continue an order without its id and buyer."""
    shapes = np.zeros(len(batch.cells[_ORDER]), dtype=np.uint8)
    undated = np.flatnonzero(_empty(batch.cells, ["ordered_at"]))
    if _ORDER not in roles or not len(undated):
        return shapes
    rows = pa.array(undated)
    columns = batch.all_columns()
    filled = [~is_blank(column)[undated] for column in columns]
    cells = {role: column.take(rows) for role, column in batch.cells.items()}
    money = [~_empty(cells, [role]) for role in MONEY_ROLES if role in cells]
    has_money = np.logical_or.reduce(money)
    buyer = [~_empty(cells, [role]) for role in _BUYER]
    has_other_cells = np.sum(filled, axis=0) > np.sum([*money, *buyer], axis=0)
    is_item = ~has_money | (np.logical_and.reduce(money) & (_AMOUNT not in cells))
    has_other_columns = _AMOUNT in cells and len(columns) > len(money) + len(buyer)
    is_total = has_money & ~has_other_cells & has_other_columns
    for column in columns:
        texts = display_text(column).take(rows)
        is_total |= mask_of(pc.match_substring_regex(texts, _TOTAL_WORDS))
    continues = _empty(cells, _BUYER) & is_item & has_other_cells
    shapes[undated] = np.where(is_total, _TOTAL, np.where(continues, _CONTINUATION, 0))
    return shapes


def _empty(cells: Cells, roles: Sequence[str]) -> Mask:
    """The rows in which all these cells are empty."""
    empty: Mask = np.logical_and.reduce([is_blank(cells[role]) for role in roles])
    return empty
