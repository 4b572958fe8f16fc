"""Roles that columns play by their names, and that their first cells throw doubt on.

Nothing is decided by it: what else a column could be is said, with the option that makes it so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.sources.ambiguous_amounts import amount_column_notices, total_row_notices
from rfmtool.sources.cells import currencies
from rfmtool.sources.cells.typed import trimmed
from rfmtool.sources.layout import KEPT, Asked
from rfmtool.sources.names import normalized
from rfmtool.sources.roles_by_cells import distinct_texts
from rfmtool.sources.source import Source
from rfmtool.sources.statuses import Statuses, is_type_code
from rfmtool.sources.synonyms import synonyms

CHECKED_ROLES: Final = ("amount", "customer_id", "email", "order_id", "ordered_at")
"""The roles whose cells are looked at."""
_FEW_WORDS: Final = 12
_A_NAME: Final = r"^[^0-9@]+\s[^0-9@]+$"
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


def ambiguity_notices(source: Source, cells: Mapping[str, pa.Array], asked: Asked) -> Iterator[str]:
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
        yield from amount_column_notices(taken, cells, others)
    if "type" not in taken:
        yield from _of_types(others)
    if "customer_id" not in asked.columns and "customer_id" in cells:
        if "email" in cells:
            yield from _namesakes(taken, cells["customer_id"], cells["email"])
        yield from _of_customers(taken, cells, others)
    if "customer_id" in cells:
        yield from _with_spaces(taken["customer_id"], cells["customer_id"])
    keys = {"customer_id", "ordered_at", "amount"}
    if keys <= cells.keys() - asked.columns.keys() and "order_id" not in taken:
        yield from _of_orders(taken["amount"], cells, others)
    if {"order_id", "amount"} <= cells.keys():
        yield from total_row_notices(cells["order_id"], cells["amount"])


def currencies_in(cells: Mapping[str, pa.Array]) -> dict[str, set[str]]:
    """By name, the codes in the columns without a role that hold nothing but currencies."""
    found = {}
    for name, column in cells.items():
        if not name.startswith(KEPT) or not pa.types.is_string(column.type):
            continue
        words = distinct_texts(column)
        codes = {word.upper() for word in words.to_pylist()} if len(words) <= _FEW_WORDS else set()
        if all(len(code) == _CODE_LETTERS and currencies.is_known_currency(code) for code in codes):
            found[name.removeprefix(KEPT)] = codes
    return found


def _of_types(others: Mapping[str, pa.Array]) -> Iterator[str]:
    """What may say which rows are credit notes, payments or totals."""
    for name, column in others.items():
        if normalized(name) not in synonyms()["type"]:
            continue
        words = distinct_texts(column)
        few = words.to_pylist() if 1 < len(words) <= _FEW_WORDS else []
        few = [word for word in few if not is_type_code(word)]
        sales = [word for word in few if Statuses().meaning(word, of_type=True) == "sale"]
        if sales:
            yield (f"Column {name!r} says {min(sales)!r} of some rows and is not used: if others"
                   " are no sales, --column type=NAME asks which.")  # fmt: skip
        elif few and normalized(name) not in _OFTEN_ELSE:
            yield (f"Column {name!r} may say which rows are credit notes, payments or totals, and"
                   " is not used: --column type=NAME asks what its words mean.")  # fmt: skip


def _of_customers(
    taken: Mapping[str, str], cells: Mapping[str, pa.Array], others: Mapping[str, pa.Array]
) -> Iterator[str]:
    """Whether another column tells many more customers apart."""
    known = {*synonyms()["customer_id"]} - _NO_IDS
    likely = {name: column for name, column in others.items() if normalized(name) in known}
    ids, chosen = trimmed(cells["customer_id"]), taken["customer_id"]
    if normalized(chosen) in _OF_SEVERAL:
        return
    if "email" in cells and taken["email"] != chosen:
        likely[taken["email"]] = cells["email"]
    for name, column in likely.items():
        table = pa.table({"id": ids, "other": trimmed(column)}).drop_null()
        told = table.group_by("id").aggregate([("other", "count_distinct"), ("other", "count")])
        many = len(pc.unique(table["other"]))
        recur = many < _NEARLY_ALL * len(table)  # or it may number orders
        if name == taken.get("email") and normalized(chosen).endswith(_NUMBERS):
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


def _with_spaces(chosen: str, ids: pa.Array) -> Iterator[str]:
    """Whether white space around them is all that tells some customers apart."""
    texts = pc.drop_null(pc.unique(pc.cast(ids, pa.string())))
    texts = texts.filter(pc.invert(pc.match_substring(texts, "@")))  # those are compared without
    alike = len(texts) - len(pc.unique(pc.utf8_trim_whitespace(texts)))
    if alike:
        yield (f"Customers of column {chosen!r} in the first rows who differ from another by white"
               f" space alone, and count apart: {alike:,}. If they are one, trim it in the"
               " export.")  # fmt: skip


def _of_orders(
    amount: str, cells: Mapping[str, pa.Array], others: Mapping[str, pa.Array]
) -> Iterator[str]:
    """Whether rows of one customer and time, which no order number tells apart, show one amount."""
    if normalized(amount) in synonyms()["unit_price"]:
        return
    keys = ["customer_id", "ordered_at"]
    table = pa.table({name: trimmed(cells[name]) for name in (*keys, "amount")}).drop_null()
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
    texts = trimmed(column)
    if texts.null_count or not pc.all(pc.match_substring_regex(texts, "[0-9]")).as_py():
        return False
    table = pa.table({**{name: trimmed(cells[name]) for name in keys}, "other": texts})
    groups, pairs = (len(table.group_by(by).aggregate([])) for by in (keys, [*keys, "other"]))
    return groups == pairs == len(pc.unique(texts))


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
