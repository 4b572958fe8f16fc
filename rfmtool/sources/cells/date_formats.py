"""Date formats: those that detection tries, and those that a user gives by strptime format."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.documents import packaged_toml
from rfmtool.errors import UsageError

Unit = Literal["spreadsheet days", "seconds", "milliseconds"]
ZONE_HOURS: Final[Mapping[str, int]] = packaged_toml(__package__, "zones.toml")
"""Hours ahead of UTC by short name of a zone."""
_SPACE = "[ \u00a0\u202f]"
_CLOCK_WITH_GROUPS = (
    r"(?:(?P<q>오전|오후|上午|下午|午前|午後) ?)?(?P<H>[01]?\d|2[0-4])"
    r"(?:[:.h時시] ?(?P<M>[0-5]\d)[分분]?(?:[: ](?P<S>[0-5]\d)(?:[.,]\d+)?[秒초]?)?)?"
    rf"(?:{_SPACE}?(?P<p>[AaPp]\.?{_SPACE}?[Mm]|ص|م|π\.?μ|μ\.?μ|SA|CH|ÖÖ|ÖS)\.?)?(?: Uhr| hs?\.?)?"
    r"(?: ?(?P<z>Z|(?:UTC|GMT)?[+-]\d{2}(?::?\d{2})?|[A-Z]{3,4})(?: \([^)]*\))?)?"
)
"""A clock time in groups; slower, so used only where a time zone makes the hour matter."""
_CLOCK = re.sub(r"\(\?P<\w>", "(?:", _CLOCK_WITH_GROUPS)
_BEFORE_CLOCK = rf"(?:T|{_SPACE}+|, *| [-|] | (?:um|at|à|a las|alle|às|om|kl\.?|klo|в|o) )"
_EAST_ASIAN_WEEKDAY = r"(?: ?\([月火水木金土日월화수목금토일]\))?"
_WEEKDAY = r"(?:(?i:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? +)?"
_YEAR = r"(?P<y>\d{4})"
_SHORT_OR_LONG_YEAR = r"(?P<y>\d{4}|\d{2})"
_MONTH = r"(?P<m>\d{1,2})"
_DAY = r"(?P<d>\d{1,2})"
# By exclusion, as character classes of all alphabets take long to compile.
_MONTH_NAME = r"(?P<b>[^\d\s.,:;/()-]{3,12})\.?"
_OF = r"(?:de |del )?"
_END = r"(?: ?[гр])?\.?"  # noqa: RUF001 - the year, as Bulgarian, Russian and Ukrainian shorten it


@dataclass(frozen=True)
class DateFormat:
    """One format of dates; `pattern` has groups y, m (or b, a month's name) and d."""

    name: str
    pattern: str
    """RE2, for the whole trimmed cell."""
    option: str
    """The value of `--date-format` for this format."""
    unit: Unit | None = None
    """The unit of dates that are numbers; then there is no pattern."""
    zone: str | None = None
    """The time zone in which the day is taken; None takes the day as it is written."""
    source_zone: str | None = None
    """The time zone of times without an offset; None is `zone`."""
    months: str = "months"
    """The table of month names in months.toml."""
    longest_day: int | None = None
    """The longest date without a clock time, in characters; None where length does not tell."""

    @property
    def timed_pattern(self) -> str:
        """The pattern with groups q, H, M, S, p and z for the clock time as well."""
        return self.pattern.replace(_CLOCK, _CLOCK_WITH_GROUPS)


def _format(name: str, day: str, option: str, longest: int | None = None) -> DateFormat:
    """A format of days that a clock time may follow."""
    pattern = rf"^{day}{_EAST_ASIAN_WEEKDAY}(?:{_BEFORE_CLOCK}{_CLOCK})?$"
    return DateFormat(name, pattern, option, longest_day=longest)


_AS_NUMBERS: Final = len("31/12/9999")
ISO: Final = _format("Y-M-D", rf"{_YEAR}[-/.]{_MONTH}[-/.]{_DAY}", "%Y-%m-%d", _AS_NUMBERS)
DAY_FIRST: Final = _format(
    "D/M/Y", rf"{_DAY}[/-]{_MONTH}[/-]{_SHORT_OR_LONG_YEAR}", "%d/%m/%Y", _AS_NUMBERS
)
MONTH_FIRST: Final = _format(
    "M/D/Y", rf"{_MONTH}[/-]{_DAY}[/-]{_SHORT_OR_LONG_YEAR}", "%m/%d/%Y", _AS_NUMBERS
)
MONTH_NAMED: Final = _format(
    "D Mon Y",
    rf"{_WEEKDAY}{_DAY}[ /.-]*{_OF}{_MONTH_NAME}[ /,-]*{_OF}{_SHORT_OR_LONG_YEAR}{_END}",
    "%d %b %Y",
)
CROATIAN: Final = replace(
    MONTH_NAMED, name="D Mon Y in Croatian", option="croatian", months="croatian"
)
NUMERAL_DATE_FORMATS: Final = (
    ISO,
    _format("YYYYMMDD", r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})", "%Y%m%d"),
    _format("D.M.Y", rf"{_DAY}\.{_MONTH}\.{_SHORT_OR_LONG_YEAR}", "%d.%m.%Y", _AS_NUMBERS),
    DAY_FIRST,
    MONTH_FIRST,
)
"""The most usual formats; a date that fits one of them fits none of the other formats."""
DATE_FORMATS: Final = (
    *NUMERAL_DATE_FORMATS,
    _format("D.M.Y.", rf"{_DAY}\.{_MONTH}\.{_YEAR}\.", "%d.%m.%Y."),
    _format("D. M. Y", rf"{_DAY}\. {_MONTH}\. {_YEAR}\.?", "%d. %m. %Y"),
    _format("Y.M.D.", rf"{_YEAR}\.{_MONTH}\.{_DAY}\.", "%Y.%m.%d."),
    _format("Y. M. D", rf"{_YEAR}\. {_MONTH}\. {_DAY}\.?", "%Y. %m. %d"),
    MONTH_NAMED,
    CROATIAN,
    _format(
        "Mon D Y",
        rf"{_WEEKDAY}{_MONTH_NAME}[ /-]*{_DAY}(?:st|nd|rd|th)?,?[ /,-]+{_SHORT_OR_LONG_YEAR}",
        "%b %d, %Y",
    ),
    _format("Y Mon D", rf"{_YEAR}(?: m\.)?[ /.-]*{_MONTH_NAME}[ /-]*{_DAY}(?: ?d)?\.?", "%Y %b %d"),
    _format("D thg M Y", rf"{_DAY} (?:thg|[Tt]háng) {_MONTH},? (?:năm )?{_YEAR}", "%d thg %m %Y"),
    _format("Y年M月D日", rf"{_YEAR} ?[年년] ?{_MONTH} ?[月월] ?{_DAY} ?[日일]", "%Y年%m月%d日"),
)
"""Every format that is tried; of two that fit equally well the first wins."""
YEAR_FIRST: Final = _format("YY-M-D", rf"(?P<y>\d{{2}})[-/.]{_MONTH}[-/.]{_DAY}", "%y-%m-%d")
"""Tried too; most dates that end in a short year also fit it, so the whole column must decide."""
_UNITS: Final[Mapping[str, Unit]] = {
    "excel": "spreadsheet days", "unix": "seconds", "unix_ms": "milliseconds",
}  # fmt: skip
NUMERIC_DATE_FORMATS: Final[Mapping[str, DateFormat]] = {
    option: DateFormat(f"{unit}, counted", "", option, unit) for option, unit in _UNITS.items()
}
"""Dates that are numbers, by value of `--date-format`; never inferred."""
LANGUAGES: Final = {"croatian": CROATIAN, "polish": MONTH_NAMED}
"""By value of `--date-format`: languages in which one word, as listopad, names two months."""
_DIRECTIVES: Final = {
    "d": _DAY, "m": _MONTH, "Y": _YEAR, "y": r"(?P<y>\d{2})", "b": _MONTH_NAME, "B": _MONTH_NAME,
    "H": r"(?P<H>\d{1,2})", "I": r"(?P<H>\d{1,2})", "M": r"(?P<M>\d{1,2})",
    "S": r"(?P<S>\d{1,2})", "f": r"\d{1,9}", "p": r"(?P<p>[AaPp])\.?[Mm]\.?",
    "z": r"(?P<z>Z|[+-]\d{2}:?\d{2})", "Z": r"(?P<z>[A-Za-z]+)",
    "a": r"[A-Za-z]+", "A": r"[A-Za-z]+", "%": "%",
}  # fmt: skip


