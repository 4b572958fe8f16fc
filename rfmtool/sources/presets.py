"""Which known export a header is of, and the roles its columns then play."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from rfmtool.columns import CONTACT_COLUMNS
from rfmtool.documents import packaged_toml
from rfmtool.errors import InputError, UsageError
from rfmtool.rules.presets import PRESET_ROLES, Preset, parse_presets
from rfmtool.sources.layout import EXPORT_KINDS
from rfmtool.sources.names import normalized
from rfmtool.sources.roles import Roles, check_required, find_roles, places_of
from rfmtool.sources.synonyms import synonyms

GENERIC: Final = Preset("generic")
"""What an export is where no header is known: its columns are found by their names."""
_FILE: Final = "presets.toml"


@cache
def shipped_presets() -> tuple[Preset, ...]:
    """The presets that come along."""
    return parse_presets(packaged_toml(__package__, _FILE)["preset"], _FILE)


@dataclass(frozen=True)
class KnownPresets:
    """The presets a user may mean: their own before the shipped, and the one that they force."""

    own: tuple[Preset, ...] = ()
    forced: str | None = None

    def preset_for(self, header: Sequence[str]) -> Preset:
        """Find the preset of a header."""
        every = (*self.own, *shipped_presets())
        if self.forced in ("none", GENERIC.name):
            return GENERIC
        if self.forced is not None:
            named = next((preset for preset in every if preset.name == self.forced), None)
            if named is None:
                known = ", ".join([preset.name for preset in every] + ["none"])
                raise UsageError(
                    f"--preset: there is no preset {self.forced!r}", f"Presets are {known}."
                )
            return named
        names = {normalized(name) for name in header}
        for preset in every:
            if any(names >= {normalized(name) for name in known} for known in preset.known_by):
                return preset
        return GENERIC

    def roles(self) -> Roles:
        """The roles of an export, found by its preset."""
        return Roles(self._find, EXPORT_KINDS)

    def _find(self, header: Sequence[str], asked: Mapping[str, str], where: str) -> dict[str, int]:
        preset = self.preset_for(header)
        if preset is GENERIC:
            return find_roles(header, asked, where)
        if preset.refused:
            raise InputError(f"{where}: {preset.title}: {preset.refused}", preset.instead)
        return _places(preset, header, asked, where)


def _places(
    preset: Preset, header: Sequence[str], asked: Mapping[str, str], where: str
) -> dict[str, int]:
    """The place of each role: as asked, else as the preset says; contacts and such by name."""
    alike = {*PRESET_ROLES} - ({*CONTACT_COLUMNS, "cost"} - {*preset.columns})
    others = {role: known for role, known in synonyms().items() if role not in alike}
    own = {role: [normalized(name) for name in names] for role, names in preset.columns.items()}
    left_out: set[str] = set()
    amounts = own.get("amount", ())
    if not {normalized(name) for name in header}.isdisjoint(
        amounts
    ):  # money is read from one place
        left_out |= {"quantity", "unit_price"}
    amount = normalized(asked.get("amount", ""))
    if amount and amount not in amounts:  # what is taken off belongs to the preset's
        left_out |= {"refunded", "unpaid"}
    own = {role: known for role, known in own.items() if role not in left_out}
    places = places_of(header, asked, own | others, where)
    return check_required(places, header, where)
