"""Roles that columns play by their names, and that their first cells throw doubt on.

Nothing is decided by it: what else a column could be is said, with the option that makes it so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
_NO_PIECES: Final = r"[^0-9]|[0-9]{3}"
_CODE_LETTERS: Final = 3
_KINDS_OF_ROWS: Final = frozenset({"recordtype", "linetype", "documenttype", "transactiontype"})
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
        if "type" in taken or normal(name) not in _KINDS_OF_ROWS:
            continue
        words = filled_words(column)
        few = words.to_pylist() if len(words) <= _FEW_WORDS else []
        sales = [word for word in few if Statuses().meaning(word, of_type=True) == "sale"]
        if sales:
            yield (f"Column {name!r} says {min(sales)!r} of some rows and is not used: if others"
                   " are no sales, --column type=NAME asks which.")  # fmt: skip
    if "customer_id" not in asked.columns and "email" in cells and "customer_id" in cells:
        yield from _namesakes(taken, cells["customer_id"], cells["email"])


def currencies_in(cells: Mapping[str, pa.Array]) -> dict[str, set[str]]:
    """By name, the codes in the columns without a role that hold nothing but currencies."""
    found = {}
    for name, column in cells.items():
        if not name.startswith(KEPT) or not pa.types.is_string(column.type):
            continue
        words = filled_words(column)
        codes = {word.upper() for word in words.to_pylist()} if len(words) <= _FEW_WORDS else set()
        if all(len(code) == _CODE_LETTERS and currencies.is_known(code) for code in codes):
            found[name.removeprefix(KEPT)] = codes
    return found


def _of_amounts(
    taken: Mapping[str, str], cells: Mapping[str, pa.Array], others: Mapping[str, pa.Array]
) -> Iterator[str]:
    """What money could be read from instead."""

    def numbers(is_one: Callable[[str], bool]) -> list[str]:
        """The columns of numbers with such a name; of few the cells are looked at."""
        likely = [name for name in others if is_one(normal(name))]
        words = {name: filled_words(others[name]) for name in likely}
        return [name for name in likely if kind_of_words(words[name]) in ("number", "empty")]

    if "amount" not in taken:
        money = f"Money is {taken['quantity']!r} times {taken['unit_price']!r}"
        if totals := numbers(_ROW_TOTALS.__contains__):
            yield f"{money}; {_listed(totals)} could be it too: see --column amount=NAME."
        less = numbers(lambda name: any(one in name for one in _DISCOUNTS) and "cod" not in name)
        if less := [name for name in less if _some(others[name], _NOT_NOTHING)]:
            yield (f"{money}, without {_listed(less)} taken off: --column amount=NAME takes a"
                   " column of what rows come to.")  # fmt: skip
        return
    if names := numbers(synonyms()["amount"].__contains__):
        yield (f"Money is read from {taken['amount']!r}; {_listed(names)} could be it too: see"
               " --column amount=NAME.")  # fmt: skip
    is_counted = bool(numbers(synonyms()["quantity"].__contains__))
    if normal(taken["amount"]) != "amount" or is_counted or "amount" not in cells:
        return
    amounts = filled_words(cells["amount"])
    prices = numbers(synonyms()["unit_price"].__contains__)
    prices = [name for name in prices if _some(others[name], _WITH_CENTS)]
    if prices and _some(amounts, "^1$") and not _some(amounts, _NO_PIECES):
        amount, price = taken["amount"], prices[0]
        yield (f"Money is read from {amount!r}, small whole numbers, and {price!r} is not used: if"
               f" {amount!r} counts pieces, take --column quantity={amount!r} and --column"
               f" unit_price={price!r}.")  # fmt: skip


def _some(column: pa.Array, pattern: str) -> bool:
    """Whether any cell matches."""
    return pc.any(pc.match_substring_regex(pc.cast(column, pa.string()), pattern)).as_py() is True


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names))


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
               " first rows stand several e-mail addresses: if those are of several people,"
               f" --column customer_id={taken['email']!r} tells them apart.")  # fmt: skip
