"""The bins of the rows of an export: each row is in exactly one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rfmtool.columns import BINS, EXCLUSIONS, REJECTIONS
from rfmtool.errors import LimitError, UsageError

CODES: Final[Mapping[str, int]] = {name: code for code, name in enumerate(BINS)}
"""Bin to its code in arrays; `used` is 0."""
REJECTED: Final = [CODES[reason] for reason in REJECTIONS]
_KEPT_REJECTS: Final = 20


@dataclass(frozen=True)
class Reject:
    """A row that cannot be read; `row` 1 is the first below the header."""

    file: str
    row: int
    reason: str


StatusKey = tuple[str, str, str]
"""Role of a status column, word, meaning; the word is empty where unknown words are summed up."""


class StatusSum(NamedTuple):
    """The readable rows of one status word and their money, in 1/10,000."""

    rows: int = 0
    net_units: int = 0
    turnover_units: int = 0
    """Sales and refunds, both as positive numbers."""

    def merged_with(self, other: StatusSum) -> StatusSum:
        """The sum of both."""
        return StatusSum(*map(sum, zip(self, other, strict=True)))


@dataclass(kw_only=True)
class Counts:
    """What is counted of the rows of a batch, and added up over all batches."""

    used_units: int = 0
    anonymous_units: int = 0
    turnover_units: int = 0
    """All readable sales and refunds, both as positive numbers."""
    rejected_units: int = 0
    last_day: int | None = None
    """The latest day of a used or anonymous row, in days since 1970-01-01."""
    ids_end_in_point_zero: bool = True
    shortened_orders: int = 0
    """Rows with an order id such as 6.12E+12, which a spreadsheet has shortened."""
    repeated_refunds: int = 0
    """Rows that repeat the refund of their order, which is therefore subtracted more than once."""
    credit_signs: frozenset[int] = frozenset()
    """1, -1 or both: the signs of the money of credit notes, as it is written."""
    has_marks: bool = False
    currencies: frozenset[str] = frozenset()
    unrated: frozenset[str] = frozenset()
    """Where money is converted, the currencies of rows without a rate on their day."""
    suppressed: frozenset[str] = field(default=frozenset(), repr=False)
    """The suppressed ids that occur, with their addresses and numbers, normalized; never shown."""
    footer_rows: int = 0
    """Blank rows that are totals and trailers at the end of a file."""
    statuses: dict[StatusKey, StatusSum] = field(default_factory=dict)


_SUMS: Final = (
    "used_units", "anonymous_units", "turnover_units", "rejected_units", "shortened_orders",
    "repeated_refunds", "footer_rows",
)  # fmt: skip
_UNIONS: Final = ("credit_signs", "has_marks", "currencies", "unrated", "suppressed")


@dataclass
class Tally(Counts):
    """The counts of one batch; `reject_rows` count from 0 in the batch."""

    records: int
    bins: npt.NDArray[np.int64]
    """The number of rows in each of BINS."""
    reject_rows: npt.NDArray[np.int64]
    reject_codes: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Overlap:
    """Orders that recur with the same rows in another file."""

    orders: int = 0
    rows: int = 0
    """The rows of the copies, without the first of each."""
    anonymous_units: int = 0
    """The money of the copies without a customer."""


@dataclass(repr=False)
class Ledger(Counts):
    """The sum of all tallies. `rows` = used + anonymous + blank + excluded + rejected."""

    counts: npt.NDArray[np.int64] = field(
        default_factory=lambda: np.zeros(len(BINS), dtype=np.int64)
    )
    rows_by_file: dict[str, int] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    """The first few rejected rows of the export."""
    rejected_by_file: dict[str, int] = field(default_factory=dict)
    """The number of rejected rows of each file that has any."""
    rows_excluded_with_order: int = 0
    """Sales that are excluded because another row of their order is not a sale."""
    overlap: Overlap = field(default_factory=Overlap)
    failure: BaseException | None = None
    """The exception that ended reading early."""

    def add(self, file: str, tally: Tally) -> None:
        """Add the next batch of a file; batches come in the order of the file."""
        before = self.rows_by_file.get(file, 0)
        self.rows_by_file[file] = before + tally.records
        self.counts += tally.bins
        if len(tally.reject_rows):
            known = self.rejected_by_file.get(file, 0)
            self.rejected_by_file[file] = known + len(tally.reject_rows)
            for place in np.argsort(tally.reject_rows)[: _KEPT_REJECTS - len(self.rejects)]:
                row, code = int(tally.reject_rows[place]), tally.reject_codes[place]
                self.rejects.append(Reject(file, before + row + 1, BINS[code]))
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(tally, name))
        for name in _UNIONS:
            setattr(self, name, getattr(self, name) | getattr(tally, name))
        days = [day for day in (self.last_day, tally.last_day) if day is not None]
        self.last_day = max(days, default=None)
        self.ids_end_in_point_zero &= tally.ids_end_in_point_zero
        for key, status_sum in tally.statuses.items():
            self.statuses[key] = status_sum.merged_with(self.statuses.get(key, StatusSum()))

    def exclude_order_rows(self, rows: int, units: int) -> None:
        """Move used rows of orders with a row that is no sale to not_a_sale; `rows` stay used."""
        self.rows_excluded_with_order = self["used"] - rows
        self.counts[CODES["not_a_sale"]] += self.rows_excluded_with_order
        self.counts[CODES["used"]] = rows
        self.used_units = units

    def replace_status_money(self, money: Mapping[tuple[str, str], tuple[int, int]]) -> None:
        """Replace the money of statuses; `money` has net and turnover by role and word."""
        sums = {key: StatusSum(status_sum.rows) for key, status_sum in self.statuses.items()}
        unknown = {role for role, word, meaning in sums if not word and meaning == "unknown"}
        meanings = {(role, word): meaning for role, word, meaning in sums if word}
        for (role, word), units in money.items():
            key = role, word, meanings.get((role, word), "empty")
            if word and (role, word) not in meanings:  # one of very many, which are summed up
                key = role, "", "unknown" if role in unknown else "empty"
            sums[key] = sums.get(key, StatusSum()).merged_with(StatusSum(0, *units))
        self.statuses = sums

    def __repr__(self) -> str:
        """Show where the rows went."""
        return f"Ledger({self.as_data()})"

    def __getitem__(self, bin_name: str) -> int:
        """The number of rows in a bin."""
        return int(self.counts[CODES[bin_name]])

    @property
    def rows(self) -> int:
        """The number of rows in all bins."""
        return int(self.counts.sum())

    @property
    def rejected(self) -> int:
        """The number of rows that cannot be read."""
        return sum(self[reason] for reason in REJECTIONS)

    @property
    def excluded(self) -> int:
        """The number of readable rows that are excluded."""
        return sum(self[reason] for reason in EXCLUSIONS)

    def as_data(self) -> dict[str, Any]:
        """The ledger as in summary.json; only reasons that occurred."""
        return {
            "rows": self.rows,
            "used": self["used"],
            "anonymous": self["anonymous"],
            "excluded": {name: self[name] for name in EXCLUSIONS if self[name]},
            "rejected": {name: self[name] for name in REJECTIONS if self[name]},
            "blank": self["blank"],
            **({"overlap": self.overlap.orders} if self.overlap.orders else {}),
        }


def parse_limit(text: str) -> Decimal | None:
    """The number of a limit such as 100 or 1%; None where it is neither a number nor a share."""
    try:
        number = Decimal(text.removesuffix("%"))
    except InvalidOperation:
        return None
    # NaN cannot be compared, so is_finite() comes first.
    is_valid = number.is_finite() and 0 <= number <= (100 if text.endswith("%") else int(number))
    return number if is_valid else None


def check_rejects(ledger: Ledger, most: str | int, why: str = "") -> None:
    """LimitError where more rows than `most` are rejected; `why` is a sentence on the reason.

    `most` is a number, or a share of all rows and of all money such as "1%".
    """
    text = str(most).strip()
    number, is_share = parse_limit(text), text.endswith("%")
    if number is None:
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
