"""Which end of a date such as 24-03-05 is the year, told by the whole column.

Years of two digits follow each other, and are few; days of the month run from 1 to 31. Where the
ends do not show this clearly, nothing is decided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask
from rfmtool.errors import AmbiguousInputError
from rfmtool.sources.cells.date_formats import DAY_FIRST, MONTH_FIRST, YEAR_FIRST
from rfmtool.sources.cells.dates import Days

FormatCounts = Counter[str]
End = Literal["first", "last"]

_MOST_YEARS: Final = 12
_WIDE: Final = 13
"""Days of a month lie at least so far apart, if there are gaps between them."""
_WHOLE_MONTH: Final = 27
"""From here on no gap is needed: an export of so many years, with all of them on a few days."""
_ALMOST_ALL: Final = 0.95
"""Of the dates, if these begin with a year; fewer are the odd ones of another reading."""
_FIRST, _LAST, _MARK = "begins", "ends", "divided by"


def count_date_ends(texts: pa.Array, days: Days, fits: Mask, weights: FormatCounts) -> None:
    """Count what stands at both ends of the dates that may begin with a year of two digits.

    The texts are distinct; `days` are what those that `fits` marks are, with the year first.
    """
    dates = days[fits].astype("datetime64[D]")
    years = dates.astype("datetime64[Y]").astype(int) + 1970
    of_month = (dates - dates.astype("datetime64[M]")).astype(int) + 1
    marks = pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(texts.filter(pa.array(fits))), 2, 3)
    for what, values in ((_FIRST, pa.array(years)), (_LAST, pa.array(of_month)), (_MARK, marks)):
        for one in pc.value_counts(values).to_pylist():
            weights[f"{what} {one['values']}"] += one["counts"]


def may_be_year_first(weights: FormatCounts, others: int) -> bool:
    """Whether nearly as many dates can be read with a short year first as in any other way."""
    return weights[YEAR_FIRST.name] > _ALMOST_ALL * others


def year_position(weights: FormatCounts, column: str) -> End:
    """Tell at which end of a column's dates the year stands.

    Raises:
        AmbiguousInputError: either could be the year.
    """
    first, last = _values(weights, _FIRST), _values(weights, _LAST)
    if _are_years(first) and _are_days(last):
        return "first"
    if _are_years(last) and _are_days({year % 100 for year in first}):
        return "last"
    mark = max("-/.", key=lambda mark: weights[f"{_MARK} {mark}"])
    options = [YEAR_FIRST.option, DAY_FIRST.option, MONTH_FIRST.option]
    written = [option.replace("Y", "y").replace("-", "/").replace("/", mark) for option in options]
    raise AmbiguousInputError(
        f"column {column!r} has years of two digits, and either end of its dates could be the year",
        "Say which with --date-format '{}', '{}' or '{}'.".format(*written),
    )


def _values(weights: FormatCounts, what: str) -> set[int]:
    begins = f"{what} "
    return {int(name.removeprefix(begins)) for name, count in weights.items()
            if count and name.startswith(begins)}  # fmt: skip


def _are_years(values: Collection[int]) -> bool:
    return len(values) == _span(values) <= _MOST_YEARS


def _are_days(values: Collection[int]) -> bool:
    span = _span(values)
    return span >= _WHOLE_MONTH or len(values) < span >= _WIDE


def _span(values: Collection[int]) -> int:
    return max(values) - min(values) + 1
