"""Numbers out of whatever a money or quantity column holds, exact to 1/10,000."""

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
from rfmtool.sources.cells.repeated_cells import PROBE_CELLS, are_repetitive, dictionary_encoded

Units = npt.NDArray[np.int64]
Cells = Mapping[str, pa.Array]
DecimalMark = Literal[".", ","]

# A product of two doubles times 10,000 is off by less than 2^-51 of itself: below 2^41 by less
# than 0.001, so only a remainder this near to one half can be rounded the wrong way. Each further
# factor adds half of that again.
_SURE_REMAINDER: Final = 0.499
_SURE_BELOW: Final = 2.0**41
_LARGEST: Final = 2**63 - 1
_EXACT = Context(prec=120)

_SPACES = " \u00a0\u202f\u2009"  # plain, no-break, narrow no-break, thin


_LAKH: Final = "lakh"
"""The Indian way to group: 1,50,000."""


def _pattern(decimal: str, groups: Sequence[str]) -> str:
    grouped = "|".join(
        r"[1-9]\d?(?:,\d{2})+,\d{3}" if group == _LAKH else rf"[1-9]\d{{0,2}}(?:{group}\d{{3}})+"
        for group in groups
    )
    # What currency it is, if any, is asked later: a pattern of letters takes 20 times as long.
    mark = r"[^\d\s\p{Z}\p{Cc}().,'’+−-]{1,5}(?: \$)?"
    # A dash in place of decimals, as in 500,- or 500/- means that there are none, and not a minus.
    return (
        rf"^'?(?P<open>\()?(?P<sign>[-+−])?(?P<front>{mark})?"
        rf"[\s{_SPACES}]*(?P<inner>[-+−])?[\s{_SPACES}]*"
        rf"(?P<whole>{grouped}|\d+)?(?:{decimal}(?:[-−–]{{1,2}}|(?P<part>\d*)))?(?:/-)?"
        rf"(?P<power>[eE][-+]?\d{{1,9}})?"
        rf"(?P<late>[-−])?[\s{_SPACES}]*(?P<back>{mark})?(?P<after>[-−])?(?P<close>\))?$"
    )


_PATTERNS: Final = {
    ".": _pattern(r"\.", [",", _LAKH, f"[{_SPACES}]", "['’]"]),
    ",": _pattern(",", [r"\.", f"[{_SPACES}]", "['’]"]),
}
_NOT_DIGITS = r"[^\d]"
_SHORTENED: Final = "(?i)^(['(+−-]*(?:{}))\\.|([-–−\\d\\s](?:{}))\\.([)]?)$".format(
    "|".join(currencies.ABBREVIATIONS_WITH_POINT), "|".join(currencies.ABBREVIATIONS)
)
_RAISED: Final = "[\u00b2\u00b3\u00b9\u2070-\u209f\u2460-\u24ff]"
"""Digits that are no digits of the number: cents written high, the sign of a footnote."""


@dataclass(frozen=True)
class NumberFormat:
    """How numbers are written. `settled` is False while every number seen was a whole one."""

    decimal: DecimalMark = "."
    is_decimal_mark_known: bool = True


@dataclass(frozen=True)
class Numbers:
    """A column of numbers as doubles (NaN where there is none), with its cells for exact looks."""

    values: Floats
    cells: pa.Array
    """Plain text such as `-1234.5` (null where there is no number), or the typed column."""
    missing: Mask | None
    """The empty cells; None where there are none."""
    currencies: pa.Array | None = None
    """The currency that the sign or code beside each number says; None where none does."""


def read_numbers(cells: pa.Array, reading: NumberFormat) -> Numbers:
    """Read a text or numeric column; what is not a number becomes NaN."""
    if not pa.types.is_string(cells.type):
        return Numbers(_doubles(cells), cells, _blank(cells))
    try:
        if reading.decimal == ".":
            _doubles(cells[:PROBE_CELLS])  # for each cell of many is refused slowly
            return Numbers(_doubles(cells), cells, _blank(cells))
        if not pc.any(pc.match_substring(cells, ".")).as_py():
            _doubles(pc.replace_substring(cells[:PROBE_CELLS], ",", "."))
            pointed = pc.replace_substring(cells, ",", ".")
            return Numbers(_doubles(pointed), pointed, _blank(cells))
    except pa.ArrowInvalid:
        pass  # thousands separators, currency signs, spaces, or no number at all
    texts, places = dictionary_encoded(cells) if are_repetitive(cells) else (cells, None)
    trimmed = normalized_number_text(texts)
    filled = pc.if_else(pc.equal(trimmed, ""), None, texts)
    columns = [*parse_number_text(trimmed, reading), filled]
    plain, said, filled = columns if places is None else [one.take(places) for one in columns]
    said = said if len(said) > said.null_count else None
    return Numbers(_doubles(plain), plain, _blank(filled), said)


def normalized_number_text(cells: pa.Array) -> pa.Array:
    """Numbers with their full-width digits and marks as plain ones, without outer spaces.

    Nor has `Rs.500` or `500 kr.` the point of what is shortened, which would be read as a decimal.
    """
    if pc.all(pc.string_is_ascii(cells)).as_py() is False:
        cells = pc.utf8_normalize(pc.replace_substring_regex(cells, _RAISED, "?"), "NFKC")
    cells = pc.utf8_trim_whitespace(cells)
    return pc.replace_substring_regex(cells, _SHORTENED, r"\1\2\3")


