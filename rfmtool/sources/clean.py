"""A batch of raw cells to exact lines, and a tally of where every row went.

A pure function of the batch, the reading and the question. Consecutive rows of one order become
one line: most exports list an order's rows together, and everything but the money is then looked
at once per order instead of once per row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.columns import BINS, REJECTIONS
from rfmtool.errors import InputError
from rfmtool.sources.dates import Days, Mask, read_days
from rfmtool.sources.layout import MONEY_ROLES, Question, Reading
from rfmtool.sources.ledger import CODES, Tally
from rfmtool.sources.numbers import Numbers, Units, read_numbers, to_units
from rfmtool.sources.read import Batch

LINES: Final = pa.schema(
    {
        "customer_id": pa.string(),
        "order_id": pa.string(),
        "day": pa.int32(),  # days since 1970-01-01
        "sales": pa.int64(),  # the positive amounts, in 1/10,000 of the currency unit
        "refunds": pa.int64(),  # the negative amounts, as a positive number
    }
)
_EPOCH: Final = date(1970, 1, 1).toordinal()
_SAFE_SUM: Final = 2.0**62
# No id read from a file begins with this character, so a made-up one never meets a real one.
_MADE_UP: Final = "\x1f"

Codes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
Cells = Mapping[str, pa.Array]


@dataclass(frozen=True)
class Cleaned:
    """The used lines of a batch, in LINES, and where all its rows went."""

    lines: pa.RecordBatch
    tally: Tally


@dataclass(frozen=True)
class _Runs:
    """Consecutive rows alike in all but money; each is looked at once."""

    heads: Cells
    """The cells of each run's first row."""
    starts: Places
    lengths: Places


@dataclass(frozen=True)
class _Odd:
    """Single rows whose bin is not that of their run: the rows and their bins."""

    rows: Places
    codes: Codes


def clean(batch: Batch, reading: Reading, question: Question, ordinal: int = 0) -> Cleaned:
    """Type a batch and put every row into its bin.

    Args:
        batch: raw cells by role.
        reading: how dates and numbers are written.
        question: which readable lines are asked for.
        ordinal: the batch's number in the export; tells rows apart where each is an order.

    Raises:
        InputError: the money of one order is beyond 461 trillion.
    """
    if not len(batch.cells["customer_id"]):
        return _nothing(batch)
    numbers = _numbers(batch.cells, reading)
    units, unread = to_units(list(numbers.values()))
    runs = _runs(batch.cells, question)
    days, bins = _bins_of_runs(runs.heads, reading, question)
    odd = _odd_rows(batch, runs, bins, _amount_problems(numbers, unread))
    sales, refunds = _sums(units, runs.starts)
    counts = runs.lengths - _count_by_run(odd.rows, runs)
    used = (bins == CODES["used"]) & (counts > 0)
    anonymous = (bins == CODES["anonymous"]) & (counts > 0)
    order_ids = _order_ids(runs.heads, days, ordinal, question)
    columns = (runs.heads["customer_id"], order_ids, days, sales, refunds)
    lines = pa.record_batch([_arrow(column) for column in columns], schema=LINES)
    reject_rows, reject_codes = _rejects(batch, runs, bins, odd)
    seen = days[used | anonymous]
    tally = Tally(
        records=batch.records,
        bins=_counted(batch, bins, counts, odd),
        reject_rows=reject_rows,
        reject_codes=reject_codes,
        used_units=_total(sales[used]) - _total(refunds[used]),
        anonymous_units=_total(sales[anonymous]) - _total(refunds[anonymous]),
        last_day=int(seen.max()) if len(seen) else None,
        ids_end_in_point_zero=_all_end_in_point_zero(runs.heads["customer_id"]),
        has_marks=not reading.numbers.settled and _has_marks(batch.cells),
        currencies=_currencies(runs.heads),
    )
    return Cleaned(lines if used.all() else lines.filter(pa.array(used)), tally)


def _nothing(batch: Batch) -> Cleaned:
    none = np.empty(0, dtype=np.int64)
    no_bins = none.astype(np.uint8)
    rows, codes = _rejects(batch, _Runs({}, none, none), no_bins, _Odd(none, no_bins))
    bins = _counted(batch, no_bins, none, _Odd(none, no_bins))
    return Cleaned(pa.RecordBatch.from_pylist([], schema=LINES), Tally(batch.records, bins, rows, codes))  # noqa: E501


# Money -------------------------------------------------------------------------------------------


def _numbers(cells: Cells, reading: Reading) -> dict[str, Numbers]:
    roles = ("amount",) if "amount" in cells else ("quantity", "unit_price")
    return {role: read_numbers(cells[role], reading.numbers) for role in roles}


