"""What a whole column says about how its dates and numbers are written.

A sample usually settles it. Where it leaves two readings open, or reading then meets cells that do
not fit, the whole column is counted, so that the answer never hangs on which rows came first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, mask_of
from rfmtool.errors import AmbiguousInputError, InputError
from rfmtool.sources.batches import Batch
from rfmtool.sources.cells.date_formats import (
    CROATIAN,
    DATE_FORMATS,
    DAY_FIRST,
    ISO,
    LANGUAGES,
    MONTH_FIRST,
    MONTH_NAMED,
    NUMERAL_DATE_FORMATS,
    NUMERIC_DATE_FORMATS,
    YEAR_FIRST,
    DateFormat,
)
from rfmtool.sources.cells.dates import Days, read_days
from rfmtool.sources.cells.numbers import DecimalMark, NumberFormat, normalized_number_text
from rfmtool.sources.cells.two_digit_years import count_date_ends, may_be_year_first, year_position
from rfmtool.sources.layout import MONEY_ROLES, Asked

_NOT_CROATIAN: Final = re.compile("[áéíóúýěřůďťňąęłńśźż]", re.IGNORECASE)
"""Letters of Czech, Slovak and Polish that Croatian has not."""
_DIFFER: Final = "read both ways, to different days"
_ONLY_DAY_FIRST: Final = "read only with the day first"
_ONLY_MONTH_FIRST: Final = "read only with the month first"
_TWO_MONTHS: Final = "named by a word that is another month in Croatian"

# What a number's marks prove, tried in this order on each cell.
_NUMBER_KINDS: Final = (
    ("whole", r"^[^.,]*$"),
    (".", r"^[^.,]*(?:\d,\d{3})+\.\d*[^\d.,]*$"),  # 1,234.5
    (".", r"^[^.,]*\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d*)?[^\d.,]*$"),  # 1,50,000
    (".", r"^[^.,]*[¥₩][^.,\d]*\d{1,3},\d{3}[^\d.,]*$"),  # ¥1,234: yen and won have no decimals
    (".", r"^[^.,\d]*\d{1,3},\d{3}[^\d.,]*[¥₩円元원圓][^\d.,]*$"),
    (",", r"^[^.,]*(?:\d?\d?\d)(?:\.\d{3})+,\d*[^\d.,]*$"),  # 1.234,5
    (".", r"^[^.,]*\d{1,3}(?:,\d{3}){2,}[^\d.,]*$"),  # 1,234,567
    (",", r"^[^.,]*\d{1,3}(?:\.\d{3}){2,}[^\d.,]*$"),  # 1.234.567
    ("open.", r"^(?:[^.,]*[^.,\d])?[1-9]\d{0,2}\.\d{3}[^\d.,]*$"),  # 1.234
    ("open,", r"^(?:[^.,]*[^.,\d])?[1-9]\d{0,2},\d{3}[^\d.,]*$"),  # 1,234
    (".", r"^[^.,]*\.[^.,]*$"),
    (",", r"^[^.,]*,[^.,]*$"),
)

_OTHER: Final[Mapping[DecimalMark, DecimalMark]] = {".": ",", ",": "."}
_PIECES: Final = "pieces: "
"""Before what a column of quantities proves of itself."""
_COUNTED_LOOKS: Final = {
    "excel": r"^[2-7]\d{4}(?:[.,]\d+)?$",  # 1954 to 2119
    "unix": r"^1?\d{9}(?:[.,]\d+)?$",
    "unix_ms": r"^1?\d{12}$",
}
"""How dates that are numbers look; an export is never read so without being asked."""

_AT_ONCE: Final = 1 << 16
"""So many rows are weighed together: of a folder of small files it takes longest to begin."""

FormatCounts = Counter[str]


def count_formats(batches: Iterable[Batch]) -> FormatCounts:
    """Count, over text cells, which readings each date fits and what each number's marks prove."""
    weights: FormatCounts = Counter()
    waiting: dict[tuple[str, pa.DataType], list[pa.Array]] = {}
    rows = 0
    for batch in batches:
        for role in ("ordered_at", *MONEY_ROLES):
            if (cells := batch.cells.get(role)) is not None:
                waiting.setdefault((role, cells.type), []).append(cells)
        rows += batch.records
        if rows > _AT_ONCE:
            _weigh_all(waiting, weights)
            waiting, rows = {}, 0
    _weigh_all(waiting, weights)
    return weights


def _weigh_all(
    columns: Mapping[tuple[str, pa.DataType], list[pa.Array]], weights: FormatCounts
) -> None:
    for (role, _), parts in columns.items():
        cells, found = pa.concat_arrays(parts), FormatCounts()
        (count_date_formats if role == "ordered_at" else count_number_formats)(cells, found)
        weights.update(found)
        if role == "quantity":
            weights.update({f"{_PIECES}{kind}": count for kind, count in found.items()})


