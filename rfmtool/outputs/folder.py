"""What a run writes into its folder: tables, lists, scales, summary, and last the manifest."""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from rfmtool import __version__
from rfmtool.manifest import MANIFEST, TOOL
from rfmtool.outputs.finished import RULES, SUMMARY
from rfmtool.outputs.publish import published_folder, system_failures
from rfmtool.outputs.tables import (
    TextOptions,
    header_line,
    text_lines,
    to_table,
    write_lines,
    write_parquet,
)
from rfmtool.outputs.workbooks import write_workbook
from rfmtool.placing.activity import missing_regulars
from rfmtool.placing.playbook import call_queue
from rfmtool.rules import to_toml
from rfmtool.sources.rejects import Rejects

if TYPE_CHECKING:
    from rfmtool.pipeline import Result

Rows = npt.NDArray[np.int64]
"""Places of rows in the table of all customers, in the order in which they are written."""
Writer = Callable[[IO[bytes], Rows | None], None]
"""Writes some rows of a table; None: all of them."""

REJECTS: Final = "rejects.csv"
LISTS: Final = ("segments", "stages", "actions")
_LIST_COLUMN: Final = {"segments": "segment", "stages": "stage", "actions": "action"}
_URGENT: Final = ("actions",)
"""The lists that somebody works through from the top."""
_STEM_LETTERS: Final = 60
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)$")


@dataclass(frozen=True)
class FolderOptions:
    """Which kinds of table files and which lists to write, and how text is written."""

    tables: Sequence[str] = ("csv",)
    lists: Sequence[str] = LISTS
    text: TextOptions = field(default_factory=TextOptions)
    calls: int | None = None
    """How many people to list that are to be called first."""
    rejects: bool = False
    """Whether to list the rows that cannot be read."""


def write_files(
    result: Result, place: Path, command: Sequence[str], options: FolderOptions
) -> Result:
    """Write all files of a run into an empty folder, the manifest last.

    Returns:
        The result, with what only a second look at the export has shown.
    """
    outputs = []
    if options.rejects:
        written, left_out = _write_rejects(result.rejects(), place, options.text)
        outputs.append(written)
        result = replace(result, left_out_rejects=left_out) if left_out else result
    outputs += _write_tables(result.frame, result.columns, place, options)
    outputs.append(_write_json(place, "scales.json", result.scales.as_data()))
    outputs.append(_write_json(place, SUMMARY, result.summary))
    # Where evidence lay is nobody's business who gets the answer.
    rules = {name: part for name, part in result.rules.data.items() if name != "evidence"}
    outputs.append(_write_text(place, RULES, to_toml(rules)))
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
    return result


