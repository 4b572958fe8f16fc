"""Runs in an object store: readers see all of the old run or all of the new one.

Each run has a prefix of its own, and its manifest is written last. The object LATEST_FILE names the
latest run; it is written after all others, and a store replaces an object in one step.
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
_DIGEST_LETTERS: Final = 12


def fetch_latest(store: Store, folder: Path) -> None:
    """Copy the latest run, if there is one, into a folder that does not exist yet."""
    with translated_errors(store.name):
        latest = _read_latest(store)
        if latest is None:
            return
        base = f"{store.path}/{latest['run']}"
        for info in store.filesystem.get_file_info(fs.FileSelector(base, recursive=True)):
            if info.type == fs.FileType.File:
                path = folder / info.path.removeprefix(base).lstrip("/")
                path.parent.mkdir(parents=True, exist_ok=True)
                stream = store.filesystem.open_input_stream(info.path, compression=None)
                with stream, path.open("wb") as file:
                    shutil.copyfileobj(stream, file, _CHUNK_BYTES)
    outputs = (read_manifest(folder) or {"outputs": [{"name": MANIFEST}]})["outputs"]
    missing = [file["name"] for file in outputs if not (folder / file["name"]).is_file()]
    if missing:
        raise InputError(
            f"{store.name}: {LATEST_FILE} names a run that lacks {missing[0]}",
            f"Bring it back, or take {LATEST_FILE} away to begin anew.",
        )


def _read_latest(store: Store) -> dict[str, Any] | None:
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
    """Write a run's folder to a store; it becomes the latest when the block ends without error."""
    manifest = (folder / MANIFEST).read_bytes()
    digest = hashlib.sha256(manifest).hexdigest()
    day = json.loads(manifest)["as_of"]
    run = f"{day}-{digest[:_DIGEST_LETTERS]}"
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    files.sort(key=lambda path: path == folder / MANIFEST)  # puts the manifest last
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
    """A stream to an object, which exists once the stream is closed."""
    return store.filesystem.open_output_stream(f"{store.path}/{key}", compression=None)
