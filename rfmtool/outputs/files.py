"""Files that are hashed as they are written, for the manifest to name."""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any, Final

_STEM_LETTERS: Final = 60
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)$")


class Hashed:
    """A file that knows the hash of what went into it."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self.hash = hashlib.sha256()
        self.closed = False

    def write(self, data: bytes | memoryview) -> int:
        """Write, and remember."""
        self.hash.update(data)
        return self._target.write(data)

    def flush(self) -> None:
        """Pass on what is held back."""
        self._target.flush()


def write_file(place: Path, name: str, write: Callable[[IO[bytes]], None]) -> dict[str, Any]:
    """Write a file; `name` may begin with a folder.

    Returns:
        What the manifest says of the file, but for its rows.
    """
    path = place / name
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        hashed = Hashed(file)
        write(hashed)  # type: ignore[arg-type]
    return {"name": name, "rows": None, "sha256": hashed.hash.hexdigest()}


def flush(path: Path) -> None:
    """See to it that a file has reached the disk."""
    with path.open("r+b") as written:  # Windows flushes only what may be written
        os.fsync(written.fileno())


def write_json(place: Path, name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Write data as indented JSON; returns what the manifest says of the file."""
    return write_text(place, name, json.dumps(data, ensure_ascii=False, indent=1) + "\n")


def write_text(place: Path, name: str, text: str) -> dict[str, Any]:
    """Write a text; returns what the manifest says of the file."""
    (place / name).write_bytes(text.encode())
    return {"name": name, "rows": None, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def file_stems(labels: Iterable[str]) -> dict[str, str]:
    """A file name for each label that is safe on any system, and no two alike.

    Letters and digits stay, all else becomes `_`; names that only differ in what is lost get a
    number.
    """
    stems: dict[str, str] = {}
    for label in labels:
        plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
        stem = re.sub(r"[^a-z0-9-]+", "_", plain).strip("_-")[:_STEM_LETTERS] or "unnamed"
        if _RESERVED.match(stem):
            stem = f"{stem}_"
        unique, number = stem, 1
        while unique in stems.values():
            number += 1
            unique = f"{stem}_{number}"
        stems[label] = unique
    return stems
