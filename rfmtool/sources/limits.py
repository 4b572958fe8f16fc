"""The limit on rejected rows."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from rfmtool.columns import REJECTIONS
from rfmtool.errors import LimitError, UsageError
from rfmtool.sources.ledger import Ledger


def check_rejects(ledger: Ledger, most: str | int, why: str = "") -> None:
    """Raise an error where too many rows are rejected; `why` is the likely reason, a sentence.

    Raises:
        LimitError: more rows than `most` are rejected, a number or a share of all rows and of all
            money such as "1%".
        UsageError: `most` is neither.
    """
    text = str(most).strip()
    try:
        number = Decimal(text.removesuffix("%"))
    except InvalidOperation:
        number = Decimal(-1)
    is_share = text.endswith("%")
    # NaN cannot be compared, so is_finite() comes first.
    if not number.is_finite() or number < 0 or (is_share and number > 100):  # noqa: PLR2004 - all
        what = f"--max-rejects {text!r} is no number of rows and no share of them"
        raise UsageError(what, "For example 100 or 1%.")
    rejected = Decimal(ledger.rejected)
    share = 100 * rejected / max(1, ledger.rows)
    money_share = 100 * Decimal(ledger.rejected_units) / max(1, ledger.turnover_units)
    if is_share and share <= number < money_share:
        held, enough = f", and hold {money_share:.1f}% of the money", f"{money_share.__ceil__()}%"
    elif (share if is_share else rejected) > number:
        held, enough = "", str(ledger.rejected)
    else:
        return
    if 2 * ledger.rejected > ledger.rows:
        step = "So many mean that it is read wrongly: rfmtool check says how, and what changes it."
    else:
        step = (f"See rfmtool check; accept them with --max-rejects {enough}.\n"
                "rfmtool run -o DIR --max-rejects 100% --keep-rejects lists them all.")  # fmt: skip
    reasons = ", ".join(f"{name} {ledger[name]:,}" for name in REJECTIONS if ledger[name])
    first = ledger.rejects[0]
    raise LimitError(
        f"{ledger.rejected:,} of {ledger.rows:,} rows cannot be read{held} ({reasons});"
        f" the first is row {first.row:,} of {first.file} ({first.reason})",
        f"{why}\n{step}" if why else step,
    )
