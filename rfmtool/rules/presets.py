"""Known exports as rows: which column plays which role, and what else to know about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from rfmtool.columns import CONTACT_COLUMNS
from rfmtool.errors import RulesError
from rfmtool.rules.checking import check_keys

PRESET_ROLES: Final = (
    "customer_id", "order_id", "ordered_at", "amount", "refunded", "unpaid", "quantity",
    "unit_price", "currency", "status", "payment_status", "type", "cancelled_on", "voided",
    "is_test", "captured", "paid_at", "cost", *CONTACT_COLUMNS,
)  # fmt: skip
"""The roles that a preset may name columns for."""
SALE_ROLES: Final = (
    "status", "payment_status", "type", "cancelled_on", "voided", "is_test", "captured", "paid_at",
)  # fmt: skip
"""The roles that can say that an order is no sale."""
_DATES: Final = ("D/M/Y", "M/D/Y")
_ONCE_CALLED: Final = {"cancelled_at": "cancelled_on"}
"""Roles by the names that they had; a preset of the user's may still say so."""


@dataclass(frozen=True)
class Preset:
    """One known export; the one without a header of its own is the generic one."""

    name: str
    title: str = ""
    known_by: tuple[tuple[str, ...], ...] = ()
    """Sets of columns; a header that has all of one set is of this kind."""
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Role to column names; the first that is there plays the role."""
    not_a_sale: frozenset[str] = frozenset()
    """Words of the status column, in small letters, beside those that are known."""
    sale: frozenset[str] = frozenset()
    """The same, of orders that are sales."""
    anonymous: frozenset[str] = frozenset()
    """Customer ids that stand for nobody."""
    undated: Literal["blank"] | None = None
    """`blank` where rows without a date are headings and totals of groups."""
    amount_per: Literal["line", "order"] | None = None
    """`order` where the amount is the order's, however many rows repeat it."""
    carry_down: tuple[str, ...] = ()
    """Roles that only the first row of an order may fill."""
    dates: str | None = None
    """Which reading of dates, D/M/Y or M/D/Y, to take where a column leaves both open."""
    timezone: str | None = None
    """In which zone times without an offset are written."""
    notes: tuple[str, ...] = ()
    """What to know about figures made from it."""
    refused: str = ""
    """Why it is not read at all."""
    instead: str = ""
    """What to do instead."""


def parse_presets(data: Any, where: str) -> tuple[Preset, ...]:  # noqa: ANN401 - unchecked input
    """Turn the rows of a `[[preset]]` section into presets, checked."""
    if not isinstance(data, list):
        raise RulesError(f"{where}: must be rows, each begun by [[preset]]")
    return tuple(_preset_of(row, f"{where}[{place}]") for place, row in enumerate(data, start=1))


def _preset_of(row: Any, where: str) -> Preset:  # noqa: ANN401
    check_keys(row, set(Preset.__dataclass_fields__), where)
    name = _text(row, "name", where)
    if not name or name in ("none", "generic"):
        raise RulesError(f"{where}.name: a name is needed, other than none and generic")
    columns = row.get("columns", {})
    if isinstance(columns, Mapping):
        columns = {_ONCE_CALLED.get(role, role): names for role, names in columns.items()}
    check_keys(columns, set(PRESET_ROLES), f"{where}.columns")
    if row.get("amount_per") not in (None, "line", "order"):
        raise RulesError(f"{where}.amount_per: is line or order")
    if row.get("dates") not in (None, *_DATES):
        raise RulesError(f"{where}.dates: is {' or '.join(_DATES)}")
    if row.get("undated") not in (None, "blank"):
        raise RulesError(f"{where}.undated: is blank")
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
        anonymous=frozenset(_texts(row.get("anonymous", []), f"{where}.anonymous")),
        undated=row.get("undated"),
        amount_per=row.get("amount_per"),
        carry_down=_roles(row.get("carry_down", []), f"{where}.carry_down"),
        notes=_texts(row.get("notes", []), f"{where}.notes"),
        dates=row.get("dates"),
        timezone=_text(row, "timezone", where) or None,
        refused=_text(row, "refused", where),
        instead=_text(row, "instead", where),
    )


def _headers(data: Any, where: str) -> tuple[tuple[str, ...], ...]:  # noqa: ANN401
    # A set of no columns would be in every header.
    if not isinstance(data, list) or not data or [] in data:
        raise RulesError(f"{where}: a list of lists of column names is needed")
    return tuple(_texts(names, where) for names in data)


def _words(row: Mapping[str, Any], key: str, where: str) -> frozenset[str]:
    words = _texts(row.get(key, []), f"{where}.{key}")
    return frozenset(word.strip().lower() for word in words)


def _roles(data: Any, where: str) -> tuple[str, ...]:  # noqa: ANN401
    roles = tuple(_ONCE_CALLED.get(role, role) for role in _texts(data, where))
    if unknown := set(roles) - set(PRESET_ROLES):
        raise RulesError(f"{where}: there is no role {min(unknown)!r}")
    return roles


def _text(row: Mapping[str, Any], key: str, where: str) -> str:
    text = row.get(key, "")
    if not isinstance(text, str) or not text.isprintable():
        raise RulesError(f"{where}.{key}: must be plain text")
    return text


def _texts(data: Any, where: str) -> tuple[str, ...]:  # noqa: ANN401
    if not isinstance(data, list) or not all(isinstance(text, str) and text for text in data):
        raise RulesError(f"{where}: a list of texts")
    if not all(text.isprintable() for text in data):
        raise RulesError(f"{where}: must be plain text")
    return tuple(data)
