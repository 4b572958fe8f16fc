"""What to read and how: frozen values that detection makes and reading obeys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, Literal

from rfmtool.columns import CONTACT_COLUMNS
from rfmtool.rules.presets import Preset
from rfmtool.sources.cells.date_formats import ISO, DateFormat
from rfmtool.sources.cells.numbers import DecimalMark, NumberFormat
from rfmtool.sources.cells.rates import Rates
from rfmtool.sources.statuses import Statuses
from rfmtool.sources.text.records import Marks

MONEY_ROLES: Final = ("amount", "quantity", "unit_price", "refunded", "unpaid")
"""The roles that make up the amount."""
NUMBER_ROLES: Final = (*MONEY_ROLES, "cost")
"""The roles that hold numbers; two rows of one order may well differ in them."""
OPTIONAL_ROLES: Final = ("category", "product", "cost", *CONTACT_COLUMNS)
"""The roles that an export may lack, or have in some of its files only."""
SUGGESTED_ROLES: Final = (
    "refunded", "unpaid", "payment_status", "type", "cancelled_on", "voided", "is_test", "captured",
)  # fmt: skip
"""The roles that say what is no sale or was given back; some of the files may lack them."""
KEPT: Final = "keep:"
"""Begins the role of a column that is carried through under its own name."""

Kind = Literal["text", "day", "number", "any"]
"""What the cells of a role are read as; `any` is for people to look at."""
EXPORT_KINDS: Final[Mapping[str, Kind]] = {
    "ordered_at": "day",
    "cancelled_on": "day",
    "paid_at": "day",
    **dict.fromkeys(NUMBER_ROLES, "number"),
}
"""The roles of an export that are no text."""


@dataclass(frozen=True)
class Dialect:
    """How a text file is written: where its records begin and what divides its cells."""

    delimiter: str
    encoding: str
    body_offset: int
    """Bytes before the first data record, counted in the file decompressed and as UTF-8; of an
    aligned file, with its spaces squeezed."""
    quote: str = '"'
    """What cells are quoted with; empty where nothing quotes."""
    escape: str = ""
    """What makes the next quote, delimiter or escape an ordinary letter; mostly nothing does."""
    is_aligned: bool = False
    """Whether runs of spaces divide the cells; they are then read squeezed into one tab."""
    is_padded: bool = False
    """Whether every delimiter is followed by a space that is no part of the cell."""
    rows_above: int = 0
    """Records above the header: titles, notes and empty lines."""
    header_rows: int = 1
    """How many records the header takes; 0 where there is none."""
    empty_columns: int = 0
    """Last columns that have no name and hold nothing, as delimiters at the end of rows make."""
    is_wrapped: bool = False
    """Whether cells are written as formulas, `="00123"`; they are then read without them."""
    has_no_columns: bool = False
    """Whether nothing divides its lines into columns."""
    may_lack_header: bool = False
    """Whether what is taken for the header may be somebody's row, so that nobody need see it."""

    @property
    def marks(self) -> Marks:
        """The marks of the text as it is read, which of an aligned file is its squeezed form."""
        return Marks("\t" if self.is_aligned else self.delimiter, self.quote, self.escape)


@dataclass(frozen=True)
class Formats:
    """What the whole export agrees on: how its dates and its numbers are written."""

    dates: DateFormat = ISO
    numbers: NumberFormat = field(default_factory=NumberFormat)
    quantities: NumberFormat | None = None
    """Of quantities, where they are written otherwise than money."""
    preset: Preset = field(default_factory=lambda: Preset("generic"))
    """The known export that it is."""


@dataclass(frozen=True)
class FileLayout:
    """One file: its header, the place of each role in it, and its dialect (None where typed)."""

    header: tuple[str, ...]
    places: Mapping[str, int]
    dialect: Dialect | None = None
    kinds: Mapping[str, Kind] = field(default_factory=lambda: EXPORT_KINDS)
    """The roles that are no text."""
    carry_down: tuple[str, ...] = ()
    """Roles that only the first row of an order may fill."""
    folder_values: tuple[str | None, ...] = ()
    """The cells of the last columns of the header, which stand in the names of folders."""

    @property
    def in_file(self) -> FileLayout:
        """The layout without the columns that stand in the names of folders."""
        if not self.folder_values:
            return self
        width = len(self.header) - len(self.folder_values)
        places = {role: place for role, place in self.places.items() if place < width}
        return replace(self, header=self.header[:width], places=places, folder_values=())

    def folder_value(self, role: str) -> str | None:
        """The cell of a role that the names of folders hold."""
        return self.folder_values[self.places[role] - len(self.header) + len(self.folder_values)]