def count_date_formats(cells: pa.Array, weights: FormatCounts) -> None:
    """Count which readings each date of a column fits; adds to `weights`."""
    if pa.types.is_temporal(cells.type):
        weights[ISO.name] += len(cells)
        return
    texts, counts = _distinct(pc.cast(cells, pa.string()))
    weights["dates"] += int(counts.sum())
    days, fits = _readings(texts, counts, (*NUMERAL_DATE_FORMATS, YEAR_FIRST), weights)
    count_date_ends(texts, days[YEAR_FIRST], fits[YEAR_FIRST], weights)
    others = ~np.logical_or.reduce([fits[reading] for reading in NUMERAL_DATE_FORMATS])
    if others.any():
        found = texts.filter(pa.array(others)), counts[others]
        theirs, read = _readings(*found, DATE_FORMATS[len(NUMERAL_DATE_FORMATS) :], weights)
        two = read[MONTH_NAMED] & read[CROATIAN] & (theirs[MONTH_NAMED] != theirs[CROATIAN])
        weights[_TWO_MONTHS] += int(found[1][two].sum())
    differ = fits[DAY_FIRST] & fits[MONTH_FIRST] & (days[DAY_FIRST] != days[MONTH_FIRST])
    for option, looks in _COUNTED_LOOKS.items():
        fit = mask_of(pc.match_substring_regex(texts, looks))
        weights[option] += int(counts[fit].sum())
    weights[_DIFFER] += int(counts[differ].sum())
    weights[_ONLY_DAY_FIRST] += int(counts[fits[DAY_FIRST] & ~fits[MONTH_FIRST]].sum())
    weights[_ONLY_MONTH_FIRST] += int(counts[fits[MONTH_FIRST] & ~fits[DAY_FIRST]].sum())


def _readings(
    texts: pa.Array,
    counts: npt.NDArray[np.int64],
    readings: Iterable[DateFormat],
    weights: FormatCounts,
) -> tuple[dict[DateFormat, Days], dict[DateFormat, Mask]]:
    """The days of distinct dates in each reading, and which of them it fits; counts these."""
    days, fits = {}, {}
    for reading in readings:
        days[reading], unread = read_days(texts, reading)
        fits[reading] = np.ones(len(texts), dtype=bool) if unread is None else ~unread
        weights[reading.name] += int(counts[fits[reading]].sum())
    return days, fits


def count_number_formats(cells: pa.Array, weights: FormatCounts) -> None:
    """Count what the marks of a column's numbers prove; adds to `weights`."""
    if not pa.types.is_string(cells.type):
        return  # a typed number has no marks, and proves nothing about text beside it
    texts, counts = _distinct(normalized_number_text(cells))
    for kind, pattern in _NUMBER_KINDS:
        fits = mask_of(pc.match_substring_regex(texts, pattern))
        weights[kind] += int(counts[fits].sum())
        texts, counts = texts.filter(pa.array(~fits)), counts[~fits]


def _distinct(cells: pa.Array) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    counted = pc.value_counts(pc.drop_null(cells))
    return counted.field("values"), counted.field("counts").to_numpy(zero_copy_only=False)


def is_undecided(weights: FormatCounts) -> bool:
    """Whether a sample leaves two readings: of days and months, or a short year at either end."""
    return (
        bool(weights[YEAR_FIRST.name])
        or is_day_month_ambiguous(weights)
        or _may_be_croatian(weights)
    )


def _may_be_croatian(weights: FormatCounts) -> bool:
    """Whether no month but those that are another in Croatian tells the language."""
    return weights[_TWO_MONTHS] > 0 and weights[MONTH_NAMED.name] == weights[CROATIAN.name]


def counts_given_header(weights: FormatCounts, header: Iterable[str]) -> FormatCounts:
    """The same weights, where the letters of a header tell that nothing here is Croatian."""
    if any(map(_NOT_CROATIAN.search, header)):
        return weights - Counter({_TWO_MONTHS: weights[_TWO_MONTHS]})
    return weights


def is_day_month_ambiguous(weights: FormatCounts) -> bool:
    """Whether day first and month first fit the dates equally well, differing or not."""
    best = max(weights[reading.name] for reading in DATE_FORMATS)
    return 0 < best == weights[DAY_FIRST.name] == weights[MONTH_FIRST.name]


