"""Which rows are sales: what columns of statuses, types, flags and dates of cancelling say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, Places
from rfmtool.sources.cells.numbers import Units
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
"""No status column has so many; beyond it unknown words are counted together."""


def no_sales(heads: Cells, question: LineOptions) -> Iterator[Mask]:
    """The runs that each column says are no sale."""
    # The status of the order and that of its payment; open is no sale unless the other is.
    said = [_means(heads, role, question) for role in STATUS_ROLES[:2] if role in heads]
    for meanings in said:
        yield meanings == _NOT_A_SALE
    if said:
        is_open = np.logical_or.reduce([meanings == _OPEN for meanings in said])
        is_sale = np.logical_or.reduce([meanings == _SALE for meanings in said])
        yield is_open & ~is_sale
    if "type" in heads:
        yield of_no_sale_type(heads, question)
    if "captured" in heads:
        yield _where(heads["captured"], lambda word: normalized(word) in words("no"))
    for role in ("cancelled_on", "voided", "is_test"):
        if role in heads:
            yield _where(heads[role], _is_set)
    if "paid_at" in heads:
        yield is_blank(heads["paid_at"])


def of_no_sale_type(heads: Cells, question: LineOptions) -> Mask:
    """The runs of quotes, fees and payouts: no sales, which says nothing of their orders."""
    if "type" not in heads:
        return np.zeros(len(heads["customer_id"]), dtype=bool)
    aside: Mask = _means(heads, "type", question) == _NOT_A_SALE
    return aside


def credits_of(heads: Cells, question: LineOptions) -> Mask | None:
    """The runs of credit notes and refunds; None where nothing says which are."""
    return _means(heads, "type", question) == _CREDIT if "type" in heads else None


def _means(heads: Cells, role: str, question: LineOptions) -> npt.NDArray[np.int8]:
    """What each cell of a column means, as a place in `_MEANINGS`."""
    codes, found = _encoded(heads[role])
    meanings = [*map(_meaning(role, question), found), "empty"]
    return np.array([_MEANINGS.index(one) for one in meanings], dtype=np.int8)[codes]


def _meaning(role: str, question: LineOptions) -> Callable[[str], Meaning]:
    has_payment_status = role == "status" and question.has_payment_status
    return partial(
        question.statuses.meaning, of_type=role == "type", has_payment_status=has_payment_status
    )


def _encoded(cells: pa.Array) -> tuple[Places, list[str]]:
    """Each cell's place among the distinct words, which is beyond the last where it is empty."""
    texts = pc.utf8_trim_whitespace(pc.cast(cells, pa.string()))
    encoded = pc.dictionary_encode(pc.if_else(pc.equal(texts, ""), None, texts))
    found = encoded.dictionary.to_pylist()
    return encoded.indices.fill_null(len(found)).to_numpy(zero_copy_only=False), found


def statuses_of(
    heads: Cells, question: LineOptions, rows: Places, sales: Units, refunds: Units
) -> Mapping[StatusKey, StatusSum]:
    """The rows and the money of each word of the status columns.

    Args:
        heads: of the runs.
        question: says what words mean.
        rows: how many rows of each run are readable.
        sales: of each run.
        refunds: of each run.
    """
    found: dict[StatusKey, StatusSum] = {}
    for role in STATUS_ROLES:
        if role not in heads:
            continue
        codes, distinct = _encoded(heads[role])
        sums = np.zeros((len(distinct) + 1, 3), dtype=np.int64)
        for column, values in enumerate((rows, sales - refunds, sales + refunds)):
            np.add.at(sums[:, column], codes, np.where(rows > 0, values, 0))
        meaning, many = _meaning(role, question), len(distinct) > _MANY_WORDS
        for word, one in zip([*distinct, ""], sums.tolist(), strict=True):
            meant = meaning(word) if word else "empty"
            key = role, "" if many and meant == "unknown" else word, meant
            if one[0]:
                found[key] = StatusSum(*one).merged_with(found.get(key, StatusSum()))
    return found


def _is_set(word: str) -> bool:
    """Whether a flag is true, or a day of cancelling is there."""
    key = normalized(word)
    return bool(key.strip("0")) and key not in words("no") | words("not_set")


def _where(cells: pa.Array, holds: Callable[[str], bool]) -> Mask:
    """The filled cells of whose words something holds."""
    codes, found = _encoded(cells)
    return np.array([*map(holds, found), False])[codes]
