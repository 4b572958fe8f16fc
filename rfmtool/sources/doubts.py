"""Roles that columns play by their names, and that their first cells throw doubt on.

Nothing is decided by it: what else a column could be is said, with the option that makes it so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, get_args

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.sources.cells import currencies
from rfmtool.sources.cells.numbers import DecimalMark, NumberReading, as_typed, plain_numbers
from rfmtool.sources.layout import KEPT, Asked
from rfmtool.sources.names import normal
from rfmtool.sources.roles_by_cells import filled_words, kind_of_words
from rfmtool.sources.source import Source
from rfmtool.sources.statuses import Statuses, is_type_code
from rfmtool.sources.synonyms import synonyms

DOUBTED: Final = ("amount", "customer_id", "email", "order_id", "ordered_at")
"""The roles whose cells are looked at."""
_FEW_WORDS: Final = 12
_A_NAME: Final = r"^[^0-9@]+\s[^0-9@]+$"
_NO_PIECES: Final = r"[^0-9]|[0-9]{3}"
_CODE_LETTERS: Final = 3
_OFTEN_ELSE: Final = frozenset({
    "type", "typ", "kind", "transactiontype", "receipttype", "recordtype", "transactionkind",
})  # fmt: skip
"""Names of types that say as often of what else there are kinds."""
_SEVERAL: Final = 3
"""What is so of fewer may be chance."""
_MOST_OF_ONE: Final = 0.2
_NEARLY_ALL: Final = 0.9
_NO_IDS: Final = frozenset({"name", "customerref"})
_NUMBERS: Final = ("id", "no", "nr", "number", "nummer", "code", "ref")
"""How names of columns end that number customers."""
_OF_SEVERAL: Final = frozenset({"householdid", "accountid", "account"})
"""Customers who are several people, of whom each may have an address."""
_OF_PIECES: Final = (
    "qty", "quant", "cant", "count", "stk", "anz", "pcs", "piece", "szt", "box", "pack", "unit",
    "item",
)  # fmt: skip
"""What names of numbers of pieces hold, where they are not known."""
_WITH_CENTS: Final = r"[.,][0-9]{2}$"
_A_CENT: Final = 0.005
_NOT_NOTHING: Final = "[1-9]"
_ROW_TOTALS: Final = frozenset({
    "subtotal", "linesubtotal", "rowtotal", "soustotal", "zwischensumme", "zeilensumme",
    "subtotale", "subtotaal", "delsumma", "mezisoucet",
})  # fmt: skip
_DISCOUNTS: Final = (
    "discount", "rabatt", "nachlass", "remise", "reduction", "descuento", "sconto", "korting",
    "desconto", "rabat", "sleva", "indirim", "скидка", "割引", "折扣", "znizka", "upust",
    "ermassigung", "diskon", "할인", "alennus", "kedvezmeny", "クーポン",
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
    if "type" not in taken:
        yield from _of_types(others)
    if "customer_id" not in asked.columns and "customer_id" in cells:
        if "email" in cells:
            yield from _namesakes(taken, cells["customer_id"], cells["email"])
        yield from _of_customers(taken, cells, others)
    keys = {"customer_id", "ordered_at", "amount"}
    if keys <= cells.keys() - asked.columns.keys() and "order_id" not in taken:
        yield from _of_orders(taken["amount"], cells, others)
    if {"order_id", "amount"} <= cells.keys():
        yield from _of_totals(cells["order_id"], cells["amount"])


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


def _of_types(others: Mapping[str, pa.Array]) -> Iterator[str]:
    """What may say which rows are credit notes, payments or totals."""
    for name, column in others.items():
        if normal(name) not in synonyms()["type"]:
            continue
        words = filled_words(column)
        few = words.to_pylist() if 1 < len(words) <= _FEW_WORDS else []
        few = [word for word in few if not is_type_code(word)]
        sales = [word for word in few if Statuses().meaning(word, of_type=True) == "sale"]
        if sales:
            yield (f"Column {name!r} says {min(sales)!r} of some rows and is not used: if others"
                   " are no sales, --column type=NAME asks which.")  # fmt: skip
        elif few and normal(name) not in _OFTEN_ELSE:
            yield (f"Column {name!r} may say which rows are credit notes, payments or totals, and"
                   " is not used: --column type=NAME asks what its words mean.")  # fmt: skip


def _of_customers(
    taken: Mapping[str, str], cells: Mapping[str, pa.Array], others: Mapping[str, pa.Array]
) -> Iterator[str]:
    """Whether another column tells many more customers apart."""
    known = {*synonyms()["customer_id"]} - _NO_IDS
    likely = {name: column for name, column in others.items() if normal(name) in known}
    ids, chosen = _texts(cells["customer_id"]), taken["customer_id"]
    if normal(chosen) in _OF_SEVERAL:
        return
    if "email" in cells and taken["email"] != chosen:
        likely[taken["email"]] = cells["email"]
    for name, column in likely.items():
        table = pa.table({"id": ids, "other": _texts(column)}).drop_null()
        told = table.group_by("id").aggregate([("other", "count_distinct"), ("other", "count")])
        many = len(pc.unique(table["other"]))
        recur = many < _NEARLY_ALL * len(table)  # or it may number orders
        if name == taken.get("email") and normal(chosen).endswith(_NUMBERS):
            recur = False  # of one customer several people may write
        if recur and many >= 2 * len(told) and many - len(told) >= _SEVERAL:
            yield (f"Column {chosen!r} is taken for customers, {len(told):,} in the first rows, in"
                   f" which {name!r} has {many:,}: if those are the customers, take --column"
                   f" customer_id={name!r}.")  # fmt: skip
            continue
        rows = pc.greater(told["other_count"], _MOST_OF_ONE * len(table))
        guests = pc.and_(pc.greater(told["other_count_distinct"], _SEVERAL), rows)
        if name == taken.get("email") and pc.any(guests).as_py():
            yield (f"With one customer of column {chosen!r} stand many of {name!r}: if that one is"
                   " for guests, name it with --anonymous, or take --column"
                   f" customer_id={name!r}.")  # fmt: skip


def _of_orders(
    amount: str, cells: Mapping[str, pa.Array], others: Mapping[str, pa.Array]
) -> Iterator[str]:
    """Whether rows of one customer and time, which no order number tells apart, show one amount."""
    if normal(amount) in synonyms()["unit_price"]:
        return
    keys = ["customer_id", "ordered_at"]
    table = pa.table({name: _texts(cells[name]) for name in (*keys, "amount")}).drop_null()
    told = table.group_by(keys).aggregate([("amount", "count_distinct"), ("amount", "count")])
    of_rows = pc.greater(told["amount_count"], 1)
    alike = pc.and_(of_rows, pc.equal(told["amount_count_distinct"], 1))
    several, same = (pc.sum(one).as_py() or 0 for one in (of_rows, alike))
    if same < _SEVERAL or 2 * same < several:
        return
    numbers = [name for name, column in others.items() if _is_of_groups(cells, keys, column)]
    if numbers:
        yield (f"In the first rows a customer has several rows of one time {several:,} times, and"
               f" {same:,} times all show one amount: if {numbers[0]!r} numbers the orders and it"
               f" is their total, take --column order_id={numbers[0]!r} --amount-per"
               " order.")  # fmt: skip


def _is_of_groups(cells: Mapping[str, pa.Array], keys: list[str], column: pa.Array) -> bool:
    """Whether a column has another number for each group of rows, and one for all of a group."""
    texts = _texts(column)
    if texts.null_count or not pc.all(pc.match_substring_regex(texts, "[0-9]")).as_py():
        return False
    table = pa.table({**{name: _texts(cells[name]) for name in keys}, "other": texts})
    groups, pairs = (
        len(table.group_by(keys).aggregate([])),
        len(table.group_by([*keys, "other"]).aggregate([])),
    )
    return groups == pairs == len(pc.unique(texts))


def _of_totals(ids: pa.Array, amounts: pa.Array) -> Iterator[str]:
    """Whether orders have a row that comes to the sum of the others."""
    table = pa.table({"id": _texts(ids), "amount": _texts(amounts)}).drop_null()
    for mark in get_args(DecimalMark):
        plain, _ = plain_numbers(as_typed(table["amount"].combine_chunks()), NumberReading(mark))
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
    yield from _of_prices(taken["amount"], others, numbers)
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


def _of_prices(
    amount: str, others: Mapping[str, pa.Array], numbers: Callable[..., list[str]]
) -> Iterator[str]:
    """What a price of one, taken for want of an amount, may have to be multiplied with."""
    if normal(amount) not in synonyms()["unit_price"]:
        return
    pieces = [
        name
        for name in numbers(lambda name: any(one in name for one in _OF_PIECES))
        if _some(others[name], "^1$")
        and _some(others[name], "^[2-9]|^[0-9]{2}")
        and not _some(others[name], _NO_PIECES)
    ]
    if pieces:
        yield (f"Money is read from {amount!r}, by its name the price of one: if {pieces[0]!r}"
               f" counts pieces, take --column quantity={pieces[0]!r} --column"
               f" unit_price={amount!r}.")  # fmt: skip


def _texts(column: pa.Array) -> pa.Array:
    """Cells as texts without the white space around them; missing where nothing is left."""
    texts = pc.utf8_trim_whitespace(pc.cast(column, pa.string()))
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


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
