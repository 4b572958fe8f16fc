"""Options, layouts and formats: frozen values that detection makes and reading uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, Literal

from rfmtool.columns import CONTACT_COLUMNS
from rfmtool.errors import ErrorContext
from rfmtool.rules.presets import Preset
from rfmtool.sources.cells.date_formats import ISO, DateFormat
from rfmtool.sources.cells.number_texts import DecimalMark
from rfmtool.sources.cells.numbers import NumberFormat
from rfmtool.sources.cells.rates import Rates
from rfmtool.sources.statuses import Statuses
from rfmtool.sources.text.records import Marks

MONEY_ROLES: Final = ("amount", "quantity", "unit_price", "refunded", "unpaid")
"""The roles that make up the money of a row."""
NUMBER_ROLES: Final = (*MONEY_ROLES, "cost")
"""The roles that hold numbers; rows of one order differ in them."""
OPTIONAL_ROLES: Final = ("category", "product", "cost", *CONTACT_COLUMNS)
"""The roles that an export, or some of its files, may lack."""
SUGGESTED_ROLES: Final = (
    "payment_status", "type", "refunded", "unpaid", "cancelled_on", "voided", "is_test", "captured",
)  # fmt: skip
"""The roles that mark rows as refunded or not sold; some of the files may lack them."""
MAY_LACK: Final = frozenset((*OPTIONAL_ROLES, *SUGGESTED_ROLES))
KEPT_PREFIX: Final = "keep:"
"""Prefix of the role of a column that is carried through under its own name."""

Kind = Literal["text", "day", "number", "any"]
"""What the cells of a role are read as; `any` is for display only."""
EXPORT_KINDS: Final[Mapping[str, Kind]] = {
    "ordered_at": "day",
    "cancelled_on": "day",
    "paid_at": "day",
    **dict.fromkeys(NUMBER_ROLES, "number"),
}
"""The roles of an export that are not text."""


@dataclass(frozen=True)
class Dialect:
    """How a text file is written: where its records begin and how its cells are delimited."""

    delimiter: str
    encoding: str
    body_offset: int
    """Bytes before the first data record, of the decompressed UTF-8 text; of an aligned file,
    after its runs of spaces have become tabs."""
    quote: str = '"'
    """The quote character; empty where there is none."""
    escape: str = ""
    is_aligned: bool = False
    """Whether runs of spaces delimit the cells; each is read as one tab."""
    is_padded: bool = False
    """Whether every delimiter is followed by a space that does not belong to the cell."""
    rows_above: int = 0
    """Records above the header: titles, notes and empty lines."""
    header_rows: int = 1
    """How many records the header takes; 0 where there is none."""
    empty_columns: int = 0
    """Last columns without a name or a cell, as trailing delimiters make them."""
    is_wrapped: bool = False
    """Whether cells are written as formulas, `="00123"`, which are unwrapped."""
    has_no_columns: bool = False
    """Whether it is no table: no known header, and too few records of one width."""
    may_lack_header: bool = False
    """Whether the row taken for the header may be a customer's, so that messages do not show it."""

    @property
    def marks(self) -> Marks:
        """Delimiter, quote and escape of the text as it is parsed."""
        return Marks("\t" if self.is_aligned else self.delimiter, self.quote, self.escape)


@dataclass(frozen=True)
class Formats:
    """How the dates and the numbers of an export are written."""

    dates: DateFormat = ISO
    numbers: NumberFormat = field(default_factory=NumberFormat)
    quantities: NumberFormat | None = None
    """The format of quantities, where it is not that of money."""
    in_cents: frozenset[str] = frozenset()
    """The roles of money in hundredths of the currency unit."""
    preset: Preset = field(default_factory=lambda: Preset("generic"))


@dataclass(frozen=True)
class FileLayout:
    """One file: its header, the place of each role in it, and its dialect (None where typed)."""

    header: tuple[str, ...]
    places: Mapping[str, int]
    dialect: Dialect | None = None
    kinds: Mapping[str, Kind] = field(default_factory=lambda: EXPORT_KINDS)
    """The roles that are not text."""
    fill_down: tuple[str, ...] = ()
    """Roles to fill down, as only the first row of an order has their cells."""
    partition_values: tuple[str | None, ...] = ()
    """The cells of the last columns of the header, taken from the names of folders."""

    @property
    def in_file(self) -> FileLayout:
        """The layout without the columns taken from the names of folders."""
        if not self.partition_values:
            return self
        width = len(self.header) - len(self.partition_values)
        places = {role: place for role, place in self.places.items() if place < width}
        return replace(self, header=self.header[:width], places=places, partition_values=())

    def partition_value(self, role: str) -> str | None:
        """The cell of a role whose column is taken from the names of folders."""
        return self.partition_values[
            self.places[role] - len(self.header) + len(self.partition_values)
        ]


