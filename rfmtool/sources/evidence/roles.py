"""The evidence tables and the roles of their columns, from `roles.toml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, Final, Literal

from rfmtool.documents import packaged_toml
from rfmtool.sources.layout import Kind
from rfmtool.sources.names import normalized
from rfmtool.sources.roles import Roles, missing_columns_error, places_of
from rfmtool.sources.synonyms import synonyms

_FILE: Final = "roles.toml"
CellKind = Literal["id", "text", "word", "yes_no", "day", "whole", "number", "money"]
_KINDS: Final[Mapping[str, Kind]] = {
    "day": "day", "whole": "number", "number": "number", "money": "number",
}  # fmt: skip
"""Kinds of cells that keep the type of their source; all others are read as text."""
_REASONS: Final = {
    "day": "bad_date", "word": "bad_kind", "yes_no": "bad_kind", "number": "bad_amount",
    "money": "bad_amount",
}  # fmt: skip
"""The usual reason for rejecting a row whose cell of this kind cannot be read."""
_FLAGS: Final = ("attributes", "one_row_each", "joins", "must_match", "strict")


@dataclass(frozen=True)
class Role:
    """One column of an evidence table, and how its cells are read."""

    kind: CellKind
    names: Sequence[str]
    reason: str = ""
    """The reason for rejecting a row whose cell cannot be read."""
    words: tuple[str, ...] = ()
    """The values of a `word` column, in lower case."""
    range: Sequence[int] | None = None
    """The least and the greatest integer."""
    empty: str | None = None
    """The value of an empty cell."""
    may_lack: bool = False
    """For an id: whether rows without one are kept."""


@dataclass(frozen=True)
class EvidenceTable:
    """An evidence table: its roles, which of them are required, and how its rows are used."""

    name: str
    roles: Mapping[str, Role]
    required: tuple[str, ...]
    one_of: tuple[tuple[str, ...], ...]
    """Groups of roles of which one is required."""
    attributes: bool = False
    """Whether columns without a role are kept."""
    one_row_each: bool = False
    """Whether rows of one id are merged."""
    joins: bool = False
    """Whether persons who are only in this table belong to the run."""
    must_match: bool = False
    """Whether most of its ids must be known from elsewhere."""
    strict: bool = False
    """Whether every row must be readable."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The names of the id roles."""
        return tuple(name for name, role in self.roles.items() if role.kind == "id")

    @property
    def option(self) -> str:
        """The option by which a user names one of its columns."""
        return f"--column {self.name}.ROLE=NAME"

    def detection_roles(self) -> Roles:
        """The roles for detection."""
        kinds = {name: _KINDS.get(role.kind, "text") for name, role in self.roles.items()}
        return Roles(self.find, kinds, self.option, may_be_empty=True)

    def find(self, header: Sequence[str], asked: Mapping[str, str], where: str) -> dict[str, int]:
        """The column index of each role in a header; a missing required role is an InputError."""
        names = {name: role.names for name, role in self.roles.items()}
        places = places_of(header, asked, names, where, self.option)
        missing = [name for name in self.required if name not in places]
        if self.one_of and not any(set(group) <= places.keys() for group in self.one_of):
            missing.append(" or ".join(" and ".join(group) for group in self.one_of))
        if missing:
            raise missing_columns_error(missing, header, where, self.option)
        # The id column also has text roles of its name, as where ids are e-mail addresses.
        id_place = places[self.ids[0]]
        id_name = normalized(header[id_place])
        for name, role in self.roles.items():
            if role.kind == "text" and id_name in role.names:
                places.setdefault(name, id_place)
        return places


@cache
def evidence_tables() -> Mapping[str, EvidenceTable]:
    """The evidence tables by name."""
    data = packaged_toml(__package__, _FILE)
    roles = {name: _role(name, what) for name, what in data["roles"].items()}
    return {name: _table(name, what, roles) for name, what in data["tables"].items()}


@cache
def rates_table() -> EvidenceTable:
    """The table of exchange rates, which is read like an evidence table."""
    return _table("rates", packaged_toml(__package__, _FILE)["rates"], {})


@cache
def evidence_roles() -> Mapping[str, Mapping[str, Role]]:
    """The roles of each evidence table, and of the table of exchange rates."""
    tables = {**evidence_tables(), "rates": rates_table()}
    return {name: table.roles for name, table in tables.items()}


def _role(name: str, data: Mapping[str, Any]) -> Role:
    names = data["names"] if "names" in data else synonyms()[name]
    reason = data.get("reason", _REASONS.get(data["kind"], ""))
    words = tuple(data.get("words", ()))
    return Role(**{**data, "names": names, "words": words, "reason": reason})


def _table(name: str, data: Mapping[str, Any], roles: Mapping[str, Role]) -> EvidenceTable:
    one_of = tuple(tuple(group) for group in data.get("one_of", ()))
    roles = {**roles, **{role: _role(role, entry) for role, entry in data.get("roles", {}).items()}}
    names = [*data["required"], *chain.from_iterable(one_of), *data.get("optional", ())]
    flags = {flag: data[flag] for flag in _FLAGS if flag in data}
    used = {role: roles[role] for role in names}
    return EvidenceTable(name, used, tuple(data["required"]), one_of, **flags)
