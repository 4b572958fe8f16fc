"""Which rows are sales, by columns of statuses, types, flags and dates of cancellation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rfmtool.arrays import Mask, Places
from rfmtool.sources.cells.numbers import Units
from rfmtool.sources.cells.repeated_cells import distinct_and_places
from rfmtool.sources.cells.typed import trimmed
from rfmtool.sources.layout import LineOptions
from rfmtool.sources.ledger import StatusKey, StatusSum
from rfmtool.sources.names import normalized
from rfmtool.sources.rows.bins import is_blank
from rfmtool.sources.rows.runs import Cells
from rfmtool.sources.statuses import Meaning, words

STATUS_ROLES: Final = ("status", "payment_status", "type")
_MEANINGS: Final = ("sale", "open", "not_a_sale", "credit", "unknown", "empty")
_SALE, _OPEN, _NOT_A_SALE, _CREDIT = range(4)
_MANY_WORDS: Final = 100
"""Of columns with more, which are hardly statuses, the unknown words are counted together."""


def exclusion_masks(heads: Cells, options: LineOptions) -> Iterator[Mask]:
    """Masks of the runs that are not sales, one for each column that says so."""
    # Of order and payment status, an open one is not a sale unless the other is one.
    statuses = [_meanings(heads, role, options) for role in STATUS_ROLES[:2] if role in heads]
    for meanings in statuses:
        yield meanings == _NOT_A_SALE
    if statuses:
        is_open = np.logical_or.reduce([meanings == _OPEN for meanings in statuses])
        paid = [_matching(heads["captured"], _is_set)] if "captured" in heads else []
        is_sale = np.logical_or.reduce([*(meanings == _SALE for meanings in statuses), *paid])
        yield is_open & ~is_sale
    if "type" in heads:
        yield excluded_type_mask(heads, options)
    if "captured" in heads:
        yield _matching(heads["captured"], lambda word: normalized(word) in words("no"))
    for role in ("cancelled_on", "voided", "is_test"):
        if role in heads:
            yield _matching(heads[role], _is_set)
    if "paid_at" in heads:
        yield is_blank(heads["paid_at"])


def excluded_type_mask(heads: Cells, options: LineOptions) -> Mask:
    """The runs of quotes, fees and payouts: not sales, but their orders may be."""
    if "type" not in heads:
        return np.zeros(len(heads["customer_id"]), dtype=bool)
    is_no_sale: Mask = _meanings(heads, "type", options) == _NOT_A_SALE
    return is_no_sale


def credit_mask(heads: Cells, options: LineOptions) -> Mask | None:
    """The runs of credit notes and refunds; None without a type column."""
    return _meanings(heads, "type", options) == _CREDIT if "type" in heads else None


def _meanings(heads: Cells, role: str, options: LineOptions) -> npt.NDArray[np.int8]:
    """The meaning of each cell of a column, as an index into `_MEANINGS`."""
    codes, texts = _encoded(heads[role])
    meanings = [*map(_meaning_of(role, options), texts), "empty"]
    return np.array([_MEANINGS.index(meaning) for meaning in meanings], dtype=np.int8)[codes]


def _meaning_of(role: str, options: LineOptions) -> Callable[[str], Meaning]:
    has_both = role == "status" and options.has_payment_status
    meaning = options.statuses.meaning
    return partial(meaning, of_type=role == "type", has_payment_status=has_both)


def _encoded(cells: pa.Array) -> tuple[Places, list[str]]:
    """The place of each cell among the distinct texts, which follow; of empty cells the next."""
    distinct, places = distinct_and_places(trimmed(cells))
    return places, distinct.to_pylist()


def statuses_of(
    heads: Cells, options: LineOptions, rows: Places, sales: Units, refunds: Units
) -> dict[StatusKey, StatusSum]:
    """The readable rows and the money, in 1/10,000, of each word of the status columns.

    `rows`, `sales` and `refunds` are those of each run.
    """
    sums_by_key: dict[StatusKey, StatusSum] = {}
    for role in STATUS_ROLES:
        if role not in heads:
            continue
        codes, distinct = _encoded(heads[role])
        sums = np.zeros((len(distinct) + 1, 3), dtype=np.int64)
        for column, values in enumerate((rows, sales - refunds, sales + refunds)):
            np.add.at(sums[:, column], codes, np.where(rows > 0, values, 0))
        meaning_of, has_many = _meaning_of(role, options), len(distinct) > _MANY_WORDS
        for word, totals in zip([*distinct, ""], sums.tolist(), strict=True):
            meaning = meaning_of(word) if word else "empty"
            key = role, "" if has_many and meaning == "unknown" else word, meaning
            if totals[0]:
                known = sums_by_key.get(key, StatusSum())
                sums_by_key[key] = StatusSum(*totals).merged_with(known)
    return sums_by_key


def _is_set(word: str) -> bool:
    """Whether a cell is a true flag, or a date of cancellation."""
    key = normalized(word)
    return bool(key.strip("0")) and key not in words("no") | words("not_set")


def _matching(cells: pa.Array, predicate: Callable[[str], bool]) -> Mask:
    codes, texts = _encoded(cells)
    return np.array([*map(predicate, texts), False])[codes]
