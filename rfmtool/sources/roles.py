"""The role of each column of an export: as named by the user, else by the names shops use."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rfmtool.columns import CONTACT_COLUMNS
from rfmtool.errors import AmbiguousInputError, ErrorContext, InputError, UsageError
from rfmtool.sources.consents import OPTED_OUT
from rfmtool.sources.full_names import article_columns, check_is_full_name
from rfmtool.sources.layout import EXPORT_KINDS, KEPT_PREFIX, MAY_LACK, Kind
from rfmtool.sources.names import normalized
from rfmtool.sources.synonyms import (
    fallback_synonyms,
    spelled_out,
    synonyms,
    without_net_of_fees,
    without_units,
)

NET_OF_REFUNDS: Final = frozenset({"netsales"})
"""Names of amounts from which refunds are subtracted already."""
KNOWN_PLACES: Final = ErrorContext[dict[str, int]]()
"""The place of each role that was found before an error."""
_OPTION: Final = "--column ROLE=NAME"
_FACTORS: Final = frozenset({"quantity", "unit_price"})
_NEEDED: Final = ("customer_id", "order_id", "ordered_at", "amount")
Finder = Callable[[Sequence[str], Mapping[str, str], str], dict[str, int]]
"""From a header, the columns named by the user and the file's name to the place of each role."""


@dataclass(frozen=True)
class Roles:
    """The roles of a table: how their columns are found, and which are not text."""

    find: Finder
    kinds: Mapping[str, Kind]
    option: str = _OPTION
    may_be_empty: bool = False
    """Whether a header with no rows below it is a table."""


_LEDGER_NAMES: Final = frozenset(("memo", "memodescription", "split", "debit", "credit"))
_LOOKS_LIKE_DATA: Final = re.compile(
    r"[-+]?[\d.,:/-]*\d[\d.,:/ T-]*$|.*@.*\.|\d{1,2}[-/. ]+[^\W\d]{3,9}[-/., ]+\d{2,4}|[$€£¥]\s?\d"
)
"""A number, a date or an address: it comes from a customer's row, so that the header is missing."""


def find_roles(header: Sequence[str], asked: Mapping[str, str], where: str) -> dict[str, int]:
    """The place of each role in a header, with `amount` or both `quantity` and `unit_price`."""
    try:
        return _find_roles(header, asked, where)
    except InputError:
        if (bare := without_units(header)) != [*header]:
            with suppress(InputError):
                places = places_of(header, asked, {}, where)
                return _find_roles(bare, {role: bare[places[role]] for role in asked}, where)
        raise


def _find_roles(header: Sequence[str], asked: Mapping[str, str], where: str) -> dict[str, int]:
    places = places_of(header, asked, without_net_of_fees(header, synonyms()), where)
    places = _places_in_full(places, header, where)
    if asked.keys() >= _FACTORS and "amount" not in asked:
        places.pop("amount", None)
    if "amount" not in places and not places.keys() >= _FACTORS:
        known = without_net_of_fees(header, fallback_synonyms())
        spelled = spelled_out(header, {name for names in known.values() for name in names})
        fallbacks = places_of(spelled, {}, known, where)
        fallbacks |= places_of(header, {}, known, where)
        free = {role: place for role, place in fallbacks.items() if place not in places.values()}
        places = free | places
    if "amount" not in places and "quantity" not in places and "unit_price" in places:
        places["amount"] = places.pop("unit_price")  # without a quantity the price is what was paid
    if "amount" not in places and not places.keys() >= _FACTORS:
        net = places_of(header, {}, synonyms(), where).get("amount")
        places |= {} if net is None else {"amount": net}  # less fees, which a notice says
    if "amount" in places:
        places = {role: place for role, place in places.items() if role not in _FACTORS}
    names = {role: normalized(header[place]) for role, place in places.items()}
    if "refunded" not in asked and names.get("amount") in NET_OF_REFUNDS:
        places.pop("refunded", None)
    if "customer_id" not in asked:
        pair = names.get("customer_id"), names.get("name")
        is_ledger = not _LEDGER_NAMES.isdisjoint(map(normalized, header))
        if pair == ("user", "customername") or (pair == ("account", "name") and is_ledger):
            places["customer_id"] = places.pop("name")  # not employees, not accounts of the books
        check_is_full_name(header, places, where)
    # In a row of goods "name" is the article's name.
    if "name" not in asked and names.get("name") == "name" and article_columns(header, places):
        del places["name"]
    return check_required(places, header, where)


