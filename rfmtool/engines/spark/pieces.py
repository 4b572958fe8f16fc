"""An export cut into pieces that a cluster's workers read at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from rfmtool.errors import InputError, UsageError
from rfmtool.sources.files.parquet import row_group_sizes
from rfmtool.sources.source import FileSource, Source, TableSource
from rfmtool.sources.text.spans import QuoteScan, can_be_split, scan_quotes, split_into_spans

PIECE_ROWS: Final = 1 << 19
"""Row groups of Parquet are taken together up to so many rows."""
PIECE_BYTES: Final = 64 << 20
"""Texts of more are cut into such pieces."""


@dataclass(frozen=True)
class Piece:
    """A part of a file of an export; `span` as in `ExportFile`, None where it is the whole."""

    file: int
    stored_bytes: int
    """The size of the file here, where the export was looked at."""
    span: tuple[int, int] | None = None

    def source_of(self, source: FileSource) -> FileSource:
        """The piece as a source.

        Raises:
            InputError: the file is not there, or is another.
        """
        file = replace(source.file, span=self.span)
        try:
            found = file.stored_bytes
        except InputError as error:
            if source.file.store_object is not None:  # an object, of which the store tells
                raise
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

    def glance(self, source: FileSource) -> QuoteScan:
        """Look at where the piece, which is of a text, may be cut.

        Raises:
            InputError: the file is not there, or is another.
        """
        found, dialect = self.source_of(source), source.layout.dialect
        if self.span is None or dialect is None:
            raise TypeError("only spans of a text are looked at")
        return scan_quotes(found.file, dialect, *self.span)


def worker_files(sources: Sequence[Source]) -> tuple[FileSource, ...]:
    """The sources as files that workers can open too.

    Raises:
        UsageError: one is no file, or came by a pipe.
    """
    files = []
    for source in sources:
        if not isinstance(source, FileSource) or source.file.spool is not None:
            raise UsageError(
                f"{source.name}: --engine spark reads files, objects of stores and tables of the"
                " cluster, and this is none that its workers could open",
                "Take --engine local, or save it where all of them find it.",
            )
        path = source.file.path
        if source.file.store_object is None and path is not None:
            path = path.absolute()
        files.append(replace(source, file=replace(source.file, path=path)))
    return tuple(files)


def cluster_tables(sources: Sequence[Source], remote: str) -> tuple[TableSource, ...]:
    """The sources where they are tables of a cluster; none where they are files.

    Raises:
        UsageError: only some are tables, one is of another cluster, or its rows need an order.
    """
    tables = [source for source in sources if isinstance(source, TableSource)]
    for source in tables:
        what = ""
        if source.layout.carry_down:
            what = "its rows lean on those before them, and a table has no order"
        elif source.table.remote != remote:
            what = "is of another cluster than --remote names"
        elif len(tables) < len(sources):
            what = "tables of a cluster and files are not read together"
        if what:
            raise UsageError(f"{source.name}: {what}", "Read it apart.")
    return tuple(tables)


def cut_into_pieces(
    sources: Sequence[FileSource], glances_at: Callable[[Sequence[Piece]], Iterable[QuoteScan]]
) -> tuple[Piece, ...]:
    """Cut files into what can be read apart: row groups of Parquet, spans of large texts.

    Args:
        sources: all files of the export.
        glances_at: looks at pieces of texts, in their order.

    Raises:
        InputError: a file is damaged.
    """
    parts = [piece for file, source in enumerate(sources) for piece in _parts(file, source)]
    texts = [piece for piece in parts if piece.span and sources[piece.file].kind == "text"]
    seen = dict(zip(texts, glances_at(texts) if texts else (), strict=True))
    return tuple(
        piece
        for _, found in groupby(parts, lambda part: part.file)
        for piece in _cut([*found], seen)
    )


def _cut(parts: Sequence[Piece], seen: dict[Piece, QuoteScan]) -> Iterator[Piece]:
    """The parts of one file, those of a text cut between records."""
    first, last = parts[0].span, parts[-1].span
    if first is None or last is None or parts[0] not in seen:
        yield from parts
        return
    for span in split_into_spans([seen[part] for part in parts], first[0], last[1]):
        yield replace(parts[0], span=span)


def _parts(file: int, source: FileSource) -> Iterator[Piece]:
    """A file in parts of like size, wherever they end; where it cannot be cut, as one."""
    size, dialect = source.stored_bytes, source.layout.dialect
    if source.layout.carry_down:  # whose orders go on from part to part
        yield Piece(file, size)
    elif source.kind == "parquet":
        for span in _joined(row_group_sizes(source.file)):
            yield Piece(file, size, span)
    elif dialect is not None and size > PIECE_BYTES and can_be_split(source.file, dialect):
        for start in range(dialect.body_offset, size, PIECE_BYTES):
            yield Piece(file, size, (start, min(start + PIECE_BYTES, size)))
    else:
        yield Piece(file, size)


def _joined(rows: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Spans of row groups that hold enough rows together; one at least."""
    start = stop = held = 0
    for stop, count in enumerate(rows, 1):
        held += count
        if held >= PIECE_ROWS:
            yield start, stop
            start, held = stop, 0
    if start < stop or not stop:
        yield start, stop