KNOWN_LAYOUT: Final = ErrorContext[FileLayout]()
"""The layout of a file as far as it was found before an error."""


@dataclass(frozen=True)
class Asked:
    """What the user states about an export instead of leaving it to detection."""

    columns: Mapping[str, str] = field(default_factory=dict)
    delimiter: str | None = None
    encoding: str | None = None
    date_format: str | None = None
    decimal: DecimalMark | None = None
    timezone: str | None = None
    keep: tuple[str, ...] = ()
    """Columns to carry through under their own names."""
    elsewhere: frozenset[str] = frozenset()
    """Columns of `keep` that another table has, so that the export may lack them."""
    has_header: bool = True
    max_bytes: int | None = None
    """The largest size of a file, unpacked; None refuses decompression bombs only."""
    country: str | None = None
    """The country of phone numbers without a country code: two letters."""
    preset: str | None = None
    """The name of a preset, or `none`; recognised by the header unless given."""
    own_presets: tuple[Preset, ...] = ()
    """The user's own presets, from the rules."""
    statuses: Mapping[str, bool] = field(default_factory=dict)
    """Status words to whether they are sales."""
    anonymous: frozenset[str] = frozenset()
    """Customer ids of guests, who count as no customer."""
    strict: bool = False
    """Whether files that are passed over with a notice are errors."""
    table: str | None = None
    query: str | None = None
    """What to ask a database instead of reading a `table`."""

    def of_table(self, table: str = "") -> Asked:
        """The options of one table: its columns, `TABLE.ROLE` without the table.

        The export is the table ""; its header, kept columns and query are not those of the others.
        """
        named = [(*role.rpartition("."), name) for role, name in self.columns.items()]
        columns = {role: name for owner, _, role, name in named if owner == table}
        if not table:
            return replace(self, columns=columns)
        return replace(self, columns=columns, has_header=True, keep=(), table=None, query=None)


@dataclass(frozen=True)
class Detail:
    """What to read of an export beside its customers, if it has it."""

    category: Literal["category", "product"] | None = "category"
    """The role that a customer's spend is split by."""
    cost: bool = True
    contacts: bool = True
    """The latest email, phone, name and consent; kept columns are always read."""
    entries: bool = False
    """The amount of each order by day."""
    first: bool = False
    """The categories of first orders instead of spend by category; or their products, without."""

    def places(self, available: Mapping[str, int]) -> dict[str, int]:
        """The places of the roles to read; the role that stands for the category becomes it."""
        wanted = {role: place for role, place in available.items() if role not in OPTIONAL_ROLES}
        role = "product" if self.first and self.category not in available else self.category
        if role is not None and role in available:
            wanted["category"] = available[role]
        others = ("cost",) * self.cost + CONTACT_COLUMNS * self.contacts
        return wanted | {role: available[role] for role in others if role in available}


@dataclass(frozen=True)
class LineOptions:
    """Which lines are wanted, and how they are interpreted; days are inclusive."""

    since: date | None = None
    until: date | None = None
    currency: str | None = None
    rates: Rates | None = None
    """The rates that all money is converted with; None converts nothing."""
    statuses: Statuses = field(default_factory=Statuses)
    has_payment_status: bool = False
    anonymous_ids: frozenset[str] = frozenset()
    order_per_row: bool = False
    suppressed: frozenset[str] = frozenset()
    amount_per: Literal["line", "order"] | None = None
    """What an amount belongs to; None refuses exports whose orders repeat one amount."""
    overlap: Literal["keep-one", "sum"] | None = None
    """How to treat orders that recur in another file; None refuses them."""
    with_anonymous: bool = False
    """Whether lines without a customer are included, with a null id."""
    with_status_words: bool = False
    """Whether all readable rows are included, with the words of their status columns."""
