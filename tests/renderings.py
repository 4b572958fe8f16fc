"""The same ledger as many programs would write it: dates, numbers, dialects and encodings."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

DATES = (
    "%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%m/%d/%y", "%d-%m-%Y",
    "%Y%m%d", "%d %b %Y", "%d-%b-%y", "%b %d, %Y", "%A, %B %d, %Y", "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%d %H:%M:%S +0200", "%d/%m/%Y %H:%M", "%m/%d/%Y %I:%M %p",
)  # fmt: skip
GROUPS = {
    ".": ("", ",", " ", "\N{NO-BREAK SPACE}", "'"),
    ",": ("", ".", " ", "\N{THIN SPACE}", "\N{RIGHT SINGLE QUOTATION MARK}"),
}
MARKS = ("{}", "${}", "{} €", "EUR {}", "{}\N{NO-BREAK SPACE}zł", "US${}", "kr {}")
NEGATIVES = ("-{}", "{}-", "({})", "\N{MINUS SIGN}{}")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252")
BOMS = {"utf-16-le": b"\xff\xfe"}


@dataclass(frozen=True)
class Rendering:
    """One way to write a ledger."""

    dates: str
    decimal: str
    group: str
    mark: str
    negative: str
    delimiter: str
    encoding: str
    line_end: str
    quoting: int

    def file(self, rows: list[dict[str, str]]) -> bytes:
        """A file of such rows as `row` makes."""
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=rows[0], lineterminator=self.line_end,
                                delimiter=self.delimiter, quoting=self.quoting)  # fmt: skip
        writer.writeheader()
        writer.writerows(rows)
        return BOMS.get(self.encoding, b"") + text.getvalue().encode(self.encoding)

    def row(self, row: dict[str, str]) -> dict[str, str]:
        """The cells of a row with an ISO date and plain decimals, as this program writes them."""
        day = date.fromisoformat(row["ordered_at"][:10])
        written = {role: self.number(row[role], mark=role != "quantity")
                   for role in ("amount", "quantity", "unit_price") if role in row}  # fmt: skip
        return {**row, **written, "ordered_at": day.strftime(self.dates)}

    def number(self, text: str, *, mark: bool) -> str:
        """A plain decimal with separators, a currency and a minus."""
        number = Decimal(text)
        whole, _, part = f"{abs(number):,f}".partition(".")
        text = whole.replace(",", self.group) + (self.decimal + part if part else "")
        text = self.mark.format(text) if mark else text
        return self.negative.format(text) if number < 0 else text


@st.composite
def renderings(draw) -> Rendering:
    """Any of them."""
    decimal = draw(st.sampled_from(".,"))
    return Rendering(
        dates=draw(st.sampled_from(DATES)),
        decimal=decimal,
        group=draw(st.sampled_from(GROUPS[decimal])),
        mark=draw(st.sampled_from(MARKS)),
        negative=draw(st.sampled_from(NEGATIVES)),
        delimiter=draw(st.sampled_from(",;\t|")),
        encoding=draw(st.sampled_from(ENCODINGS)),
        line_end=draw(st.sampled_from(("\n", "\r\n", "\r"))),
        quoting=draw(st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))),
    )