def parse_date_format(date_format: str) -> DateFormat:
    """Parse a value of `--date-format`: a strptime format such as `%d/%m/%Y`, or a keyword.

    Keywords are `excel` (days since 1899-12-30), `unix` and `unix_ms` (seconds and milliseconds),
    and for ambiguous month names `croatian`, or `polish` for all other languages.
    """
    if date_format in NUMERIC_DATE_FORMATS or date_format in LANGUAGES:
        return {**NUMERIC_DATE_FORMATS, **LANGUAGES}[date_format]
    pattern = ""
    for literal, directive in re.findall(r"([^%]+)|%(.?)", date_format):
        if (directive and directive not in _DIRECTIVES) or not (literal or directive):
            raise UsageError(
                f"--date-format: %{directive} is not understood",
                f"Known are {' '.join('%' + known for known in _DIRECTIVES)}.",
            )
        pattern += re.escape(literal) if literal else _DIRECTIVES[directive]
    parts = re.findall(r"\?P<(\w)>", pattern)
    day_parts = sorted(part for part in parts if part in "ymbd")
    if day_parts not in (["d", "m", "y"], ["b", "d", "y"]) or len({*parts}) < len(parts):
        raise UsageError(
            f"--date-format {date_format!r} must name a year, a month and a day once each, and"
            " nothing twice",
            f"For example '%d/%m/%Y', or one of {', '.join(NUMERIC_DATE_FORMATS)} for dates that"
            " are numbers.",
        )
    if re.search("%[HI]", date_format):
        return DateFormat(date_format, f"^{pattern}$", date_format)
    return _format(date_format, pattern, date_format)


def check_zone(zone: str, where: str = "--timezone") -> None:
    """Check that a time zone is known."""
    try:
        pc.local_timestamp(pa.scalar(0, pa.timestamp("s", zone)))
    except pa.ArrowInvalid:
        raise UsageError(
            f"{where} {zone!r} is no known time zone", "For example Europe/Berlin or UTC."
        ) from None


def with_time_zone(
    date_format: DateFormat, zone: str | None, source_zone: str | None
) -> DateFormat:
    """The same format, with days taken in `zone`; unchanged if that is None."""
    return replace(date_format, zone=zone, source_zone=source_zone) if zone else date_format