def _amount_problems(numbers: Mapping[str, Numbers], unread: Places) -> _Odd:
    codes = np.full(len(unread), CODES["bad_amount"], dtype=np.uint8)
    for role, reason in (("unit_price", "bad_price"), ("quantity", "bad_quantity")):
        if role in numbers:
            codes[~np.isfinite(numbers[role].values[unread])] = CODES[reason]
    for column in numbers.values():
        if column.missing is not None:
            codes[column.missing[unread]] = CODES["missing_amount"]
    return _Odd(unread, codes)


def _sums(units: Units, starts: Places) -> tuple[Units, Units]:
    if float(np.abs(units).max()) * len(units) >= _SAFE_SUM:
        sums = np.add.reduceat(np.abs(units).astype(np.float64), starts)
        if sums.max() >= _SAFE_SUM:
            raise InputError("the money of one order is beyond 461 trillion")
    positive = np.maximum(units, 0)
    return np.add.reduceat(positive, starts), np.add.reduceat(positive - units, starts)


def _total(units: Units) -> int:
    if len(units) and float(units.max()) * len(units) >= _SAFE_SUM:
        return sum(units.tolist())
    return int(units.sum())


def _has_marks(cells: Cells) -> bool:
    """Whether a number has a point or comma in it, and so could be read in two ways."""
    columns = [cells[role] for role in MONEY_ROLES if role in cells]
    return any(
        pc.any(pc.match_substring(column, mark)).as_py() is True
        for column in columns
        if pa.types.is_string(column.type)
        for mark in ".,"
    )


# Runs --------------------------------------------------------------------------------------------


def _runs(cells: Cells, question: Question) -> _Runs:
    alike = {
        role: column
        for role, column in cells.items()
        if role not in MONEY_ROLES
    }
    rows = len(cells["customer_id"])
    starts = np.arange(rows) if question.order_per_row else _changes(list(alike.values()), rows)
    if len(starts) == rows:
        return _Runs(alike, starts, np.ones(rows, dtype=np.int64))
    index = pa.array(starts)
    heads = {role: column.take(index) for role, column in alike.items()}
    return _Runs(heads, starts, np.diff(starts, append=rows))


def _changes(columns: list[pa.Array], rows: int) -> Places:
    """Places of the rows that differ from the row before; the first one does."""
    changed = np.zeros(rows, dtype=bool)
    changed[0] = True
    for column in columns:
        differs = pc.not_equal(column.slice(1), column.slice(0, rows - 1))
        if differs.null_count:
            differs = differs.fill_null(True)
        changed[1:] |= differs.to_numpy(zero_copy_only=False)
    return np.flatnonzero(changed)


def _count_by_run(rows: Places, runs: _Runs) -> Places:
    places = np.searchsorted(runs.starts, rows, side="right") - 1
    return np.bincount(places, minlength=len(runs.starts))


# Bins --------------------------------------------------------------------------------------------


def _bins_of_runs(heads: Cells, reading: Reading, question: Question) -> tuple[Days, Codes]:
    days, undated = read_days(heads["ordered_at"], reading.dates)
    bins = np.zeros(len(days), dtype=np.uint8)
    # From the last reason to the first: the first that holds is written last.
    if question.until is not None:
        bins[days > question.until.toordinal() - _EPOCH] = CODES["after_as_of"]
    if question.since is not None:
        bins[days < question.since.toordinal() - _EPOCH] = CODES["before_since"]
    if question.currency is not None and "currency" in heads:
        bins[_outside(heads["currency"], question.currency)] = CODES["other_currency"]
    if question.not_a_sale and "status" in heads:
        bins[_is_in(heads["status"], question.not_a_sale)] = CODES["not_a_sale"]
    if question.suppressed:
        known = pa.array(sorted(question.suppressed))
        bins[_mask(pc.is_in(heads["customer_id"], known))] = CODES["suppressed"]
    bins[_blank(heads["customer_id"])] = CODES["anonymous"]
    if undated is not None:
        bins[undated] = CODES["bad_date"]
        bins[undated & _blank(heads["ordered_at"])] = CODES["missing_date"]
    return days, bins


def _is_in(cells: pa.Array, words: frozenset[str]) -> Mask:
    normal = pc.utf8_lower(pc.utf8_trim_whitespace(cells))
    return _mask(pc.is_in(normal, pa.array(sorted(words))))


def _outside(currencies: pa.Array, wanted: str) -> Mask:
    normal = pc.utf8_upper(pc.utf8_trim_whitespace(currencies))
    return _mask(pc.not_equal(normal, wanted.upper()).fill_null(False))


def _currencies(heads: Cells) -> frozenset[str]:
    if "currency" not in heads:
        return frozenset()
    normal = pc.utf8_upper(pc.utf8_trim_whitespace(heads["currency"]))
    return frozenset(pc.unique(normal).to_pylist()) - {None, ""}


