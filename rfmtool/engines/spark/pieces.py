"""An export cut into pieces that a cluster's workers read at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rfmtool.errors import InputError, UsageError
from rfmtool.sources.files.parquet import group_rows
from rfmtool.sources.source import FileSource, Source

_PIECE_ROWS: Final = 1 << 19
"""Row groups are taken together up to so many rows."""


@dataclass(frozen=True)
class Piece:
    """A part of a file of an export; `span` as in `ExportFile`, None where it is the whole."""

    file: int
    stored_bytes: int
    """The size of the file here, where the export was looked at."""
    span: tuple[int, int] | None = None

    def of(self, source: FileSource) -> FileSource:
        """The piece as a source.

        Raises:
            InputError: the file is not there, or is another.
        """
        file = replace(source.file, span=self.span)
        try:
            found = file.stored_bytes
        except InputError as error:
            raise InputError(
                f"{error.args[0]}, by a worker of the cluster",
                "All of them must find it at the same path: take a shared folder or a store.",
            ) from None
        if found != self.stored_bytes:
            raise InputError(
                f"{source.name}: has {found:,} bytes on a worker of the cluster, and"
                f" {self.stored_bytes:,} here",
                "Run again when it is at rest, and have all find the same file at its path.",
            )
        return replace(source, file=file)


def files_of(sources: Sequence[Source]) -> tuple[FileSource, ...]:
    """The sources as files that workers can open too.

    Raises:
        UsageError: one is no file, or came by a pipe.
    """
    files = []
    for source in sources:
        if not isinstance(source, FileSource) or source.file.spool is not None:
            raise UsageError(
                f"{source.name}: --engine spark reads files and objects of stores, and this is"
                " none that workers of the cluster could open",
                "Take --engine local, or save it where all of them find it.",
            )
        path = source.file.path
        if source.file.found is None and path is not None:
            path = path.absolute()
        files.append(replace(source, file=replace(source.file, path=path)))
    return tuple(files)


def pieces_of(sources: Sequence[FileSource]) -> Iterator[Piece]:
    """Cut files into what can be read apart: row groups of Parquet.

    Raises:
        InputError: a file is damaged.
    """
    for file, source in enumerate(sources):
        size = source.stored_bytes
        if source.kind == "parquet" and not source.layout.carry_down:
            for span in _joined(group_rows(source.file)):
                yield Piece(file, size, span)
        else:
            yield Piece(file, size)


def _joined(rows: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Spans of row groups that hold enough rows together; one at least."""
    start = stop = held = 0
    for stop, count in enumerate(rows, 1):
        held += count
        if held >= _PIECE_ROWS:
            yield start, stop
            start, held = stop, 0
    if start < stop or not stop:
        yield start, stop
