"""The manifest, by which we recognize a folder that we wrote."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any, Final

from rfmtool.documents import parse_json, read_file_bytes

SCHEMA: Final = 1
"""Version of summary.json, scales.json and manifest.json; a major version only adds keys."""
MANIFEST: Final = "manifest.json"
TOOL: Final = "rfmtool"


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a folder; None if it has none, or one that is not ours."""
    try:
        data = parse_json(read_file_bytes(folder / MANIFEST))
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):
        return None
    if not isinstance(data, dict) or data.get("tool") != TOOL:
        return None
    outputs = data.get("outputs")
    has_our_shape = (
        isinstance(outputs, list)
        and all(isinstance(output, dict) and _is_inside(output.get("name")) for output in outputs)
        and all(isinstance(data.get(key, ""), str) for key in ("kind", "version"))
        and isinstance(data.get("command", []), list)
    )
    return data if has_our_shape else None


def _is_inside(name: Any) -> bool:  # noqa: ANN401 - unchecked input
    return (
        isinstance(name, str)
        and "\0" not in name
        and not (PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts)
    )
