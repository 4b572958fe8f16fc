"""The names that shops give their columns, by the role that such a column plays."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

from rfmtool.sources.names import normal

_FILE: Final = "synonyms.toml"
_OTHERWISE: Final = "otherwise"


@cache
def synonyms() -> Mapping[str, Sequence[str]]:
    """Header names by role, letters and digits only, the likeliest first."""
    return _by_role({role: names for role, names in _data().items() if role != _OTHERWISE})


@cache
def otherwise() -> Mapping[str, Sequence[str]]:
    """The same of names that are taken where no other is there, and no price."""
    return _by_role(_data()[_OTHERWISE])


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(_FILE).read_text("utf-8"))


def _by_role(data: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    return {
        role: [name if name.isascii() and name.isalnum() else normal(name) for name in names]
        for role, names in data.items()
    }
