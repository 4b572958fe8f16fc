"""The names that shops give their columns, by role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from rfmtool.documents import packaged_toml
from rfmtool.sources.names import normalized


@cache
def synonyms() -> Mapping[str, Sequence[str]]:
    """Normalized column names by role, the likeliest first."""
    data = packaged_toml(__package__, "synonyms.toml")
    return _by_role({role: names for role, names in data.items() if role != "otherwise"})


@cache
def fallback_synonyms() -> Mapping[str, Sequence[str]]:
    """Further names, for exports without any other column of money."""
    return _by_role(packaged_toml(__package__, "synonyms.toml")["otherwise"])


def _by_role(data: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    return {
        role: [name if name.isascii() and name.isalnum() else normalized(name) for name in names]
        for role, names in data.items()
    }
