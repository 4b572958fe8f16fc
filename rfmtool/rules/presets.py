"""Presets of known exports: which column has which role, and how to read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from rfmtool.columns import CONTACT_COLUMNS
from rfmtool.errors import RulesError
from rfmtool.rules.checking import Unchecked, check_keys

PRESET_ROLES: Final = (
    "customer_id", "order_id", "ordered_at", "amount", "refunded", "unpaid", "quantity",
    "unit_price", "currency", "status", "payment_status", "type", "cancelled_on", "voided",
    "is_test", "captured", "paid_at", "cost", *CONTACT_COLUMNS,
)  # fmt: skip
"""The roles that a preset may name columns for."""
SALE_ROLES: Final = (
    "status", "payment_status", "type", "cancelled_on", "voided", "is_test", "captured", "paid_at",
)  # fmt: skip
"""The roles from which an order can be found not to be a sale."""
_DATES: Final = ("D/M/Y", "M/D/Y")
_RENAMED_ROLES: Final = {"cancelled_at": "cancelled_on"}
"""Former names of roles, which presets of users may still have."""


@dataclass(frozen=True)
class Preset:
    """One known export; the generic one has no `known_by`."""

    name: str
    title: str = ""
    known_by: tuple[tuple[str, ...], ...] = ()
    """Sets of columns; a header with all columns of one set matches."""
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Role to column names; the first that the header has is used."""
    not_a_sale: frozenset[str] = frozenset()
    """Status words of orders that are not sales, in lower case, besides the built-in ones."""
    sale: frozenset[str] = frozenset()
    """The same for orders that are sales."""
    open: frozenset[str] = frozenset()
    """The same for orders that are sales only where another column of statuses says so."""
    anonymous: frozenset[str] = frozenset()
    """Customer ids of anonymous orders."""
    undated: Literal["blank"] | None = None
    """`blank` if rows without a date are headings or subtotals."""
    unpriced: Literal["blank"] | None = None
    """`blank` if rows without an amount are payouts, or payments that were declined."""
    amount_per: Literal["line", "order"] | None = None
    """`order` if each row repeats the amount of the whole order."""
    carry_down: tuple[str, ...] = ()
    """Roles that may be filled in the first row of an order only."""
    dates: str | None = None
    """The date format, D/M/Y or M/D/Y, for columns where both are possible."""
    timezone: str | None = None
    """The zone of times without an offset."""
    notes: tuple[str, ...] = ()
    """Caveats about results from this export."""
    refused: str = ""
    """Why it cannot be used at all."""
    instead: str = ""
    """What to use instead."""


def parse_presets(data: Unchecked, where: str) -> tuple[Preset, ...]:
    """Parse and check the rows of a `[[preset]]` section."""
    if not isinstance(data, list):
        raise RulesError(f"{where}: must be rows, each begun by [[preset]]")
    return tuple(_preset(row, f"{where}[{place}]") for place, row in enumerate(data, start=1))


def _preset(row: Unchecked, where: str) -> Preset:
    check_keys(row, set(Preset.__dataclass_fields__), where)
    name = _text(row, "name", where)
    if not name or name in ("none", "generic"):
        raise RulesError(f"{where}.name: a name is needed, other than none and generic")
    columns = row.get("columns", {})
    if isinstance(columns, Mapping):
        columns = {_RENAMED_ROLES.get(role, role): names for role, names in columns.items()}
    check_keys(columns, set(PRESET_ROLES), f"{where}.columns")
    if row.get("amount_per") not in (None, "line", "order"):
        raise RulesError(f"{where}.amount_per: is line or order")
    if row.get("dates") not in (None, *_DATES):
        raise RulesError(f"{where}.dates: is {' or '.join(_DATES)}")
    for key in ("undated", "unpriced"):
        if row.get(key) not in (None, "blank"):
            raise RulesError(f"{where}.{key}: is blank")
    return Preset(
        name=name,
        title=_text(row, "title", where) or name,
        known_by=_headers(row.get("known_by"), f"{where}.known_by"),
        columns={
            role: _texts(names if isinstance(names, list) else [names], f"{where}.columns.{role}")
            for role, names in columns.items()
        },
        not_a_sale=_words(row, "not_a_sale", where),
        sale=_words(row, "sale", where),
        open=_words(row, "open", where),
        anonymous=frozenset(_texts(row.get("anonymous", []), f"{where}.anonymous")),
        undated=row.get("undated"),
        unpriced=row.get("unpriced"),
        amount_per=row.get("amount_per"),
        carry_down=_roles(row.get("carry_down", []), f"{where}.carry_down"),
        notes=_texts(row.get("notes", []), f"{where}.notes"),
        dates=row.get("dates"),
        timezone=_text(row, "timezone", where) or None,
        refused=_text(row, "refused", where),
        instead=_text(row, "instead", where),
    )


def _headers(data: Unchecked, where: str) -> tuple[tuple[str, ...], ...]:
    # An empty set of columns would match every header.
    if not isinstance(data, list) or not data or [] in data:
        raise RulesError(f"{where}: a list of lists of column names is needed")
    return tuple(_texts(names, where) for names in data)


def _words(row: Mapping[str, Any], key: str, where: str) -> frozenset[str]:
    words = _texts(row.get(key, []), f"{where}.{key}")
    return frozenset(word.strip().lower() for word in words)


def _roles(data: Unchecked, where: str) -> tuple[str, ...]:
    roles = tuple(_RENAMED_ROLES.get(role, role) for role in _texts(data, where))
    if unknown := set(roles) - set(PRESET_ROLES):
        raise RulesError(f"{where}: there is no role {min(unknown)!r}")
    return roles


def _text(row: Mapping[str, Any], key: str, where: str) -> str:
    text = row.get(key, "")
    if not isinstance(text, str) or not text.isprintable():
        raise RulesError(f"{where}.{key}: must be plain text")
    return text


def _texts(data: Unchecked, where: str) -> tuple[str, ...]:
    if not isinstance(data, list) or not all(isinstance(text, str) and text for text in data):
        raise RulesError(f"{where}: a list of texts")
    if not all(text.isprintable() for text in data):
        raise RulesError(f"{where}: must be plain text")
    return tuple(data)
