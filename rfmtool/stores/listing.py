"""The objects of a store that a URL names: one, those of a folder, or those of a pattern."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from pyarrow import fs

from rfmtool.errors import InputError
from rfmtool.manifest import MANIFEST
from rfmtool.stores.urls import Store, read_own_json, translated_errors

_WILDCARDS: Final = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}


@dataclass(frozen=True)
class StoreObject:
    """An object of a store at the time of listing."""

    store: Store = field(repr=False)
    path: str
    """Bucket and key."""
    name: str
    """The name in messages."""
    size: int
    modified_ns: int | None


def list_objects(store: Store) -> list[StoreObject]:
    """The objects that a URL names, sorted by key, without those that a run of rfmtool wrote."""
    base, star, _ = store.path.partition("*")
    if star:
        base = base.rpartition("/")[0]
    with translated_errors(store.name):
        [info] = store.filesystem.get_file_info([base])
        if info.type == fs.FileType.File and not star:
            return [_store_object(store, info, info.base_name)]
        infos = store.filesystem.get_file_info(fs.FileSelector(base, recursive=True))
        manifests = [info.path for info in infos if info.base_name == MANIFEST]
        # The folders of runs, each with a slash at the end.
        runs = tuple(key.removesuffix(MANIFEST) for key in manifests if read_own_json(store, key))
    files = [
        info for info in sorted(infos, key=lambda info: info.path)
        if info.type == fs.FileType.File and not info.path.startswith(runs)
    ]  # fmt: skip
    if star:
        pattern = re.sub(
            r"\\\*\\\*/?|\\\*",
            lambda stars: _WILDCARDS[stars[0].replace("\\", "")],
            re.escape(store.path),
        )
        files = [info for info in files if re.fullmatch(pattern, info.path)]
    if not files:
        what = "no object fits it" if star else "holds nothing"
        raise InputError(f"{store.name}: {what}", "Look at its spelling.")
    return [_store_object(store, info, info.path[len(base) :].lstrip("/")) for info in files]


def _store_object(store: Store, info: fs.FileInfo, name: str) -> StoreObject:
    return StoreObject(store, info.path, name, info.size, info.mtime_ns)
