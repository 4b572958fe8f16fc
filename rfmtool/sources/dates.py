"""Days out of whatever a date column holds: one reading for the whole column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.errors import UsageError

Days = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

_MONTH_NAMES: Final = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS: Final = pa.array(_MONTH_NAMES.split())
_CLOCK = (
    r"(?:[01]?\d|2[0-4])(?::[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?)?(?: ?[AaPp]\.?[Mm]\.?)?"
    r"(?: ?(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?"
)
_WEEKDAY = r"(?:(?i:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? +)?"
_YEAR, _SHORT_OR_LONG_YEAR = r"(?P<y>\d{4})", r"(?P<y>\d{4}|\d{2})"
_MONTH, _DAY = r"(?P<m>\d{1,2})", r"(?P<d>\d{1,2})"
_MONTH_NAME = r"(?P<b>(?i:" + _MONTH_NAMES.replace(" ", "|") + r")[a-z]*)\.?"
# POSIX: 69 to 99 are of the last century.
_FIRST_SHORT_YEAR = 69
# The years 1 to 9999, which is as far as dates go in Python and in spreadsheets.
_FIRST_DAY: Final = date.min.toordinal() - date(1970, 1, 1).toordinal()
_LAST_DAY: Final = date.max.toordinal() - date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class DateReading:
    """One way to read a date: `pattern` names its parts y, m (or b, a month's name) and d."""

    name: str
    pattern: str
    """RE2, for the whole cell without the white space around it."""
    option: str
    """What `--date-format` takes for this reading."""


def _reading(name: str, day: str, option: str) -> DateReading:
    return DateReading(name, rf"^{day}(?:(?:T| +|, *){_CLOCK})?$", option)


ISO: Final = _reading("Y-M-D", rf"{_YEAR}[-/.]{_MONTH}[-/.]{_DAY}", "%Y-%m-%d")
DAY_FIRST: Final = _reading("D/M/Y", rf"{_DAY}[/-]{_MONTH}[/-]{_SHORT_OR_LONG_YEAR}", "%d/%m/%Y")
MONTH_FIRST: Final = _reading("M/D/Y", rf"{_MONTH}[/-]{_DAY}[/-]{_SHORT_OR_LONG_YEAR}", "%m/%d/%Y")
READINGS: Final = (
    ISO,
    _reading("YYYYMMDD", r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})", "%Y%m%d"),
    _reading("D.M.Y", rf"{_DAY}\.{_MONTH}\.{_SHORT_OR_LONG_YEAR}", "%d.%m.%Y"),
    DAY_FIRST,
    MONTH_FIRST,
    _reading(
        "D Mon Y", rf"{_WEEKDAY}{_DAY}[ /.-]*{_MONTH_NAME}[ /,-]*{_SHORT_OR_LONG_YEAR}", "%d %b %Y"
    ),
    _reading(
        "Mon D Y",
        rf"{_WEEKDAY}{_MONTH_NAME}[ /-]*{_DAY}(?:st|nd|rd|th)?,?[ /,-]+{_SHORT_OR_LONG_YEAR}",
        "%b %d, %Y",
    ),
)
"""Every reading that is tried, in the order in which equals are preferred."""

_DIRECTIVES: Final = {
    "d": _DAY, "m": _MONTH, "Y": _YEAR, "y": r"(?P<y>\d{2})", "b": _MONTH_NAME, "B": _MONTH_NAME,
    "H": r"\d{1,2}", "I": r"\d{1,2}", "M": r"\d{1,2}", "S": r"\d{1,2}", "f": r"\d{1,9}",
    "p": r"[AaPp]\.?[Mm]\.?", "z": r"(?:Z|[+-]\d{2}:?\d{2})", "Z": r"[A-Za-z]+",
    "a": r"[A-Za-z]+", "A": r"[A-Za-z]+", "%": "%",
}  # fmt: skip


