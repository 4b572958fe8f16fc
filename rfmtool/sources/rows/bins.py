"""The bin of each row of a batch: used, or the reason why it is not.

Bins are found once per run (consecutive rows equal in all but money); the few rows whose bin is not
that of their run are kept separately.
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
"""Of each byte, whether any white space begins with it in UTF-8."""
_BEGINS_SPACE[[*b"\t\n\v\f\r\x1c\x1d\x1e\x1f \xc2\xe1\xe2\xe3"]] = True
Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class RowBins:
    """Rows whose bin is not that of their run, and the codes of their bins."""

    places: Places = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    codes: Codes = field(default_factory=lambda: np.empty(0, dtype=np.uint8))

    def with_more(self, places: Places, bin_name: str) -> RowBins:
        """The same with more rows, all in one bin."""
        codes = np.full(len(places), CODES[bin_name], dtype=np.uint8)
        return RowBins(np.concatenate([self.places, places]), np.concatenate([self.codes, codes]))


def bins_of_runs(
    heads: Cells, formats: Formats, options: LineOptions, no_sales: Iterable[Mask] = ()
) -> tuple[Days, Codes, Mask]:
    """The day of each run, its bin apart from its money, and whether no exclusion applies.

    `no_sales` are masks of the runs that are not sales, one for each column that says so.
    """
    days, undated = read_days(heads["ordered_at"], formats.dates)
    bins = np.zeros(len(days), dtype=np.uint8)
    # In reverse order of precedence, as later codes overwrite earlier ones.
    if options.until is not None:
        bins[days > day_number(options.until)] = CODES["after_as_of"]
    if options.since is not None:
        bins[days < day_number(options.since)] = CODES["before_since"]
    if options.currency is not None and "currency" in heads:
        is_other = currencies.is_other_currency(heads["currency"], options.currency)
        bins[is_other] = CODES["other_currency"]
    for no_sale in no_sales:
        bins[no_sale] = CODES["not_a_sale"]
    if options.suppressed:
        bins[is_listed(heads["customer_id"], options.suppressed)] = CODES["suppressed"]
    is_wanted = bins == CODES["used"]
    bins[is_blank(heads["customer_id"])] = CODES["anonymous"]
    if options.anonymous_ids:
        bins[is_listed(heads["customer_id"], options.anonymous_ids)] = CODES["anonymous"]
    if undated is not None:
        bins[undated] = CODES["bad_date"]
        reason = "missing_date" if formats.preset.undated is None else formats.preset.undated
        bins[undated & is_blank(heads["ordered_at"])] = CODES[reason]
    return days, bins, is_wanted


def named_currencies(runs: Runs, marked: Sequence[pa.Array]) -> pa.Array:
    """The currency of each row, by its column and those written next to its amount.

    "" where none is named; null where they contradict each other.
    """
    if "currency" in runs.heads:
        by_run = pc.fill_null(currencies.normalized_currencies(runs.heads["currency"]), "")
        named = by_run.take(pa.array(np.repeat(np.arange(len(by_run)), runs.lengths)))
    else:
        named = pa.array(np.full(runs.lengths.sum(), ""))
    for column in marked:
        agreed = currencies.agreed_currency(named, column)
        merged = pc.if_else(pc.equal(named, ""), column, agreed)
        named = pc.if_else(column.is_valid(), merged, named)
    return named


def in_other_currencies(marked: Sequence[pa.Array], options: LineOptions) -> Places:
    """The places of the rows whose amount is marked with a currency that is not wanted."""
    if options.currency is None or not marked:
        return np.empty(0, dtype=np.int64)
    is_other = [currencies.is_other_currency(column, options.currency) for column in marked]
    return np.flatnonzero(np.logical_or.reduce(is_other))


def currencies_of(
    runs: Runs, is_counted: Mask, marked: Sequence[pa.Array], row_bins: RowBins
) -> frozenset[str]:
    """The currencies of some runs, by their column or marked next to the amounts."""
    columns = []
    if marked:
        is_in = np.repeat(is_counted, runs.lengths)
        is_in[row_bins.places] = False
        columns = [column.filter(pa.array(is_in)) for column in marked]
    if "currency" in runs.heads:
        by_run = runs.heads["currency"].filter(pa.array(is_counted))
        columns.append(currencies.normalized_currencies(by_run))
    codes = (code for column in columns for code in pc.unique(column).to_pylist())
    return frozenset(codes) - {None, ""}


def row_bins_of(batch: Batch, runs: Runs, bins: Codes, amounts: RowBins, others: Places) -> RowBins:
    """The rows whose bin is not that of their run.

    These are the rows of unreadable money, `amounts`, over which an unreadable date takes
    precedence, and `others`, in other currencies, over which some bins of their run do.
    """
    row_bins = amounts
    undated = np.isin(bins, [CODES[name] for name in ("missing_date", "bad_date", "blank")])
    if undated.any():
        kept = ~undated[runs.run_places(amounts.places)]
        may_be_blank = (bins == CODES["missing_date"]) & is_blank(runs.heads["customer_id"])
        places = np.flatnonzero(np.repeat(may_be_blank, runs.lengths))
        if len(places):
            blank = [is_blank(column)[places] for column in batch.all_columns()]
            places = places[np.logical_and.reduce(blank)]
        row_bins = RowBins(amounts.places[kept], amounts.codes[kept]).with_more(places, "blank")
    places = np.setdiff1d(others, row_bins.places, assume_unique=True)
    if not len(places):
        return row_bins
    replaceable = [CODES[name] for name in ("used", "before_since", "after_as_of")]
    is_other = np.isin(bins[runs.run_places(places)], replaceable)
    return row_bins.with_more(places[is_other], "other_currency")


def is_blank(cells: pa.Array) -> Mask:
    """The cells that are null, empty or white space."""
    empty = mask_of(cells.is_null())
    if pa.types.is_string_view(cells.type) or pa.types.is_large_string(cells.type):
        cells = cells.cast(pa.string())
    if pa.types.is_string(cells.type):
        # In most columns no cell is empty or begins like white space, so none is trimmed.
        starts, letters = text_bytes(cells)
        is_filled = starts[1:] > starts[:-1]
        first_bytes = letters[starts[:-1][is_filled]]
        if not (is_filled | empty).all() or _BEGINS_SPACE[first_bytes].any():
            empty |= mask_of(pc.equal(pc.utf8_trim_whitespace(cells), ""))
    return empty


def bin_counts(batch: Batch, bins: Codes, counts: Places, row_bins: RowBins) -> Places:
    """The number of rows in each of BINS; `counts` are the rows of each run that share its bin."""
    total = np.bincount(bins, weights=counts, minlength=len(BINS)).astype(np.int64)
    total += np.bincount(row_bins.codes, minlength=len(BINS))
    for fault in batch.faults:
        total[CODES["blank" if fault.is_blank else fault.reason]] += 1
    return total


def rejects_of(
    batch: Batch, lengths: Places, bins: Codes, row_bins: RowBins
) -> tuple[Places, Places]:
    """The places of rejected rows in the batch, and the codes of their bins.

    `lengths` are the numbers of rows of the runs, and `bins` their bins.
    """
    is_rejected_run = np.isin(bins, REJECTED)
    faults = [fault for fault in batch.faults if not fault.is_blank]
    is_rejected_row = np.isin(row_bins.codes, REJECTED)
    if not (is_rejected_run.any() or is_rejected_row.any() or faults):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    codes_by_row = np.repeat(np.where(is_rejected_run, bins, 0), lengths).astype(np.int64)
    codes_by_row[row_bins.places] = np.where(is_rejected_row, row_bins.codes, 0)
    bad = np.flatnonzero(codes_by_row)
    places = np.concatenate([batch.places()[bad], [fault.row for fault in faults]])
    fault_codes = [CODES[fault.reason] for fault in faults]
    codes = np.concatenate([codes_by_row[bad], fault_codes])
    return places.astype(np.int64), codes.astype(np.int64)


def tally_of_rows(batch: Batch, bins: Codes) -> Tally:
    """The tally of a batch with a bin for each row."""
    ones = np.ones(len(bins), dtype=np.int64)
    rejects = rejects_of(batch, ones, bins, RowBins())
    return Tally(batch.records, bin_counts(batch, bins, ones, RowBins()), *rejects)
