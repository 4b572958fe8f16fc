"""Write files and their manifest entries: name, rows and SHA-256."""

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
    """A writable file that hashes the bytes written to it."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self.hash = hashlib.sha256()
        self.closed = False

    def write(self, data: bytes | memoryview) -> int:
        """Write and hash."""
        self.hash.update(data)
        return self._target.write(data)

    def flush(self) -> None:
        """Flush the file."""
        self._target.flush()


def write_file(folder: Path, name: str, write: Callable[[IO[bytes]], None]) -> dict[str, Any]:
    """Write a file, perhaps in a subfolder; returns its manifest entry without `rows`."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        hashed = Hashed(file)
        write(hashed)  # type: ignore[arg-type]
    return {"name": name, "rows": None, "sha256": hashed.hash.hexdigest()}


def flush(path: Path) -> None:
    """Flush a file to disk."""
    with path.open("r+b") as written:  # Windows flushes only files open for writing
        os.fsync(written.fileno())


def write_json(folder: Path, name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Write data as indented JSON; returns its manifest entry."""
    text = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
    return write_bytes(folder, name, text.encode())


def write_bytes(folder: Path, name: str, data: bytes) -> dict[str, Any]:
    """Write bytes; returns their manifest entry."""
    (folder / name).write_bytes(data)
    return {"name": name, "rows": None, "sha256": hashlib.sha256(data).hexdigest()}


def file_stems(labels: Iterable[str]) -> dict[str, str]:
    """A unique file name for each label that is safe on any system, without extension.

    ASCII letters and digits stay, all else becomes `_`; labels that become equal get a number.
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
