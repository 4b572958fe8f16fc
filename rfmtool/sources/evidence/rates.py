"""Read a table of exchange rates; any row that cannot be read is an error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask
from rfmtool.errors import AmbiguousInputError, InputError, errors_naming
from rfmtool.sources.cells import currencies
from rfmtool.sources.cells.date_formats import check_zone
from rfmtool.sources.cells.dates import read_days
from rfmtool.sources.cells.numbers import read_numbers
from rfmtool.sources.cells.rates import Rate, Rates
from rfmtool.sources.evidence.cells import TableReading
from rfmtool.sources.evidence.reading import SourceBatches, read_batches, table_reading
from rfmtool.sources.evidence.roles import rates_table
from rfmtool.sources.layout import Asked
from rfmtool.sources.rows.bins import is_blank
from rfmtool.threads import core_count

_LEAST, _MOST = 1e-12, 1e12
"""The range of valid rates, in which products with amounts stay exact."""
_HINT: Final = "Mend it: the money of a currency hangs on every row of this table."
_MOST_NAMED: Final = 8


@dataclass(frozen=True, order=True)
class _RateRow:
    rate: Rate
    file: str
    number: int

    @property
    def place(self) -> str:
        return f"row {self.number:,} of {self.file}"


def read_rates(
    source: Any,  # noqa: ANN401 - a path, paths, or any library's frame
    into: str | None = None,
    asked: Asked | None = None,
    *,
    threads: int | None = None,
) -> Rates:
    """Read exchange rates.

    Args:
        source: a path, glob, folder, several of these, `-`, or a frame, with columns currency, rate
            (the value of one unit in the target currency) and optionally from_on, the first day of
            the rate; without it a rate applies to all days before the first dated one.
        into: the target currency; by default the one whose rate is 1.
        asked: the user's settings; `columns` as `rates.ROLE`.
        threads: how many blocks are read at a time; all cores by default.
    """
    table, asked = rates_table(), asked or Asked()
    if asked.timezone:
        check_zone(asked.timezone)
    with errors_naming(table.name):
        parts = read_batches(source, table, asked.of_table(table.name), threads or core_count())
        files = " and ".join(part[0].name for part in parts)
        with errors_naming(files):
            reading = table_reading(table, parts, asked)
        rates = _distinct_rates([row for part in parts for row in _rows_of(part, reading)])
        wanted = None if into is None else currencies.currency_code(into)
        with errors_naming(files):
            target = _target_currency(rates, wanted)
    return Rates(target, tuple(rate for rate in rates if rate.currency != target))


# Rows --------------------------------------------------------------------------------------------


def _rows_of(part: SourceBatches, reading: TableReading) -> Iterator[_RateRow]:
    source, batches = part
    columns = {role: source.layout.header[place] for role, place in source.layout.places.items()}
    first = 1
    for batch in batches:
        for fault in batch.faults:
            if not fault.is_blank:
                where = f"row {first + fault.row:,} of {source.name}"
                raise InputError(f"{where} cannot be read ({fault.reason})", _HINT)
        blank = np.logical_and.reduce([is_blank(column) for column in batch.all_columns()])
        filled = np.flatnonzero(~blank)
        numbers = (first + batch.places()[filled]).tolist()
        cells = {role: column.take(pa.array(filled)) for role, column in batch.cells.items()}
        named = [f"row {number:,} of {source.name}" for number in numbers]
        rates = _rates(cells, reading, named, columns)
        yield from map(_RateRow, rates, [source.name] * len(numbers), numbers)
        first += batch.records


def _rates(
    cells: dict[str, pa.Array], reading: TableReading, rows: list[str], columns: dict[str, str]
) -> list[Rate]:
    """The rates of rows; the names of the `rows` and `columns` are for errors."""

    def check(role: str, bad: Mask, what: str) -> None:
        if bad.any():
            row = rows[int(np.argmax(bad))]
            raise InputError(f"{row}, column {columns[role]!r}: {what}", _HINT)

    names = cells["currency"]
    check("currency", is_blank(names), "no currency")
    numbers = read_numbers(cells["rate"], reading.numbers)
    is_valid = (numbers.values >= _LEAST) & (numbers.values <= _MOST)  # False for NaN
    check("rate", ~is_valid, "no rate above 0")
    codes = currencies.normalized_currencies(names).to_pylist()
    values = [Decimal(str(cell)) for cell in numbers.cells.to_pylist()]
    from_on: list[int | None] = [None] * len(values)
    if "from_on" in cells:
        empty = is_blank(cells["from_on"])
        days, unread = read_days(cells["from_on"], reading.days["from_on"])
        if unread is not None:
            check("from_on", unread & ~empty, "no date")
        from_on = pc.if_else(pa.array(empty), None, pa.array(days)).to_pylist()
    return [
        Rate.constant(code, value) if day is None else Rate(code, day, value)
        for code, day, value in zip(codes, from_on, values, strict=True)
    ]


# Rates -------------------------------------------------------------------------------------------


def _distinct_rates(rows: Sequence[_RateRow]) -> list[Rate]:
    """The distinct rates, ascending; two rates of one currency and day are an error."""
    ordered = sorted(rows)
    for first, second in pairwise(ordered):
        is_same_day = first.rate.effective_on == second.rate.effective_on
        is_same = is_same_day and first.rate.currency == second.rate.currency
        if is_same and first.rate.value != second.rate.value:
            what = f"{first.place} and {second.place} give two rates of one currency for one day"
            hint = "Leave one out, or give each its first day in a column from_on."
            raise InputError(what, hint)
    # Equal values may differ in digits, as 1.0 and 1.00: the first row counts.
    firsts = {(row.rate.currency, row.rate.effective_on): row.rate for row in reversed(ordered)}
    return sorted(firsts.values())


def _target_currency(rates: Sequence[Rate], wanted: str | None) -> str:
    """The currency that the rates convert into, whose own rate, if given, is 1."""
    if not rates:
        raise InputError("there is no rate in it", "Give rows of currency and rate.")
    others = {rate.currency for rate in rates if rate.value != 1}
    ones = sorted({rate.currency for rate in rates} - others)
    if wanted is None and len(ones) != 1:
        which = "no currency has" if not ones else f"{len(ones):,} currencies have"
        what = f"{which} a rate of exactly 1, so it does not tell what to convert into"
        raise AmbiguousInputError(what, "Say which with --currency CODE.")
    target = ones[0] if wanted is None else wanted
    if target in others or (ones and target not in ones):
        known = [name for name in ones if currencies.is_known_currency(name)][:_MOST_NAMED]
        into = f" They are into {' or '.join(known)}." if known else ""
        raise InputError(
            "the rates are not into the currency that --currency names, whose own rate would be 1",
            f"Name the one they are into, or mend the table.{into}",
        )
    return target