def write_frames(
    frames: Mapping[str, pd.DataFrame], texts: Mapping[str, str], folder: Path
) -> None:
    """Write frames of text as NAME.csv into a folder of ours, and texts as they are.

    Args:
        frames: by the name of their file without its ending.
        texts: by the name of their file.
        folder: of ours, or to be made.

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
        outputs += [_write_text(place, name, text) for name, text in texts.items()]
        manifest = {"tool": TOOL, "kind": "demo", "version": __version__, "outputs": outputs}
        _write_json(place, MANIFEST, manifest)


def publish_answer(  # noqa: PLR0913 - each is a part of the folder
    folder: Path,
    kind: str,
    *,
    tables: Mapping[str, pa.Table],
    data: Mapping[str, Any],
    about: Mapping[str, Any],
    text: TextOptions,
) -> None:
    """Write the answer to one question into a folder of ours: tables as NAME.csv, KIND.json.

    Args:
        folder: where to.
        kind: the command that was asked; only its own folders are replaced.
        tables: a table by its name.
        data: what `--format json` shows.
        about: what the manifest says beside its outputs: command, as_of, inputs.
        text: how text is written.

    Raises:
        ForeignFolderError: the folder holds something that we did not write.
        SystemFailureError: the system refuses.
    """
    with published_folder(folder, kind) as place, system_failures(str(folder)):
        outputs = [
            _write(place, f"{name}.csv", len(table), _TextWriter(table, text), None)
            for name, table in tables.items()
        ]
        outputs.append(_write_json(place, f"{kind}.json", data))
        manifest = {"tool": TOOL, "kind": kind, "version": __version__, **about, "outputs": outputs}
        _write_json(place, MANIFEST, manifest)


def inputs(result: Result) -> list[dict[str, Any]]:
    """Name, stored bytes and rows of each file that was read; of evidence also its table."""
    rows = result.ledger.rows_by_file
    tables = result.evidence.ledgers if result.evidence else {}
    exports = [
        {
            "name": source.name,
            "bytes": source.file.stored_bytes if source.file else None,
            "rows": rows.get(source.name, 0),
        }
        for source in result.grouped.export.sources
    ]
    evidence = [
        {"name": name, "bytes": size, "rows": told.rows.rows_by_file.get(name, 0), "table": table}
        for table, told in tables.items()
        for name, size in told.stored_bytes.items()
    ]
    return exports + evidence


def _write_rejects(
    parts: Iterator[Rejects], place: Path, text: TextOptions
) -> tuple[dict[str, Any], int]:
    """Write rejects.csv, which only its owner may read: raw cells can be anything.

    Args:
        parts: the first has only the columns, which all have.
        place: the folder.
        text: how text is written.

    Returns:
        What the manifest says of it, and how many rows are left out for whom they name.
    """
    header, rows, left_out = next(parts), 0, 0
    handle = os.open(place / REJECTS, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        hashed = _Hashed(file)
        hashed.write(header_line(header.rows.column_names, text))
        for part in parts:
            write_lines(b"", text_lines(part.rows, text), hashed)  # type: ignore[arg-type]
            rows, left_out = rows + len(part.rows), left_out + part.left_out
    return {"name": REJECTS, "rows": rows, "sha256": hashed.hash.hexdigest()}, left_out


# Tables ------------------------------------------------------------------------------------------


def _write_tables(
    frame: pd.DataFrame, columns: tuple[str, ...], place: Path, options: FolderOptions
) -> list[dict[str, Any]]:
    """Write the table of all customers and the lists, in every kind asked for."""
    table = to_table(frame, columns)
    named = {"customers": None, **_queues(frame, options), **_lists(frame, options)}
    return [
        _write(place, f"{name}.{kind}", len(table) if rows is None else len(rows), write, rows)
        for kind in options.tables
        for write in [_WRITERS[kind](table, options.text)]
        for name, rows in named.items()
    ]


def _queues(frame: pd.DataFrame, options: FolderOptions) -> dict[str, Rows]:
    """The lists that somebody works through: regulars gone missing, and whom to call first."""
    missing = np.flatnonzero(missing_regulars(frame))
    queues = {"missing_regulars": _by_value(frame, missing)} if len(missing) else {}
    if options.calls:
        # The frame's index counts its rows.
        queues["calls"] = call_queue(frame, options.calls).index.to_numpy(dtype=np.int64)
    return queues


def _lists(frame: pd.DataFrame, options: FolderOptions) -> dict[str, Rows]:
    """The rows of each list by its name: who is in a group, or on a rung, or to be called."""
    lists = {}
    for folder in options.lists:
        groups = frame[_LIST_COLUMN[folder]].astype("category")
        codes = groups.cat.codes.to_numpy()
        for label, stem in file_stems(sorted(groups.cat.categories)).items():
            rows = np.flatnonzero(codes == groups.cat.categories.get_loc(label))
            if len(rows):
                lists[f"{folder}/{stem}"] = _by_value(frame, rows) if folder in _URGENT else rows
    return lists


def _by_value(frame: pd.DataFrame, rows: Rows) -> Rows:
    """The most valuable first; of equals, the first by customer_id."""
    return rows[np.argsort(-frame["monetary"].to_numpy()[rows], kind="stable")]


class _TextWriter:
    """Writes rows of a table as CSV; each row is rendered once, however many lists it is in."""

    def __init__(self, table: pa.Table, options: TextOptions) -> None:
        self._header = header_line(table.column_names, options)
        self._chunks = list(text_lines(table, options))
        self._starts = np.cumsum([0, *map(len, self._chunks)])

    def __call__(self, target: IO[bytes], rows: Rows | None) -> None:
        write_lines(self._header, self._chunks if rows is None else [self._picked(rows)], target)

    def _picked(self, rows: Rows) -> pa.Array:
        order = np.argsort(rows, kind="stable")
        parts = np.split(rows[order], np.searchsorted(rows[order], self._starts[1:-1]))
        places = (part - start for part, start in zip(parts, self._starts, strict=False))
        lines = [pa.array([], pa.string())]
        lines += [
            chunk.take(pa.array(part)) for chunk, part in zip(self._chunks, places, strict=False)
        ]
        return pa.concat_arrays(lines).take(pa.array(np.argsort(order, kind="stable")))


def _anew(
    write: Callable[[pa.Table, IO[bytes]], None],
) -> Callable[[pa.Table, TextOptions], Writer]:
    """A kind of table of which each list is written by itself, and text as it is."""

    def writer(table: pa.Table, _: TextOptions) -> Writer:
        def write_rows(target: IO[bytes], rows: Rows | None) -> None:
            write(table if rows is None else table.take(pa.array(rows)), target)

        return write_rows

    return writer


_WRITERS: Final[Mapping[str, Callable[[pa.Table, TextOptions], Writer]]] = {
    "csv": _TextWriter,
    "parquet": _anew(write_parquet),
    "xlsx": _anew(write_workbook),
}
TABLES: Final = tuple(_WRITERS)


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


def _write(place: Path, name: str, count: int, write: Writer, rows: Rows | None) -> dict[str, Any]:
    path = place / name
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        hashed = _Hashed(file)
        write(hashed, rows)  # type: ignore[arg-type]
    return {"name": name, "rows": count, "sha256": hashed.hash.hexdigest()}


def _write_json(place: Path, name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return _write_text(place, name, json.dumps(data, ensure_ascii=False, indent=1) + "\n")


def _write_text(place: Path, name: str, text: str) -> dict[str, Any]:
    (place / name).write_bytes(text.encode())
    return {"name": name, "rows": None, "sha256": hashlib.sha256(text.encode()).hexdigest()}
