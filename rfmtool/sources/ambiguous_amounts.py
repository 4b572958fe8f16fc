"""What money could be read from instead, and which of it may count twice, by the first cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, get_args

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.documents import packaged_toml
from rfmtool.sources.cells.numbers import (
    DecimalMark,
    NumberFormat,
    normalized_number_text,
    parse_number_text,
)
from rfmtool.sources.cells.typed import trimmed
from rfmtool.sources.names import normalized
from rfmtool.sources.roles_by_cells import content_kind, distinct_texts
from rfmtool.sources.synonyms import synonyms

_NEARLY_ALL: Final = 0.9
_NO_PIECES: Final = r"[^0-9]|[0-9]{3}"
"""What no number of pieces has."""
_NAMES: Final = packaged_toml(__package__, "unplayed.toml")
_WITH_CENTS: Final = r"[.,][0-9]{2}$"
_A_CENT: Final = 0.005
_NOT_NOTHING: Final = "[1-9]"


def amount_column_notices(
    taken: Mapping[str, str], cells: Mapping[str, pa.Array], others: Mapping[str, pa.Array]
) -> Iterator[str]:
    """What money could be read from instead."""
    if "amount" not in taken:
        money = f"Money is {taken['quantity']!r} times {taken['unit_price']!r}"
        if totals := _numbers(others, _NAMES["row_totals"].__contains__):
            yield f"{money}; {_listed(totals)} could be it too: see --column amount=NAME."
        less = _numbers(
            others,
            lambda name: any(one in name for one in _NAMES["discounts"]) and "cod" not in name,
        )
        if less := [name for name in less if _some(others[name], _NOT_NOTHING)]:
            yield (f"{money}, without {_listed(less)} taken off: --column amount=NAME takes a"
                   " column of what rows come to.")  # fmt: skip
        return
    if names := _numbers(others, synonyms()["amount"].__contains__):
        yield (f"Money is read from {taken['amount']!r}; {_listed(names)} could be it too: see"
               " --column amount=NAME.")  # fmt: skip
    yield from _of_prices(taken["amount"], others)
    is_counted = bool(_numbers(others, synonyms()["quantity"].__contains__))
    if normalized(taken["amount"]) != "amount" or is_counted or "amount" not in cells:
        return
    amounts = distinct_texts(cells["amount"])
    prices = _numbers(others, synonyms()["unit_price"].__contains__)
    prices = [name for name in prices if _some(others[name], _WITH_CENTS)]
    if prices and _some(amounts, "^1$") and not _some(amounts, _NO_PIECES):
        amount, price = taken["amount"], prices[0]
        yield (f"Money is read from {amount!r}, small whole numbers, and {price!r} is not used: if"
               f" {amount!r} counts pieces, take --column quantity={amount!r} and --column"
               f" unit_price={price!r}.")  # fmt: skip


def _of_prices(amount: str, others: Mapping[str, pa.Array]) -> Iterator[str]:
    """What a price of one, taken for want of an amount, may have to be multiplied with."""
    if normalized(amount) not in synonyms()["unit_price"]:
        return
    pieces = [
        name
        for name in _numbers(others, lambda name: any(one in name for one in _NAMES["pieces"]))
        if _some(others[name], "^1$")
        and _some(others[name], "^[2-9]|^[0-9]{2}")
        and not _some(others[name], _NO_PIECES)
    ]
    if pieces:
        yield (f"Money is read from {amount!r}, by its name the price of one: if {pieces[0]!r}"
               f" counts pieces, take --column quantity={pieces[0]!r} --column"
               f" unit_price={amount!r}.")  # fmt: skip


def total_row_notices(ids: pa.Array, amounts: pa.Array) -> Iterator[str]:
    """Whether orders have a row that comes to the sum of the others."""
    table = pa.table({"id": trimmed(ids), "amount": trimmed(amounts)}).drop_null()
    for mark in get_args(DecimalMark):
        plain, _ = parse_number_text(
            normalized_number_text(table["amount"].combine_chunks()), NumberFormat(mark)
        )
        if plain.null_count:
            continue
        table = table.set_column(1, "amount", pc.cast(plain, pa.float64()))
        sums = table.filter(pc.not_equal(table["amount"], 0)).group_by("id")
        told = sums.aggregate([("amount", "sum"), ("amount", "max"), ("amount", "count")])
        of_rows = pc.greater(told["amount_count"], 2)
        rest = pc.subtract(told["amount_sum"], pc.multiply(told["amount_max"], 2.0))
        twice = pc.and_(of_rows, pc.less(pc.abs(rest), _A_CENT))
        several, doubled = (pc.sum(one).as_py() or 0 for one in (of_rows, twice))
        differ = len(pc.unique(told["amount_sum"].filter(twice))) > 1  # or they may be set prices
        if differ and doubled >= _NEARLY_ALL * several:
            yield (f"In {doubled:,} of the {several:,} orders with three rows and more in the first"
                   " rows, one row comes to the sum of the others: if it is a total or a payment,"
                   " leave such rows out, or name the column that tells them with --column"
                   " type=NAME.")  # fmt: skip
        return


def _numbers(others: Mapping[str, pa.Array], is_one: Callable[[str], bool]) -> list[str]:
    """The columns of numbers with such a name; of few the cells are looked at."""
    likely = [name for name in others if is_one(normalized(name))]
    kinds = {name: content_kind(distinct_texts(others[name])) for name in likely}
    return [name for name in likely if kinds[name] in ("number", "empty")]


def _some(column: pa.Array, pattern: str) -> bool:
    """Whether any cell matches."""
    return pc.any(pc.match_substring_regex(pc.cast(column, pa.string()), pattern)).as_py() is True


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names))