def infer_date_format(
    weights: FormatCounts, column: str, role: str = "ordered_at", usual: str | None = None
) -> DateFormat:
    """Choose the reading that most dates fit; `usual` names the one of two that fit alike.

    Raises:
        InputError: no cell is a date in any known way.
        AmbiguousInputError: day first and month first fit equally many, and differ in a day, or
            a year of two digits may stand at either end.
    """
    best = max(DATE_FORMATS, key=lambda reading: weights[reading.name])
    others = weights[best.name]
    if not (others or weights[YEAR_FIRST.name]):
        raise _no_dates(weights, column, role)
    # No other reading fits where the first number is beyond 31.
    if (
        usual is None
        and may_be_year_first(weights, others)
        and (not others or year_position(weights, column) == "first")
    ):
        return YEAR_FIRST
    if best in (DAY_FIRST, MONTH_FIRST) and (
        weights[_ONLY_DAY_FIRST] and weights[_ONLY_MONTH_FIRST]
    ):
        # Most may be right, but among the others those under 13 would be swapped without a word.
        raise AmbiguousInputError(
            f"column {column!r} has both dates that are only day/month and dates that are only"
            " month/day",
            f"Say which is right with --date-format '{DAY_FIRST.option}' or"
            f" '{MONTH_FIRST.option}'; the others are then itemised as bad.",
        )
    if is_day_month_ambiguous(weights) and usual in (DAY_FIRST.name, MONTH_FIRST.name):
        return DAY_FIRST if usual == DAY_FIRST.name else MONTH_FIRST
    if is_day_month_ambiguous(weights) and weights[_DIFFER]:
        raise AmbiguousInputError(
            f"column {column!r} reads as day/month and as month/day equally well, and the two"
            " differ",
            f"Say which with --date-format '{DAY_FIRST.option}' or '{MONTH_FIRST.option}'.",
        )
    if best is MONTH_NAMED and _may_be_croatian(weights):
        raise AmbiguousInputError(
            f"column {column!r}: all its months are others in Croatian than in Polish and Czech",
            f"Say which with --date-format {' or '.join(LANGUAGES)}.",
        )
    return best


def likely_format_of_unread_dates(weights: FormatCounts, taken: DateFormat) -> str:
    """How most of the dates look that the reading taken does not fit; empty where no way is known.

    Two names where day first and month first fit them equally well.
    """
    fits = {reading.name: weights[reading.name] for reading in DATE_FORMATS}
    fits |= {reading.name: weights[option] for option, reading in NUMERIC_DATE_FORMATS.items()}
    if taken.name == DAY_FIRST.name:
        fits[MONTH_FIRST.name] = weights[_ONLY_MONTH_FIRST]
    if taken.name == MONTH_FIRST.name:
        fits[DAY_FIRST.name] = weights[_ONLY_DAY_FIRST]
    if taken in LANGUAGES.values():
        fits |= {reading.name: 0 for reading in LANGUAGES.values() if reading is not taken}
    unread = weights["dates"] - fits.pop(taken.name, weights["dates"])
    most = max(fits.values())
    likely = [name for name, count in fits.items() if count == most]
    return " or ".join(likely) if 2 * most > unread > 0 else ""


def _no_dates(weights: FormatCounts, column: str, role: str) -> InputError:
    likely = max(NUMERIC_DATE_FORMATS, key=lambda option: weights[option])
    if weights[likely]:
        return AmbiguousInputError(
            f"column {column!r} holds plain numbers, which may be {NUMERIC_DATE_FORMATS[likely].name}",
            f"If they are dates, say --date-format {likely}; or name another column with"
            f" --column {role}=NAME.",
        )
    return InputError(
        f"column {column!r}: no cell is a date in a known way",
        f"Name another column with --column {role}=NAME, or say how dates are written"
        " with --date-format, for example '%d/%m/%Y'.",
    )


def infer_number_format(weights: FormatCounts, asked: Asked) -> NumberFormat:
    """Choose the decimal mark that the columns prove.

    Raises:
        AmbiguousInputError: the numbers can be read both ways, or prove both.
    """
    if asked.decimal:
        return NumberFormat(asked.decimal)
    point, comma = (weights[mark] - weights[f"{_PIECES}{mark}"] for mark in ".,")
    if point == comma:  # or money decides alone: numbers of pieces may be written otherwise
        point, comma = weights["."], weights[","]
    if point == comma and (point or weights["open."] or weights["open,"]):
        what = "prove both" if point else "like 1.234 or 1,234 can be read with either"
        raise AmbiguousInputError(
            f"numbers {what} decimal point and decimal comma",
            "Say which: --decimal . is the point, --decimal , the comma.",
        )
    decimal: DecimalMark = "," if comma > point else "."
    return NumberFormat(decimal, is_decimal_mark_known=point != comma)


def infer_quantity_format(
    weights: FormatCounts, numbers: NumberFormat, asked: Asked
) -> NumberFormat | None:
    """How quantities are written, where their marks say otherwise than those of money.

    Where each has a point with three digits behind it, beside money with a comma, they are decimals
    as ledgers keep them: of thousands, some number would be below one. A comma so beside money with
    a point is of thousands, as English writes them.
    """
    mine, other = numbers.decimal, _OTHER[numbers.decimal]
    proof = weights[f"{_PIECES}{other}"]
    alike = other == "." and weights[f"{_PIECES}open{other}"] and not weights[f"{_PIECES}whole"]
    against = weights[f"{_PIECES}{mine}"] or weights[f"{_PIECES}open{mine}"]
    if asked.decimal or against or not (proof or alike):
        return None
    return NumberFormat(other)
