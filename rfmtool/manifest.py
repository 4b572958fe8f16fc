"""The manifest: how a folder that we wrote is known again."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any, Final

from rfmtool.documents import parse_json, read_file_bytes

SCHEMA: Final = 1
"""Of summary.json, scales.json and manifest.json: only ever added to within a major version."""
MANIFEST: Final = "manifest.json"
TOOL: Final = "rfmtool"


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """What the manifest of a folder says; None where there is none, or it is another tool's."""
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


def _is_inside(name: Any) -> bool:  # noqa: ANN401 - whatever stands in the file
    return (
        isinstance(name, str)
        and "\0" not in name
        and not (PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts)
    )
