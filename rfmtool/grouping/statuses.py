"""The words of status columns with their meanings, and checks of unknown words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

from rfmtool.errors import AmbiguousInputError
from rfmtool.money import money_text
from rfmtool.rules.presets import SALE_ROLES
from rfmtool.sources import Export
from rfmtool.sources.ledger import Ledger, StatusKey, StatusSum
from rfmtool.sources.names import normalized
from rfmtool.sources.statuses import (
    Statuses,
    credits_as_payments,
    is_in_group,
    is_known,
    without_day,
    words,
)

_MAX_UNKNOWN_SHARE: Final = 0.01
"""Of the rows or the money; a larger share is an error."""
_MIN_ROWS, _MAX_WORDS = 3, 12
_WORD_PATTERN: Final = re.compile(r"[^\W\d][^@\d]{0,39}|\d{1,2}")
_MEANING_TEXTS: Final = {
    "sale": "sale", "empty": "sale", "unknown": "sale, as nobody knows it", "open": "open",
    "not_a_sale": "not a sale", "credit": "money given back",
}  # fmt: skip


@dataclass(frozen=True)
class StatusRow:
    """One word of a status column; `word` is None for words that are not shown."""

    role: str
    word: str | None
    meaning: str
    status_sum: StatusSum

    @property
    def taken_as(self) -> str:
        """The meaning in words."""
        return _MEANING_TEXTS[self.meaning]


def status_rows(ledger: Ledger) -> list[StatusRow]:
    """The sum of each status word, sorted by role and most rows first.

    Only known words and those of several rows are shown: any other may be a customer's cell.
    """
    undated: dict[StatusKey, StatusSum] = {}
    for (role, word, meaning), status_sum in ledger.statuses.items():
        dayless = role, without_day(word), meaning
        undated[dayless] = status_sum.merged_with(undated.get(dayless, StatusSum()))
    unknown = Counter(role for role, _, meaning in undated if meaning == "unknown")
    sums: dict[tuple[str, str | None, str], StatusSum] = {}
    for (role, word, meaning), status_sum in undated.items():
        is_common = unknown[role] <= _MAX_WORDS and status_sum.rows >= _MIN_ROWS
        is_shown = not word or is_known(word) or meaning != "unknown" or (
            is_common and bool(_WORD_PATTERN.fullmatch(word))
        )  # fmt: skip
        key = role, word if is_shown else None, meaning
        sums[key] = status_sum.merged_with(sums.get(key, StatusSum()))
    rows = [StatusRow(*key, status_sum) for key, status_sum in sums.items()]
    return sorted(rows, key=lambda row: (row.role, -row.status_sum.rows, row.word or ""))


def unknown_words_text(rows: Iterable[StatusRow]) -> str:
    """The words of the rows that may be shown, as a list in a sentence."""
    shown = [repr(row.word) for row in rows if row.word]
    return ", ".join(shown) or "words not shown (few rows have each)"


def check_statuses(export: Export, ledger: Ledger, settled: Statuses) -> None:
    """Refuse many rows or much money of unknown words, and invoices beside orders or payments."""
    rows = status_rows(ledger)
    _check_invoices(export, rows, settled)
    for role in dict.fromkeys(row.role for row in rows):
        total = _sum(row for row in rows if row.role == role)
        unknown = [row for row in rows if row.role == role and row.meaning == "unknown"]
        unknown_sum = _sum(unknown)
        if (
            unknown_sum.rows > _MAX_UNKNOWN_SHARE * total.rows
            or unknown_sum.turnover_units > _MAX_UNKNOWN_SHARE * total.turnover_units
        ):
            example = next((row.word for row in unknown if row.word), "WORD")
            raise AmbiguousInputError(
                f"{export.name}: column {export.columns[role]!r} says"
                f" {unknown_words_text(unknown)}, in {unknown_sum.rows:,} of {total.rows:,} rows,"
                " and it is not known whether those are sales",
                f"Set for each --status '{example}=sale' or --status '{example}=not_a_sale', or"
                f" under [reading] in a rules file; --column {role}=NAME names another column.",
            )


def _check_invoices(export: Export, rows: Sequence[StatusRow], settled: Statuses) -> None:
    """Refuse invoices next to rows that may be of the same sales, such as orders or payments."""
    types = [row.word for row in rows if row.role == "type" and row.word]
    has_invoices = any(normalized(word) in words("invoices") for word in types)
    for word in types if has_invoices else ():
        if normalized(word) in words("beside_invoices") and not settled.is_settled(word):
            raise AmbiguousInputError(
                f"{export.name}: column {export.columns['type']!r} says {word!r} of some rows"
                " and names invoices too; it is not known if both are of one sale",
                f"If so, take --status '{word}=not_a_sale'; if they are sales of their own,"
                f" --status '{word}=sale'.",
            )


def _sum(rows: Iterable[StatusRow]) -> StatusSum:
    return reduce(StatusSum.merged_with, (row.status_sum for row in rows), StatusSum())


def status_notices(export: Export, ledger: Ledger) -> Iterator[str]:
    """Sentences about unknown words, refunds, and rows that are left out with their order."""
    rows = status_rows(ledger)
    unknown = [row for row in rows if row.meaning == "unknown"]
    if unknown:
        yield (f"Rows taken for sales, their status not known: {_sum(unknown).rows:,}, with"
               f" {unknown_words_text(unknown)}. --status 'WORD=not_a_sale' leaves them"
               " out.")  # fmt: skip
    left_out = [row for row in rows if row.meaning == "not_a_sale" and row.word]
    if left_out and not ledger["used"] and ledger["not_a_sale"] >= ledger["anonymous"]:
        most = max(left_out, key=lambda row: row.status_sum.rows)
        yield (f"No row counts, most of them because {export.columns[most.role]!r} says"
               f" {most.word!r}: if those are sales, paid on delivery perhaps, --status"
               f" '{most.word}=sale' counts them.")  # fmt: skip
    types = [row for row in rows if row.role == "type"]
    untyped = _sum(row for row in types if row.meaning == "empty").rows
    if 0 < 2 * untyped < _sum(types).rows:
        yield (f"Rows taken for sales, as nothing stands in {export.columns['type']!r}:"
               f" {untyped:,}. If they are opening balances or payments, take them out of the"
               " export.")  # fmt: skip
    doubtful = credits_as_payments(normalized(row.word or "") for row in types)
    for row in types:
        if row.meaning == "credit" and normalized(row.word or "") in doubtful:
            yield (f"Rows taken off as given back, as {export.columns['type']!r} says"
                   f" {row.word!r}, beside ways to pay: if they were sold on credit, take"
                   f" --status '{row.word}=sale'.")  # fmt: skip
    yield from _refund_notices(export, ledger, rows)
    yield from _unpaid_invoice_notices(export, rows)
    # A lower bound: the rows with a word for a sale that cannot be in another bin of the ledger.
    # Rows without a word have that of their order.
    sales = _sum(row for row in rows if row.role == "status" and row.meaning == "sale").rows
    in_other_bins = ledger.rows - ledger["blank"] - ledger["not_a_sale"] - ledger.rejected
    excluded = min(ledger.rows_excluded_with_order, sales - in_other_bins)
    if excluded > 0 and export.columns.keys() & SALE_ROLES == {"status"}:
        yield ("Rows left out though their own status is that of a sale, as another row of their"
               f" order is none: {excluded:,} at least. If a status is the row's and not the"
               " order's, take the rows that are no sales out of the export, or --order-per-row"
               " where each row is a payment.")  # fmt: skip


def _unpaid_invoice_notices(export: Export, rows: Sequence[StatusRow]) -> Iterator[str]:
    """A sentence about what is left out as unpaid, of invoices or beside a column of payments."""
    names = [export.columns.get(role, "") for role in ("order_id", "ordered_at", "status")]
    names += [row.word or "" for row in rows if row.role == "type"]
    has_invoices = any(word in normalized(name) for word in words("invoices") for name in names)
    header = export.sources[0].layout.header
    has_invoices |= any(word in normalized(name) for word in words("due_days") for name in header)
    unpaid = [
        row for row in rows if row.role == "status" and row.word and (row.meaning == "open" or (
            row.meaning == "not_a_sale" and is_in_group(row.word, "not_a_sale", "unpaid")))
    ]  # fmt: skip
    has_invoices |= any(normalized(row.word or "") in words("overdue") for row in unpaid)
    payments = [name for name in header if name not in export.columns.values()
                and any(word in normalized(name) for word in words("paid_columns"))]  # fmt: skip
    is_settled = export.preset.columns or export.columns.keys() & {"payment_status", "captured"}
    if is_settled or not (unpaid and (has_invoices or payments)):
        return
    what = "Invoices" if has_invoices else f"Orders, whatever {payments[0]!r} says,"
    total = _sum(unpaid)
    left_out = f"{total.rows:,} row{'s' * (total.rows > 1)} of {money_text(total.net_units)}"
    yield (f"{what} left out as they are not paid: {left_out}, with"
           f" {unknown_words_text(unpaid)}. If they are sales all the same, take --status"
           f" '{unpaid[0].word}=sale'.")  # fmt: skip


def _refund_notices(export: Export, ledger: Ledger, rows: Sequence[StatusRow]) -> Iterator[str]:
    """Sentences about refunds that may be subtracted twice, or not at all."""
    excluded = [row for row in rows if row.meaning == "not_a_sale" and row.role != "type"]
    for row in excluded:
        if row.status_sum.net_units < 0:
            yield (f"Rows with the status {row.word!r} hold {money_text(row.status_sum.net_units)}"
                   " in all, taken off nobody, as they are no sales: if refunded on orders that"
                   f" count, --status '{row.word}=sale' takes it off.")  # fmt: skip
    has_credits = any(row.meaning == "credit" for row in rows)
    for row in excluded if has_credits else ():
        is_refunded = is_in_group(row.word or "", "not_a_sale", "refunded")
        if row.status_sum.net_units > 0 and is_refunded:
            yield (f"Sales with the status {row.word!r} are left out, and refund rows are taken off"
                   f" too: if those are of the same sales, --status '{row.word}=sale' takes each"
                   " off once.")  # fmt: skip
    if len(ledger.credit_signs) > 1:
        yield ("Refunds are written with both signs, and each such row is taken off. If some of"
               " the money was kept, such as a fee, give its rows another word in"
               f" {export.columns['type']!r}.")  # fmt: skip
    part_refunded = _sum(
        row for row in rows if row.word and is_in_group(row.word, "sale", "part_refunded")
    )
    if part_refunded.rows and "refunded" not in export.columns and not has_credits:
        yield (f"Rows partly refunded by their status: {part_refunded.rows:,}, and no column says"
               " how much, so their money counts whole. --column refunded=NAME takes it"
               " off.")  # fmt: skip