def reading_of(date_format: str) -> DateReading:
    """Turn a strptime format such as `%d/%m/%Y` into a reading; a time may follow its date.

    Raises:
        UsageError: a directive is unknown, or year, month or day is missing.
    """
    pattern = ""
    for literal, directive in re.findall(r"([^%]+)|%(.?)", date_format):
        if (directive and directive not in _DIRECTIVES) or not (literal or directive):
            raise UsageError(
                f"--date-format: %{directive} is not understood",
                f"Known are {' '.join('%' + known for known in _DIRECTIVES)}.",
            )
        pattern += re.escape(literal) if literal else _DIRECTIVES[directive]
    parts = re.findall(r"\?P<(\w)>", pattern)
    if sorted(parts) not in (["d", "m", "y"], ["b", "d", "y"]):
        raise UsageError(
            f"--date-format {date_format!r} must name a year, a month and a day once each",
            "For example '%d/%m/%Y'.",
        )
    if re.search("%[HI]", date_format):
        return DateReading(date_format, f"^{pattern}$", date_format)
    return _reading(date_format, pattern, date_format)


def read_days(cells: pa.Array, reading: DateReading) -> tuple[Days, Mask | None]:
    """Read days since 1970-01-01, whatever the cells' type.

    Without a time zone asked for, the day is the one written.

    Args:
        cells: text, dates, timestamps, or whole numbers like 20240131.
        reading: how text is written.

    Returns:
        The days, and a mask of the cells that are not dates, or None where all are. A missing
        cell is not a date.
    """
    if pa.types.is_timestamp(cells.type) and cells.type.tz is not None:
        cells = pc.local_timestamp(cells)
    if pa.types.is_temporal(cells.type):
        return _days_of(pc.cast(cells, pa.date32(), safe=False))
    if not pa.types.is_string(cells.type):
        cells = pc.cast(cells, pa.string())
    if reading == ISO:
        # The strict cast is much the fastest; it refuses a block that holds anything unusual.
        for unit in ("s", "us"):
            try:
                return _days_of(pc.cast(pc.cast(cells, pa.timestamp(unit)), pa.date32()))
            except pa.ArrowInvalid:
                continue
    return _days_by_pattern(cells, reading)


def _days_of(dates: pa.Array) -> tuple[Days, Mask | None]:
    missing = dates.is_null().to_numpy(zero_copy_only=False) if dates.null_count else None
    buffer = dates.buffers()[1]
    days = np.frombuffer(buffer, dtype=np.int32, count=dates.offset + len(dates))[dates.offset :]
    odd = (days < _FIRST_DAY) | (days > _LAST_DAY)
    if odd.any():
        missing = odd if missing is None else odd | missing
    return days, missing


def _days_by_pattern(cells: pa.Array, reading: DateReading) -> tuple[Days, Mask | None]:
    parts = pc.extract_regex(pc.utf8_trim_whitespace(cells), reading.pattern)
    found = parts.is_valid().to_numpy(zero_copy_only=False)
    year = _whole(parts, "y")
    if "(?P<b>" in reading.pattern:
        name = pc.utf8_lower(pc.utf8_slice_codeunits(parts.field(_place(parts, "b")), 0, 3))
        index = pc.index_in(name, _MONTHS).fill_null(0)
        month = index.to_numpy(zero_copy_only=False).astype(np.int64) + 1
    else:
        month = _whole(parts, "m")
    day = _whole(parts, "d")
    length = pc.binary_length(parts.field(_place(parts, "y"))).fill_null(4)
    short = length.to_numpy(zero_copy_only=False) == len("yy")
    year = np.where(short, year + np.where(year < _FIRST_SHORT_YEAR, 2000, 1900), year)
    found &= (month >= 1) & (month <= len(_MONTHS)) & (day >= 1) & (year >= 1)
    first = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = first.astype("datetime64[D]") + (day - 1)
    found &= days.astype("datetime64[M]") == first  # no 31st of February
    return days.astype(np.int64).astype(np.int32), None if found.all() else ~found


def _place(parts: pa.StructArray, name: str) -> int:
    place: int = parts.type.get_field_index(name)
    return place


def _whole(parts: pa.StructArray, name: str) -> npt.NDArray[np.int64]:
    texts = parts.field(_place(parts, name))
    texts = pc.if_else(parts.is_valid(), texts, "0")
    numbers: npt.NDArray[np.int64] = pc.cast(texts, pa.int64()).to_numpy(zero_copy_only=False)
    return numbers
