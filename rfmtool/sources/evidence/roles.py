"""What each evidence table may hold, as `roles.toml` says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from rfmtool.documents import packaged_toml
from rfmtool.sources.layout import Kind
from rfmtool.sources.names import normalized
from rfmtool.sources.roles import Roles, missing_columns_error, places_of
from rfmtool.sources.synonyms import synonyms

_FILE: Final = "roles.toml"
CellKind = Literal["id", "text", "word", "yes_no", "day", "whole", "number", "money"]
_READ_AS: Final[Mapping[str, Kind]] = {
    "day": "day",
    **dict.fromkeys(("whole", "number", "money"), "number"),
}
"""The kinds whose cells stay typed where their source is; all others become text first."""


_FLAGS: Final = ("attributes", "one_row_each", "joins", "must_match", "strict")


@dataclass(frozen=True)
class Role:
    """One column of an evidence table, and how its cells are read."""

    kind: CellKind
    names: Sequence[str]
    reason: str = ""
    """Why a row is rejected whose cell cannot be read."""
    words: tuple[str, ...] = ()
    """What a word may be, in lower case."""
    range: Sequence[int] | None = None
    """The least and the greatest of whole numbers."""
    empty: str | None = None
    """What an empty cell means."""
    may_lack: bool = False
    """Of an id: whether a row is kept where it is empty, or nobody's."""


@dataclass(frozen=True)
class EvidenceTable:
    """One of the evidence tables: its roles and which of them it cannot do without."""

    name: str
    roles: Mapping[str, Role]
    required: tuple[str, ...]
    one_of: tuple[tuple[str, ...], ...]
    """Groups of roles of which one must be there."""
    attributes: bool = False
    """Whether columns without a role are kept."""
    one_row_each: bool = False
    """Whether the rows of one person are put together."""
    joins: bool = False
    """Whether people that only this table knows belong to the run."""
    must_match: bool = False
    """Whether most of its people must be known from elsewhere."""
    strict: bool = False
    """Whether every row must be readable."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The roles that name people."""
        return tuple(role for role, what in self.roles.items() if what.kind == "id")

    @property
    def option(self) -> str:
        """How a user names one of its columns."""
        return f"--column {self.name}.ROLE=NAME"

    def detection_roles(self) -> Roles:
        """The roles as detection takes them."""
        kinds = {role: _READ_AS.get(what.kind, "text") for role, what in self.roles.items()}
        return Roles(self.find, kinds, self.option, may_be_empty=True)

    def find(self, header: Sequence[str], asked: Mapping[str, str], where: str) -> dict[str, int]:
        """Find the place of each role in a header."""
        names = {role: what.names for role, what in self.roles.items()}
        places = places_of(header, asked, names, where, self.option)
        missing = [role for role in self.required if role not in places]
        if self.one_of and not any(set(group) <= places.keys() for group in self.one_of):
            missing.append(" or ".join(" and ".join(group) for group in self.one_of))
        if missing:
            raise missing_columns_error(missing, header, where, self.option)
        # Text that the id column holds as well, as where people go by their e-mail address.
        of_ids = places[self.ids[0]]
        called = normalized(header[of_ids])
        shared = (
            role
            for role, what in self.roles.items()
            if role not in places and what.kind == "text" and called in what.names
        )
        return places | dict.fromkeys(shared, of_ids)


@cache
def evidence_tables() -> Mapping[str, EvidenceTable]:
    """The evidence tables by name."""
    data = packaged_toml(__package__, _FILE)
    roles = {name: _role(name, what) for name, what in data["roles"].items()}
    return {name: _table(name, what, roles) for name, what in data["tables"].items()}


@cache
def rates_table() -> EvidenceTable:
    """The table of exchange rates, which is read as evidence is, and says nothing of people."""
    return _table("rates", packaged_toml(__package__, _FILE)["rates"], {})


@cache
def evidence_roles() -> Mapping[str, Mapping[str, Role]]:
    """The roles of each evidence table, and of that of exchange rates."""
    return {name: one.roles for name, one in (*evidence_tables().items(), ("rates", rates_table()))}


def _role(name: str, data: Mapping[str, Any]) -> Role:
    names = data["names"] if "names" in data else synonyms()[name]
    return Role(**{**data, "names": names, "words": tuple(data.get("words", ()))})


def _table(name: str, data: Mapping[str, Any], roles: Mapping[str, Role]) -> EvidenceTable:
    one_of = tuple(tuple(group) for group in data.get("one_of", ()))
    roles = {**roles, **{one: _role(one, what) for one, what in data.get("roles", {}).items()}}
    members = [*data["required"], *(role for group in one_of for role in group)]
    return EvidenceTable(
        name=name,
        roles={role: roles[role] for role in [*members, *data.get("optional", ())]},
        required=tuple(data["required"]),
        one_of=one_of,
        **{flag: data[flag] for flag in _FLAGS if flag in data},
    )
