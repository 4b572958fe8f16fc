"""The manifest: how a folder that we wrote is known again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

MANIFEST: Final = "manifest.json"
TOOL: Final = "rfmtool"


def manifest_of(folder: Path) -> dict[str, Any] | None:
    """What the manifest of a folder says; None where there is none, or it is another tool's."""
    try:
        data = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) and data.get("tool") == TOOL else None
