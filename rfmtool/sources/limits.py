"""How many unreadable rows are too many."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from rfmtool.columns import REJECTIONS
from rfmtool.errors import LimitError, UsageError
from rfmtool.sources.ledger import Ledger


def check_rejects(ledger: Ledger, most: str | int, why: str = "") -> None:
    """Stop where too many rows are unreadable.

    Args:
        ledger: where the rows went.
        most: a number of rows, or a share of all rows and of all money such as "1%".
        why: what is known of the reasons, as a sentence.

    Raises:
        LimitError: more rows than that are rejected, or they hold more of the money.
        UsageError: `most` is neither.
    """
    text = str(most).strip()
    try:
        number = Decimal(text.removesuffix("%"))
    except InvalidOperation:
        number = Decimal(-1)
    # What is no number cannot even be compared, so it is asked for first.
    is_share = text.endswith("%")
    if not number.is_finite() or number < 0 or (is_share and number > 100):  # noqa: PLR2004 - all
        raise UsageError(
            f"--max-rejects {text!r} is no number of rows and no share of them",
            "For example 100 or 1%.",
        )
    rejected = Decimal(ledger.rejected)
    share = 100 * rejected / max(1, ledger.rows)
    of_money = 100 * Decimal(ledger.rejected_units) / max(1, ledger.moved_units)
    if is_share and share <= number < of_money:
        raise LimitError(
            f"{ledger.rejected:,} of {ledger.rows:,} rows cannot be read, and hold {of_money:.1f}%"
            f" of the money ({_reasons(ledger)}); {_first(ledger)}",
            "\n".join(filter(None, [why, _next_step(ledger, f"{of_money.__ceil__()}%")])),
        )
    if (share if is_share else rejected) > number:
        raise LimitError(
            f"{ledger.rejected:,} of {ledger.rows:,} rows cannot be read ({_reasons(ledger)});"
            f" {_first(ledger)}",
            "\n".join(filter(None, [why, _next_step(ledger, str(ledger.rejected))])),
        )


def _reasons(ledger: Ledger) -> str:
    return ", ".join(f"{name} {ledger[name]:,}" for name in REJECTIONS if ledger[name])


def _first(ledger: Ledger) -> str:
    first = ledger.rejects[0]
    return f"the first is row {first.row:,} of {first.file} ({first.reason})"


def _next_step(ledger: Ledger, enough: str) -> str:
    if 2 * ledger.rejected > ledger.rows:
        return "So many mean that it is read wrongly: rfmtool check says how, and what changes it."
    return (
        f"See rfmtool check; accept them with --max-rejects {enough}.\n"
        "rfmtool run -o DIR --max-rejects 100% --keep-rejects lists them all."
    )
