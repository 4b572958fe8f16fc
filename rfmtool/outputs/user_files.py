"""Files that the user has put into a run's folder, which are kept from run to run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from rfmtool.errors import ForeignFolderError
from rfmtool.manifest import MANIFEST, read_manifest


def find_user_files(folder: Path) -> set[str]:
    """The paths in a folder that are not in its manifest; all where it has none."""
    try:
        ours = {MANIFEST, *(output["name"] for output in (read_manifest(folder) or {})["outputs"])}
    except (LookupError, TypeError):
        ours = set()
    # Where rfmtool made a folder, a link to a folder is the user's.
    parents = {Path(name).parent.as_posix() for name in ours}
    ours |= {parent for parent in parents if not (folder / parent).is_symlink()}
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")} - ours


def carry_over(folder: Path, new: Path) -> None:
    """Link or copy the user's files to the new folder; raises ForeignFolderError on a same name."""
    folders = []
    # Sorted, folders come before their files.
    for name in sorted(find_user_files(folder)) if folder.exists() else ():
        old, target = folder / name, new / name
        is_folder = old.is_dir() and not old.is_symlink()
        if os.path.lexists(target) and not (is_folder and target.is_dir()):
            raise ForeignFolderError(
                f"{folder}: holds {name}, which no run wrote, and would be replaced",
                "Rename it, or move it away.",
            )
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if is_folder:
            target.mkdir(exist_ok=True)
            folders.append((old, target))
        elif old.is_file() and not old.is_symlink():
            try:
                target.hardlink_to(old)
            except OSError:  # not supported by the file system
                shutil.copy2(old, target)
        else:
            shutil.copy2(old, target, follow_symlinks=False)
    for old, target in reversed(folders):
        shutil.copystat(old, target)