def _odd_rows(batch: Batch, runs: _Runs, bins: Codes, amounts: _Odd) -> _Odd:
    """Rows of no run's bin: unreadable money, unless the date is at fault, and blank rows."""
    undated = (bins == CODES["missing_date"]) | (bins == CODES["bad_date"])
    if not undated.any():
        return amounts
    places = np.searchsorted(runs.starts, amounts.rows, side="right") - 1
    kept = ~undated[places]
    blank = _blank_rows(batch, runs, bins)
    rows = np.concatenate([amounts.rows[kept], blank])
    codes = np.concatenate(
        [amounts.codes[kept], np.full(len(blank), CODES["blank"], dtype=np.uint8)]
    )
    return _Odd(rows, codes)


def _blank_rows(batch: Batch, runs: _Runs, bins: Codes) -> Places:
    candidates = (bins == CODES["missing_date"]) & _blank(runs.heads["customer_id"])
    rows = np.flatnonzero(np.repeat(candidates, runs.lengths))
    if len(rows):
        index = pa.array(rows)
        blank = [_blank(column.take(index)) for column in batch.whole()]
        rows = rows[np.logical_and.reduce(blank)]
    return rows


def _blank(cells: pa.Array) -> Mask:
    """The empty cells; white space alone is empty."""
    empty = _mask(cells.is_null())
    if pa.types.is_string(cells.type):
        spaces = pc.equal(pc.utf8_trim_whitespace(cells), "") if _may_be_space(cells) else None
        if spaces is not None:
            empty |= _mask(spaces.fill_null(True))
    return empty


def _may_be_space(cells: pa.Array) -> bool:
    """Whether any cell begins with white space; most columns have none, and that is quick to see."""
    first = pc.binary_slice(pc.cast(cells, pa.binary()), 0, 1)
    odd = pc.is_in(first, pa.array([b"", b" ", b"\t", b"\r", b"\n", b"\xc2", b"\xe2", b"\xe3"]))
    return bool(pc.any(odd).as_py())


def _counted(batch: Batch, bins: Codes, counts: Places, odd: _Odd) -> Places:
    total = np.bincount(bins, weights=counts, minlength=len(BINS)).astype(np.int64)
    total += np.bincount(odd.codes, minlength=len(BINS))
    for fault in batch.faults:
        total[CODES["blank" if fault.is_blank else fault.reason]] += 1
    return total


def _rejects(batch: Batch, runs: _Runs, bins: Codes, odd: _Odd) -> tuple[Places, Places]:
    """Rejected rows by their place in the batch, with the bin of each."""
    rejections = [CODES[reason] for reason in REJECTIONS]
    in_runs = np.isin(bins, rejections)
    faults = [fault for fault in batch.faults if not fault.is_blank]
    is_reject = np.isin(odd.codes, rejections)
    if not (in_runs.any() or is_reject.any() or faults):
        none = np.empty(0, dtype=np.int64)
        return none, none
    codes_by_row = np.repeat(np.where(in_runs, bins, 0), runs.lengths).astype(np.int64)
    codes_by_row[odd.rows] = np.where(is_reject, odd.codes, 0)
    bad = np.flatnonzero(codes_by_row)
    rows = np.concatenate([batch.rows()[bad], [fault.row for fault in faults]]).astype(np.int64)
    fault_codes = [CODES[fault.reason] for fault in faults]
    return rows, np.concatenate([codes_by_row[bad], fault_codes]).astype(np.int64)


# Ids ---------------------------------------------------------------------------------------------


def _order_ids(heads: Cells, days: Days, ordinal: int, question: Question) -> pa.Array:
    """Ids as written; without one an order is a customer's day, or a row of its own."""
    if question.order_per_row:
        rows = pc.cast(pa.array(np.arange(len(days))), pa.string())
        return pc.binary_join_element_wise(_MADE_UP, str(ordinal), rows, "-")
    written = heads.get("order_id")
    if written is not None and not written.null_count:
        return written
    by_day = pc.binary_join_element_wise(_MADE_UP, pc.cast(pa.array(days), pa.string()), "")
    return by_day if written is None else pc.coalesce(written, by_day)


def _all_end_in_point_zero(ids: pa.Array) -> bool:
    return pc.all(pc.ends_with(ids, ".0")).as_py() is not False


def _mask(booleans: pa.Array) -> Mask:
    mask: Mask = booleans.to_numpy(zero_copy_only=False)
    return mask


def _arrow(column: pa.Array | npt.NDArray[np.generic]) -> pa.Array:
    return column if isinstance(column, pa.Array) else pa.array(column)
