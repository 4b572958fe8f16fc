"""Numbers as a locale writes them, each with its exact text in the data."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Final

from rfmtool.errors import UsageError
from rfmtool.pages.blocks import Number

MINUS: Final = "−"
DASH: Final = "–"
_THIN: Final = "\u202f"
_SPACE: Final = "\u00a0"
_MARKS: Final = {
    ".,": ("en", "he", "ja", "ko", "ms", "th", "zh", "es-MX"),
    ",.": ("da", "de", "el", "es", "hr", "id", "is", "it", "nl", "pt", "ro", "sl", "sr", "tr",
           "vi"),
    f",{_SPACE}": ("bg", "cs", "et", "fi", "hu", "lt", "lv", "nb", "no", "pl", "pt-PT", "ru", "sk",
                   "sv", "uk"),
    f",{_THIN}": ("fr",),
    ".’": ("de-CH", "it-CH"),
    f",{_THIN}'": ("fr-CH",),
}  # fmt: skip
"""Locales by decimal mark and thousands separator."""
_FROM_FIVE_DIGITS: Final = ("es", "pl", "pt-PT", "bg", "hu")
_LAKHS: Final = ("en-IN", "hi")
_ABBREVIATED_FROM: Final = 100_000
_NO_DECIMALS_FROM: Final = 1_000
_DECIMALS_BELOW: Final = 40
"""Bounds of shades have a decimal where the largest value is below it."""
_NUMBER_OR_QUOTED: Final = re.compile(
    r"(?<!\w)'[^'\n]*'(?!\w)|"
    r"(?<!like )(?<![\w.,'/-])(?:-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+\.\d+|-\d+)(?![\w']|[.,]\w)"
)
"""Numbers in English texts; also names in quotes, which stay as they are."""
_ALL_NUMBER: Final = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?%?")
_UNITS: Final = ((10**9, "bn"), (10**6, "M"), (10**3, "k"))


@dataclass(frozen=True)
class Locale:
    """How a locale writes numbers."""

    decimal: str = "."
    group: str = ","
    least_digits: int = 4
    lakhs: bool = False

    @classmethod
    def from_locale(cls, locale: str) -> Locale:
        """The format of a language tag such as `de`; raises UsageError where it is unknown."""
        tag = locale.strip().replace("_", "-").split(".")[0]
        if tag in _LAKHS:
            return cls(lakhs=True)
        for known in (tag, tag.split("-")[0]):
            for marks, tags in _MARKS.items():
                if known in tags:
                    return cls(marks[0], marks[1], 5 if known in _FROM_FIVE_DIGITS else 4)
        names = ", ".join(sorted([*_LAKHS, *chain(*_MARKS.values())]))
        raise UsageError(f"--locale {locale!r}: is not known", f"Known are {names}.")

    def text(self, plain: str) -> str:
        """Decimal text with the marks of the locale and a true minus."""
        sign, plain = (MINUS, plain[1:]) if plain.startswith("-") else ("", plain)
        integer, _, fraction = plain.partition(".")
        if len(integer) >= self.least_digits:
            head, tail = integer[:-3], integer[-3:]
            head = re.sub(r"\B(?=(..)+$)" if self.lakhs else r"\B(?=(...)+$)", self.group, head)
            integer = f"{head}{self.group}{tail}"
        return sign + integer + (self.decimal + fraction if fraction else "")

    def localized(self, text: str) -> str:
        """An English text with its numbers in the marks of the locale."""
        return _NUMBER_OR_QUOTED.sub(
            lambda match: match[0] if "'" in match[0] else self.text(match[0].replace(",", "")),
            text,
        )

    def cell(self, text: str) -> Number | str:
        """A table cell, localized; a cell that is all number keeps its exact value for sorting."""
        shown = self.localized(text)
        if not _ALL_NUMBER.fullmatch(text):
            return shown
        return Number(shown, text.replace(",", "").removeprefix("+"))

    def rounded(self, value: Decimal | float, digits: int) -> str:
        """A number with `digits` decimals."""
        text = f"{value:.{digits}f}"
        return self.text(text[1:] if text.startswith("-") and not float(text) else text)

    def count(self, number: float) -> Number:
        """An integer."""
        return Number(self.text(f"{number:.0f}"), repr(number))

    def counted(self, number: int, noun: str) -> str:
        """A count with its noun, `1,234 buyers`."""
        return f"{self.count(number)} {noun}" + ("" if number == 1 else "s")

    def people(self, count: int) -> str:
        """A count of people, `1,234 people`."""
        return "1 person" if count == 1 else f"{self.count(count)} people"

    def number(self, value: float, digits: int = 1) -> Number:
        """A number with at most `digits` decimals."""
        shown = f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"
        return Number(self.text(shown), repr(value))

    def money(self, text: str, *, whole: bool) -> Number:
        """An amount given as decimal text, in whole units or with two decimals."""
        return Number(self.rounded(Decimal(text), 0 if whole else 2), text)

    def money_column(self, texts: Sequence[str]) -> list[Number]:
        """The amounts of a column, in whole units where one of them is large."""
        whole = in_whole_units(texts)
        return [self.money(text, whole=whole) for text in texts]

    def share(self, part: float | None, digits: int = 1) -> Number | str:
        """A share as a percentage; `<0.1%` where it is above zero but would round to it."""
        if part is None:
            return DASH
        shown = self.rounded(100 * part, digits)
        if part > 0 and not float(f"{100 * part:.{digits}f}"):
            shown = "<" + self.rounded(10**-digits, digits)
        return Number(f"{shown}%", repr(part))

    def headline(self, text: str) -> Number:
        """A number, given as decimal text, in full or (from 100,000 on) as `123 k`."""
        value = Decimal(text)
        if abs(value) < _ABBREVIATED_FROM:
            digits = 2 if abs(value) < _NO_DECIMALS_FROM and value != int(value) else 0
            return Number(self.rounded(value, digits), text)
        size, unit = next(each for each in _UNITS if abs(value) >= each[0])
        parts = value / size
        digits = max(3 - len(str(int(abs(parts)))), 0)
        return Number(f"{self.rounded(parts, digits)} {unit}", text)

    def shade_bounds(
        self, most: float, *, linear: bool = False, whole: bool = False
    ) -> tuple[str, ...]:
        """Lower bounds of the eight shades up to the value `most`; see `svg.shade_class`."""
        edges = [most * (step / 8 if linear else (step / 8) ** 2) for step in range(8)]
        if whole:
            edges = [float(math.ceil(edge)) for edge in edges]
        if most < _DECIMALS_BELOW and not whole:
            return tuple(self.rounded(edge, 1) if edge else "0" for edge in edges)
        return tuple(self.headline(f"{edge:.0f}").shown for edge in edges)


def in_whole_units(texts: Sequence[str]) -> bool:
    """Whether a column of amounts is shown without decimals."""
    return max((abs(Decimal(text)) for text in texts), default=Decimal()) >= _NO_DECIMALS_FROM
