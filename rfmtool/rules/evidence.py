"""The evidence section: where the evidence tables are, for those who do not want to name them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rfmtool.columns import EVIDENCE
from rfmtool.errors import RulesError
from rfmtool.rules.checking import only_known


def evidence_of(data: Any, folder: str | os.PathLike[str], where: str) -> Mapping[str, str]:  # noqa: ANN401 - unchecked input
    """Read the evidence section.

    Args:
        data: table name to a path, folder or glob, or `-`.
        folder: of the rules file; paths that are not absolute start there.
        where: for messages.

    Raises:
        RulesError: a table is unknown, or its path is none.
    """
    only_known(data, {*EVIDENCE}, where)
    for name, path in data.items():
        if not isinstance(path, str) or not path:
            raise RulesError(f'{where}.{name}: a path, such as "{name}.csv"')
    return {
        name: path if path == "-" else os.fspath(Path(folder) / path) for name, path in data.items()
    }
