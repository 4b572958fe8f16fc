"""The columns of customer rows, from `columns.csv`; names of bins and of evidence tables."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Container, Sequence
from importlib import resources
from typing import Final, Literal, NamedTuple

from rfmtool.errors import UsageError

Kind = Literal["text", "contact", "word", "flag", "date", "whole", "money", "ratio"]
"""The type of a column. `contact` is text to reach a customer by, `word` one of a list of words,
`whole` an integer; money is in integers of 1/10,000 until it is written."""
Written = Literal["always", "known", "feedback", "referrals", "never"]
"""When a column is in customers.csv: always, where the run knows a value, where that evidence is
supplied, never."""
RuleScope = Literal["ladder", "playbook", "nothing"]
"""Which rules may use a column; the playbook may use those of the ladder too."""


class Column(NamedTuple):
    """A column of a customer row."""

    name: str
    kind: Kind
    written: Written
    rule_scope: RuleScope
    unit: str
    meaning: str


def _columns() -> tuple[Column, ...]:
    lines = resources.files(__package__).joinpath("columns.csv").read_text("utf-8").splitlines()
    return tuple(Column(**row) for row in csv.DictReader(lines))  # type: ignore[arg-type]


COLUMNS: Final = _columns()
"""Every column of a customer row; those that are written are in the order of customers.csv."""


def _written(kind: Kind) -> frozenset[str]:
    return frozenset(c.name for c in COLUMNS if c.kind == kind and c.written != "never")


ALWAYS_WRITTEN: Final = tuple(column.name for column in COLUMNS if column.written == "always")
CONTACT_COLUMNS: Final = tuple(column.name for column in COLUMNS if column.kind == "contact")
EVIDENCE_COLUMNS: Final = {
    column.name: column.written for column in COLUMNS if column.written in ("feedback", "referrals")
}
"""Columns from a single evidence table, by name, with that table."""
WRITTEN: Final = tuple(column.name for column in COLUMNS if column.written != "never")
MONEY: Final = _written("money")
DATES: Final = _written("date")
INTEGERS: Final = _written("whole")
RATIOS: Final = _written("ratio")
FLAGS: Final = frozenset(column.name for column in COLUMNS if column.kind == "flag")

MILLION: Final = 1_000_000
"""Ratios are compared, and logarithms added, in integer millionths: the same in any order."""


def written_columns(known: Container[str], keep: Sequence[str] = ()) -> tuple[str, ...]:
    """Those of the known columns that are written, in order, with `keep` behind them."""
    return tuple(name for name in (*WRITTEN, *keep) if name in known)


def check_names(select: Sequence[str] | None, keep: Sequence[str]) -> None:
    """Check that kept columns do not clash with ours, and that selected ones exist.

    Raises:
        UsageError: one does, or does not.
    """
    for name in sorted({column.name for column in COLUMNS} & set(keep)):
        hint = "Rename it in the export, or leave it out."
        raise UsageError(f"--keep {name}: is a column of ours", hint)
    known = (*WRITTEN, *keep)
    for name in [name for name in select or () if name not in known]:
        similar = " or ".join(difflib.get_close_matches(name, known))
        hint = (f"Is it {similar}? " if similar else "") + f"Columns are {', '.join(known)}."
        raise UsageError(f"--select: there is no column {name!r}", hint)


GROUP_NOUNS: Final = {
    "stage": "stages", "segment": "segments", "activity": "activity", "action": "actions",
}  # fmt: skip
"""The columns that group customers, and what summaries and folders call their groups."""
GROUPINGS: Final = ("stage", "segment", "activity")
"""Those by which runs are compared."""

DIMENSIONS: Final = ("recency", "frequency", "monetary")

EXCLUSIONS: Final = ("suppressed", "not_a_sale", "other_currency", "before_since", "after_as_of")
"""Why a readable row is excluded; the first reason that applies counts."""

REJECTIONS: Final = (
    "wrong_cell_count", "bad_encoding", "bad_text", "missing_date", "bad_date", "missing_amount",
    "bad_amount", "bad_quantity", "bad_price", "bad_nps", "bad_kind", "bad_rank", "bad_wallet",
)  # fmt: skip
"""Why a row cannot be read; the first that applies counts. The last four are for evidence only."""

BINS: Final = ("used", "anonymous", "blank", *EXCLUSIONS, *REJECTIONS)
"""Every row of an export is counted in exactly one of these."""

EVIDENCE: Final = (
    "contacts", "referrals", "feedback", "partners", "wallets", "contacted", "introductions",
    "memberships", "needs", "suppress",
)  # fmt: skip
EVIDENCE_DAYS: Final = {
    **dict.fromkeys(("contacts", "contact_steps"), "since_on"),
    "referrals": "referred_on", "feedback": "given_on", "partners": "from_on",
    "contacted": "contacted_on", "introductions": "introduced_on", "memberships": "joined_on",
    "needs": "asked_on",
}  # fmt: skip
"""The column with the day from which a row of each evidence table counts."""
