"""Which end of dates such as 24-03-05 is the year, inferred from the whole column.

Years of two digits are few and consecutive; days of the month run from 1 to 31. Where the ends do
not show this clearly, the column is ambiguous.
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
_LEAST_SPAN_WITH_GAPS: Final = 13
"""The least span of days of the month if some days between do not occur."""
_WHOLE_MONTH: Final = 27
"""The least span of days of the month without gaps; no export covers so many years."""
_FIRST, _LAST, _MARK = "begins", "ends", "divided by"


def count_date_ends(texts: pa.Array, days: Days, fits: Mask, counts: FormatCounts) -> None:
    """Add to `counts` the values at both ends of the dates that may begin with a short year.

    The texts are distinct; `days` are their days with the year first, valid where `fits`.
    """
    dates = days[fits].astype("datetime64[D]")
    years = dates.astype("datetime64[Y]").astype(int) + 1970
    days_of_month = (dates - dates.astype("datetime64[M]")).astype(int) + 1
    marks = pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(texts.filter(pa.array(fits))), 2, 3)
    columns = {_FIRST: pa.array(years), _LAST: pa.array(days_of_month), _MARK: marks}
    for prefix, values in columns.items():
        for entry in pc.value_counts(values).to_pylist():
            counts[f"{prefix} {entry['values']}"] += entry["counts"]


def year_place(counts: FormatCounts, column: str) -> End:
    """At which end of a column's dates the year stands."""
    first, last = _values(counts, _FIRST), _values(counts, _LAST)
    if _are_years(first) and _are_days(last):
        return "first"
    if _are_years(last) and _are_days({year % 100 for year in first}):
        return "last"
    mark = max("-/.", key=lambda mark: counts[f"{_MARK} {mark}"])
    options = [YEAR_FIRST.option, DAY_FIRST.option, MONTH_FIRST.option]
    written = [option.replace("Y", "y").replace("-", "/").replace("/", mark) for option in options]
    raise AmbiguousInputError(
        f"column {column!r} has years of two digits, and either end of its dates could be the year",
        "Say which with --date-format '{}', '{}' or '{}'.".format(*written),
    )


def _values(counts: FormatCounts, prefix: str) -> set[int]:
    prefix += " "
    return {int(name.removeprefix(prefix)) for name, count in counts.items()
            if count and name.startswith(prefix)}  # fmt: skip


def _are_years(values: Collection[int]) -> bool:
    return len(values) == _span(values) <= _MOST_YEARS


def _are_days(values: Collection[int]) -> bool:
    span = _span(values)
    return span >= _WHOLE_MONTH or len(values) < span >= _LEAST_SPAN_WITH_GAPS


def _span(values: Collection[int]) -> int:
    return max(values) - min(values) + 1
