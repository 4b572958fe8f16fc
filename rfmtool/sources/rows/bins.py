"""Which bin each row of a batch goes into: used, or why not.

Rows that follow each other and are alike in all but money form a run, which is looked at once; the
few rows whose bin is not that of their run are kept apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, Places, mask_of, text_bytes
from rfmtool.columns import BINS
from rfmtool.days import day_number
from rfmtool.sources.batches import Batch
from rfmtool.sources.cells import currencies
from rfmtool.sources.cells.dates import Days, read_days
from rfmtool.sources.cells.ids import is_listed
from rfmtool.sources.layout import Formats, LineOptions
from rfmtool.sources.ledger import CODES, REJECTED, Tally
from rfmtool.sources.rows.runs import Cells, Runs

_BEGINS_SPACE: Final = np.zeros(256, dtype=bool)
"""Of each byte, whether any letter that is white space begins with it in UTF-8."""
_BEGINS_SPACE[[*b"\t\n\v\f\r\x1c\x1d\x1e\x1f \xc2\xe1\xe2\xe3"]] = True
_AFTER_OTHER_CURRENCY: Final = ("used", "before_since", "after_as_of")

Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class RowBins:
    """Single rows whose bin is not that of their run: the rows and their bins."""

    rows: Places = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    codes: Codes = field(default_factory=lambda: np.empty(0, dtype=np.uint8))

    def with_rows(self, rows: Places, bin_name: str) -> RowBins:
        """These, and more rows in one bin."""
        codes = np.full(len(rows), CODES[bin_name], dtype=np.uint8)
        return RowBins(np.concatenate([self.rows, rows]), np.concatenate([self.codes, codes]))


def bins_of_runs(
    heads: Cells, reading: Formats, question: LineOptions, no_sales: Iterable[Mask] = ()
) -> tuple[Days, Codes, Mask]:
    """The day of each run, the bin that all but its money puts it in, and whether it is asked for.

    A run is asked for where no exclusion holds, whoever its customer is.

    Args:
        heads: of the runs.
        reading: how dates are written.
        question: which lines are asked for.
        no_sales: the runs that some column says are no sale, once for each such column.
    """
    days, undated = read_days(heads["ordered_at"], reading.dates)
    bins = np.zeros(len(days), dtype=np.uint8)
    # From the last reason to the first: the first that holds is written last.
    if question.until is not None:
        bins[days > day_number(question.until)] = CODES["after_as_of"]
    if question.since is not None:
        bins[days < day_number(question.since)] = CODES["before_since"]
    if question.currency is not None and "currency" in heads:
        bins[currencies.is_other_currency(heads["currency"], question.currency)] = CODES[
            "other_currency"
        ]
    for no_sale in no_sales:
        bins[no_sale] = CODES["not_a_sale"]
    if question.suppressed:
        bins[is_listed(heads["customer_id"], question.suppressed)] = CODES["suppressed"]
    asked_for = bins == CODES["used"]
    bins[is_blank(heads["customer_id"])] = CODES["anonymous"]
    if question.anonymous_ids:
        bins[is_listed(heads["customer_id"], question.anonymous_ids)] = CODES["anonymous"]
    if undated is not None:
        bins[undated] = CODES["bad_date"]
        lacking = "missing_date" if reading.preset.undated is None else reading.preset.undated
        bins[undated & is_blank(heads["ordered_at"])] = CODES[lacking]
    return days, bins, asked_for


def named_currencies(runs: Runs, said: Sequence[pa.Array]) -> pa.Array:
    """The currency of each row, by its column and beside its amount.

    "" where none is named; null where the two contradict.
    """
    rows = int(runs.lengths.sum())
    if "currency" in runs.heads:
        by_run = pc.fill_null(currencies.normalized_currencies(runs.heads["currency"]), "")
        named = by_run.take(pa.array(np.repeat(np.arange(len(by_run)), runs.lengths)))
    else:
        named = pa.array(np.full(rows, ""))
    for column in said:
        agreed = currencies.agreed_currency(named, column)
        one = pc.if_else(pc.equal(named, ""), column, agreed)
        named = pc.if_else(column.is_valid(), one, named)
    return named


def in_other_currencies(said: Sequence[pa.Array], question: LineOptions) -> Places:
    """The rows whose amount is marked with another currency than the one asked for."""
    if question.currency is None or not said:
        return np.empty(0, dtype=np.int64)
    other = [currencies.is_other_currency(column, question.currency) for column in said]
    return np.flatnonzero(np.logical_or.reduce(other))


def currencies_of(
    runs: Runs, seen: Mask, said: Sequence[pa.Array], apart: RowBins
) -> frozenset[str]:
    """The currencies that the `seen` runs name, in a column of their own or beside the amounts."""
    columns = []
    if said:
        rows = np.repeat(seen, runs.lengths)
        rows[apart.rows] = False
        columns = [column.filter(pa.array(rows)) for column in said]
    if "currency" in runs.heads:
        columns.append(
            currencies.normalized_currencies(runs.heads["currency"].filter(pa.array(seen)))
        )
    named = (pc.unique(column).to_pylist() for column in columns)
    return frozenset(name for names in named for name in names) - {None, ""}


def row_bins_of(batch: Batch, runs: Runs, bins: Codes, amounts: RowBins, others: Places) -> RowBins:
    """Rows of no run's bin.

    Args:
        batch: as it was read.
        runs: of its rows.
        bins: of the runs.
        amounts: the rows of unreadable money, which count unless the date is at fault.
        others: the rows in other currencies, which count unless their run's bin comes before.
    """
    apart = amounts
    undated = np.isin(bins, [CODES[name] for name in ("missing_date", "bad_date", "blank")])
    if undated.any():
        kept = ~undated[runs.run_indices(amounts.rows)]
        candidates = (bins == CODES["missing_date"]) & is_blank(runs.heads["customer_id"])
        rows = np.flatnonzero(np.repeat(candidates, runs.lengths))
        if len(rows):
            blank = [is_blank(column)[rows] for column in batch.all_columns()]
            rows = rows[np.logical_and.reduce(blank)]
        apart = RowBins(amounts.rows[kept], amounts.codes[kept]).with_rows(rows, "blank")
    rows = np.setdiff1d(others, apart.rows, assume_unique=True)
    if not len(rows):
        return apart
    comes_before = np.isin(
        bins[runs.run_indices(rows)], [CODES[name] for name in _AFTER_OTHER_CURRENCY]
    )
    return apart.with_rows(rows[comes_before], "other_currency")


def is_blank(cells: pa.Array) -> Mask:
    """The empty cells; white space alone is empty."""
    empty = mask_of(cells.is_null())
    if pa.types.is_string_view(cells.type) or pa.types.is_large_string(cells.type):
        cells = cells.cast(pa.string())
    if pa.types.is_string(cells.type):
        # A quick look first: in most columns no cell is empty or begins like white space.
        starts, letters = text_bytes(cells)
        is_filled = starts[1:] > starts[:-1]
        first = letters[starts[:-1][is_filled]]
        if not (is_filled | empty).all() or _BEGINS_SPACE[first].any():
            empty |= mask_of(pc.equal(pc.utf8_trim_whitespace(cells), ""))
    return empty


def bin_counts(batch: Batch, bins: Codes, counts: Places, apart: RowBins) -> Places:
    """How many rows of the batch went into each of BINS; `counts` are those left in each run."""
    total = np.bincount(bins, weights=counts, minlength=len(BINS)).astype(np.int64)
    total += np.bincount(apart.codes, minlength=len(BINS))
    for fault in batch.faults:
        total[CODES["blank" if fault.is_blank else fault.reason]] += 1
    return total


def rejects_of(batch: Batch, lengths: Places, bins: Codes, apart: RowBins) -> tuple[Places, Places]:
    """Rejected rows by their place in the batch, with the bin of each.

    Args:
        batch: as it was read.
        lengths: how many rows each run has.
        bins: of the runs.
        apart: the rows of no run's bin.
    """
    in_runs = np.isin(bins, REJECTED)
    faults = [fault for fault in batch.faults if not fault.is_blank]
    is_reject = np.isin(apart.codes, REJECTED)
    if not (in_runs.any() or is_reject.any() or faults):
        none = np.empty(0, dtype=np.int64)
        return none, none
    codes_by_row = np.repeat(np.where(in_runs, bins, 0), lengths).astype(np.int64)
    codes_by_row[apart.rows] = np.where(is_reject, apart.codes, 0)
    bad = np.flatnonzero(codes_by_row)
    rows = np.concatenate([batch.rows()[bad], [fault.row for fault in faults]]).astype(np.int64)
    fault_codes = [CODES[fault.reason] for fault in faults]
    return rows, np.concatenate([codes_by_row[bad], fault_codes]).astype(np.int64)


def tally_of_rows(batch: Batch, bins: Codes) -> Tally:
    """Where the rows of a batch went, of which each has a bin of its own."""
    ones = np.ones(len(bins), dtype=np.int64)
    rows, codes = rejects_of(batch, ones, bins, RowBins())
    return Tally(batch.records, bin_counts(batch, bins, ones, RowBins()), rows, codes)
