"""Where the rows of an evidence table went, and how many of its people are known elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import mask_of
from rfmtool.errors import LimitError, UsageError
from rfmtool.sources.batches import Batch
from rfmtool.sources.cells.ids import is_listed
from rfmtool.sources.evidence.roles import EvidenceTable
from rfmtool.sources.ledger import Ledger, Tally
from rfmtool.sources.source import Source

_ENOUGH_IDS: Final = 20
"""Of fewer people than this, a mismatch proves nothing."""


@dataclass(frozen=True)
class RereadableFile:
    """A file, and how a batch of it is tallied: what a second look at it takes."""

    source: Source
    tally: Callable[[Batch], Tally]


@dataclass(frozen=True, repr=False)
class TableLedger:
    """Where an evidence table's rows went, and who is in it."""

    table: EvidenceTable
    rows: Ledger
    ids: pa.Array
    """The people it names, each once, in the form that is matched."""
    merged: int = 0
    """How many spellings of an e-mail address were made one with another."""
    repeated: int = 0
    """How many used rows were put together with another of the same person."""
    dropped_point_zero: bool = False
    """Whether every id was written like `17850.0`, and lost the `.0`."""
    stored_bytes: Mapping[str, int | None] = field(default_factory=dict)
    """How large each of its files is, by name; None of a frame."""
    matched: int | None = None
    """How many of its people are known from elsewhere; None until that is asked."""
    files: tuple[RereadableFile, ...] = ()
    """What it was read from."""

    @property
    def roles(self) -> frozenset[str]:
        """The roles that the columns of its files play."""
        return frozenset(role for file in self.files for role in file.source.layout.places)

    @property
    def unmatched(self) -> int | None:
        """How many of its people are known from nowhere else."""
        return None if self.matched is None else len(self.ids) - self.matched

    def with_matches(self, known: pa.Array, left_out: Collection[str] = ()) -> TableLedger:
        """Count how many of its people are among the ids known, or those known but left out."""
        found = mask_of(pc.is_in(self.ids, known))
        if left_out:
            found = found | is_listed(self.ids, frozenset(left_out))
        return replace(self, matched=int(np.count_nonzero(found)))

    def as_data(self) -> dict[str, Any]:
        """The ledger as summary.json has it."""
        data = self.rows.as_data() | {"people": len(self.ids), "merged": self.merged}
        if self.table.one_row_each:
            data["repeated"] = self.repeated
        if self.matched is not None:
            data |= {"matched": self.matched, "unmatched": self.unmatched}
        return data

    def __repr__(self) -> str:
        """Show the counts and no id."""
        return f"TableLedger({self.table.name}, {self.as_data()})"


def distinct_ids(rows: pa.Table, roles: Sequence[str]) -> pa.Array:
    """Every id in some columns, once."""
    chunks = [chunk for role in roles for chunk in rows[role].chunks]
    return pc.unique(pa.concat_arrays([pa.array([], pa.string()), *chunks]))


def check_matched(ledgers: Iterable[TableLedger], min_matched: str = "50%") -> None:
    """Stop where a table that must match names mostly people whom nothing else knows.

    Args:
        ledgers: of the tables, matched.
        min_matched: the least share of such a table's people, such as "50%".

    Raises:
        LimitError: a table of 20 people or more has fewer.
        UsageError: `min_matched` is no share.
    """
    least = _percent(min_matched)
    for ledger in ledgers:
        people, matched = len(ledger.ids), ledger.matched
        if not ledger.table.must_match or matched is None or people < _ENOUGH_IDS:
            continue
        if 100 * matched < least * people:
            raise LimitError(
                f"{ledger.table.name}: of {people:,} ids, only {matched:,} are known from the"
                " export or another table",
                "See that its ids are written as the export's are; accept it with --min-matched"
                f" {100 * matched // people}%.",
            )


def _percent(share: str) -> Decimal:
    text = str(share).strip()
    try:
        percent = Decimal(text.removesuffix("%"))
    except InvalidOperation:
        percent = Decimal(-1)
    # What is no number cannot even be compared, so it is asked for first.
    is_share = percent.is_finite() and 0 <= percent <= 100  # noqa: PLR2004 - all of it
    if not (text.endswith("%") and is_share):
        raise UsageError(f"--min-matched {text!r} is no share", "For example 50%.")
    return percent
