"""Presets: known exports, recognised by their header, and the roles of their columns."""

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
"""The preset of an export whose header no other knows: columns are found by their names."""
_FILE: Final = "presets.toml"


@cache
def shipped_presets() -> tuple[Preset, ...]:
    """The presets shipped with rfmtool."""
    return parse_presets(packaged_toml(__package__, _FILE)["preset"], _FILE)


@dataclass(frozen=True)
class KnownPresets:
    """The user's own presets, which precede the shipped ones, and the name of a forced one."""

    own: tuple[Preset, ...] = ()
    forced: str | None = None

    def preset_for(self, header: Sequence[str]) -> Preset:
        """The forced preset, or the first that knows the header."""
        presets = (*self.own, *shipped_presets())
        if self.forced in ("none", GENERIC.name):
            return GENERIC
        if self.forced is not None:
            by_name = {preset.name: preset for preset in reversed(presets)}
            if self.forced not in by_name:
                hint = f"Presets are {', '.join([*(preset.name for preset in presets), 'none'])}."
                raise UsageError(f"--preset: there is no preset {self.forced!r}", hint)
            return by_name[self.forced]
        names = {normalized(name) for name in header}
        for preset in presets:
            if any(names >= {*map(normalized, known)} for known in preset.known_by):
                return preset
        return GENERIC

    def roles(self) -> Roles:
        """The roles of an export by its preset."""
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
    """The place of each role: as named by the user, the preset or, of other roles, a synonym."""
    preset_roles = {*PRESET_ROLES} - ({*CONTACT_COLUMNS, "cost"} - {*preset.columns})
    others = {role: names for role, names in synonyms().items() if role not in preset_roles}
    own = {role: [normalized(name) for name in names] for role, names in preset.columns.items()}
    amounts = own.get("amount", ())
    excluded: set[str] = set()
    if any(normalized(name) in amounts for name in header):
        excluded |= {"quantity", "unit_price"}
    amount = normalized(asked.get("amount", ""))
    if amount and amount not in amounts:  # the deductions belong to the preset's amount
        excluded |= {"refunded", "unpaid"}
    own = {role: names for role, names in own.items() if role not in excluded}
    # Of several columns of one name, a preset means the first.
    names, known = [*map(normalized, header)], {name for names in own.values() for name in names}
    header = [name if key not in known or names.index(key) == place else ""
              for place, (name, key) in enumerate(zip(header, names, strict=True))]  # fmt: skip
    return check_required(places_of(header, asked, own | others, where), header, where)
