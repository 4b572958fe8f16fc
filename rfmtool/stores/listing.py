"""Which objects of a store a URL names: one, those of a folder, or those that a pattern fits."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from pyarrow import fs

from rfmtool.errors import InputError
from rfmtool.manifest import MANIFEST
from rfmtool.stores.urls import Store, read_own_json, translated_errors

_ANY: Final = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}


@dataclass(frozen=True)
class StoreObject:
    """An object of a store, as it was when it was listed."""

    store: Store = field(repr=False)
    path: str
    """Bucket and key."""
    name: str
    """What messages call it."""
    size: int
    modified_ns: int | None
    """When it was last written, in nanoseconds."""


def list_objects(store: Store) -> list[StoreObject]:
    """List the objects that a URL names, sorted by key, without those that a run of ours wrote."""
    base, star, _ = store.path.partition("*")
    if star:
        base = base.rpartition("/")[0]
    with translated_errors(store.name):
        [there] = store.filesystem.get_file_info([base])
        if there.type == fs.FileType.File and not star:
            return [_found(store, there, there.base_name)]
        infos = store.filesystem.get_file_info(fs.FileSelector(base, recursive=True))
        manifests = [info.path for info in infos if info.base_name == MANIFEST]
        # The folders that a run of ours wrote, each with a slash at the end.
        ours = tuple(one.removesuffix(MANIFEST) for one in manifests if read_own_json(store, one))
    files = [
        info for info in sorted(infos, key=lambda info: info.path)
        if info.type == fs.FileType.File and not info.path.startswith(ours)
    ]  # fmt: skip
    if star:
        pattern = re.sub(
            r"\\\*\\\*/?|\\\*",
            lambda stars: _ANY[stars[0].replace("\\", "")],
            re.escape(store.path),
        )
        fits = re.compile(pattern)
        files = [info for info in files if fits.fullmatch(info.path)]
    if not files:
        what = "no object fits it" if star else "holds nothing"
        raise InputError(f"{store.name}: {what}", "Look at its spelling.")
    return [_found(store, info, info.path[len(base) :].lstrip("/")) for info in files]


def _found(store: Store, info: fs.FileInfo, name: str) -> StoreObject:
    return StoreObject(store, info.path, name, info.size, info.mtime_ns)
