"""Which files an EXPORT names: paths, folders, globs, stdin, members of a zip, sheets."""

from __future__ import annotations

import glob
import os
import sys
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from rfmtool.errors import InputError
from rfmtool.manifest import MANIFEST, manifest_of
from rfmtool.sources.files.exports import ExportFile
from rfmtool.sources.files.spools import spooled

_PACKED: Final = ("", ".gz", ".bz2", ".zst", ".zip")
_TEXT: Final = (".csv", ".tsv", ".tab", ".txt", ".psv")
_DATA_ENDINGS: Final = (
    *(kind + packed for kind in _TEXT for packed in _PACKED),
    ".zip",
    ".parquet",
    ".pq",
    *(".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
)
_HIDDEN: Final = (".", "_", "~$")
"""How names begin of what is hidden, or somebody's bookkeeping: Spark's, or that of Excel."""
Thing = TypeVar("Thing", bound=Hashable)


def expand(
    exports: Sequence[str | os.PathLike[str]], max_bytes: int | None = None
) -> list[ExportFile]:
    """List the files that paths, folders, globs and `-` (stdin) name.

    They come in the order in which they are named, those of a folder or glob sorted by path. A
    member of a zip file and a sheet of a workbook are named like files in a folder.

    Args:
        exports: paths, globs, or `-`.
        max_bytes: the most that a file may hold, unpacked.

    Raises:
        InputError: nothing is named or there, a folder holds no data, or a file is named twice.
    """
    if not exports:
        raise InputError("no file is named", "Name one.")
    files = [file for export in exports for file in _files_of(os.fspath(export))]
    twice = _repeated((file.path.resolve() if file.path else file.name, file.part)
                      for file in files)  # fmt: skip
    if twice:
        name = Path(min(str(place) for place, _ in twice)).name
        raise InputError(f"{name}: named twice, so its money would count twice", "Name it once.")
    shared = _repeated(file.name for file in files)
    # Rows are counted and named by file, so two files of one name go by their whole paths.
    return [
        replace(
            file,
            name=_shown(file.whole_name if file.name in shared else file.name),
            max_bytes=max_bytes,
        )
        for file in files
    ]


def _repeated(names: Iterable[Thing]) -> set[Thing]:
    return {name for name, count in Counter(names).items() if count > 1}


def _files_of(export: str) -> list[ExportFile]:
    if export == "-":
        return [ExportFile("stdin", spool=spooled(sys.stdin.buffer, "stdin"))]
    if not export:
        raise InputError("EXPORT: the name is empty", "Name a file, a folder, or - for stdin.")
    path = Path(export)
    if path.is_dir():
        return _files_in(export, path)
    container = next((parent for parent in path.parents if parent.is_file()), None)
    if container is not None:
        part = path.relative_to(container).as_posix()
        return [ExportFile(_shown(f"{container.name}/{part}"), container, part=part)]
    if not path.exists():
        return _matching(export)
    if not path.is_file():  # a pipe, such as a shell makes of <(command)
        file = ExportFile(_shown(path), path)
        with file.open() as pipe:
            return [replace(file, path=None, spool=spooled(pipe, file.name))]
    return [ExportFile(_shown(path.name), path)]


def _files_in(export: str, folder: Path) -> list[ExportFile]:
    found = _data_in(folder)
    if not found:
        raise InputError(
            f"{export}: this folder has no data files",
            f"Files are taken by their ending: {' '.join(_DATA_ENDINGS)}; folders in it that"
            " rfmtool wrote are left out.",
        )
    return [ExportFile(_shown(child.relative_to(folder)), child) for child in found]


def _matching(pattern: str) -> list[ExportFile]:
    what = "no file matches" if glob.has_magic(pattern) else "there is no such file or folder"
    # Path.glob takes no absolute patterns.
    matches = sorted(Path(match) for match in glob.glob(pattern, recursive=True))  # noqa: PTH207
    found = [match for match in matches if match.is_file()]
    if not found:
        raise InputError(f"{pattern}: {what}", "Check the spelling and the folder.")
    return [ExportFile(_shown(match), match) for match in found]


def _shown(path: str | os.PathLike[str]) -> str:
    """A path as text that can be written, even where its bytes are no text."""
    return os.fsencode(path).decode("utf-8", "replace")


def left_out(source: object, taken: Collection[Path]) -> tuple[str, ...]:
    """Name the files in the folders that a source names whose ending is of no data.

    Args:
        source: a path, several, or a frame.
        taken: the files that are read, some of which may be named beside their folder.
    """
    exports = [source] if isinstance(source, (str, os.PathLike)) else source
    if not isinstance(exports, Sequence) or not all(
        isinstance(export, (str, os.PathLike)) for export in exports
    ):
        return ()
    folders = [Path(export) for export in exports if export != "-" and Path(export).is_dir()]
    read = {path.resolve() for path in taken}
    return tuple(
        _shown(child.relative_to(folder))
        for folder in folders
        for child in _files_below(folder)
        if not has_data_name(child, folder) and child.resolve() not in read
    )


def _data_in(folder: Path) -> list[Path]:
    return [child for child in _files_below(folder) if has_data_name(child, folder)]


def _files_below(folder: Path) -> list[Path]:
    """The files at any depth, but for hidden ones and answers that an earlier run wrote there."""
    manifests = (path for path in folder.glob(f"*/**/{MANIFEST}") if path.is_file())
    answers = {path.parent for path in manifests if manifest_of(path.parent)}
    return sorted(
        child
        for child in folder.rglob("*")
        if not _is_hidden(child, folder) and child.is_file() and answers.isdisjoint(child.parents)
    )


def has_data_name(child: Path, folder: Path) -> bool:
    """Whether a file of this name in a folder would be read with it."""
    return not _is_hidden(child, folder) and child.name.lower().endswith(_DATA_ENDINGS)


def _is_hidden(child: Path, folder: Path) -> bool:
    return any(part.startswith(_HIDDEN) for part in child.relative_to(folder).parts)
