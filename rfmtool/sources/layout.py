"""What to read and how: frozen values that detection makes and reading obeys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, Literal

from rfmtool.sources.dates import ISO, DateReading

Decimal = Literal[".", ","]
MONEY_ROLES: Final = ("amount", "quantity", "unit_price")
"""The roles that hold numbers."""

Kind = Literal["text", "day", "number"]
"""What the cells of a role are read as."""
EXPORT_KINDS: Final[Mapping[str, Kind]] = {
    "ordered_at": "day",
    **dict.fromkeys(MONEY_ROLES, "number"),
}
"""The roles of an export that are no text."""


@dataclass(frozen=True)
class Dialect:
    """How a text file is written: where its records begin and what divides its cells."""

    delimiter: str
    encoding: str
    body_offset: int
    """Bytes before the first data record, counted in the file decompressed and as UTF-8."""


@dataclass(frozen=True)
class NumberReading:
    """How numbers are written. `settled` is False while every number seen was a whole one."""

    decimal: Decimal = "."
    settled: bool = True


@dataclass(frozen=True)
class Reading:
    """What the whole export agrees on: how its dates and its numbers are written."""

    dates: DateReading = ISO
    numbers: NumberReading = field(default_factory=NumberReading)


@dataclass(frozen=True)
class FileLayout:
    """One file: its header, the place of each role in it, and its dialect (None where typed)."""

    header: tuple[str, ...]
    places: Mapping[str, int]
    dialect: Dialect | None = None
    kinds: Mapping[str, Kind] = field(default_factory=lambda: EXPORT_KINDS)
    """The roles that are no text."""


@dataclass(frozen=True)
class Asked:
    """What the user said about an export instead of leaving it to detection."""

    columns: Mapping[str, str] = field(default_factory=dict)
    delimiter: str | None = None
    encoding: str | None = None
    date_format: str | None = None
    decimal: Decimal | None = None
    timezone: str | None = None

    def of_table(self, table: str = "") -> Asked:
        """Keep the columns said as `TABLE.ROLE`, without the table; "" keeps the export's own."""
        parts = {role.rpartition("."): name for role, name in self.columns.items()}
        columns = {role: name for (prefix, _, role), name in parts.items() if prefix == table}
        return replace(self, columns=columns)


@dataclass(frozen=True)
class Question:
    """Which readable lines are asked for; days are inclusive."""

    since: date | None = None
    until: date | None = None
    currency: str | None = None
    not_a_sale: frozenset[str] = frozenset()
    order_per_row: bool = False
