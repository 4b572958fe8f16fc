"""A run's folder in an object store: readers see the old run or the new, whole.

Each run stands under a prefix of its own, its manifest written last. A small object says which run
is the latest; it is written when all else stands, and a store replaces an object in one step.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyarrow import fs

from rfmtool.errors import ForeignFolderError, InputError
from rfmtool.manifest import MANIFEST, TOOL, read_manifest
from rfmtool.stores.urls import Store, read_own_json, translated_errors

LATEST_FILE: Final = "latest.json"
_SCHEMA: Final = 1
_CHUNK_BYTES: Final = 8 << 20
_NAME_LETTERS: Final = 12


def fetch_latest(store: Store, folder: Path) -> None:
    """Bring the latest run into a folder, which is not there yet; there may be none."""
    with translated_errors(store.name):
        latest = _latest(store)
        if latest is None:
            return
        base = f"{store.path}/{latest['run']}"
        found = store.filesystem.get_file_info(fs.FileSelector(base, recursive=True))
        for info in found:
            if info.type == fs.FileType.File:
                place = folder / info.path.removeprefix(base).lstrip("/")
                place.parent.mkdir(parents=True, exist_ok=True)
                stream = store.filesystem.open_input_stream(info.path, compression=None)
                with stream, place.open("wb") as file:
                    shutil.copyfileobj(stream, file, _CHUNK_BYTES)
    outputs = (read_manifest(folder) or {"outputs": [{"name": MANIFEST}]})["outputs"]
    missing = [one["name"] for one in outputs if not (folder / one["name"]).is_file()]
    if missing:
        raise InputError(
            f"{store.name}: {LATEST_FILE} names a run that lacks {missing[0]}",
            f"Bring it back, or take {LATEST_FILE} away to begin anew.",
        )


def _latest(store: Store) -> dict[str, Any] | None:
    path = f"{store.path}/{LATEST_FILE}"
    [info] = store.filesystem.get_file_info([path])
    if info.type == fs.FileType.NotFound:
        [bucket] = store.filesystem.get_file_info([store.path.partition("/")[0]])
        if bucket.type == fs.FileType.NotFound:
            raise InputError(f"{store.name}: there is no such bucket", "Look at its spelling.")
        return None
    data = read_own_json(store, path)
    run = (data or {}).get("run")
    if not isinstance(run, str) or run in ("", ".", "..") or "/" in run:
        raise ForeignFolderError(
            f"{store.name}: holds a {LATEST_FILE} that no run of rfmtool wrote",
            "Name another folder, or move that away.",
        )
    return data


@contextmanager
def publishing_run(store: Store, folder: Path) -> Iterator[None]:
    """Write a run's folder into a store; it becomes the latest when the block ends well."""
    manifest = (folder / MANIFEST).read_bytes()
    digest = hashlib.sha256(manifest).hexdigest()
    day = json.loads(manifest)["as_of"]
    run = f"{day}-{digest[:_NAME_LETTERS]}"
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    files.sort(key=lambda path: path == folder / MANIFEST)  # which comes last
    with translated_errors(store.name):
        for path in files:
            key = f"{run}/{path.relative_to(folder).as_posix()}"
            with path.open("rb") as file, stream_into(store, key) as stream:
                shutil.copyfileobj(file, stream, _CHUNK_BYTES)
    yield
    latest = {"tool": TOOL, "schema": _SCHEMA, "as_of": day, "run": run, "manifest_sha256": digest}
    with translated_errors(store.name), stream_into(store, LATEST_FILE) as stream:
        stream.write((json.dumps(latest, indent=1) + "\n").encode())


def stream_into(store: Store, key: str) -> pa.NativeFile:
    """Begin to write an object, which is there when the stream is closed."""
    return store.filesystem.open_output_stream(f"{store.path}/{key}", compression=None)
