"""What a run writes into its folder: tables, lists, scales, summary, and last the manifest."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool import __version__
from rfmtool.manifest import MANIFEST, TOOL
from rfmtool.outputs.finished import SUMMARY
from rfmtool.outputs.publish import published_folder, system_failures
from rfmtool.outputs.tables import TextOptions, to_table, write_table

if TYPE_CHECKING:
    from rfmtool.pipeline import Result

LISTS: Final = ("segments", "stages")
TABLES: Final = ("csv", "parquet")
_LIST_COLUMN: Final = {"segments": "segment", "stages": "stage"}
_STEM_LETTERS: Final = 60
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)$")


@dataclass(frozen=True)
class FolderOptions:
    """Which kinds of table files and which lists to write, and how text is written."""

    tables: Sequence[str] = ("csv",)
    lists: Sequence[str] = LISTS
    text: TextOptions = field(default_factory=TextOptions)


def write_files(
    result: Result, place: Path, command: Sequence[str], options: FolderOptions
) -> None:
    """Write all files of a run into an empty folder, the manifest last."""
    table = to_table(result.frame)
    outputs = [_write(place, name, rows, options) for name, rows in _named_tables(table, options)]
    outputs.append(_write_json(place, "scales.json", result.scales.as_data()))
    outputs.append(_write_json(place, SUMMARY, result.summary))
    manifest = {
        "tool": TOOL,
        "kind": "run",
        "version": __version__,
        "command": list(command),
        "as_of": result.as_of.isoformat(),
        "inputs": inputs(result),
        "outputs": outputs,
    }
    _write_json(place, MANIFEST, manifest)


def write_frames(frames: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write frames of text as NAME.csv into a folder of ours.

    Raises:
        ForeignFolderError: the folder holds something that we did not write.
        SystemFailureError: the system refuses.
    """
    with published_folder(folder, "demo") as place, system_failures(str(folder)):
        outputs = []
        for name, frame in frames.items():
            data = frame.to_csv(index=False, lineterminator="\n").encode()
            (place / f"{name}.csv").write_bytes(data)
            digest = hashlib.sha256(data).hexdigest()
            outputs.append({"name": f"{name}.csv", "rows": len(frame), "sha256": digest})
        manifest = {"tool": TOOL, "kind": "demo", "version": __version__, "outputs": outputs}
        _write_json(place, MANIFEST, manifest)


def inputs(result: Result) -> list[dict[str, Any]]:
    """Name, stored bytes and rows of each file that was read."""
    rows = result.ledger.rows_by_file
    return [
        {
            "name": source.name,
            "bytes": source.file.stored_bytes if source.file else None,
            "rows": rows.get(source.name, 0),
        }
        for source in result.grouped.export.sources
    ]


def _named_tables(table: pa.Table, options: FolderOptions) -> Iterator[tuple[str, pa.Table]]:
    for kind in options.tables:
        yield f"customers.{kind}", table
    for folder in options.lists:
        column = table.column(_LIST_COLUMN[folder])
        labels = sorted(pc.unique(column).to_pylist())
        for label, stem in file_stems(labels).items():
            rows = table.filter(pc.equal(column, label))
            for kind in options.tables:
                yield f"{folder}/{stem}.{kind}", rows


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


class _Hashed:
    """A file that knows the hash of what went into it."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self.hash = hashlib.sha256()
        self.closed = False

    def write(self, data: bytes | memoryview) -> int:
        self.hash.update(data)
        return self._target.write(data)

    def flush(self) -> None:
        self._target.flush()


def _write(place: Path, name: str, rows: pa.Table, options: FolderOptions) -> dict[str, Any]:
    path = place / name
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        hashed = _Hashed(file)
        write_table(rows, hashed, path.suffix.removeprefix("."), options.text)  # type: ignore[arg-type]
    return {"name": name, "rows": len(rows), "sha256": hashed.hash.hexdigest()}


def _write_json(place: Path, name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    text = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
    (place / name).write_bytes(text.encode())
    return {"name": name, "rows": None, "sha256": hashlib.sha256(text.encode()).hexdigest()}
