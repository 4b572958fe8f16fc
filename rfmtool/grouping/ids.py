"""Customer ids as they are compared, and those that are nobody's or of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Ints, mask_of
from rfmtool.errors import AmbiguousInputError, InputError
from rfmtool.grouping.order_dates import OrderDates
from rfmtool.sources import Export
from rfmtool.sources.cells.ids import is_scientific_notation, matching_key
from rfmtool.sources.ledger import Ledger
from rfmtool.sources.names import normalized
from rfmtool.sources.statuses import words

_MOST: Final = 0.01
_FEW_KINDS: Final = 8
_WORDY: Final = r"^[^0-9@]{2,24}$"
_MANY_CUSTOMERS, _LIONS_SHARE = 20, 0.1
_GUESTS: Final = ("0", "-1")
"""What shop systems write where a customer has no account."""


def matching_keys(ids: pd.Series[Any]) -> pd.Series[Any]:
    """The ids of a column as they are compared: `matching_key`."""
    keys = matching_key(pa.array(ids.astype("str"), pa.string()))
    column: pd.Series[Any] = keys.to_pandas()
    return column.set_axis(ids.index)


def check_ids(export: Export, customers: pa.Table, dates: OrderDates, ledger: Ledger) -> None:
    """Check that each id can be one customer, and that nobody's id is nobody's customer.

    Args:
        export: what was read.
        customers: one row per customer id.
        dates: their counting orders.
        ledger: how many rows there are, and how many have order ids cut short.

    Raises:
        AmbiguousInputError: ids were cut short, are nobody, or one is written in two ways.
        InputError: the column holds kinds of customers, or names of orders.
    """
    ids = customers["customer_id"].combine_chunks()
    column = export.columns["customer_id"]
    if not len(ids):
        return
    _check_shortened(export, ids, dates)
    if ledger.shortened_orders > _MOST * ledger.rows:
        raise _cut_short(export, "order_id", f"order ids of {ledger.shortened_orders:,} rows")
    orders = np.bincount(dates.owner, minlength=len(ids))
    if others := _held_instead(export, ids, orders):
        raise InputError(
            f"{export.name}: column {column!r} holds {others}, and not customers",
            "Name the column of customers with --column customer_id=NAME.",
        )
    formulas = int(pc.sum(pc.starts_with(ids, '="')).as_py() or 0)
    if formulas:  # the beginning of a file tells whether all are
        raise AmbiguousInputError(
            f"{export.name}: {formulas:,} customer ids in column {column!r} are formulas, as"
            ' ="00123" is, and others are not',
            "Write them alike in all rows.",
        )
    twice = int(pc.sum(pc.is_in(ids, _without_point_zero(ids))).as_py() or 0)
    if twice:
        raise AmbiguousInputError(
            f"{export.name}: column {column!r} has {twice:,} customer id{'s' * (twice > 1)} both as"
            " in 17850.0 and as in 17850, so one customer could be two",
            "Write them alike in all files, as whole numbers or as text.",
        )
    wordy = np.flatnonzero(mask_of(pc.match_substring_regex(ids, _WORDY)) & (orders > 1))
    if not len(wordy):
        return
    apart = pc.utf8_normalize(pc.utf8_lower(ids.take(pa.array(wordy))), "NFKD")
    likely = pc.replace_substring_regex(apart, r"[\s_/\p{M}-]+", "")
    plain = {normalized(word) for word in words("nobody")}
    for place in wordy[mask_of(pc.is_in(likely, pa.array(sorted(plain))))]:
        word = ids[int(place)].as_py()
        raise AmbiguousInputError(
            f"{export.name}: column {column!r} says {word!r} of {orders[place]:,} orders, as of one"
            " customer, and by that word it is nobody",
            f"If so, take --anonymous {word!r}; if it is one customer, write another id.",
        )


def _held_instead(export: Export, ids: pa.Array, orders: Ints) -> str | None:
    """What else than customers the column holds, in words."""
    few = {normalized(one) for one in ids.to_pylist()} if len(ids) <= _FEW_KINDS else set()
    if few and few <= words("kinds_of_customers") and orders.max(initial=0) > 1:
        return "kinds of customers, such as new and returning"
    is_by_name = "customer_id" not in export.asked.columns
    if is_by_name and normalized(export.columns["customer_id"]) == "name":
        of_orders = pc.all(pc.match_substring_regex(ids, "^#[0-9]")).as_py()
        return "the names of orders, such as #1001" if of_orders else None
    return None


def _without_point_zero(ids: pa.Array) -> pa.Array:
    """Those written like `17850.0`, as whole numbers are."""
    likely = ids.filter(pc.ends_with(ids, ".0"))  # a quick look, as most have none
    written_so = likely.filter(pc.match_substring_regex(likely, r"^[0-9]+\.0$"))
    return pc.utf8_slice_codeunits(written_so, 0, -2)


def _check_shortened(export: Export, ids: pa.Array, dates: OrderDates) -> None:
    """Refuse ids such as 6.12E+12, in which a spreadsheet has lost all but the first digits."""
    shortened = is_scientific_notation(ids)
    if not shortened.any():
        return
    of_orders = shortened[dates.owner] if len(dates.owner) else shortened
    if max(of_orders.mean(), shortened.mean()) > _MOST:
        raise _cut_short(export, "customer_id", f"{int(shortened.sum()):,} customer ids")


def _cut_short(export: Export, role: str, which: str) -> AmbiguousInputError:
    return AmbiguousInputError(
        f"{export.name}: {which} in column {export.columns[role]!r} are written like 6.12E+12: a"
        " spreadsheet has cut them short, and different ones have fallen together",
        "Export again, without opening and saving the file in a spreadsheet.",
    )


def id_notices(export: Export, customers: pa.Table, dates: OrderDates) -> Sequence[str]:
    """Sentences about ids of two kinds or cut short, and one that has very many of the orders."""
    ids = customers["customer_id"].combine_chunks()
    found = []
    floats = len(_without_point_zero(ids))
    if floats and pc.any(pc.match_substring_regex(ids, "^[0-9]+$")).as_py():
        found.append(
            f"{floats:,} customer ids are written like 17850.0 and others like 17850; if those are"
            " numbers alike, write them alike in all files."
        )
    shortened = int(is_scientific_notation(ids).sum())
    if shortened:
        found.append(
            f"{shortened:,} customer ids are written like 6.12E+12: a spreadsheet has cut them"
            " short, and different customers may have fallen together."
        )
    orders = np.bincount(dates.owner, minlength=len(ids))
    most, every = int(orders.max(initial=0)), int(orders.sum())
    if most < every:
        next_most = int(np.partition(orders, -2)[-2])
        is_lion = most > max(_LIONS_SHARE * every, 5 * next_most)
        is_lion &= (orders > 0).sum() >= _MANY_CUSTOMERS
        first, column = ids[int(orders.argmax())].as_py(), export.columns["customer_id"]
        if first in _GUESTS and most > next_most:
            found.append(
                f"Column {column!r} says {first!r} of {most:,} of {every:,} orders, more than of"
                f" anybody else: if guests have that number, --anonymous={first} leaves them out."
            )
        elif is_lion:
            found.append(
                f"One customer id of column {column!r} has {most:,} of {every:,} orders: if it"
                " stands for guests or cash sales, --anonymous ID leaves it out."
            )
    return found
