"""The texts of numbers: with separators of thousands, signs and currencies, in any order.

The pattern that reads them all takes some microseconds a cell. Most columns have one shape, such as
`-1.234,56 €`, which the first cells show; a pattern of that shape alone is ten times as fast.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Final, Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.sources.cells import currencies
from rfmtool.sources.cells.repeated_cells import PROBE_CELLS

Cells = Mapping[str, pa.Array]
DecimalMark = Literal[".", ","]

_SPACES = " \u00a0\u202f\u2009"  # plain, no-break, narrow no-break, thin
_LAKH: Final = "lakh"  # Indian grouping of digits: 1,50,000


def _pattern(decimal: str, groups: Sequence[str]) -> str:
    grouped = "|".join(
        r"[1-9]\d?(?:,\d{2})+,\d{3}" if group == _LAKH else rf"[1-9]\d{{0,2}}(?:{group}\d{{3}})+"
        for group in groups
    )
    # Whether it is a currency is checked later: a pattern of their letters takes 20 times as long.
    mark = r"[^\d\s\p{Z}\p{Cc}().,'’+−▲△-]{1,5}(?: \$)?"
    # A dash in place of decimals, as in 500,- or 500/-, is no minus.
    return (
        rf"^'?(?P<open>\()?(?P<sign>[-+−▲△])?(?P<front>{mark})?"
        rf"[\s{_SPACES}]*(?P<inner>[-+−▲△])?[\s{_SPACES}]*"
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
_SHAPE: Final = re.compile(r"-?(?P<front>[^\d-]*)(?P<number>\d(?:.*\d)?)(?P<back>\D*)")
_SEPARATORS: Final = f"{_SPACES}'’.,"


class NumberTexts(NamedTuple):
    """A column of numbers."""

    plain: pa.Array
    """Texts such as `-1234.5`; null where a cell is not a number."""
    currencies: pa.Array
    """The currency that each number is marked with, null where there is none."""
    is_empty: pa.Array


class _Shape(NamedTuple):
    """How most numbers of a column are written."""

    front: str
    back: str
    group: str
    """The separator of thousands."""
    currency: str | None


def read_number_texts(cells: pa.Array, decimal: DecimalMark) -> NumberTexts:
    """Read a column as `parse_number_text` does, but cells of the usual shape faster."""
    shape = _usual_shape(cells[:PROBE_CELLS].drop_null().to_pylist(), decimal)
    if shape is None:
        return _read_any(cells, decimal)
    is_usual = pc.match_substring_regex(cells, _pattern_of(shape, decimal)).fill_null(False)  # noqa: FBT003
    usual = cells.filter(is_usual)
    if shape.back:
        usual = pc.utf8_slice_codeunits(usual, 0, -len(shape.back))
    if shape.front:
        usual = pc.replace_substring(usual, shape.front, "", max_replacements=1)
    usual = pc.replace_substring(pc.replace_substring(usual, shape.group, ""), decimal, ".")
    currency = pa.repeat(pa.scalar(shape.currency, pa.string()), len(usual))
    read = NumberTexts(usual, currency, pa.repeat(False, len(usual)))  # noqa: FBT003
    if len(usual) == len(cells):
        return read
    is_other = pc.invert(is_usual)
    others = _read_any(cells.filter(is_other), decimal)
    columns = []
    for column, other in zip(read, others, strict=True):
        merged = pc.replace_with_mask(pa.nulls(len(cells), column.type), is_usual, column)
        columns.append(pc.replace_with_mask(merged, is_other, other))
    return NumberTexts(*columns)


def plain_numbers(cells: pa.Array, decimal: DecimalMark) -> pa.Array:
    """Numbers as texts such as `-1234.5`; null where a cell is not a number."""
    return _read_any(cells, decimal).plain


def _read_any(cells: pa.Array, decimal: DecimalMark) -> NumberTexts:
    trimmed = normalized_number_text(cells)
    return NumberTexts(*parse_number_text(trimmed, decimal), pc.equal(trimmed, ""))


def _usual_shape(texts: Sequence[str], decimal: DecimalMark) -> _Shape | None:
    """The commonest shape of some numbers, if numbers of it are read as their digits say."""
    matches = [match for match in map(_SHAPE.fullmatch, texts) if match]
    if not matches:
        return None
    [((front, back), _)] = Counter(match.group("front", "back") for match in matches).most_common(1)
    separators = (letter for match in matches for letter in match["number"])
    groups = [letter for letter in separators if letter in _SEPARATORS and letter != decimal]
    group = groups[0] if groups else "," if decimal == "." else "."
    numbers = ["0", "1234", f"12{decimal}50", f"1{group}234{decimal}5", f"12{group}345{group}678"]
    numbers += [f"1{group}23{group}456"] * (group == ",")
    signed = [f"{sign}{{}}{number}" for sign in ("", "-") for number in numbers]
    examples = pa.array([number.format(front) + back for number in signed])
    read = _read_any(examples, decimal)
    plain = [n.format("").replace(group, "").replace(decimal, ".") for n in signed]
    marked = read.currencies.unique().to_pylist()
    is_sure = read.plain.to_pylist() == plain and len(marked) == 1
    return _Shape(front, back, group, marked[0]) if is_sure else None


def _pattern_of(shape: _Shape, decimal: DecimalMark) -> str:
    """The pattern of the numbers of a shape, with or without a minus in front."""
    front, back, group, mark = map(re.escape, (*shape[:3], decimal))
    grouped = rf"[1-9]\d{{0,2}}(?:{group}\d{{3}})+"
    grouped += r"|[1-9]\d?(?:,\d{2})+,\d{3}" if shape.group == "," else ""
    return rf"^-?{front}(?:\d+|{grouped})(?:{mark}\d+)?{back}$"


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


def parse_number_text(cells: pa.Array, decimal: DecimalMark) -> tuple[pa.Array, pa.Array]:
    """Rewrite numbers from `normalized_number_text` to `-1234.5`, and give their currencies.

    Accepted are thousands separators, a currency sign or code on either side, a dash in place of
    decimals, and a minus in front, behind, or as parentheses. Both are null where there is none.
    """
    match = pc.extract_regex(cells, _NUMBER_PATTERNS[decimal])
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
    signs = pa.array(["-", "−", "▲", "△"])  # those of Japan too
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