def _places_in_full(places: Mapping[str, int], header: Sequence[str], where: str) -> dict[str, int]:
    """The places, with those of what an order needs whose names are known in full alone."""
    known = without_net_of_fees(header, synonyms())
    missing = {role: known[role] for role in _NEEDED if role not in places}
    spelled = spelled_out(header, {name for names in missing.values() for name in names})
    found = places_of(spelled, {}, missing, where)
    free = {role: place for role, place in found.items() if place not in places.values()}
    return {**free, **places}


def places_of(
    header: Sequence[str],
    asked: Mapping[str, str],
    known_names: Mapping[str, Sequence[str]],
    where: str,
    option: str = _OPTION,
) -> dict[str, int]:
    """The places of the roles that the user named, or that have a known name in the header."""
    places = {role: _place_of(name, header, where) for role, name in asked.items()}
    if normalized(asked.get("consent", "")) in OPTED_OUT:
        raise InputError(
            f"{where}: by its name column {asked['consent']!r} says who has opted out, which is the"
            " reverse of a consent",
            "Of --contacts a column of that name is read so by itself: leave it out.",
        )
    names = [normalized(name) for name in header]
    for role, known in known_names.items():
        name = next((name for name in known if name in names), None)
        if role in places or name is None:
            continue
        if names.count(name) > 1:
            if role in MAY_LACK or (role in _FACTORS and "amount" in places):
                continue  # the export can be read without it
            raise AmbiguousInputError(
                f"{where}: {names.count(name)} columns are called {header[names.index(name)]!r},"
                f" and one of them would be {role}",
                f"Rename them apart, or name another with {option}.",
            )
        place = names.index(name)
        # An e-mail address may be the customer's id as well.
        taken = {places[other] for other in places if (other, role) != ("customer_id", "email")}
        if place not in taken:
            places[role] = place
    return places


def kept_places(
    header: Sequence[str], keep: Sequence[str], places: Mapping[str, int], where: str
) -> dict[str, int]:
    """The places of the columns to carry through, which may have a role as well.

    A column named like its own contact role is written anyway, and left out here.
    """
    kept = {name: _place_of(name, header, where) for name in keep}
    for name in kept.keys() & {*CONTACT_COLUMNS} & places.keys():
        if kept.pop(name) != places[name]:
            what = f"{where}: --keep {name}: another column plays the role {name}"
            hint = f"Name the one you want with --column {name}=NAME."
            raise AmbiguousInputError(what, hint)
    return {KEPT_PREFIX + name: place for name, place in kept.items()}


def check_required(places: dict[str, int], header: Sequence[str], where: str) -> dict[str, int]:
    """The places, if no required role is missing; else an InputError."""
    missing = [role for role in ("customer_id", "ordered_at") if role not in places]
    if "amount" not in places and not places.keys() >= _FACTORS:
        missing.append("amount (or quantity and unit_price)")
    if missing:
        error = missing_columns_error(missing, header, where)
        if "order_id" not in places and not may_be_data(header):
            error.hint += " Where an order takes several rows, name order_id too."
        KNOWN_PLACES.attach(error, places)
        raise error
    return places


EXPORT: Final = Roles(find_roles, EXPORT_KINDS)
"""The roles of an export."""