def _blank(cells: pa.Array) -> Mask | None:
    return mask_of(cells.is_null()) if cells.null_count else None


def _doubles(cells: pa.Array) -> Floats:
    values = pc.cast(cells, pa.float64(), safe=False)
    if values.null_count:
        values = values.fill_null(float("nan"))
    buffer = values.buffers()[1]
    count = values.offset + len(values)
    return np.frombuffer(buffer, dtype=np.float64, count=count)[values.offset :]


def parse_number_text(cells: pa.Array, reading: NumberFormat) -> tuple[pa.Array, pa.Array]:
    """Rewrite numbers as people write them to `-1234.5`.

    Understood are thousands separators, a currency sign or code on either side, a dash in place of
    decimals, and a minus in front, behind, or as parentheses.

    Args:
        cells: text as `as_typed` gives it.
        reading: how numbers are written.

    Returns:
        The numbers, null where a cell is not one; and the currency that each is marked with, null
        where none is.
    """
    found = pc.extract_regex(cells, _PATTERNS[reading.decimal])
    names = [field.name for field in found.type]
    part = dict(zip(names, (found.field(place) for place in range(len(names))), strict=True))
    present = {name: pc.not_equal(part[name], "") for name in names}
    minus, is_signed_once = _minus(part, present)
    said, is_one_currency = _said(part, present)
    readable = pc.or_(present["whole"], present["part"])
    is_paired = pc.equal(present["open"], present["close"])
    for condition in (is_paired, is_signed_once, is_one_currency, _is_sure(part, present, said)):
        readable = pc.and_(readable, condition)
    text = pc.binary_join_element_wise(
        pc.if_else(minus, "-", ""),
        pc.if_else(
            present["whole"], pc.replace_substring_regex(part["whole"], _NOT_DIGITS, ""), "0"
        ),
        pc.if_else(present["part"], pc.binary_join_element_wise(".", part["part"], ""), ""),
        part["power"],
        "",
    )
    readable = pc.and_(found.is_valid(), readable)
    nothing = pa.scalar(None, pa.string())
    return pc.if_else(readable, text, nothing), pc.if_else(readable, said, nothing)


def _minus(part: Cells, present: Cells) -> tuple[pa.Array, pa.Array]:
    """Whether a number is negative, and whether that is said once at most."""
    signs = pa.array(["-", "−"])
    marks = [
        pc.is_in(part["sign"], signs),
        pc.is_in(part["inner"], signs),
        *(present[name] for name in ("late", "after", "open")),
    ]
    count = reduce(pc.add, (pc.cast(mark, pa.int8()) for mark in marks))
    return pc.equal(count, 1), pc.less_equal(count, 1)


def _is_sure(part: Cells, present: Cells, said: pa.Array) -> pa.Array:
    """Whether nobody could take the cell for another number.

    The point of USD.50 may belong to the code, the dash of € -,50 may stand for no euro, and that
    of ¥5,000- close the price.
    """
    is_plain = pc.or_(present["whole"], pc.invert(present["front"]))
    is_behind_sign = pc.match_substring_regex(part["front"], r"\p{Sc}$")
    is_part_alone = pc.and_not(is_behind_sign, present["inner"])
    is_yen = pc.is_in(said, pa.array(currencies.YEN))
    is_closed = pc.and_(is_yen, pc.or_(present["late"], present["after"]))
    return pc.and_not(pc.or_(is_plain, is_part_alone), is_closed)


def _said(part: Cells, present: Cells) -> tuple[pa.Array, pa.Array]:
    """The currency beside a number, and whether what stands there is one currency or nothing."""
    front, back = (
        currencies.to_currency_codes(part["front"]),
        currencies.to_currency_codes(part["back"]),
    )
    back = pc.if_else(pc.is_in(part["back"], pa.array(currencies.PREFIX_ONLY_SIGNS)), None, back)
    both = pc.and_(present["front"], present["back"])
    said = pc.if_else(both, currencies.agreed_currency(front, back), pc.coalesce(front, back))
    is_marked = pc.or_(present["front"], present["back"])
    return said, pc.or_(pc.invert(is_marked), said.is_valid())


def to_units(factors: Sequence[Numbers]) -> tuple[Units, Places]:
    """Multiply amount, or quantity and unit price, into whole 1/10,000, rounded half-even once.

    Args:
        factors: one column or several, of equal length, such as an exchange rate beside an amount.

    Returns:
        The units, 0 where a factor is not a number or the product is beyond int64; and the places
        of those cells.
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
    whole = units.astype(np.int64)
    doubtful = np.flatnonzero(~sure)
    readable = doubtful[np.isfinite(product[doubtful])]
    exact = _exact_units(factors, readable)
    fits = np.array([abs(number) <= _LARGEST for number in exact], dtype=bool)
    whole[readable[fits]] = [number for number in exact if abs(number) <= _LARGEST]
    return whole, np.setdiff1d(doubtful, readable[fits], assume_unique=True)


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
