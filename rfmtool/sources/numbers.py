"""Numbers out of whatever a money or quantity column holds, exact to 1/10,000."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.columns import UNITS_PER_CURRENCY
from rfmtool.sources.layout import NumberReading

Floats = npt.NDArray[np.float64]
Units = npt.NDArray[np.int64]
Places = npt.NDArray[np.int64]

# A product of two doubles times 10,000 is off by less than 2^-51 of itself: below 2^41 by less
# than 0.001, so only a remainder this near to one half can be rounded the wrong way.
_SURE_REMAINDER: Final = 0.499
_SURE_BELOW: Final = 2.0**41
_LARGEST: Final = 2**63 - 1
_EXACT = Context(prec=120)

_SPACES = " \u00a0\u202f\u2009"  # plain, no-break, narrow no-break, thin


def _pattern(decimal: str, groups: Sequence[str]) -> str:
    grouped = "|".join(rf"\d{{1,3}}(?:{group}\d{{3}})+" for group in groups)
    return (
        r"^(?P<open>\()?(?P<sign>[-+−])?(?:\p{Sc}|[A-Z]{3})?"
        rf"[\s{_SPACES}]*(?P<inner>[-+−])?"
        rf"(?P<whole>{grouped}|\d+)?(?:{decimal}(?P<part>\d*))?(?P<power>[eE][-+]?\d{{1,9}})?"
        rf"[\s{_SPACES}]*(?:\p{{Sc}}|[A-Z]{{3}})?(?P<after>[-−])?(?P<close>\))?$"
    )


_PATTERNS: Final = {
    ".": _pattern(r"\.", [",", f"[{_SPACES}]", "['’]"]),
    ",": _pattern(",", [r"\.", f"[{_SPACES}]", "['’]"]),
}
_NOT_DIGITS = r"[^\d]"


@dataclass(frozen=True)
class Numbers:
    """A column of numbers as doubles (NaN where there is none), with its cells for exact looks."""

    values: Floats
    cells: pa.Array
    """Plain text such as `-1234.5` (null where there is no number), or the typed column."""
    missing: npt.NDArray[np.bool_] | None
    """The empty cells; None where there are none."""


def read_numbers(cells: pa.Array, reading: NumberReading) -> Numbers:
    """Read a text or numeric column; what is not a number becomes NaN."""
    if not pa.types.is_string(cells.type):
        return Numbers(_doubles(cells), cells, _blank(cells))
    try:
        if reading.decimal == ".":
            return Numbers(_doubles(cells), cells, _blank(cells))
    except pa.ArrowInvalid:
        pass  # thousands separators, currency signs, spaces, or no number at all
    trimmed = pc.utf8_trim_whitespace(cells)
    plain = plain_text(trimmed, reading)
    return Numbers(_doubles(plain), plain, _blank(pc.if_else(pc.equal(trimmed, ""), None, cells)))


def _blank(cells: pa.Array) -> npt.NDArray[np.bool_] | None:
    return cells.is_null().to_numpy(zero_copy_only=False) if cells.null_count else None


def _doubles(cells: pa.Array) -> Floats:
    values = pc.cast(cells, pa.float64(), safe=False)
    if values.null_count:
        values = values.fill_null(float("nan"))
    buffer = values.buffers()[1]
    count = values.offset + len(values)
    return np.frombuffer(buffer, dtype=np.float64, count=count)[values.offset :]


def plain_text(cells: pa.Array, reading: NumberReading) -> pa.Array:
    """Rewrite numbers as people write them to `-1234.5`; null where a cell is not one number.

    Understood are thousands separators, a currency sign or code on either side, and a minus in
    front, behind, or as parentheses.
    """
    parts = pc.extract_regex(pc.utf8_trim_whitespace(cells), _PATTERNS[reading.decimal])
    names = [field.name for field in parts.type]
    part = dict(zip(names, (parts.field(place) for place in range(len(names))), strict=True))
    present = {name: pc.not_equal(part[name], "") for name in names}
    brackets = pc.equal(present["open"], present["close"])
    minus_marks = [
        pc.cast(mark, pa.int8())
        for mark in (
            pc.is_in(part["sign"], pa.array(["-", "−"])),
            pc.is_in(part["inner"], pa.array(["-", "−"])),
            present["after"],
            present["open"],
        )
    ]
    marks = minus_marks[0]
    for mark in minus_marks[1:]:
        marks = pc.add(marks, mark)
    digits = pc.or_(present["whole"], present["part"])
    readable = pc.and_(pc.and_(digits, brackets), pc.less_equal(marks, 1))
    whole = pc.replace_substring_regex(part["whole"], _NOT_DIGITS, "")
    text = pc.binary_join_element_wise(
        pc.if_else(pc.equal(marks, 1), "-", ""),
        pc.if_else(present["whole"], whole, "0"),
        pc.if_else(present["part"], pc.binary_join_element_wise(".", part["part"], ""), ""),
        part["power"],
        "",
    )
    return pc.if_else(pc.and_(parts.is_valid(), readable), text, pa.scalar(None, pa.string()))


def to_units(factors: Sequence[Numbers]) -> tuple[Units, Places]:
    """Multiply amount, or quantity and unit price, into whole 1/10,000, rounded half-even.

    Args:
        factors: one or two columns of equal length.

    Returns:
        The units, 0 where a factor is not a number or the product is beyond int64; and the places
        of those cells.
    """
    product = factors[0].values * UNITS_PER_CURRENCY
    for factor in factors[1:]:
        product = product * factor.values
    units = np.rint(product)
    with np.errstate(invalid="ignore"):
        sure = (np.abs(product - units) < _SURE_REMAINDER) & (np.abs(product) < _SURE_BELOW)
    if sure.all():
        return units.astype(np.int64), np.empty(0, dtype=np.int64)
    units[~sure] = 0
    whole = units.astype(np.int64)
    doubtful = np.flatnonzero(~sure)
    readable = doubtful[np.isfinite(product[doubtful])]
    exact = _exact_units(factors, readable)
    fits = np.array([abs(number) <= _LARGEST for number in exact], dtype=bool)
    whole[readable[fits]] = [number for number in exact if abs(number) <= _LARGEST]
    return whole, np.setdiff1d(doubtful, readable[fits], assume_unique=True)


def _exact_units(factors: Sequence[Numbers], places: Places) -> list[int]:
    columns = [_decimals(factor.cells.take(pa.array(places))) for factor in factors]
    exact = []
    for row in zip(*columns, strict=True):
        product = Decimal(UNITS_PER_CURRENCY)
        for number in row:
            product = _EXACT.multiply(product, number)
        exact.append(int(product.to_integral_value(ROUND_HALF_EVEN, _EXACT)))
    return exact


def _decimals(cells: pa.Array) -> list[Decimal]:
    # A double's shortest text is what a CSV of the same data would hold.
    return [cell if isinstance(cell, Decimal) else Decimal(str(cell)) for cell in cells.to_pylist()]