def missing_columns_error(
    missing: Sequence[str], header: Sequence[str], where: str, option: str = _OPTION
) -> InputError:
    """The error for missing columns, with the names of those that exist."""
    what = f"{where}: no column was recognised as {', '.join(missing)}"
    if option != _OPTION and (len(header) == 1 or may_be_data(header)):
        # A list of ids without a header: its first row must not be shown.
        return InputError(what, f"Write {missing[0]} above it as its name, or take {option}.")
    return InputError(what, f"Name it with {option}; the columns are {_listed(header)}.")


def _place_of(name: str, header: Sequence[str], where: str) -> int:
    """The place of a column, by its exact name, its trimmed name or its normalized name."""
    trimmed = [column.strip() for column in header]
    keys = [normalized(column) for column in header]
    wanted_forms = (list(header), name), (trimmed, name.strip()), (keys, normalized(name))
    for candidates, wanted in wanted_forms:
        if candidates.count(wanted) > 1:
            what = f"{where}: {candidates.count(wanted)} columns are called {name!r}"
            raise AmbiguousInputError(what, "Rename them apart in the file.")
        if wanted in candidates:
            return candidates.index(wanted)
    what = f"{where}: there is no column {name!r}"
    if len(header) == 1:
        hint = "See that its first row names the columns, and that --delimiter divides them."
        raise InputError(f"{what}, and only one column at all", hint)
    near = difflib.get_close_matches(name, trimmed, n=1)
    guess = f"Did you mean {near[0]!r}? " if near else ""
    raise InputError(what, f"{guess}The columns are {_listed(header)}.")


def parse_asked(
    texts: Sequence[str], tables: Mapping[str, Collection[str]] = MappingProxyType({})
) -> dict[str, str]:
    """Parse `ROLE=NAME` pairs; `tables` are roles by table, as of `contacts.status=Stage`."""
    asked: dict[str, str] = {}
    for text in texts:
        role, equals, name = text.partition("=")
        if not equals or not name:
            raise UsageError(f"--column {text!r} is not ROLE=NAME", "For example amount=Total.")
        table, dot, table_role = role.rpartition(".")
        if dot and table not in tables:
            hint = f"Tables are {', '.join(tables)}."
            raise UsageError(f"--column: there is no table {table!r}", hint)
        known = tables[table] if dot else synonyms()
        if table_role not in known:
            hint = f"Roles are {', '.join(known)}."
            raise UsageError(f"--column: there is no role {role!r}", hint)
        if role in asked:
            raise UsageError(f"--column: {role} is given twice", "Give each role once.")
        asked[role] = name
    return asked


def may_be_data(header: Sequence[str]) -> bool:
    """Whether a header may be a customer's row."""
    return any(_LOOKS_LIKE_DATA.match(name.strip()) for name in header)


def names_may_be_data(names: Sequence[str]) -> bool:
    """The same of a layout's names, in which a column without one is called by its place."""
    return may_be_data([name for place, name in enumerate(names, 1) if name != str(place)])


def known_names(header: Sequence[str], more: Iterable[str] = ()) -> tuple[str, ...]:
    """A header that may be a customer's row, with "" for all but known names and `more`."""
    known = {name for names in synonyms().values() for name in names} | {*map(normalized, more)}
    return tuple(name if normalized(name) in known else "" for name in header)


def _listed(header: Sequence[str], most: int = 30) -> str:
    if header and [*header] == [str(place) for place in range(1, len(header) + 1)]:
        return f"named by their places, 1 to {len(header)}"
    names = [name for name in header if name]
    if names_may_be_data(header) or not names:
        return (
            "not shown, because the first row looks like data: with --no-header columns are named"
            " by their places, as in --column customer_id=1"
        )
    listed = ", ".join(map(repr, names[:most]))
    more = len(header) - len(names[:most])
    reason = " (not shown, as the first row may be data)" if len(names) < len(header) else ""
    return listed + (f" and {more} more{reason}" if more else "")