@dataclass(frozen=True)
class Asked:
    """What the user said about an export instead of leaving it to detection."""

    columns: Mapping[str, str] = field(default_factory=dict)
    delimiter: str | None = None
    encoding: str | None = None
    date_format: str | None = None
    decimal: DecimalMark | None = None
    timezone: str | None = None
    keep: tuple[str, ...] = ()
    """Columns to carry through under their own names."""
    elsewhere: frozenset[str] = frozenset()
    """Columns of `keep` that another table has, so that the export may be without them."""
    has_header: bool = True
    max_bytes: int | None = None
    """The most that a file may hold, unpacked; None only stops what no honest file does."""
    country: str | None = None
    """How phone numbers without a country are read: two letters."""
    preset: str | None = None
    """The known export that it is, or `none`; found by its header unless given."""
    own_presets: tuple[Preset, ...] = ()
    """Known exports of the user's own, from the rules."""
    statuses: Mapping[str, bool] = field(default_factory=dict)
    """Status words that are settled: whether each is a sale."""
    anonymous: frozenset[str] = frozenset()
    """Customer ids that stand for nobody."""
    strict: bool = False
    """Whether files that are passed over with a notice are errors."""
    table: str | None = None
    """The table to read of a database."""
    query: str | None = None
    """What to ask a database instead."""

    def of_table(self, table: str = "") -> Asked:
        """Keep what is said of one table: its columns, `TABLE.ROLE` without the table.

        The export is the table ""; that it has no header says nothing of the others, nor do the
        columns that are carried through it.
        """
        parts = {role.rpartition("."): name for role, name in self.columns.items()}
        columns = {role: name for (prefix, _, role), name in parts.items() if prefix == table}
        if not table:
            return replace(self, columns=columns)
        return replace(self, columns=columns, has_header=True, keep=(), table=None, query=None)


@dataclass(frozen=True)
class Detail:
    """What is wanted of an export beyond its customers; what it does not have is left out."""

    category: Literal["category", "product"] | None = "category"
    """The role by which a customer's money is divided."""
    cost: bool = True
    contacts: bool = True
    """The latest email, phone, name and consent; kept columns come in any case."""
    entries: bool = False
    """What each order moved on each day."""
    first: bool = False
    """The categories of first orders; where there are none, their products."""

    def places(self, found: Mapping[str, int]) -> dict[str, int]:
        """Of the places of roles, those to be read; the role wanted as category becomes it."""
        wanted = {role: place for role, place in found.items() if role not in OPTIONAL_ROLES}
        role = self.category
        if self.first and role not in found:
            role = "product"
        if role is not None and role in found:
            wanted["category"] = found[role]
        others = ("cost",) * self.cost + CONTACT_COLUMNS * self.contacts
        return wanted | {role: found[role] for role in others if role in found}


@dataclass(frozen=True)
class LineOptions:
    """Which readable lines are asked for; days are inclusive."""

    since: date | None = None
    until: date | None = None
    currency: str | None = None
    rates: Rates | None = None
    """What all money is converted with; None takes it as it is."""
    statuses: Statuses = field(default_factory=Statuses)
    """What the words of status columns mean."""
    has_payment_status: bool = False
    """Whether a column apart from the status of orders says if they are paid."""
    anonymous_ids: frozenset[str] = frozenset()
    """Customer ids that stand for nobody, such as a guest's."""
    order_per_row: bool = False
    suppressed: frozenset[str] = frozenset()
    """Customer ids to leave out of everything."""
    amount_per: Literal["line", "order"] | None = None
    """What an amount is of; None where it is to be asked when all rows of orders repeat one."""
    overlap: Literal["keep-one", "sum"] | None = None
    """What becomes of orders that recur in another file; None where it is to be asked."""
    with_anonymous: bool = False
    """Whether the lines without a customer are wanted too, with null for one."""
    all_with_status: bool = False
    """Whether all readable rows are wanted, as lines with the words of their status columns."""
