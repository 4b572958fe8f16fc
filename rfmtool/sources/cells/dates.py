"""Date columns of any type to days since 1970-01-01, in one format for the whole column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, mask_of
from rfmtool.days import day_number
from rfmtool.documents import packaged_toml
from rfmtool.sources.cells.date_formats import ISO, ZONE_HOURS, DateFormat, Unit
from rfmtool.sources.cells.repeated_cells import PROBE_CELLS, are_repetitive, distinct_and_places
from rfmtool.sources.names import normalized

Days = npt.NDArray[np.int32]

_MONTHS_IN_A_YEAR: Final = 12
# POSIX: years 69 to 99 are 1969 to 1999.
_FIRST_SHORT_YEAR = 69
# The years 1 to 9999, the range of dates in Python and in spreadsheets.
_FIRST_DAY: Final = day_number(date.min)
# Arrow knows no clock changes after those listed in zone files, which end here.
_CLOCKS_KNOWN_UNTIL: Final = day_number(date(2038, 1, 1))
_LAST_DAY: Final = day_number(date.max)
_SECONDS_A_DAY: Final = 86_400
_SECONDS: Final[Mapping[Unit | None, float]] = {
    "spreadsheet days": _SECONDS_A_DAY, "seconds": 1, "milliseconds": 0.001,
}  # fmt: skip
_TICKS: Final = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_LARGEST_OFFSET: Final = 14 * 3600  # in seconds: no time zone is further from UTC
_PM: Final = pa.array(["p", "pm", "م", "μμ", "ch", "ös", "오후", "下午", "午後"])
_NO_LETTERS: Final = "[. \u00a0\u202f]"
_COUNT: Final = r"^-?\d{1,16}(?:[.,]\d*)?$"
_EPOCH_SERIAL: Final = 25_569  # 1970-01-01 in a spreadsheet, which counts days from 1899-12-30
_FIRST_SURE_SERIAL: Final = 61
"""Before it spreadsheets differ by a day: some have a 29th of February 1900."""


def read_days(cells: pa.Array, date_format: DateFormat) -> tuple[Days, Mask | None]:
    """Read days since 1970-01-01 from cells of any type.

    With a mask of the cells that are not dates, or None where all are. A missing cell is not a
    date; nor, with a time zone, a day whose clock changes are unknown.
    """
    days, undated = _read_days(cells, date_format)
    if not date_format.zone:
        return days, undated
    is_too_late = days >= _CLOCKS_KNOWN_UNTIL
    if not is_too_late.any():
        return days, undated
    return days, is_too_late if undated is None else undated | is_too_late


def _read_days(cells: pa.Array, date_format: DateFormat) -> tuple[Days, Mask | None]:
    if pa.types.is_temporal(cells.type):
        return _days_of_dates(_temporal_as_dates(cells, date_format))
    if date_format.unit:
        return _days_of_numbers(cells, date_format)
    if not pa.types.is_string(cells.type):
        cells = pc.cast(cells, pa.string())
    if date_format.pattern == ISO.pattern and not date_format.source_zone:
        # The strict cast is by far the fastest, but slow to fail on anything unusual, so a few
        # cells are tried first.
        for unit in ("s", "us"):
            try:
                pc.cast(cells[:PROBE_CELLS], pa.timestamp(unit))
                return _days_of_dates(pc.cast(pc.cast(cells, pa.timestamp(unit)), pa.date32()))
            except pa.ArrowInvalid:
                continue
    return _days_of_texts(pc.utf8_trim_whitespace(cells), date_format)


def _temporal_as_dates(cells: pa.Array, date_format: DateFormat) -> pa.Array:
    if pa.types.is_timestamp(cells.type) and cells.type.tz is not None:
        # Instants out of the range of dates have no local time.
        unit, ticks = cells.type.unit, pc.cast(cells, pa.int64())
        least = max((_FIRST_DAY + 1) * _SECONDS_A_DAY * _TICKS[unit], -(2**63))
        most = min((_LAST_DAY - 1) * _SECONDS_A_DAY * _TICKS[unit], 2**63 - 1)
        inside = pc.and_(pc.greater_equal(ticks, least), pc.less_equal(ticks, most))
        cells = pc.if_else(inside, cells, None)
        zone = date_format.zone or cells.type.tz
        cells = pc.local_timestamp(pc.cast(cells, pa.timestamp(unit, zone)))
    elif pa.types.is_timestamp(cells.type) and date_format.zone and date_format.source_zone:
        seconds = pc.cast(cells, pa.timestamp("s"), safe=False)
        cells = _local(_instants(seconds, date_format.source_zone), date_format.zone)
    if pa.types.is_date32(cells.type):
        return cells
    # Arrow's own cast wraps around beyond its range of days.
    unit = "ms" if pa.types.is_date64(cells.type) else cells.type.unit
    ticks = pc.cast(cells, pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    days = ticks // (_SECONDS_A_DAY * _TICKS[unit])
    is_none = (days < _FIRST_DAY) | (days > _LAST_DAY) | mask_of(cells.is_null())
    return pa.array(np.where(is_none, 0, days).astype(np.int32), pa.date32(), mask=is_none)


def _instants(naive: pa.Array, zone: str) -> pa.Array:
    return pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="earliest")


def _local(instants: pa.Array, zone: str) -> pa.Array:
    return pc.local_timestamp(pc.cast(instants, pa.timestamp("s", zone)))


def _days_of_numbers(cells: pa.Array, date_format: DateFormat) -> tuple[Days, Mask | None]:
    if pa.types.is_string(cells.type):
        texts = pc.utf8_trim_whitespace(cells)
        fits = pc.match_substring_regex(texts, _COUNT)
        cells = pc.replace_substring(pc.if_else(fits, texts, None), ",", ".")
    counts = pc.cast(cells, pa.float64(), safe=False).fill_null(np.nan)
    counts = counts.to_numpy(zero_copy_only=False)
    with np.errstate(invalid="ignore"):
        seconds = np.floor(counts * _SECONDS[date_format.unit])
        if date_format.unit == "spreadsheet days":
            seconds -= _EPOCH_SERIAL * _SECONDS_A_DAY
            counts = np.where(counts < _FIRST_SURE_SERIAL, np.nan, counts)
        days = np.floor(seconds / _SECONDS_A_DAY)
        is_date = np.isfinite(counts) & (days > _FIRST_DAY) & (days < _LAST_DAY)
    if date_format.zone and date_format.unit != "spreadsheet days":
        instants = pa.array(np.where(is_date, seconds, 0).astype(np.int64))
        local = _local(instants.cast(pa.timestamp("s", "UTC")), date_format.zone)
        days = _days_of_dates(pc.cast(local, pa.date32()))[0]
    return np.where(is_date, days, 0).astype(np.int32), None if is_date.all() else ~is_date


def _days_of_dates(dates: pa.Array) -> tuple[Days, Mask | None]:
    missing = mask_of(dates.is_null()) if dates.null_count else None
    buffer = dates.buffers()[1]
    days = np.frombuffer(buffer, dtype=np.int32, count=dates.offset + len(dates))[dates.offset :]
    is_outside = (days < _FIRST_DAY) | (days > _LAST_DAY)
    if is_outside.any():
        missing = is_outside if missing is None else is_outside | missing
    return days, missing


def _days_of_texts(texts: pa.Array, date_format: DateFormat) -> tuple[Days, Mask | None]:
    """Read each distinct text once where texts recur, or each distinct day where only those do."""
    if are_repetitive(texts):
        return _days_of_distinct(texts, date_format)
    if date_format.longest_day and not date_format.zone:
        heads = pc.utf8_rtrim(pc.utf8_slice_codeunits(texts, 0, date_format.longest_day), " ,:")
        if (
            are_repetitive(heads)
            and mask_of(pc.match_substring_regex(texts, date_format.pattern)).all()
        ):
            days, undated = _days_of_distinct(heads, date_format)
            if undated is None:
                return days, None
    return _days_by_pattern(texts, date_format)


def _days_of_distinct(texts: pa.Array, date_format: DateFormat) -> tuple[Days, Mask | None]:
    distinct, places = distinct_and_places(texts)
    days, undated = _days_by_pattern(distinct, date_format)
    undated = np.zeros(len(distinct), dtype=bool) if undated is None else undated
    is_undated = np.append(undated, True)[places]  # as a missing text is no date
    return np.append(days, days.dtype.type(0))[places], is_undated if is_undated.any() else None


def _days_by_pattern(texts: pa.Array, date_format: DateFormat) -> tuple[Days, Mask | None]:
    pattern = date_format.timed_pattern if date_format.zone else date_format.pattern
    parts = pc.extract_regex(texts, pattern)
    is_date = mask_of(parts.is_valid())
    if len(is_date) and not is_date.any():  # as with most formats that are tried
        return np.zeros(len(is_date), dtype=np.int32), ~is_date
    year, day = _integers(parts, "y"), _integers(parts, "d")
    if "(?P<b>" in date_format.pattern:
        month = _month_numbers(parts.field(_field_index(parts, "b")), date_format.months)
    else:
        month = _integers(parts, "m")
    length = pc.binary_length(parts.field(_field_index(parts, "y"))).fill_null(4)
    is_short = length.to_numpy(zero_copy_only=False) == len("yy")
    year = np.where(is_short, year + np.where(year < _FIRST_SHORT_YEAR, 2000, 1900), year)
    is_date &= (month >= 1) & (month <= _MONTHS_IN_A_YEAR) & (day >= 1) & (year >= 1)
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    dates = months.astype("datetime64[D]") + (day - 1)
    is_date &= dates.astype("datetime64[M]") == months  # no 31st of February
    days = dates.astype(np.int64)
    if date_format.zone and "(?P<H>" in pattern:
        days, is_known = _days_in_zone(days, parts, date_format.zone, date_format.source_zone)
        is_date &= is_known & (days >= _FIRST_DAY) & (days <= _LAST_DAY)
    return days.astype(np.int32), None if is_date.all() else ~is_date


@cache
def month_names(table: str = "months") -> Mapping[str, int]:
    """Month numbers by normalized name, of a table of months.toml."""
    months = enumerate(packaged_toml(__package__, "months.toml")[table], 1)
    return {normalized(name): number for number, names in months for name in names}


def _month_numbers(names: pa.Array, table: str) -> npt.NDArray[np.int64]:
    """The number of each month; 0 where the name is unknown."""
    distinct, places = distinct_and_places(names)
    known = [month_names(table).get(normalized(name), 0) for name in distinct.to_pylist()]
    months: npt.NDArray[np.int64] = np.array([*known, 0], dtype=np.int64)[places]
    return months


def _days_in_zone(
    days: npt.NDArray[np.int64], parts: pa.StructArray, zone: str, source_zone: str | None
) -> tuple[npt.NDArray[np.int64], Mask]:
    """The local days in a zone, and whether each offset is valid.

    A time without an offset is one of `source_zone`, or of the zone itself; a day without a time
    stays as it is written.
    """
    hour, half = _integers(parts, "H"), _lowercase_texts(parts, "p") + _lowercase_texts(parts, "q")
    is_pm = mask_of(pc.is_in(pc.replace_substring_regex(pa.array(half), _NO_LETTERS, ""), _PM))
    hour = np.where(half == "", hour, hour % 12 + 12 * is_pm)
    time = hour * 3600 + _integers(parts, "M") * 60 + _integers(parts, "S")
    seconds = days * _SECONDS_A_DAY + time
    offsets, has_offset, is_valid = _offsets(parts)
    instants = pa.array(seconds - offsets).cast(pa.timestamp("s", "UTC"))
    has_instant = has_offset
    if source_zone:
        naive = _instants(pa.array(seconds).cast(pa.timestamp("s")), source_zone)
        instants = pc.if_else(pa.array(has_offset), instants, pc.cast(naive, instants.type))
        has_instant = _lowercase_texts(parts, "H") != ""
    local, _ = _days_of_dates(pc.cast(_local(instants, zone), pa.date32()))
    return np.where(has_instant, local, days), is_valid


def _offsets(parts: pa.StructArray) -> tuple[npt.NDArray[np.int64], Mask, Mask]:
    """Seconds ahead of UTC, whether an offset is written, and whether it is valid or absent."""
    texts = _lowercase_texts(parts, "z")
    distinct, index = np.unique(texts, return_inverse=True)
    seconds = np.zeros(len(distinct), dtype=np.int64)
    is_valid = np.ones(len(distinct), dtype=bool)
    for place, text in enumerate(distinct.tolist()):
        match = re.fullmatch(r"(?:utc|gmt)?([+-])(\d\d):?(\d\d)?", text)
        if match:
            sign, hours, minutes = match.groups()
            offset = int(hours) * 3600 + int(minutes or 0) * 60
            seconds[place] = int(sign + "1") * offset
            is_valid[place] = offset <= _LARGEST_OFFSET and int(minutes or 0) < 60  # noqa: PLR2004
        else:
            seconds[place] = 3600 * ZONE_HOURS.get(text, 0)
            is_valid[place] = not text or text in ZONE_HOURS
    return seconds[index], texts != "", is_valid[index]


def _lowercase_texts(parts: pa.StructArray, name: str) -> npt.NDArray[np.object_]:
    """A group of the pattern in lower case; empty where a cell, or the pattern, has none."""
    index = _field_index(parts, name)
    if index < 0:
        return np.full(len(parts), "", dtype=object)
    cells = pc.utf8_lower(pc.if_else(parts.is_valid(), parts.field(index), ""))
    texts: npt.NDArray[np.object_] = cells.to_numpy(zero_copy_only=False)
    return texts


def _field_index(parts: pa.StructArray, name: str) -> int:
    index: int = parts.type.get_field_index(name)
    return index


def _integers(parts: pa.StructArray, name: str) -> npt.NDArray[np.int64]:
    """A group of the pattern as integers; 0 where a cell, or the pattern, has none."""
    index = _field_index(parts, name)
    if index < 0:
        return np.zeros(len(parts), dtype=np.int64)
    texts = parts.field(index)
    texts = pc.if_else(pc.and_(parts.is_valid(), pc.not_equal(texts, "")), texts, "0")
    numbers: npt.NDArray[np.int64] = pc.cast(texts, pa.int64()).to_numpy(zero_copy_only=False)
    return numbers
