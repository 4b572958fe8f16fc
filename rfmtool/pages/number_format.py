"""Numbers as a page shows them, in the reader's marks, each with its text in the data."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
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
"""The decimal mark and the mark between thousands."""
_FROM_FIVE_DIGITS: Final = ("es", "pl", "pt-PT", "bg", "hu")
_LAKHS: Final = ("en-IN", "hi")
_BIG: Final = 100_000
_WHOLE_FROM: Final = 1_000
_FINE_UP_TO: Final = 40
"""Below it shades begin at tenths."""
_WRITTEN: Final = re.compile(
    r"(?<!\w)'[^'\n]*'(?!\w)|"
    r"(?<!like )(?<![\w.,'/-])(?:-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+\.\d+|-\d+)(?![\w']|[.,]\w)"
)
"""Numbers in our own words, as English has them, and names in quotes, which stay as they are."""
_ALL_NUMBER: Final = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?%?")
_UNITS: Final = ((10**9, "bn"), (10**6, "M"), (10**3, "k"))


@dataclass(frozen=True)
class NumberFormat:
    """How numbers are written: the marks of a language, which change no word."""

    decimal: str = "."
    group: str = ","
    least_digits: int = 4
    lakhs: bool = False

    @classmethod
    def from_locale(cls, locale: str) -> NumberFormat:
        """The marks of a language tag such as `de` or `pt-PT`.

        Raises:
            UsageError: the language is not known here.
        """
        tag = locale.strip().replace("_", "-").split(".")[0]
        if tag in _LAKHS:
            return cls(lakhs=True)
        for known in (tag, tag.split("-")[0]):
            for marks, tags in _MARKS.items():
                if known in tags:
                    return cls(marks[0], marks[1], 5 if known in _FROM_FIVE_DIGITS else 4)
        raise UsageError(
            f"--locale {locale!r}: is not known",
            "Known are "
            + ", ".join(sorted({*_LAKHS, *(tag for tags in _MARKS.values() for tag in tags)}))
            + ".",
        )

    def text(self, plain: str) -> str:
        """Decimal text with the marks of the language and a true minus."""
        sign, plain = (MINUS, plain[1:]) if plain.startswith("-") else ("", plain)
        whole, _, part = plain.partition(".")
        if len(whole) >= self.least_digits:
            head, tail = whole[:-3], whole[-3:]
            size = 2 if self.lakhs else 3
            first = len(head) % size
            groups = [head[:first]] * bool(first)
            groups += [head[at : at + size] for at in range(first, len(head), size)]
            whole = self.group.join([*groups, tail])
        return sign + whole + (self.decimal + part if part else "")

    def localized(self, text: str) -> str:
        """A text of ours, whose numbers are written as in English, in the marks of the language."""
        return _WRITTEN.sub(
            lambda found: found[0] if "'" in found[0] else self.text(found[0].replace(",", "")),
            text,
        )

    def cell(self, text: str) -> Number | str:
        """The same of a cell: one that is a number can be sorted by it."""
        shown = self.localized(text)
        if not _ALL_NUMBER.fullmatch(text):
            return shown
        return Number(shown, text.replace(",", "").removeprefix("+"))

    def rounded(self, value: Decimal | float, digits: int) -> str:
        """A number with so many decimals."""
        text = f"{value:.{digits}f}"
        return self.text(text[1:] if text.startswith("-") and not float(text) else text)

    def count(self, number: float) -> Number:
        """A whole number."""
        return Number(self.text(f"{number:.0f}"), repr(number))

    def number(self, value: float, digits: int = 1) -> Number:
        """A number with so many decimals, as few as it needs."""
        shown = f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"
        return Number(self.text(shown), repr(value))

    def money(self, text: str, *, whole: bool) -> Number:
        """Decimal text, in whole units or with two decimals."""
        return Number(self.rounded(Decimal(text), 0 if whole else 2), text)

    def share(self, part: float | None, digits: int = 1) -> Number | str:
        """A share as a percentage; one that rounds to nothing and is not says so."""
        if part is None:
            return DASH
        shown = self.rounded(100 * part, digits)
        if part > 0 and not float(f"{100 * part:.{digits}f}"):
            shown = "<" + self.rounded(10**-digits, digits)
        return Number(f"{shown}%", repr(part))

    def headline(self, text: str) -> Number:
        """A figure in full, or in three digits and a unit."""
        value = Decimal(text)
        if abs(value) < _BIG:
            digits = 2 if abs(value) < _WHOLE_FROM and value != int(value) else 0
            return Number(self.rounded(value, digits), text)
        size, unit = next(each for each in _UNITS if abs(value) >= each[0])
        parts = value / size
        digits = max(3 - len(str(int(abs(parts)))), 0)
        return Number(f"{self.rounded(parts, digits)} {unit}", text)

    def shade_bounds(
        self, most: float, *, linear: bool = False, whole: bool = False
    ) -> tuple[str, ...]:
        """Where each of eight shades begins, up to the largest value; see `svg.heat`."""
        edges = [most * (step / 8 if linear else (step / 8) ** 2) for step in range(8)]
        if whole:
            edges = [float(math.ceil(edge)) for edge in edges]
        if most < _FINE_UP_TO and not whole:
            return tuple(self.rounded(edge, 1) if edge else "0" for edge in edges)
        return tuple(self.headline(f"{edge:.0f}").shown for edge in edges)


def in_whole_units(texts: list[str]) -> bool:
    """Whether a column of money is told without decimals."""
    return max((abs(Decimal(text)) for text in texts), default=Decimal()) >= _WHOLE_FROM
