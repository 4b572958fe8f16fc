"""The ledger of an evidence table: where its rows went, and how many ids other tables know."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import mask_of
from rfmtool.errors import LimitError, UsageError
from rfmtool.sources.batches import Batch
from rfmtool.sources.cells.ids import is_listed
from rfmtool.sources.evidence.roles import EvidenceTable
from rfmtool.sources.ledger import Ledger, Tally, parse_limit
from rfmtool.sources.source import Source

_LEAST_IDS: Final = 20
"""With fewer ids, a mismatch is no evidence of an error."""


@dataclass(frozen=True)
class RereadableFile:
    """A file, and the function that tallies a batch of it, to read it again."""

    source: Source
    tally: Callable[[Batch], Tally]


@dataclass(frozen=True, repr=False)
class TableLedger:
    """Where an evidence table's rows went, and which ids it has."""

    table: EvidenceTable
    rows: Ledger
    ids: pa.Array
    """Its distinct ids, in the form that is matched."""
    merged: int = 0
    """How many spellings of ids were merged with another of the same e-mail address."""
    repeated: int = 0
    """How many used rows were merged with another of the same id."""
    dropped_point_zero: bool = False
    """Whether every id was written like `17850.0`, and the `.0` was removed."""
    stored_bytes: Mapping[str, int | None] = field(default_factory=dict)
    """The size of each of its files, by name; None for a frame."""
    matched: int | None = None
    """How many of its ids are known from elsewhere; None until counted."""
    files: tuple[RereadableFile, ...] = ()

    @property
    def roles(self) -> frozenset[str]:
        """The roles of the columns in its files."""
        return frozenset(role for file in self.files for role in file.source.layout.places)

    @property
    def unmatched(self) -> int | None:
        """How many of its ids are unknown elsewhere; None until counted."""
        return None if self.matched is None else len(self.ids) - self.matched

    def with_matches(self, known: pa.Array, left_out: Collection[str] = ()) -> TableLedger:
        """Count how many of its ids are among `known` or `left_out`."""
        is_known = mask_of(pc.is_in(self.ids, known))
        if left_out:
            is_known = is_known | is_listed(self.ids, frozenset(left_out))
        return replace(self, matched=int(np.count_nonzero(is_known)))

    def as_data(self) -> dict[str, Any]:
        """The ledger for summary.json."""
        data = self.rows.as_data() | {"people": len(self.ids), "merged": self.merged}
        if self.table.one_row_each:
            data["repeated"] = self.repeated
        if self.matched is not None:
            data |= {"matched": self.matched, "unmatched": self.unmatched}
        return data

    def __repr__(self) -> str:
        """Show the counts and no id."""
        return f"TableLedger({self.table.name}, {self.as_data()})"


def check_matched(ledgers: Iterable[TableLedger], min_matched: str = "50%") -> None:
    """LimitError where fewer than `min_matched` of a table's ids are known from elsewhere.

    Only of tables that must match, with their matches counted.
    """
    text = str(min_matched).strip()
    least = parse_limit(text) if text.endswith("%") else None
    if least is None:
        raise UsageError(f"--min-matched {text!r} is no share", "For example 50%.")
    for ledger in ledgers:
        ids, matched = len(ledger.ids), ledger.matched
        if not ledger.table.must_match or matched is None or ids < _LEAST_IDS:
            continue
        if 100 * matched < least * ids:
            raise LimitError(
                f"{ledger.table.name}: of {ids:,} ids, only {matched:,}"
                f" {'matches' if matched == 1 else 'match'} the export or another table",
                "See that its ids are written as the export's are; accept it with --min-matched"
                f" {100 * matched // ids}%.",
            )
