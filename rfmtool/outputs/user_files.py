"""What the user has put into a folder of ours, which comes along from run to run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from rfmtool.errors import ForeignFolderError
from rfmtool.manifest import MANIFEST, read_manifest


def find_user_files(folder: Path) -> set[str]:
    """What lies in a folder, and below, that its manifest does not name; all where it has none."""
    try:
        ours = {MANIFEST, *(output["name"] for output in (read_manifest(folder) or {})["outputs"])}
    except (LookupError, TypeError):
        ours = set()
    # A link to a folder is not the folder we made.
    parents = {Path(name).parent.as_posix() for name in ours}
    ours |= {parent for parent in parents if not (folder / parent).is_symlink()}
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")} - ours


def carry_over(folder: Path, new: Path) -> None:
    """Take along what the user has put into a folder of ours, as it is.

    Raises:
        ForeignFolderError: it has the name of something that is written.
    """
    folders = []
    # Folders come before what they hold.
    for name in sorted(find_user_files(folder)) if folder.exists() else ():
        mine, place = folder / name, new / name
        is_folder = mine.is_dir() and not mine.is_symlink()
        if os.path.lexists(place) and not (is_folder and place.is_dir()):
            raise ForeignFolderError(
                f"{folder}: holds {name}, which no run wrote, and would be replaced",
                "Rename it, or move it away.",
            )
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if is_folder:
            place.mkdir(exist_ok=True)
            folders.append((mine, place))
        elif mine.is_file() and not mine.is_symlink():
            try:
                place.hardlink_to(mine)  # the same file under a second name
            except OSError:  # a file system has no such thing
                shutil.copy2(mine, place)
        else:
            shutil.copy2(mine, place, follow_symlinks=False)
    for mine, place in reversed(folders):
        shutil.copystat(mine, place)
