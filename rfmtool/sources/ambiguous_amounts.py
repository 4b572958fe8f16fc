"""Notices on amounts: other columns they could be read from, and rows that may count twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations, islice
from typing import Final, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.documents import packaged_toml
from rfmtool.sources.cells.number_texts import DecimalMark, plain_numbers
from rfmtool.sources.cells.typed import trimmed
from rfmtool.sources.names import normalized
from rfmtool.sources.roles_by_cells import content_kind, distinct_texts
from rfmtool.sources.rows.runs import Cells
from rfmtool.sources.synonyms import fallback_synonyms, spellings, synonyms, without_units

_NEARLY_ALL, _SOME = 0.9, 0.2
_NOT_A_QUANTITY: Final = r"[^0-9]|[0-9]{3}"
_DATA: Final = packaged_toml(__package__, "unused_columns.toml")
_NAMES: Final = {key: [*map(normalized, _DATA[key])] for key in (
    "row_totals", "totals", "discounts", "fees", "commissions", "pieces",
)}  # fmt: skip
_IS_PRICE: Final = r"[.,][0-9]{2}$|[0-9]{3}"
_HALF_A_CENT: Final = 0.005
_NOT_ZERO: Final = "[1-9]"
_IS_NUMBER: Final = r"^\s*\D{0,4}\d[\d.,' ]*\D{0,4}$|^\s*$"
_MANY_ROWS, _FIRST_ROWS, _FIRST_COLUMNS, _MOST_COLUMNS = 20, 256, 64, 12


def amount_column_notices(taken: Mapping[str, str], cells: Cells, others: Cells) -> Iterator[str]:
    """Notices on columns that the amount could be read from instead.

    `taken` names the column of each role; `cells` are the first cells of the columns with a role,
    by role, and `others` those of the columns without one, by name.
    """
    if "amount" not in taken:
        money = f"Money is {taken['quantity']!r} times {taken['unit_price']!r}"
        if _is_of_all_pieces(cells["quantity"], cells["unit_price"]):
            yield (f"{money}, which grows with the quantity as if it were of all pieces: if so,"
                   f" take --column amount={taken['unit_price']!r}.")  # fmt: skip
        if totals := _numbers(others, _NAMES["row_totals"]):
            yield f"{money}; {_listed(totals)} could be it too: see --column amount=NAME."
        discounts = _numbers(others, stems=_NAMES["discounts"])
        discounts = [name for name in discounts if "cod" not in normalized(name)]
        if discounts := [name for name in discounts if _any_matches(others[name], _NOT_ZERO)]:
            yield (f"{money}, without {_listed(discounts)} taken off: --column amount=NAME takes a"
                   " column of what rows come to.")  # fmt: skip
        return
    names, more = synonyms()["amount"], fallback_synonyms()["amount"]
    more = [] if {*spellings(taken["amount"])}.isdisjoint(more) else more
    names = _numbers(others, [*names, *more])
    names = names or (_totals_beside(cells["amount"], others) if "amount" in cells else [])
    if names:
        yield (f"Money is read from {taken['amount']!r}; {_listed(names)} could be it too: see"
               " --column amount=NAME.")  # fmt: skip
    fees = _numbers(others, [*_NAMES["fees"], *_NAMES["commissions"]])
    if fees and normalized(taken["amount"]).startswith("net"):
        yield (f"Money is read from {taken['amount']!r}, perhaps less {_listed(fees)}: what was"
               " paid is taken by --column amount=NAME.")  # fmt: skip
    yield from _unit_price_notices(taken["amount"], others)
    has_quantity = bool(_numbers(others, synonyms()["quantity"]))
    if normalized(taken["amount"]) != "amount" or has_quantity or "amount" not in cells:
        return
    amounts = distinct_texts(cells["amount"])
    prices = [*synonyms()["unit_price"], *fallback_synonyms()["unit_price"]]
    prices = _numbers(others, prices)
    prices = [name for name in prices if _any_matches(others[name], _IS_PRICE)]
    if prices and _any_matches(amounts, "^1$") and not _any_matches(amounts, _NOT_A_QUANTITY):
        amount, price = taken["amount"], prices[0]
        yield (f"Money is read from {amount!r}, small whole numbers, and {price!r} is not used: if"
               f" {amount!r} counts pieces, take --column quantity={amount!r} and --column"
               f" unit_price={price!r}.")  # fmt: skip


def _unit_price_notices(amount: str, others: Cells) -> Iterator[str]:
    """Quantities that a unit price, read as the amount, may have to be multiplied with."""
    if {*spellings(amount)}.isdisjoint(synonyms()["unit_price"]):
        return
    quantities = [
        name
        for name in _numbers(others, stems=_NAMES["pieces"])
        if _any_matches(others[name], "^1$")
        and _any_matches(others[name], "^[2-9]|^[0-9]{2}")
        and not _any_matches(others[name], _NOT_A_QUANTITY)
    ]
    if quantities:
        yield (f"Money is read from {amount!r}, by its name the price of one: if {quantities[0]!r}"
               f" counts pieces, take --column quantity={quantities[0]!r} --column"
               f" unit_price={amount!r}.")  # fmt: skip
    elif totals := _numbers(others, stems=_NAMES["totals"]):
        yield (f"Money is read from {amount!r}, by its name the price of one; {_listed(totals)}"
               " could be it too: see --column amount=NAME.")  # fmt: skip


def _is_of_all_pieces(quantities: pa.Array, prices: pa.Array) -> bool:
    """Whether prices divided by quantities are far fewer than the prices: those of articles."""
    table = pa.table({"quantity": trimmed(quantities), "price": trimmed(prices)}).drop_null()
    if (read := _floats(table.columns)) is None:
        return False
    counts, sums = read
    is_sold = (counts > 0) & (sums > 0)
    known, each = sums[is_sold], sums[is_sold] / counts[is_sold]
    differ = [len(np.unique(np.char.mod("%.4g", values))) for values in (known, each)]
    return len(known) >= _MANY_ROWS and differ[0] >= 2 * differ[1]


def _totals_beside(amounts: pa.Array, others: Cells) -> list[str]:
    """The columns that are the amount and one to three others, as shipping and tax, together."""
    first = {name: _first_texts(column) for name, column in islice(others.items(), _FIRST_COLUMNS)
             if not any(stem in normalized(name) for stem in _NAMES["discounts"])}  # fmt: skip
    first = {name: texts for name, texts in first.items()
             if pc.all(pc.match_substring_regex(texts, _IS_NUMBER)).as_py()}  # fmt: skip
    names = [*first][:_MOST_COLUMNS]
    read = _floats([_first_texts(amounts), *map(first.get, names)])
    if len(amounts) < _MANY_ROWS or read is None:
        return []
    added = {name: values for name, values in zip(names, read[1:], strict=True)
             if (values >= 0).all()}  # fmt: skip
    sums = [parts for size in (1, 2, 3) for parts in combinations(added, size)]
    return [
        name
        for name, total in added.items()
        if np.mean(total > read[0]) >= _SOME
        and (total >= read[0]).all()
        and any(
            np.mean(np.abs(total - read[0] - sum(added[part] for part in parts)) < _HALF_A_CENT)
            >= _NEARLY_ALL
            for parts in sums
            if name not in parts
        )
    ]


def _first_texts(column: pa.Array) -> pa.Array:
    """The first cells of a column as text, 0 where one is empty; "x" of what is neither."""
    is_readable = pa.types.is_string(column.type) or pa.types.is_primitive(column.type)
    texts = trimmed(pc.cast(column[:_FIRST_ROWS], pa.string())) if is_readable else pa.array(["x"])
    return pc.if_else(pc.equal(texts, ""), "0", texts).fill_null("0")


def _floats(columns: Sequence[pa.Array]) -> list[npt.NDArray[np.float64]] | None:
    """Columns as numbers, by a decimal mark that reads them all; None where none does."""
    for mark in get_args(DecimalMark):
        read = []
        for column in columns:
            cells = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
            numbers = pc.cast(plain_numbers(cells, mark), pa.float64())
            read.append(numbers.to_numpy(zero_copy_only=False))
        if not any(np.isnan(values).any() for values in read):
            return read
    return None


def total_row_notices(ids: pa.Array, amounts: pa.Array) -> Iterator[str]:
    """A notice if most orders of three rows or more have a row that is the sum of the others.

    Or more than it, in some, by shipping or tax.
    """
    table = pa.table({"id": trimmed(ids), "amount": trimmed(amounts)}).drop_null()
    for mark in get_args(DecimalMark):
        numbers = plain_numbers(table["amount"].combine_chunks(), mark)
        if numbers.null_count:
            continue
        table = table.set_column(1, "amount", pc.cast(numbers, pa.float64()))
        rows = table.filter(pc.not_equal(table["amount"], 0)).group_by("id")
        orders = rows.aggregate([("amount", "sum"), ("amount", "max"), ("amount", "count")])
        is_large = pc.greater(orders["amount_count"], 2)
        excess = pc.subtract(orders["amount_sum"], pc.multiply(orders["amount_max"], 2.0))
        has_most = pc.and_(is_large, pc.less(excess, _HALF_A_CENT))
        has_total = pc.and_(has_most, pc.greater(excess, -_HALF_A_CENT))
        masks = (is_large, has_most, has_total)
        large, most, totals = (pc.sum(mask).as_py() or 0 for mask in masks)
        # Equal sums may be set prices.
        differ = len(pc.unique(orders["amount_sum"].filter(has_total))) > 1
        if differ and most >= _NEARLY_ALL * large and totals >= _SOME * large:
            yield (f"In {most:,} of the {large:,} orders with three rows and more in the first"
                   f" rows, one row comes to the sum of the others{' or more' * (most > totals)}:"
                   " if it is a total or a payment, leave such rows out, or name the column that"
                   " tells them with --column type=NAME.")  # fmt: skip
        return


def _numbers(others: Cells, names: Collection[str] = (), stems: Collection[str] = ()) -> list[str]:
    """The columns with such a name, or such a stem in it, that hold numbers or nothing."""
    keys = {
        name: {*spellings(bare)}
        for name, bare in zip(others, without_units([*others]), strict=True)
    }
    likely = [
        name
        for name, spelled in keys.items()
        if not spelled.isdisjoint(names) or any(stem in key for key in spelled for stem in stems)
    ]
    kinds = {name: content_kind(distinct_texts(others[name])) for name in likely}
    return [name for name in likely if kinds[name] in ("number", "empty")]


def _any_matches(column: pa.Array, pattern: str) -> bool:
    return pc.any(pc.match_substring_regex(pc.cast(column, pa.string()), pattern)).as_py() is True


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names))
