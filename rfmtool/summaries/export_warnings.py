"""The warnings on an export itself: money and rows left out, columns and ids in doubt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rfmtool.grouping.ambiguities import amount_notices, payment_notices
from rfmtool.grouping.grouped import Grouped
from rfmtool.grouping.ids import id_notices
from rfmtool.grouping.statuses import status_notices
from rfmtool.money import money_text
from rfmtool.sources.ledger import Ledger, Overlap
from rfmtool.summaries.exchange_rates import rates_data
from rfmtool.summaries.formatting import count_text, format_money, skipped_files_text

_LARGE_SHARE: Final = 0.01


def export_warnings(
    grouped: Grouped, overlap: str | None, rejected: Iterable[str] = ()
) -> list[str]:
    """What an export lacks or has in doubt: money, columns, rows, `rejected` ones too, and ids."""
    return [
        *_money_warnings(grouped.ledger),
        *reading_notices(grouped),
        *rejected,
        *_row_warnings(grouped, overlap),
        *_id_warnings(grouped),
    ]


def _money_warnings(ledger: Ledger) -> list[str]:
    anonymous = ledger.anonymous_units
    total = abs(anonymous) + abs(ledger.used_units)
    if not anonymous or abs(anonymous) < _LARGE_SHARE * total:
        return []
    amount = f"{format_money(money_text(anonymous))} ({abs(anonymous) / total:.1%} of all money)"
    return [f"{amount} has no customer and is in no figure."]


def reading_notices(grouped: Grouped) -> list[str]:
    """What users should check in how an export was read: columns, statuses, ids, skipped files."""
    export, ledger = grouped.export, grouped.ledger
    texts = [f"Not read: {skipped_files_text(export.left_out)}."] if export.left_out else []
    texts += [*export.notices, *status_notices(export, ledger)]
    texts += id_notices(export, grouped.table, grouped.order_dates)
    texts += amount_notices(grouped.order_counts)
    if "refunded" not in export.columns:
        texts += payment_notices(grouped.table, ledger["used"])
    if quantities := export.formats.quantities:
        mark = quantities.decimal
        texts.append(
            f"Column {export.columns['quantity']!r} has {mark!r} before decimals, as its"
            f" marks say, and money the other mark: 1{mark}000 is read as one piece."
            " --decimal reads both in one way."
        )
    if ledger["anonymous"] > ledger["not_a_sale"] and not ledger["used"]:
        column = export.columns["customer_id"]
        texts.append(f"Column {column!r} names nobody: --column customer_id=NAME takes another.")
    if ledger.repeated_refunds:
        column, rows = export.columns["refunded"], count_text(ledger.repeated_refunds, "row")
        texts.append(
            f"Column {column!r} says the same refund again on {rows} of an order: if it is the"
            " order's, it is taken off too often. Export it by row."
        )
    return texts


def _row_warnings(grouped: Grouped, overlap: str | None) -> list[str]:
    """Which rows are in no figure, and why."""
    ledger, texts = grouped.ledger, []
    if grouped.on_dates:
        advice = "" if grouped.export.may_need_fill_down else " Write all in one way."
        texts.append(f"{grouped.on_dates}{advice}")
    if ledger["not_a_sale"]:
        rows = count_text(ledger["not_a_sale"], "row")
        texts.append(f"{rows} whose status is not a sale: in no figure.")
    if ledger.overlap.orders:
        texts.append(_overlap_warning(ledger.overlap, overlap))
    rates = rates_data(grouped)
    if rates and ledger["other_currency"]:
        codes = ", ".join(rates["lacking"]) or "no currency that is known"
        rows = count_text(ledger["other_currency"], "row")
        texts.append(f"{rows} without a rate on their day ({codes}): in no figure.")
    return texts


def _overlap_warning(found: Overlap, overlap: str | None) -> str:
    is_one = found.orders == 1
    recurs = f"{count_text(found.orders, 'order')} {'recurs' if is_one else 'recur'}"
    text = f"{recurs} in another file with the same rows ({count_text(found.rows, 'row')})"
    if overlap == "keep-one":
        return f"{text}: {'it counts' if is_one else 'each counts'} once."
    return f"{text}, and {'counts' if is_one else 'count'} again: see --overlap."


def _id_warnings(grouped: Grouped) -> list[str]:
    texts = []
    if grouped.dropped_point_zero:
        texts.append("Every customer id was written like 17850.0; the .0 is dropped.")
    if grouped.merged_ids:
        texts.append(
            f"{count_text(grouped.merged_ids, 'customer id')} written in another case or with"
            " spaces around: the same e-mail address is the same customer."
        )
    return texts
