"""Roles that columns play by their names, and that their first cells throw doubt on.

Nothing is decided by it: what else a column could be is said, with the option that makes it so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.sources.cells import currencies
from rfmtool.sources.layout import KEPT, Asked
from rfmtool.sources.names import normal
from rfmtool.sources.roles import synonyms
from rfmtool.sources.roles_by_cells import filled_words, kind_of_words
from rfmtool.sources.source import Source
from rfmtool.sources.statuses import Statuses

DOUBTED: Final = ("amount", "customer_id", "email")
"""The roles whose cells are looked at."""
_FEW_WORDS: Final = 12
_A_NAME: Final = r"^[^0-9@]+\s[^0-9@]+$"
_PIECES: Final = r"^[0-9]{1,2}$"
_WITH_CENTS: Final = r"[.,][0-9]{2}$"
_NOT_NOTHING: Final = "[1-9]"
_ROW_TOTALS: Final = frozenset({
    "subtotal", "linesubtotal", "rowtotal", "soustotal", "zwischensumme", "zeilensumme",
    "subtotale", "subtotaal", "delsumma", "mezisoucet",
})  # fmt: skip
_DISCOUNTS: Final = (
    "discount", "rabatt", "nachlass", "remise", "reduction", "descuento", "sconto", "korting",
    "desconto", "rabat", "sleva", "indirim", "скидка", "割引", "折扣",
)  # fmt: skip


def doubts_of(source: Source, cells: Mapping[str, pa.Array], asked: Asked) -> Iterator[str]:
    """Sentences about what columns could be as well.

    Args:
        source: a file of the export.
        cells: its first cells, of the columns without a role by KEPT and name, and of DOUBTED.
        asked: the columns that somebody named are not doubted.
    """
    layout = source.layout
    taken = {role: layout.header[place].strip() for role, place in layout.places.items()}
    others = {
        name.removeprefix(KEPT): column for name, column in cells.items() if name.startswith(KEPT)
    }
    if "amount" not in asked.columns:
        yield from _of_amounts(taken, cells, others)
    for name, column in others.items():
        words = filled_words(column).to_pylist() if pa.types.is_string(column.type) else []
        if "currency" not in taken and _are_currencies(words):
            yield (f"Column {name!r} names {len(words)} currencies and is not used, so their money"
                   " is added up: --column currency=NAME tells them apart.")  # fmt: skip
        if "type" not in taken and normal(name) in synonyms()["type"]:
            sales = [word for word in words if Statuses().meaning(word, of_type=True) == "sale"]
            if sales and len(words) <= _FEW_WORDS:
                yield (f"Column {name!r} says {sales[0]!r} of some rows and is not used: if others"
                       " are no sales, --column type=NAME asks which.")  # fmt: skip
    if "customer_id" not in asked.columns and "email" in cells and "customer_id" in cells:
        yield from _namesakes(taken, cells["customer_id"], cells["email"])


def _are_currencies(words: list[str]) -> bool:
    codes = {word.upper() for word in words}
    return len(codes) > 1 and all(code.isalpha() and currencies.is_known(code) for code in codes)


def _of_amounts(
    taken: Mapping[str, str], cells: Mapping[str, pa.Array], others: Mapping[str, pa.Array]
) -> Iterator[str]:
    """What money could be read from instead."""
    numbers = {
        name: column
        for name, column in others.items()
        if kind_of_words(filled_words(column)) in ("number", "empty")
    }
    if "amount" not in taken:
        quantity, price = taken["quantity"], taken["unit_price"]
        names = [
            name
            for name, column in numbers.items()
            if normal(name) in _ROW_TOTALS
            or (any(stem in normal(name) for stem in _DISCOUNTS) and _has(column, _NOT_NOTHING))
        ]
        if names:
            yield (f"Money is {quantity!r} times {price!r}, and {_listed(names)} not used: if one"
                   " is what the row comes to, --column amount=NAME takes it.")  # fmt: skip
        return
    if names := [name for name in numbers if normal(name) in synonyms()["amount"]]:
        listed = ", ".join(map(repr, names))
        yield (f"Money is read from {taken['amount']!r}; {listed} could be it too: see --column"
               " amount=NAME.")  # fmt: skip
    known = synonyms()["unit_price"]
    prices = [name for name, column in numbers.items()
              if normal(name) in known and _has(column, _WITH_CENTS)]  # fmt: skip
    is_counted = any(normal(name) in synonyms()["quantity"] for name in others)
    if prices and not is_counted and not _has(cells["amount"], _PIECES, other=True):
        amount, price = taken["amount"], prices[0]
        yield (f"Money is read from {amount!r}, small whole numbers, and {price!r} is not used: if"
               f" {amount!r} counts pieces, take --column quantity={amount!r} and --column"
               f" unit_price={price!r}.")  # fmt: skip


def _has(column: pa.Array, pattern: str, *, other: bool = False) -> bool:
    """Whether a cell matches, or with `other` whether one does not."""
    found = pc.match_substring_regex(pc.cast(column, pa.string()), pattern)
    return bool(pc.any(pc.invert(found) if other else found).as_py())


def _listed(names: list[str]) -> str:
    return f"{', '.join(map(repr, names))} {'is' if len(names) == 1 else 'are'}"


def _namesakes(taken: Mapping[str, str], ids: pa.Array, emails: pa.Array) -> Iterator[str]:
    """Whether some who would be one customer by their name have several e-mail addresses."""
    names = pc.utf8_trim_whitespace(pc.cast(ids, pa.string()))
    table = pa.table({"id": names, "email": pc.utf8_lower(pc.cast(emails, pa.string()))})
    table = table.filter(
        pc.and_(pc.match_substring_regex(names, _A_NAME), pc.match_substring(table["email"], "@"))
    )
    addresses = table.group_by("id").aggregate([("email", "count_distinct")])
    several = pc.sum(pc.greater(addresses["email_count_distinct"], 1)).as_py() or 0
    if several:
        yield (f"Column {taken['customer_id']!r} holds names, and with {several:,} of them in the"
               " first rows stand several e-mail addresses: --column"
               f" customer_id={taken['email']!r} tells such people apart.")  # fmt: skip
