"""List the files of an EXPORT: paths, folders, globs, stdin, URLs, members of a zip, sheets."""

from __future__ import annotations

import glob
import os
import sys
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final, TypeVar
from urllib.parse import urlsplit

from rfmtool.errors import InputError
from rfmtool.locations import WEB_SCHEME, check_is_path, is_store, scheme_of, without_secrets
from rfmtool.manifest import read_manifest
from rfmtool.sources.files.exports import ExportFile, unreadable_error
from rfmtool.sources.files.spools import spool_pipe
from rfmtool.stores.lakes import DELTA_LOG, find_lake_table

_COMPRESSION_ENDINGS: Final = ("", ".gz", ".bz2", ".zst", ".zip")
_TEXT_ENDINGS: Final = (".csv", ".tsv", ".tab", ".txt", ".psv")
_DATA_ENDINGS: Final = (
    *(kind + packed for kind in _TEXT_ENDINGS for packed in _COMPRESSION_ENDINGS),
    *(".zip", ".parquet", ".pq", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
)
_BY_ENDING: Final = f"Files are taken by their ending: {' '.join(_DATA_ENDINGS)}"
_MOST_BYTES_OF_URL: Final = 10 << 30  # the default limit for a URL, which may lead anywhere
_HIDDEN: Final = (".", "_", "~$")
"""Prefixes of hidden files, and of bookkeeping files of Spark and Excel."""
Item = TypeVar("Item", bound=Hashable)


def list_export_files(
    exports: Sequence[str | os.PathLike[str]], max_bytes: int | None = None
) -> list[ExportFile]:
    """List the files that paths, folders, globs, URLs and `-` (stdin) name.

    They are in the order given, those of a folder or glob sorted by path. A member of a zip file
    and a sheet of a workbook are named like files in a folder.
    """
    if not exports:
        raise InputError("no file is named", "Name one.")
    files = [file for export in exports for file in _files_of(os.fspath(export), max_bytes)]
    twice = _repeated((file.path.resolve() if file.path else file.name, file.member)
                      for file in files)  # fmt: skip
    if twice:
        name = Path(min(str(place) for place, _ in twice)).name
        raise InputError(f"{name}: named twice, so its money would count twice", "Name it once.")
    # Rows are counted and named by file, so files of the same name are named by their paths.
    shared = _repeated(file.name for file in files)
    names = (file.full_name if file.name in shared else file.name for file in files)
    return [
        replace(file, name=_printable(name), max_bytes=max_bytes)
        for file, name in zip(files, names, strict=True)
    ]


def _repeated(names: Iterable[Item]) -> set[Item]:
    return {name for name, count in Counter(names).items() if count > 1}


def _files_of(export: str, max_bytes: int | None) -> list[ExportFile]:
    if export == "-":
        return [ExportFile("stdin", spool=spool_pipe(sys.stdin.buffer, "stdin", max_bytes))]
    if not export:
        raise InputError("EXPORT: the name is empty", "Name a file, a folder, or - for stdin.")
    if is_store(export):
        return _in_store(export)
    if scheme_of(export) == WEB_SCHEME:
        from rfmtool.stores.remote import download

        name = PurePosixPath(urlsplit(export).path).name or without_secrets(export)
        most = _MOST_BYTES_OF_URL if max_bytes is None else max_bytes
        return [ExportFile(name, spool=download(export, lambda pipe: spool_pipe(pipe, name, most)))]
    check_is_path(export, "read")
    try:
        return _files_at(export, Path(export), max_bytes)
    except OSError as error:
        raise unreadable_error(_printable(error.filename or export), error) from None


def _in_store(url: str) -> list[ExportFile]:
    from rfmtool.stores.listing import list_objects
    from rfmtool.stores.urls import parse_store_url

    store = parse_store_url(url)
    objects = list_objects(store)
    if store.path not in {item.path for item in objects} and "*" not in store.path:
        objects = [item for item in objects if has_data_name(Path(item.name), Path())]
    if not objects:
        raise InputError(f"{store.name}: has no data files", f"{_BY_ENDING}.")
    scheme = scheme_of(url)
    return [
        ExportFile(item.name, Path(f"{scheme}:/{item.path}"), store_object=item) for item in objects
    ]


def _files_at(export: str, path: Path, max_bytes: int | None) -> list[ExportFile]:
    if path.is_dir():
        children = sorted(child for child in _files_below(path) if has_data_name(child, path))
        if not children:
            raise InputError(
                f"{export}: this folder has no data files",
                f"{_BY_ENDING}; folders in it that rfmtool wrote are left out.",
            )
        return [ExportFile(_printable(child.relative_to(path)), child) for child in children]
    container = next((parent for parent in path.parents if parent.is_file()), None)
    if container is not None:
        part = path.relative_to(container).as_posix()
        return [ExportFile(_printable(f"{container.name}/{part}"), container, member=part)]
    if not path.exists():
        return _matches_of(export)
    if not path.is_file():  # a pipe, such as a shell makes of <(command)
        file = ExportFile(_printable(path), path)
        with file.open() as pipe:
            return [replace(file, path=None, spool=spool_pipe(pipe, file.name, max_bytes))]
    return [ExportFile(_printable(path.name), path)]


def _matches_of(pattern: str) -> list[ExportFile]:
    # Path.glob takes no absolute patterns.
    matches = sorted(Path(match) for match in glob.glob(pattern, recursive=True))  # noqa: PTH207
    for parent in Path(pattern).parents:
        for folder in glob.glob(os.fspath(parent), recursive=True):  # noqa: PTH207 - as above
            if Path(folder).is_dir():
                os.scandir(folder).close()  # raises, where glob ignores what it may not list
    files = [match for match in matches if not match.is_dir()]
    for file in files:
        _check_is_file(file)
    if not files:
        what = "no file matches" if glob.has_magic(pattern) else "there is no such file or folder"
        raise InputError(f"{pattern}: {what}", "Check the spelling and the folder.")
    return [ExportFile(_printable(file), file) for file in files]


def _printable(path: str | os.PathLike[str]) -> str:
    return os.fsencode(path).decode("utf-8", "replace")


def ignored_files(source: object, read_files: Collection[Path]) -> tuple[str, ...]:
    """The names of the files in a source's folders that are not read, by their endings."""
    exports = [source] if isinstance(source, (str, os.PathLike)) else source
    if not isinstance(exports, Sequence) or not all(
        isinstance(export, (str, os.PathLike)) for export in exports
    ):
        return ()
    folders = [
        Path(export) for export in exports
        if export != "-" and not scheme_of(os.fspath(export))
        and Path(export).is_dir() and find_lake_table(os.fspath(export)) is None
    ]  # fmt: skip
    read = {path.resolve() for path in read_files}
    return tuple(
        _printable(child.relative_to(folder))
        for folder in folders
        for child in _files_below(folder)
        if not has_data_name(child, folder) and child.resolve() not in read
    )


def _files_below(folder: Path, above: tuple[Path, ...] = ()) -> Iterator[Path]:
    """Yield the files at any depth, except hidden ones and results of earlier runs."""
    above = (*above, folder.resolve())
    for child in sorted(folder.iterdir()):
        if child.name == DELTA_LOG:
            raise InputError(
                f"{_printable(folder)}: is a table of Delta, of whose files only some count",
                "Name it by itself.",
            )
        if child.name.startswith(_HIDDEN):
            continue
        if not child.is_dir():
            _check_is_file(child)
            yield child
        elif child.resolve() in above:
            raise InputError(
                f"{_printable(child)}: leads back to a folder that it is in", "Take that link away."
            )
        elif not read_manifest(child):
            yield from _files_below(child, above)


def _check_is_file(path: Path) -> None:
    if not path.is_file():
        what = "a link to what is not there" if path.is_symlink() else "no file"
        raise InputError(
            f"{_printable(path)}: is {what}", "Take it away, or name the files that you want."
        )


def has_data_name(child: Path, folder: Path) -> bool:
    """Whether a file is read with its folder, by its name."""
    is_hidden = any(part.startswith(_HIDDEN) for part in child.relative_to(folder).parts)
    return not is_hidden and child.name.lower().endswith(_DATA_ENDINGS)
