"""What the words of status columns were taken for, and which of them nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rfmtool.errors import AmbiguousInputError
from rfmtool.money import money_text
from rfmtool.rules.presets import SALE_ROLES
from rfmtool.sources import Export
from rfmtool.sources.ledger import Ledger, StatusSum
from rfmtool.sources.names import normalized
from rfmtool.sources.statuses import Statuses, is_in_group, is_known, words

_MOST_UNKNOWN: Final = 0.01
"""Of the rows or the money; with more a run stops."""
_MANY_ROWS, _FEW_WORDS = 3, 12
_WORDY: Final = re.compile(r"[^\W\d][^@\d]{0,39}|\d{1,2}")
_TAKEN: Final = {
    "sale": "sale", "empty": "sale", "unknown": "sale, as nobody knows it", "open": "open",
    "not_a_sale": "not a sale", "credit": "money given back",
}  # fmt: skip


@dataclass(frozen=True)
class StatusRow:
    """One word of a status column; `word` is None for those that only few rows have."""

    role: str
    word: str | None
    meaning: str
    status_sum: StatusSum

    @property
    def taken_as(self) -> str:
        """What it was taken for, in words."""
        return _TAKEN[self.meaning]


def status_rows(ledger: Ledger) -> list[StatusRow]:
    """Every status word with what it holds, most rows first.

    Only known words and those that many rows share are shown: any other may be somebody's cell.
    """
    unknown = [key for key in ledger.statuses if key[2] == "unknown"]
    few = {role for role, *_ in unknown
           if sum(1 for key in unknown if key[0] == role) <= _FEW_WORDS}  # fmt: skip
    sums: dict[tuple[str, str | None, str], StatusSum] = {}
    for (role, word, meaning), held in ledger.statuses.items():
        shared = role in few and held.rows >= _MANY_ROWS and bool(_WORDY.fullmatch(word))
        shown = word if not word or is_known(word) or meaning != "unknown" or shared else None
        key = role, shown, meaning
        sums[key] = held.merged_with(sums.get(key, StatusSum()))
    rows = [StatusRow(*key, held) for key, held in sums.items()]
    return sorted(rows, key=lambda row: (row.role, -row.status_sum.rows, row.word or ""))


def unknown_words_text(rows: Iterable[StatusRow]) -> str:
    """The words that nobody knows and that may be shown, in words."""
    said = [repr(row.word) for row in rows if row.word]
    return ", ".join(said) or "words that are not shown, because only few rows have each"


def check_statuses(export: Export, ledger: Ledger, settled: Statuses) -> None:
    """Check that words nobody knows hold little of the rows and of the money.

    Args:
        export: what was read.
        ledger: what each word holds.
        settled: the words that somebody has said the meaning of.

    Raises:
        AmbiguousInputError: they hold more, and may be sales or not; or what was agreed or paid
            stands beside the invoices of it.
    """
    rows = status_rows(ledger)
    types = [row.word for row in rows if row.role == "type" and row.word]
    if any(normalized(word) in words("invoices") for word in types):
        for word in types:
            if normalized(word) in words("beside_invoices") and not settled.is_settled(word):
                raise AmbiguousInputError(
                    f"{export.name}: column {export.columns['type']!r} says {word!r} of some rows"
                    " and names invoices too, and whether both are of one sale nobody knows",
                    f"If so, take --status '{word}=not_a_sale'; if they are sales of their own,"
                    f" --status '{word}=sale'.",
                )
    for role in dict.fromkeys(row.role for row in rows):
        every = _sum(row for row in rows if row.role == role)
        unknown = [row for row in rows if row.role == role and row.meaning == "unknown"]
        held = _sum(unknown)
        if (
            held.rows > _MOST_UNKNOWN * every.rows
            or held.turnover_units > _MOST_UNKNOWN * every.turnover_units
        ):
            said = unknown_words_text(unknown)
            example = next((row.word for row in unknown if row.word), "WORD")
            raise AmbiguousInputError(
                f"{export.name}: column {export.columns[role]!r} says {said}, in {held.rows:,} of"
                f" {every.rows:,} rows, and whether those are sales nobody knows",
                f"Say of each --status '{example}=sale' or --status '{example}=not_a_sale', or"
                f" under [reading] in a rules file; --column {role}=NAME names another column.",
            )


def _sum(rows: Iterable[StatusRow]) -> StatusSum:
    total = StatusSum()
    for row in rows:
        total = total.merged_with(row.status_sum)
    return total


def status_notices(export: Export, ledger: Ledger) -> Sequence[str]:
    """Sentences about words nobody knows, refunds, and rows that their order leaves out."""
    rows = status_rows(ledger)
    unknown = [row for row in rows if row.meaning == "unknown"]
    found = []
    if unknown:
        held = _sum(unknown)
        found.append(
            f"Rows taken for sales though nobody knows their status: {held.rows:,}, with"
            f" {unknown_words_text(unknown)}. --status 'WORD=not_a_sale' leaves them out."
        )
    found += _refund_notices(export, ledger, rows)
    # At least as many rows have a word for a sale as cannot be anywhere else in the ledger: rows
    # with no word of their own go by that of their order.
    sales = _sum(row for row in rows if row.role == "status" and row.meaning == "sale").rows
    elsewhere = ledger.rows - ledger["blank"] - ledger["not_a_sale"]
    outvoted = min(ledger.rows_excluded_with_order, sales - elsewhere)
    if outvoted > 0 and export.columns.keys() & SALE_ROLES == {"status"}:
        found.append(
            "Rows left out though their own status is that of a sale, as another row of their order"
            f" is none: {outvoted:,} at least. If a status is the row's and not the order's, take"
            " the rows that are no sales out of the export."
        )
    return found


def _refund_notices(export: Export, ledger: Ledger, rows: Sequence[StatusRow]) -> list[str]:
    """Sentences about money given back that may be taken off twice, or not at all."""
    no_sales = [row for row in rows if row.meaning == "not_a_sale" and row.role != "type"]
    found = [
        f"Rows with the status {row.word!r} hold {money_text(row.status_sum.net_units)} in all, and as no"
        " sales take it off nobody: if it was given back of orders that count, --status"
        f" '{row.word}=sale' takes it off."
        for row in no_sales
        if row.status_sum.net_units < 0
    ]
    gives_back = any(row.meaning == "credit" for row in rows)
    found += [
        f"Sales with the status {row.word!r} are left out, and rows of money given back are taken"
        f" off besides: if those are of the same sales, --status '{row.word}=sale' takes each off"
        " once."
        for row in no_sales
        if gives_back
        and row.status_sum.net_units > 0
        and is_in_group(row.word or "", "not_a_sale", "refunded")
    ]
    if len(ledger.credit_signs) > 1:
        found.append(
            "Money given back is written with both signs, and each row of it is taken off. If some"
            f" was kept, such as a fee, give its rows another word in {export.columns['type']!r}."
        )
    parts = _sum(row for row in rows if row.word and is_in_group(row.word, "sale", "part_refunded"))
    if parts.rows and "refunded" not in export.columns and not gives_back:
        found.append(
            f"Rows partly refunded by their status: {parts.rows:,}, and no column says how much, so"
            " their money counts whole. --column refunded=NAME takes it off."
        )
    return found
