"""Infer the date format and the decimal mark of columns from counts of which formats cells fit.

A sample usually decides. Where it is ambiguous, or reading then meets cells that do not fit, the
whole column is counted, so that the result never depends on which rows came first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Ints, Mask, mask_of
from rfmtool.documents import packaged_toml
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
from rfmtool.sources.cells.number_texts import DecimalMark, normalized_number_text
from rfmtool.sources.cells.numbers import NumberFormat
from rfmtool.sources.cells.two_digit_years import count_date_ends, year_place
from rfmtool.sources.layout import MONEY_ROLES, Asked

_NOT_CROATIAN: Final = re.compile("[áéíóúýěřůďťňąęłńśźż]", re.IGNORECASE)
"""Letters of Czech, Slovak and Polish that Croatian does not have."""
_EAST_ASIAN: Final = re.compile("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")
"""Letters of Japanese, Chinese and Korean, in which decimals follow a point."""
_AMBIGUOUS_DAYS: Final = "read both ways, to different days"
_ONLY_DAY_FIRST: Final = "read only with the day first"
_ONLY_MONTH_FIRST: Final = "read only with the month first"
_AMBIGUOUS_MONTHS: Final = "named by a word that is another month in Croatian"

_NUMBER_KINDS: Final = packaged_toml(__package__, "numbers.toml")["kinds"]
"""The decimal mark that a number shows, or may have, with its pattern."""
_ALMOST_ALL: Final = 0.95
"""The share of dates that fit if all begin with a year; fewer are exceptions of another format."""
_QUANTITY: Final = "quantity: "  # prefix of the counts of quantity columns alone
_NUMERIC_DATE_PATTERNS: Final = {
    "excel": r"^[2-7]\d{4}(?:[.,]\d+)?$",  # 1954 to 2119
    "unix": r"^1?\d{9}(?:[.,]\d+)?$",
    "unix_ms": r"^1?\d{12}$",
}
"""For dates that are numbers, which are never inferred, only suggested."""
_ROWS_AT_ONCE: Final = 1 << 16
"""Rows that are counted together, as many small files would each cost the fixed overhead."""

FormatCounts = Counter[str]


def count_formats(batches: Iterable[Batch]) -> FormatCounts:
    """Count which formats each date fits and which decimal mark each number shows."""
    counts: FormatCounts = Counter()
    waiting: dict[tuple[str, pa.DataType], list[pa.Array]] = {}
    rows = 0
    for batch in batches:
        for role in ("ordered_at", *MONEY_ROLES):
            if (cells := batch.cells.get(role)) is not None:
                waiting.setdefault((role, cells.type), []).append(cells)
        rows += batch.records
        if rows > _ROWS_AT_ONCE:
            _count_columns(waiting, counts)
            waiting, rows = {}, 0
    _count_columns(waiting, counts)
    return counts


def _count_columns(
    columns: Mapping[tuple[str, pa.DataType], list[pa.Array]], counts: FormatCounts
) -> None:
    for (role, _), parts in columns.items():
        cells, own = pa.concat_arrays(parts), FormatCounts()
        (count_date_formats if role == "ordered_at" else count_number_formats)(cells, own)
        counts.update(own)
        if role == "quantity":
            counts.update({f"{_QUANTITY}{kind}": count for kind, count in own.items()})


def count_date_formats(cells: pa.Array, counts: FormatCounts) -> None:
    """Add to `counts` how many dates of a column fit each format."""
    if pa.types.is_temporal(cells.type):
        counts[ISO.name] += len(cells)
        return
    texts, frequencies = _distinct(pc.cast(cells, pa.string()))
    counts["dates"] += int(frequencies.sum())
    days, fits = _days_by_format(texts, frequencies, (*NUMERAL_DATE_FORMATS, YEAR_FIRST), counts)
    count_date_ends(texts, days[YEAR_FIRST], fits[YEAR_FIRST], counts)
    is_unread = ~np.logical_or.reduce([fits[known] for known in NUMERAL_DATE_FORMATS])
    if is_unread.any():
        unread, their_frequencies = texts.filter(pa.array(is_unread)), frequencies[is_unread]
        formats = DATE_FORMATS[len(NUMERAL_DATE_FORMATS) :]
        their_days, theirs = _days_by_format(unread, their_frequencies, formats, counts)
        differ = their_days[MONTH_NAMED] != their_days[CROATIAN]
        differ &= theirs[MONTH_NAMED] & theirs[CROATIAN]
        counts[_AMBIGUOUS_MONTHS] += int(their_frequencies[differ].sum())
    for option, pattern in _NUMERIC_DATE_PATTERNS.items():
        is_likely = mask_of(pc.match_substring_regex(texts, pattern))
        counts[option] += int(frequencies[is_likely].sum())
    differ = fits[DAY_FIRST] & fits[MONTH_FIRST] & (days[DAY_FIRST] != days[MONTH_FIRST])
    counts[_AMBIGUOUS_DAYS] += int(frequencies[differ].sum())
    counts[_ONLY_DAY_FIRST] += int(frequencies[fits[DAY_FIRST] & ~fits[MONTH_FIRST]].sum())
    counts[_ONLY_MONTH_FIRST] += int(frequencies[fits[MONTH_FIRST] & ~fits[DAY_FIRST]].sum())


def _days_by_format(
    texts: pa.Array, frequencies: Ints, formats: Iterable[DateFormat], counts: FormatCounts
) -> tuple[dict[DateFormat, Days], dict[DateFormat, Mask]]:
    """The days of distinct texts in each format, and which texts it fits; adds to `counts`."""
    days, fits = {}, {}
    for date_format in formats:
        days[date_format], unread = read_days(texts, date_format)
        fits[date_format] = np.ones(len(texts), dtype=bool) if unread is None else ~unread
        counts[date_format.name] += int(frequencies[fits[date_format]].sum())
    return days, fits


def count_number_formats(cells: pa.Array, counts: FormatCounts) -> None:
    """Add to `counts` how many numbers of a text column show or allow each decimal mark."""
    if not pa.types.is_string(cells.type):
        return
    texts, frequencies = _distinct(normalized_number_text(cells))
    for kind, pattern in _NUMBER_KINDS:
        fits = mask_of(pc.match_substring_regex(texts, pattern))
        counts[kind] += int(frequencies[fits].sum())
        texts, frequencies = texts.filter(pa.array(~fits)), frequencies[~fits]


def _distinct(cells: pa.Array) -> tuple[pa.Array, Ints]:
    distinct = pc.value_counts(pc.drop_null(cells))
    return distinct.field("values"), distinct.field("counts").to_numpy(zero_copy_only=False)


def is_undecided(counts: FormatCounts) -> bool:
    """Whether dates of a sample fit two formats, so that the whole column must be counted."""
    is_year_first = counts[YEAR_FIRST.name] > 0
    return is_year_first or is_day_month_ambiguous(counts) or _may_be_croatian(counts)


def _may_be_croatian(counts: FormatCounts) -> bool:
    """Whether all month names are also Croatian, and some of them name another month there."""
    return counts[_AMBIGUOUS_MONTHS] > 0 and counts[MONTH_NAMED.name] == counts[CROATIAN.name]


def counts_given_header(counts: FormatCounts, header: Iterable[str]) -> FormatCounts:
    """The counts with what the letters of the header say of its language.

    It may have no ambiguous months; or decimals may follow a point in it, which counts as seen
    where no number shows its decimal mark.
    """
    names = " ".join(header)
    if _NOT_CROATIAN.search(names):
        counts = counts - Counter({_AMBIGUOUS_MONTHS: counts[_AMBIGUOUS_MONTHS]})
    if _EAST_ASIAN.search(names) and not counts["."] and not counts[","]:
        counts = counts + Counter({".": 1})
    return counts


def is_day_month_ambiguous(counts: FormatCounts) -> bool:
    """Whether day first and month first fit the dates equally well, even if all days agree."""
    best = max(counts[known.name] for known in DATE_FORMATS)
    return 0 < best == counts[DAY_FIRST.name] == counts[MONTH_FIRST.name]


def infer_date_format(
    counts: FormatCounts, column: str, role: str = "ordered_at", usual: str | None = None
) -> DateFormat:
    """Choose the format that most dates fit; `usual` decides between day and month first."""
    best = max(DATE_FORMATS, key=lambda known: counts[known.name])
    most = counts[best.name]
    if not (most or counts[YEAR_FIRST.name]):
        raise _no_dates_error(counts, column, role)
    # No other format fits if the first number is always beyond 31.
    has_short_years = usual is None and counts[YEAR_FIRST.name] > _ALMOST_ALL * most
    if has_short_years and (not most or year_place(counts, column) == "first"):
        return YEAR_FIRST
    has_both = counts[_ONLY_DAY_FIRST] and counts[_ONLY_MONTH_FIRST]
    if has_both and best in (DAY_FIRST, MONTH_FIRST):  # some would swap day and month in silence
        raise AmbiguousInputError(
            f"column {column!r} has both dates that are only day/month and dates that are only"
            " month/day",
            f"Say which is right with --date-format '{DAY_FIRST.option}' or"
            f" '{MONTH_FIRST.option}'; the others are then itemised as bad.",
        )
    if is_day_month_ambiguous(counts) and usual in (DAY_FIRST.name, MONTH_FIRST.name):
        return DAY_FIRST if usual == DAY_FIRST.name else MONTH_FIRST
    if is_day_month_ambiguous(counts) and counts[_AMBIGUOUS_DAYS]:
        raise AmbiguousInputError(
            f"column {column!r} reads as day/month and as month/day equally well, and the two"
            " differ",
            f"Say which with --date-format '{DAY_FIRST.option}' or '{MONTH_FIRST.option}'.",
        )
    if best is MONTH_NAMED and _may_be_croatian(counts):
        raise AmbiguousInputError(
            f"column {column!r}: all its months are others in Croatian than in Polish and Czech",
            f"Say which with --date-format {' or '.join(LANGUAGES)}.",
        )
    return best


def likely_format_of_unread_dates(counts: FormatCounts, chosen: DateFormat) -> str:
    """The name or names of the format of most dates that `chosen` does not fit; "" if unknown."""
    fits = {known.name: counts[known.name] for known in DATE_FORMATS}
    fits |= {known.name: counts[option] for option, known in NUMERIC_DATE_FORMATS.items()}
    if chosen.name == DAY_FIRST.name:
        fits[MONTH_FIRST.name] = counts[_ONLY_MONTH_FIRST]
    if chosen.name == MONTH_FIRST.name:
        fits[DAY_FIRST.name] = counts[_ONLY_DAY_FIRST]
    if chosen in LANGUAGES.values():
        fits |= {known.name: 0 for known in LANGUAGES.values() if known is not chosen}
    unread = counts["dates"] - fits.pop(chosen.name, counts["dates"])
    most = max(fits.values())
    likely = [name for name, count in fits.items() if count == most]
    return " or ".join(likely) if 2 * most > unread > 0 else ""


def _no_dates_error(counts: FormatCounts, column: str, role: str) -> InputError:
    likely = max(NUMERIC_DATE_FORMATS, key=lambda option: counts[option])
    if counts[likely]:
        return AmbiguousInputError(
            f"column {column!r} holds plain numbers, which may be"
            f" {NUMERIC_DATE_FORMATS[likely].name}",
            f"If they are dates, say --date-format {likely}; or name another column with"
            f" --column {role}=NAME.",
        )
    return InputError(
        f"column {column!r}: no cell is a date in a known way",
        f"Name another column with --column {role}=NAME, or say how dates are written"
        " with --date-format, for example '%d/%m/%Y'.",
    )


def infer_number_format(counts: FormatCounts, asked: Asked) -> NumberFormat:
    """Choose the decimal mark that most numbers show, those of money first."""
    if asked.decimal:
        return NumberFormat(asked.decimal)
    point, comma = (counts[mark] - counts[f"{_QUANTITY}{mark}"] for mark in ".,")
    if point == comma:  # else money decides alone, as quantities may be written differently
        point, comma = counts["."], counts[","]
    if point == comma and (point or counts["maybe."] or counts["maybe,"]):
        what = "prove both" if point else "like 1.234 or 1,234 can be read with either"
        raise AmbiguousInputError(
            f"numbers {what} decimal point and decimal comma",
            "Say which: --decimal . is the point, --decimal , the comma.",
        )
    decimal: DecimalMark = "," if comma > point else "."
    return NumberFormat(decimal, is_decimal_mark_known=point != comma)


def infer_quantity_format(
    counts: FormatCounts, numbers: NumberFormat, asked: Asked
) -> NumberFormat | None:
    """The format of quantities if it differs from that of money, else None.

    Quantities that all have a point and three digits, where money has a decimal comma, are decimals
    as in 1.000 kg: of thousands, some would be below 1,000. Not so with the marks swapped.
    """
    fallback: DecimalMark = "," if numbers.decimal == "." else "."
    own = {kind.removeprefix(_QUANTITY) for kind in +counts if kind.startswith(_QUANTITY)}
    fits_money = numbers.decimal in own or f"maybe{numbers.decimal}" in own
    all_with_three_digits = fallback == "." and "maybe." in own and "integer" not in own
    if asked.decimal or fits_money or not (fallback in own or all_with_three_digits):
        return None
    return NumberFormat(fallback)
