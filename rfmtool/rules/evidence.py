"""The evidence section: where the evidence tables are, for those who do not want to name them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rfmtool.columns import EVIDENCE
from rfmtool.errors import RulesError
from rfmtool.places import is_database
from rfmtool.rules.checking import only_known


def evidence_of(
    data: Any,  # noqa: ANN401 - unchecked input
    folder: str | os.PathLike[str],
    where: str,
) -> Mapping[str, str | list[str]]:
    """Read the evidence section.

    Args:
        data: table name to a path, folder or glob, or `-`; or to several.
        folder: of the rules file; paths that are not absolute start there.
        where: for messages.

    Raises:
        RulesError: a table is unknown, or its path is none.
    """
    only_known(data, {*EVIDENCE}, where)
    for name, path in data.items():
        paths = path if isinstance(path, list) and path else [path]
        if not all(isinstance(one, str) and one for one in paths):
            raise RulesError(f'{where}.{name}: a path, such as "{name}.csv"')
    return {
        name: [_seen_from(folder, one) for one in path]
        if isinstance(path, list)
        else _seen_from(folder, path)
        for name, path in data.items()
    }


def _seen_from(folder: str | os.PathLike[str], path: str) -> str:
    if path == "-" or "://" in path:
        return path
    if not is_database(path):
        return os.fspath(Path(folder) / path)
    file, mark, asked = path.partition("#")
    scheme, _, name = file.partition(":")
    return f"{scheme}:{Path(folder) / name}{mark}{asked}"
