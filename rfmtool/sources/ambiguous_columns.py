"""Notices on columns whose role is ambiguous, judged by their first cells.

They change nothing: each says what else a column could be, and which option makes it so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.documents import packaged_toml
from rfmtool.sources.ambiguous_amounts import amount_column_notices, total_row_notices
from rfmtool.sources.cells import currencies
from rfmtool.sources.cells.typed import trimmed
from rfmtool.sources.layout import Asked
from rfmtool.sources.names import normalized
from rfmtool.sources.roles_by_cells import distinct_texts
from rfmtool.sources.rows.runs import Cells
from rfmtool.sources.source import Source
from rfmtool.sources.statuses import Statuses, is_type_code
from rfmtool.sources.synonyms import synonyms, types_of_anything

CHECKED_ROLES: Final = (
    "amount", "customer_id", "email", "name", "order_id", "ordered_at", "quantity", "unit_price",
)  # fmt: skip
"""The roles whose cells are checked."""
_DATA: Final = packaged_toml(__package__, "unused_columns.toml")
_FEW_WORDS: Final = 12
_FULL_NAME: Final = r"^[^0-9@]+\s[^0-9@]+$"
_CODE_LETTERS: Final = 3
_SEVERAL: Final = 3
"""Fewer cases may be chance."""
_GUEST_SHARE: Final = 0.2
"""An id with more of the rows may stand for all guests."""
_NEARLY_ALL: Final = 0.9
_MANY_ROWS: Final = 20
"""Fewer may all be of one customer."""
_DAY_CHARACTERS: Final = 10
_OTHERS_PER_ID, _OTHERS_PER_SHARED_ID = 2, 5
"""From how many others for each id on the others are likelier to be the customers."""


def ambiguity_notices(source: Source, cells: Cells, others: Cells, asked: Asked) -> Iterator[str]:
    """Notices on columns of a file that could play another role, unless the user named them.

    `cells` are the first cells of CHECKED_ROLES, and `others` of the columns without a role.
    """
    layout = source.layout
    taken = {role: layout.header[place].strip() for role, place in layout.places.items()}
    if "amount" not in asked.columns:
        yield from amount_column_notices(taken, cells, others)
    if "type" not in taken:
        yield from _type_notices(others)
    if "customer_id" not in asked.columns and "customer_id" in cells:
        if "email" in cells:
            yield from _namesake_notices(taken, cells["customer_id"], cells["email"])
        yield from _customer_notices(taken, cells, others)
    if "customer_id" in cells:
        yield from _space_notices(taken["customer_id"], cells["customer_id"])
    roles = {"customer_id", "ordered_at", "amount"}
    if roles <= cells.keys() - asked.columns.keys() and "order_id" not in taken:
        yield from _order_notices(taken["amount"], cells, others)
        yield from _number_notices(cells, others)
    if {"order_id", "customer_id", "ordered_at"} <= cells.keys() - asked.columns.keys():
        yield from _order_id_notices(taken["order_id"], cells)
        yield from _row_id_notices(taken["order_id"], cells, others)
    if {"order_id", "amount"} <= cells.keys():
        yield from total_row_notices(cells["order_id"], cells["amount"])


def currencies_in(others: Cells) -> dict[str, set[str]]:
    """The currency codes in columns without a role that hold nothing but such codes, by name."""
    codes_by_name = {}
    for name, column in others.items():
        words = distinct_texts(column)
        codes = {word.upper() for word in words.to_pylist()} if len(words) <= _FEW_WORDS else set()
        if all(len(code) == _CODE_LETTERS and currencies.is_known_currency(code) for code in codes):
            codes_by_name[name] = codes
    return codes_by_name


def _type_notices(others: Cells) -> Iterator[str]:
    """Columns that may say which rows are credit notes, payments or totals."""
    for name, column in others.items():
        if normalized(name) not in synonyms()["type"]:
            continue
        texts = distinct_texts(column)
        words = texts.to_pylist() if 1 < len(texts) <= _FEW_WORDS else []
        if not all(word.isupper() and len(word) <= _CODE_LETTERS for word in words):
            words = [word for word in words if not is_type_code(word)]
        sales = [word for word in words if Statuses().meaning(word, of_type=True) == "sale"]
        if 0 < len(sales) < len(words):
            yield (f"Column {name!r} says {min(sales)!r} of some rows and is not used: if others"
                   " are no sales, --column type=NAME asks which.")  # fmt: skip
        elif words and normalized(name) not in (*_DATA["other_types"], *types_of_anything()):
            yield (f"Column {name!r} may say which rows are credit notes, payments or totals, and"
                   " is not used: --column type=NAME asks what its words mean.")  # fmt: skip


def _customer_notices(taken: Mapping[str, str], cells: Cells, others: Cells) -> Iterator[str]:
    """Doubts about the column taken for customers."""
    chosen, ids = taken["customer_id"], trimmed(cells["customer_id"])
    is_one = len(ids) >= _MANY_ROWS and len(pc.unique(ids)) == 1 and not ids.null_count
    if ids.null_count < len(ids) < 2 * ids.null_count:
        yield (f"Column {chosen!r}, taken for customers, is empty in most of the first rows:"
               " --column customer_id=NAME takes another.")  # fmt: skip
    is_shared = normalized(chosen) in _DATA["shared_ids"]
    fewest = _OTHERS_PER_SHARED_ID if is_shared else _OTHERS_PER_ID
    known = {*synonyms()["customer_id"]} - {*_DATA["not_ids"]}
    candidates = {name: column for name, column in others.items() if normalized(name) in known}
    for role in ("name", "email"):
        if role in cells and taken[role] != chosen:
            candidates[taken[role]] = cells[role]
    orders = len(pc.unique(trimmed(cells["order_id"]))) if "order_id" in cells else len(ids)
    for name, column in candidates.items():
        is_contact = name in (taken.get("email"), taken.get("name"))
        table = pa.table({"id": ids, "other": trimmed(column)}).drop_null()
        groups = table.group_by("id").aggregate([("other", "count_distinct"), ("other", "count")])
        count, others_count = len(groups), len(pc.unique(table["other"]))
        recur = others_count < _NEARLY_ALL * len(table)  # or it may number orders
        if is_contact and normalized(chosen).endswith(tuple(_DATA["number_endings"])):
            recur = False  # several people may write for one customer
        if recur and others_count >= fewest * count and others_count - count >= _SEVERAL:
            is_one = False
            yield (f"Column {chosen!r} is taken for customers, {count:,} in the first rows, in"
                   f" which {name!r} has {others_count:,}: if those are the customers, take"
                   f" --column customer_id={name!r}.")  # fmt: skip
            continue
        if 2 * others_count <= count >= max(_MANY_ROWS, _NEARLY_ALL * orders):
            yield (f"Column {chosen!r}, taken for customers, has another in nearly each of the"
                   f" first {orders:,} orders, and {name!r} has {others_count:,}: if it is made up"
                   " for each order, as marketplaces do with addresses, take --column"
                   f" customer_id={name!r}.")  # fmt: skip
        is_frequent = pc.greater(groups["other_count"], _GUEST_SHARE * len(table))
        guests = pc.and_(pc.greater(groups["other_count_distinct"], _SEVERAL), is_frequent)
        if is_contact and not is_shared and pc.any(guests).as_py():
            is_one = False
            yield (f"With one customer of column {chosen!r} stand many of {name!r}: if that one is"
                   " for guests, name it with --anonymous, or take --column"
                   f" customer_id={name!r}.")  # fmt: skip
    if is_one:
        yield (f"Column {chosen!r} names one customer in all of the first rows: if that is who"
               " sold, take --column customer_id=NAME.")  # fmt: skip


def _space_notices(chosen: str, ids: pa.Array) -> Iterator[str]:
    """Customer ids that differ in white space, capitals, leading zeros or encodings only."""
    texts = pc.drop_null(pc.unique(pc.cast(ids, pa.string())))
    # E-mail addresses are compared without white space anyway.
    texts = texts.filter(pc.invert(pc.match_substring(texts, "@")))
    plain = pc.utf8_lower(pc.utf8_normalize(texts, "NFKC"))
    plain = pc.replace_substring_regex(plain, r"[\s\p{Z}\p{Cf}]+|^['#0]+", "")
    if alike := len(texts) - len(pc.unique(plain)):
        yield (f"Customers of column {chosen!r} in the first rows who differ from another by white"
               f" space, capitals or zeros in front alone, and count apart: {alike:,}. If they are"
               " one, write them alike in the export.")  # fmt: skip


def _order_id_notices(chosen: str, cells: Cells) -> Iterator[str]:
    """Whether the numbers of orders recur with other customers and days: they may number none."""
    keys = ("order_id", "customer_id", "ordered_at")
    table = pa.table({name: trimmed(cells[name]) for name in keys}).drop_null()
    counts = [(name, "count_distinct") for name in keys[1:]]
    groups = table.group_by(keys[0]).aggregate(counts)
    recur = [pc.greater(groups[f"{name}_count_distinct"], 1) for name in keys[1:]]
    several = pc.sum(pc.and_(*recur)).as_py() or 0
    if len(table) >= _MANY_ROWS and 2 * several > len(groups):
        yield (f"Column {chosen!r} is taken for numbers of orders, and {several:,} of its"
               f" {len(groups):,} in the first rows stand with several customers and days: without"
               " --order-per-row, or another --column order_id=NAME, rows of one customer and"
               " number count as one order.")  # fmt: skip


def _row_id_notices(chosen: str, cells: Cells, others: Cells) -> Iterator[str]:
    """Whether the numbers of orders number rows, and another column the orders."""
    known, rows = {*synonyms()["order_id"]}, len(cells["order_id"])
    endings = tuple(_DATA["number_endings"])
    if rows < _MANY_ROWS or len(pc.unique(cells["order_id"])) < rows:
        return
    days = pc.utf8_slice_codeunits(pc.cast(cells["ordered_at"], pa.string()), 0, _DAY_CHARACTERS)
    for name, column in others.items():
        if normalized(name) not in known and not normalized(name).endswith(endings):
            continue
        columns = {"customer": trimmed(cells["customer_id"]), "day": days, "other": trimmed(column)}
        table = pa.table(columns).drop_null()
        count = len(pc.unique(table["other"]))
        is_of_one = count == len(table.group_by([*columns]).aggregate([]))
        if is_of_one and count <= _NEARLY_ALL * len(table) and len(table) >= _NEARLY_ALL * rows:
            yield (f"Column {chosen!r}, taken for numbers of orders, has another in each of the"
                   f" first {rows:,} rows, and {name!r} has {count:,}, each of one customer and"
                   f" day: if those number orders, take --column order_id={name!r}.")  # fmt: skip
            return


def _order_notices(amount: str, cells: Cells, others: Cells) -> Iterator[str]:
    """Whether the rows of a customer and time, without an order id, repeat one amount."""
    if normalized(amount) in synonyms()["unit_price"]:
        return
    keys = ["customer_id", "ordered_at"]
    table = pa.table({name: trimmed(cells[name]) for name in (*keys, "amount")}).drop_null()
    groups = table.group_by(keys).aggregate([("amount", "count_distinct"), ("amount", "count")])
    has_rows = pc.greater(groups["amount_count"], 1)
    repeats = pc.and_(has_rows, pc.equal(groups["amount_count_distinct"], 1))
    several, same = (pc.sum(mask).as_py() or 0 for mask in (has_rows, repeats))
    if same < _SEVERAL or 2 * same < several:
        return
    if numbers := [name for name in others if _numbers_groups(cells, keys, others[name])]:
        yield (f"In the first rows a customer has several rows of one time {several:,} times, and"
               f" {same:,} times all show one amount: if {numbers[0]!r} numbers the orders and it"
               f" is their total, take --column order_id={numbers[0]!r} --amount-per"
               " order.")  # fmt: skip


def _number_notices(cells: Cells, others: Cells) -> Iterator[str]:
    """Whether a column numbers rows that, without an order id, are orders of one day."""
    days = pc.utf8_slice_codeunits(pc.cast(cells["ordered_at"], pa.string()), 0, _DAY_CHARACTERS)
    table = pa.table({"customer": trimmed(cells["customer_id"]), "day": days}).drop_null()
    several = len(table) - len(table.group_by(["customer", "day"]).aggregate([]))
    for name in others if several >= _SEVERAL else ():
        if normalized(name) not in _DATA["numbers"]:
            continue
        numbers = trimmed(others[name])
        if not numbers.null_count and len(pc.unique(numbers)) == len(numbers):
            yield (f"Column {name!r} has another number in each of the first rows, and rows of one"
                   f" customer and day are one order, {several:,} of them: if it numbers orders,"
                   f" take --column order_id={name!r}.")  # fmt: skip


def _numbers_groups(cells: Cells, keys: list[str], column: pa.Array) -> bool:
    """Whether a column has a number for each group of rows that no other group has."""
    texts = trimmed(column)
    if texts.null_count or not pc.all(pc.match_substring_regex(texts, "[0-9]")).as_py():
        return False
    table = pa.table({**{name: trimmed(cells[name]) for name in keys}, "other": texts})
    groups, pairs = (len(table.group_by(by).aggregate([])) for by in (keys, [*keys, "other"]))
    return groups == pairs == len(pc.unique(texts))


def _namesake_notices(taken: Mapping[str, str], ids: pa.Array, emails: pa.Array) -> Iterator[str]:
    """Whether customers identified by their names have several e-mail addresses."""
    names = pc.utf8_trim_whitespace(pc.cast(ids, pa.string()))
    table = pa.table({"id": names, "email": pc.utf8_lower(pc.cast(emails, pa.string()))})
    is_full_name = pc.match_substring_regex(names, _FULL_NAME)
    table = table.filter(pc.and_(is_full_name, pc.match_substring(table["email"], "@")))
    addresses = table.group_by("id").aggregate([("email", "count_distinct")])
    several = pc.sum(pc.greater(addresses["email_count_distinct"], 1)).as_py() or 0
    if several:
        yield (f"Column {taken['customer_id']!r} holds names, and with {several:,} of them in the"
               " first rows stand several e-mail addresses: if those are of several people,"
               f" --column customer_id={taken['email']!r} tells them apart.")  # fmt: skip
