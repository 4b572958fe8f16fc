"""Money and quantity columns to numbers, exact to 1/10,000."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Floats, Mask, Places, mask_of
from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.sources.cells.number_texts import DecimalMark, read_number_texts
from rfmtool.sources.cells.repeated_cells import PROBE_CELLS, are_repetitive

Units = npt.NDArray[np.int64]

# A product of two doubles times 10,000 is off by less than 2^-51 of itself: below 2^41 by less
# than 0.001, so only a remainder this near to one half can be rounded the wrong way. Each further
# factor adds half of that again.
_SURE_REMAINDER: Final = 0.499
_SURE_BELOW: Final = 2.0**41
_MAX_INT64: Final = 2**63 - 1
_EXACT = Context(prec=120)


@dataclass(frozen=True)
class NumberFormat:
    """How numbers are written."""

    decimal: DecimalMark = "."
    is_decimal_mark_known: bool = True
    """False while every number was an integer."""


@dataclass(frozen=True)
class Numbers:
    """A column of numbers as doubles (NaN where there is none), and exactly as cells."""

    values: Floats
    cells: pa.Array
    """Plain text such as `-1234.5` (null where there is no number), or the typed column."""
    missing: Mask | None
    """The empty cells; None if there are none."""
    currencies: pa.Array | None = None
    """The currency of the sign or code next to each number; None if no number has one."""


def read_numbers(cells: pa.Array, number_format: NumberFormat) -> Numbers:
    """Read a text or numeric column; cells that are not numbers become NaN."""
    if not pa.types.is_string(cells.type):
        return Numbers(_doubles(cells), cells, _null_mask(cells))
    try:
        if number_format.decimal == ".":
            _doubles(cells[:PROBE_CELLS])  # as a cast of many cells is slow to fail
            return Numbers(_doubles(cells), cells, _null_mask(cells))
        if not pc.any(pc.match_substring(cells, ".")).as_py():
            _doubles(pc.replace_substring(cells[:PROBE_CELLS], ",", "."))
            with_points = pc.replace_substring(cells, ",", ".")
            return Numbers(_doubles(with_points), with_points, _null_mask(cells))
    except pa.ArrowInvalid:
        pass  # thousands separators, currency signs, spaces, or no number at all
    encoded = pc.dictionary_encode(cells) if are_repetitive(cells) else None
    texts = cells if encoded is None else encoded.dictionary
    columns = [*read_number_texts(texts, number_format.decimal)]
    if encoded is not None:
        columns = [column.take(encoded.indices) for column in columns]
    plain, marked, is_empty = columns
    marked = marked if len(marked) > marked.null_count else None
    is_missing = pc.or_(cells.is_null(), is_empty.fill_null(False))  # noqa: FBT003
    missing = mask_of(is_missing) if pc.any(is_missing).as_py() else None
    return Numbers(_doubles(plain), plain, missing, marked)


def _null_mask(cells: pa.Array) -> Mask | None:
    return mask_of(cells.is_null()) if cells.null_count else None


def _doubles(cells: pa.Array) -> Floats:
    values = pc.cast(cells, pa.float64(), safe=False)
    if values.null_count:
        values = values.fill_null(float("nan"))
    buffer = values.buffers()[1]
    count = values.offset + len(values)
    return np.frombuffer(buffer, dtype=np.float64, count=count)[values.offset :]


def to_units(factors: Sequence[Numbers]) -> tuple[Units, Places]:
    """The product of columns in integer 1/10,000 of a currency unit, rounded half-even once.

    It is 0 where a factor is not a number or the product is beyond int64, at the places returned.
    """
    with np.errstate(over="ignore"):
        product = factors[0].values * UNITS_PER_CURRENCY
        for factor in factors[1:]:
            product = product * factor.values
    units = np.rint(product)
    sure_below = _SURE_BELOW * 2 / max(2, len(factors))
    with np.errstate(invalid="ignore"):
        sure = (np.abs(product - units) < _SURE_REMAINDER) & (np.abs(product) < sure_below)
    if sure.all():
        return units.astype(np.int64), np.empty(0, dtype=np.int64)
    units[~sure] = 0
    integers = units.astype(np.int64)
    unsure = np.flatnonzero(~sure)
    finite = unsure[np.isfinite(product[unsure])]
    exact = _exact_units(factors, finite)
    fits = np.array([abs(number) <= _MAX_INT64 for number in exact], dtype=bool)
    integers[finite[fits]] = [number for number in exact if abs(number) <= _MAX_INT64]
    return integers, np.setdiff1d(unsure, finite[fits], assume_unique=True)


def _exact_units(factors: Sequence[Numbers], places: Places) -> list[int]:
    columns = [factor.cells.take(pa.array(places)).to_pylist() for factor in factors]
    exact = []
    for row in zip(*columns, strict=True):
        product = Decimal(UNITS_PER_CURRENCY)
        for cell in row:
            # A double's shortest text is what a CSV of the same data would hold.
            number = cell if isinstance(cell, Decimal) else Decimal(str(cell))
            product = _EXACT.multiply(product, number)
        exact.append(int(product.to_integral_value(ROUND_HALF_EVEN, _EXACT)))
    return exact
