"""Money and quantity columns to numbers, exact to 1/10,000."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import reduce
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Floats, Mask, Places, mask_of
from rfmtool.money import UNITS_PER_CURRENCY
from rfmtool.sources.cells import currencies
from rfmtool.sources.cells.repeated_cells import PROBE_CELLS, are_repetitive

Units = npt.NDArray[np.int64]
Cells = Mapping[str, pa.Array]
DecimalMark = Literal[".", ","]

# A product of two doubles times 10,000 is off by less than 2^-51 of itself: below 2^41 by less
# than 0.001, so only a remainder this near to one half can be rounded the wrong way. Each further
# factor adds half of that again.
_SURE_REMAINDER: Final = 0.499
_SURE_BELOW: Final = 2.0**41
_MAX_INT64: Final = 2**63 - 1
_EXACT = Context(prec=120)

_SPACES = " \u00a0\u202f\u2009"  # plain, no-break, narrow no-break, thin
_LAKH: Final = "lakh"  # Indian grouping of digits: 1,50,000


def _pattern(decimal: str, groups: Sequence[str]) -> str:
    grouped = "|".join(
        r"[1-9]\d?(?:,\d{2})+,\d{3}" if group == _LAKH else rf"[1-9]\d{{0,2}}(?:{group}\d{{3}})+"
        for group in groups
    )
    # Whether it is a currency is checked later: a pattern of their letters takes 20 times as long.
    mark = r"[^\d\s\p{Z}\p{Cc}().,'’+−-]{1,5}(?: \$)?"
    # A dash in place of decimals, as in 500,- or 500/-, is no minus.
    return (
        rf"^'?(?P<open>\()?(?P<sign>[-+−])?(?P<front>{mark})?"
        rf"[\s{_SPACES}]*(?P<inner>[-+−])?[\s{_SPACES}]*"
        rf"(?P<whole>{grouped}|\d+)?(?:{decimal}(?:[-−–]{{1,2}}|(?P<part>\d*)))?(?:/-)?"
        rf"(?P<power>[eE][-+]?\d{{1,9}})?"
        rf"(?P<late>[-−])?[\s{_SPACES}]*(?P<back>{mark})?(?P<after>[-−])?(?P<close>\))?$"
    )


_NUMBER_PATTERNS: Final = {
    ".": _pattern(r"\.", [",", _LAKH, f"[{_SPACES}]", "['’]"]),
    ",": _pattern(",", [r"\.", f"[{_SPACES}]", "['’]"]),
}
_NOT_DIGITS = r"[^\d]"
_ABBREVIATION_POINTS: Final = "(?i)^(['(+−-]*(?:{}))\\.|([-–−\\d\\s](?:{}))\\.([)]?)$".format(
    "|".join(currencies.ABBREVIATIONS_WITH_POINT), "|".join(currencies.ABBREVIATIONS)
)
_RAISED_DIGITS: Final = "[\u00b2\u00b3\u00b9\u2070-\u209f\u2460-\u24ff]"
"""Superscript and circled digits, as of cents and footnotes."""
_ARABIC_POINTS: Final = "[\u200e\u200f\u061c]|(\\p{Arabic})\\.(\\p{Arabic})\\.?"
"""Marks of direction, and points between the letters of an Arabic currency, as in ر.س."""


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
    trimmed = normalized_number_text(texts)
    filled = pc.if_else(pc.equal(trimmed, ""), None, texts)
    columns = [*parse_number_text(trimmed, number_format), filled]
    if encoded is not None:
        columns = [column.take(encoded.indices) for column in columns]
    plain, marked, filled = columns
    marked = marked if len(marked) > marked.null_count else None
    return Numbers(_doubles(plain), plain, _null_mask(filled), marked)


def normalized_number_text(cells: pa.Array) -> pa.Array:
    """Trimmed numbers with full-width digits and marks as plain ones.

    The points of an abbreviation, as in `Rs.500` or `500 kr.`, are removed: they are no decimal
    points.
    """
    if pc.all(pc.string_is_ascii(cells)).as_py() is False:
        cells = pc.utf8_normalize(pc.replace_substring_regex(cells, _RAISED_DIGITS, "?"), "NFKC")
        cells = pc.replace_substring_regex(cells, _ARABIC_POINTS, r"\1\2")
    cells = pc.utf8_trim_whitespace(cells)
    return pc.replace_substring_regex(cells, _ABBREVIATION_POINTS, r"\1\2\3")


def _null_mask(cells: pa.Array) -> Mask | None:
    return mask_of(cells.is_null()) if cells.null_count else None


def _doubles(cells: pa.Array) -> Floats:
    values = pc.cast(cells, pa.float64(), safe=False)
    if values.null_count:
        values = values.fill_null(float("nan"))
    buffer = values.buffers()[1]
    count = values.offset + len(values)
    return np.frombuffer(buffer, dtype=np.float64, count=count)[values.offset :]


def parse_number_text(cells: pa.Array, number_format: NumberFormat) -> tuple[pa.Array, pa.Array]:
    """Rewrite numbers from `normalized_number_text` to `-1234.5`.

    Accepted are thousands separators, a currency sign or code on either side, a dash in place of
    decimals, and a minus in front, behind, or as parentheses.

    Returns:
        The numbers, null where a cell is not one; and the currencies they are marked with, null
        where there is none.
    """
    match = pc.extract_regex(cells, _NUMBER_PATTERNS[number_format.decimal])
    part = {field.name: match.field(index) for index, field in enumerate(match.type)}
    present = {name: pc.not_equal(texts, "") for name, texts in part.items()}
    is_negative, has_one_sign = _signs(part, present)
    marked, has_one_currency = _marked_currencies(part, present)
    readable = pc.or_(present["whole"], present["part"])
    is_paired = pc.equal(present["open"], present["close"])
    is_clear = _is_unambiguous(part, present, marked)
    for condition in (is_paired, has_one_sign, has_one_currency, is_clear, match.is_valid()):
        readable = pc.and_(readable, condition)
    digits = pc.replace_substring_regex(part["whole"], _NOT_DIGITS, "")
    text = pc.binary_join_element_wise(
        pc.if_else(is_negative, "-", ""),
        pc.if_else(present["whole"], digits, "0"),
        pc.if_else(present["part"], pc.binary_join_element_wise(".", part["part"], ""), ""),
        part["power"],
        "",
    )
    return pc.if_else(readable, text, None), pc.if_else(readable, marked, None)


def _signs(part: Cells, present: Cells) -> tuple[pa.Array, pa.Array]:
    signs = pa.array(["-", "−"])
    in_front = (pc.is_in(part[name], signs) for name in ("sign", "inner"))
    marks = [*in_front, *(present[name] for name in ("late", "after", "open"))]
    count = reduce(pc.add, (pc.cast(mark, pa.int8()) for mark in marks))
    return pc.equal(count, 1), pc.less_equal(count, 1)


def _is_unambiguous(part: Cells, present: Cells, marked: pa.Array) -> pa.Array:
    """Whether a cell can only be read as one number.

    The point of USD.50 may belong to the code, the dash of € -,50 may stand for no euro, and that
    of ¥5,000- may end the price.
    """
    is_plain = pc.or_(present["whole"], pc.invert(present["front"]))
    is_behind_sign = pc.match_substring_regex(part["front"], r"\p{Sc}$")
    is_fraction_behind_sign = pc.and_not(is_behind_sign, present["inner"])
    is_yen = pc.is_in(marked, pa.array(currencies.YEN))
    ends_in_dash = pc.and_(is_yen, pc.or_(present["late"], present["after"]))
    return pc.and_not(pc.or_(is_plain, is_fraction_behind_sign), ends_in_dash)


def _marked_currencies(part: Cells, present: Cells) -> tuple[pa.Array, pa.Array]:
    front = currencies.to_currency_codes(part["front"])
    back = currencies.to_currency_codes(part["back"])
    back = pc.if_else(pc.is_in(part["back"], pa.array(currencies.PREFIX_ONLY_SIGNS)), None, back)
    has_both = pc.and_(present["front"], present["back"])
    marked = pc.if_else(has_both, currencies.agreed_currency(front, back), pc.coalesce(front, back))
    has_mark = pc.or_(present["front"], present["back"])
    return marked, pc.or_(pc.invert(has_mark), marked.is_valid())


def to_units(factors: Sequence[Numbers]) -> tuple[Units, Places]:
    """The product of columns in integer 1/10,000 of a currency unit, rounded half-even once.

    Returns:
        The units, 0 where a factor is not a number or the product is beyond int64; and the places
        of those.
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
