"""Orders of several rows of which only the first is filled: its cells are carried down.

A preset says so, or the look of the first rows. Then a row without a day goes on with the order
above where it has the same id and no other buyer, or names neither and has a quantity and a price,
or no money at all. A row of totals has money without a price, nothing but money, or says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, mask_of
from rfmtool.sources.batches import Batch, Jobs
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
"""What is carried down where no preset says what."""
_SOME: Final = 0.05
"""Fewer rows that could go on are odd ones."""
_BARE: Final = 1
"""How a row looks that names neither order nor buyer and goes on with the order above."""
_TOTAL: Final = 2
"""How a row of totals looks."""
_SAYS_TOTAL: Final = (
    rf"(?i)^(?:{TOTAL_PATTERN})[\s:.#]*(?:(?:for|of|order|no)[\s:.#]*)?(?:[\w#/-]*\d[\w/-]*)?$"
)
"""Also with a number, such as that of an order, behind the word."""
RowShapes = npt.NDArray[np.uint8]


def filled_down(jobs: Jobs, roles: Sequence[str]) -> Jobs:
    """Fill the empty cells of an order's later rows from the row above, and their amount with 0.

    Batches are taken apart here, one after the other: an order may begin in the batch before.

    Args:
        jobs: the batches of one file, in its order.
        roles: which roles are carried down; the id of orders is among them if rows look so.
    """
    above: Cells | None = None
    for job in jobs:
        batch = job()
        if len(batch.cells[_ORDER]):
            looking = _looking(batch, roles)
            batch = replace(batch, cells=_carried(batch.cells, roles, above, looking))
            above = {role: cells.slice(len(cells) - 1) for role, cells in batch.cells.items()}
        yield partial(replace, batch)  # as it is


def counting_fills(batches: Iterable[Batch], found: FillCounts) -> Iterator[Batch]:
    """The same batches, one at a time; what their rows look like is added to `found`."""
    for batch in batches:
        if {*_BUYER} <= batch.cells.keys() and len(batch.cells[_ORDER]):
            looking = _looking(batch, ORDER_ROLES)
            buyers = {role: batch.cells[role] for role in _BUYER}
            days = _carried(buyers, ORDER_ROLES, None, looking)["ordered_at"]
            goes_on = _goes_on(batch.cells, ORDER_ROLES, looking) & mask_of(days.is_valid())
            money = [role for role in MONEY_ROLES if role in batch.cells]
            may = _empty(batch.cells, _BUYER) & (looking != _BARE) & ~_empty(batch.cells, money)
            dated = _repeats(batch.cells[_ORDER]) & ~_empty(batch.cells, ["ordered_at"])
            found.update(rows=len(looking), goes_on=int(goes_on.sum()), may_go_on=int(may.sum()),
                         dated=int(dated.sum()))  # fmt: skip
        yield batch


def needs_fill_down(found: FillCounts) -> tuple[bool, bool]:
    """Whether rows go on with the order above as a rule, and whether some may and nobody can tell.

    Where orders have their day on all rows, one without is an odd one.
    """
    enough = max(_SOME * found["rows"], 1)
    is_rule = found["goes_on"] >= enough and found["dated"] <= _SOME * found["goes_on"]
    return is_rule, found["may_go_on"] >= enough


def _carried(
    cells: Cells, roles: Sequence[str], above: Cells | None, looking: RowShapes
) -> dict[str, pa.Array]:
    """Fill the cells below `above`, which is the last row before them."""
    if above is not None:
        joined = {role: pa.concat_arrays([above[role], column]) for role, column in cells.items()}
        filled = _carried(joined, roles, None, np.insert(looking, 0, 0))
        return {role: column.slice(1) for role, column in filled.items()}
    goes_on = _goes_on(cells, roles, looking)
    places = np.arange(len(goes_on))
    starts = np.maximum.accumulate(np.where(goes_on, 0, places))
    filled = dict(cells)
    for role in roles:
        if role in cells:  # each empty cell takes the last filled one above it in its order
            last = np.maximum.accumulate(np.where(mask_of(cells[role].is_valid()), places, -1))
            filled[role] = cells[role].take(pa.array(last, mask=last < starts))
    if _AMOUNT in cells:
        amounts = cells[_AMOUNT]
        is_text = pa.types.is_string(amounts.type)
        zero = pa.scalar("0" if is_text else 0, amounts.type)
        empty = pc.and_(amounts.is_null(), pa.array(goes_on))
        filled[_AMOUNT] = pc.if_else(empty, zero, amounts)
    return filled


def _goes_on(cells: Cells, roles: Sequence[str], looking: RowShapes) -> Mask:
    """The rows of the order of the row above."""
    same = _repeats(cells[_ORDER])
    if _ORDER not in roles:
        return same
    is_theirs = _repeats(cells["customer_id"]) | _empty(cells, ["customer_id"])
    goes_on: Mask = (same & is_theirs & (looking != _TOTAL)) | (looking == _BARE)
    return goes_on & _empty(cells, ["ordered_at"])


def _repeats(column: pa.Array) -> Mask:
    """The cells that are those of the row above."""
    same = np.zeros(len(column), dtype=bool)
    same[1:] = mask_of(pc.equal(column.slice(1), column.slice(0, len(column) - 1)))
    return same


def _looking(batch: Batch, roles: Sequence[str]) -> RowShapes:
    """Which rows without a day are of totals, and which others name neither order nor buyer."""
    cells = batch.cells
    looking = np.zeros(len(cells[_ORDER]), dtype=np.uint8)
    undated = np.flatnonzero(_empty(cells, ["ordered_at"]))
    if _ORDER not in roles or not len(undated):
        return looking
    rows = pa.array(undated)
    whole = batch.all_columns()
    told = [~is_blank(column)[undated] for column in whole]
    theirs = {role: column.take(rows) for role, column in cells.items()}
    money = [~_empty(theirs, [role]) for role in MONEY_ROLES if role in theirs]
    has_money = np.logical_or.reduce(money)
    named = [~_empty(theirs, [role]) for role in _BUYER]
    is_told = np.sum(told, axis=0) > np.sum([*money, *named], axis=0)
    is_line = ~has_money | (np.logical_and.reduce(money) & (_AMOUNT not in cells))
    total = has_money & ~is_told & (_AMOUNT in cells and len(whole) > len(money) + len(named))
    for column in whole:
        total |= mask_of(pc.match_substring_regex(display_text(column).take(rows), _SAYS_TOTAL))
    bare = _empty(theirs, _BUYER) & is_line & is_told
    looking[undated] = np.where(total, _TOTAL, np.where(bare, _BARE, 0))
    return looking


def _empty(cells: Cells, roles: Sequence[str]) -> Mask:
    """The rows without any of these cells."""
    empty: Mask = np.logical_and.reduce([is_blank(cells[role]) for role in roles])
    return empty
