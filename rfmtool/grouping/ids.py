"""Customer ids in the form that is compared, and checks of ids of no or several customers."""

from __future__ import annotations

from collections.abc import Iterator
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

_MAX_SHORTENED_SHARE: Final = 0.01
_MAX_KINDS: Final = 8
_WORD_PATTERN: Final = r"^[^0-9@]{1,24}$"
_MIN_CUSTOMERS, _DOMINANT_SHARE = 20, 0.1
_GUEST_IDS: Final = ("0", "-1")
"""The ids that shop systems write where a customer has no account."""


def matching_keys(ids: pd.Series[Any]) -> pd.Series[Any]:
    """The ids of a column in the form that is compared: `matching_key`."""
    keys = matching_key(pa.array(ids.astype("str"), pa.string()))
    column: pd.Series[Any] = keys.to_pandas()
    return column.set_axis(ids.index)


def check_ids(export: Export, customers: pa.Table, dates: OrderDates, ledger: Ledger) -> None:
    """Check that each id can be one customer, and that none stands for missing customers."""
    ids = customers["customer_id"].combine_chunks()
    column = export.columns["customer_id"]
    if not len(ids):
        return
    _check_shortened(export, ids, dates)
    if ledger.shortened_orders > _MAX_SHORTENED_SHARE * ledger.rows:
        raise _cut_short_error(export, "order_id", f"order ids of {ledger.shortened_orders:,} rows")
    orders = np.bincount(dates.owner, minlength=len(ids))
    if content := _other_content(export, ids, orders):
        raise InputError(
            f"{export.name}: column {column!r} holds {content}, and not customers",
            "Name the column of customers with --column customer_id=NAME.",
        )
    formulas = int(pc.sum(pc.starts_with(ids, '="')).as_py() or 0)
    if formulas:  # where all ids are formulas, detection has handled them
        raise AmbiguousInputError(
            f"{export.name}: {formulas:,} customer ids in column {column!r} are formulas, as"
            ' ="00123" is, and others are not',
            "Write them alike in all rows.",
        )
    duplicates = int(pc.sum(pc.is_in(ids, _point_zero_ids_as_integers(ids))).as_py() or 0)
    if duplicates:
        raise AmbiguousInputError(
            f"{export.name}: column {column!r} has {duplicates:,} customer"
            f" id{'s' * (duplicates > 1)} both as in 17850.0 and as in 17850, so one customer could"
            " be two",
            "Write them alike in all files, as whole numbers or as text.",
        )
    _check_anonymous_words(export, ids, orders)


def _check_anonymous_words(export: Export, ids: pa.Array, orders: Ints) -> None:
    """Refuse an id with several orders that is a word for a missing customer, or has no letter."""
    rows = np.flatnonzero(mask_of(pc.match_substring_regex(ids, _WORD_PATTERN)) & (orders > 1))
    if not len(rows):
        return
    decomposed = pc.utf8_normalize(pc.utf8_lower(ids.take(pa.array(rows))), "NFKD")
    plain = pc.replace_substring_regex(decomposed, r"[\s_/\p{M}-]+", "")
    anonymous_words = sorted({normalized(word) for word in words("nobody")})
    is_nobody = pc.or_(
        pc.is_in(plain, pa.array(anonymous_words)),
        pc.invert(pc.match_substring_regex(plain, r"[\p{L}\p{N}]")),  # such as *** and -
    )
    for row in rows[mask_of(is_nobody)]:
        word = ids[int(row)].as_py()
        raise AmbiguousInputError(
            f"{export.name}: column {export.columns['customer_id']!r} says {word!r} of"
            f" {orders[row]:,} orders, as of one customer, and by that word it is nobody",
            f"If so, take --anonymous {word!r}; if it is one customer, write another id.",
        )


def _other_content(export: Export, ids: pa.Array, orders: Ints) -> str | None:
    """What the column holds instead of customers, for a message."""
    kinds = {normalized(word) for word in ids.to_pylist()} if len(ids) <= _MAX_KINDS else set()
    if kinds and kinds <= words("kinds_of_customers") and orders.max(initial=0) > 1:
        return "kinds of customers, such as new and returning"
    is_detected = "customer_id" not in export.asked.columns
    if is_detected and normalized(export.columns["customer_id"]) == "name":
        are_order_names = pc.all(pc.match_substring_regex(ids, "^#[0-9]")).as_py()
        return "the names of orders, such as #1001" if are_order_names else None
    return None


def _point_zero_ids_as_integers(ids: pa.Array) -> pa.Array:
    """The ids written like `17850.0`, without their `.0`."""
    candidates = ids.filter(pc.ends_with(ids, ".0"))  # quick, and mostly empty
    floats = candidates.filter(pc.match_substring_regex(candidates, r"^[0-9]+\.0$"))
    return pc.utf8_slice_codeunits(floats, 0, -2)


def _check_shortened(export: Export, ids: pa.Array, dates: OrderDates) -> None:
    """Refuse ids such as 6.12E+12, in which a spreadsheet has lost all but the first digits."""
    shortened = is_scientific_notation(ids)
    if not shortened.any():
        return
    by_order = shortened[dates.owner] if len(dates.owner) else shortened
    if max(by_order.mean(), shortened.mean()) > _MAX_SHORTENED_SHARE:
        raise _cut_short_error(export, "customer_id", f"{int(shortened.sum()):,} customer ids")


def _cut_short_error(export: Export, role: str, subject: str) -> AmbiguousInputError:
    return AmbiguousInputError(
        f"{export.name}: {subject} in column {export.columns[role]!r} are written like 6.12E+12: a"
        " spreadsheet has cut them short, and different ones have become one",
        "Export again, without opening and saving the file in a spreadsheet.",
    )


def id_notices(export: Export, customers: pa.Table, dates: OrderDates) -> Iterator[str]:
    """Sentences about ids in two forms, shortened ids, and an id with a large share of orders."""
    ids, column = customers["customer_id"].combine_chunks(), export.columns["customer_id"]
    floats = len(_point_zero_ids_as_integers(ids))
    if floats and pc.any(pc.match_substring_regex(ids, "^[0-9]+$")).as_py():
        yield (f"{floats:,} customer ids are written like 17850.0 and others like 17850; if those"
               " are numbers alike, write them alike in all files.")  # fmt: skip
    if shortened := int(is_scientific_notation(ids).sum()):
        yield (f"{shortened:,} customer ids are written like 6.12E+12: a spreadsheet has cut them"
               " short, and different customers may have become one.")  # fmt: skip
    if masked := pc.sum(pc.match_substring(ids, "**")).as_py():
        yield (f"{masked:,} customer ids have letters hidden by asterisks, as in a***, so"
               " different customers may have become one.")  # fmt: skip
    orders = np.bincount(dates.owner, minlength=len(ids))
    most, total = int(orders.max(initial=0)), int(orders.sum())
    if most >= total:
        return
    second_most, top_id = int(np.partition(orders, -2)[-2]), ids[int(orders.argmax())].as_py()
    is_dominant = most > max(_DOMINANT_SHARE * total, 5 * second_most)
    if top_id in _GUEST_IDS and most > second_most:
        yield (f"Column {column!r} says {top_id!r} of {most:,} of {total:,} orders, more than of"
               f" anybody else: if guests have that number, --anonymous={top_id} leaves them"
               " out.")  # fmt: skip
    elif is_dominant and (orders > 0).sum() >= _MIN_CUSTOMERS:
        yield (f"One customer id of column {column!r} has {most:,} of {total:,} orders: if it"
               " stands for guests or cash sales, --anonymous ID leaves it out.")  # fmt: skip
