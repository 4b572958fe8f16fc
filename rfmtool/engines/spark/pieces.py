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
"""Row groups of Parquet are joined until they have so many rows."""
PIECE_BYTES: Final = 64 << 20
"""The size of pieces of text files."""


@dataclass(frozen=True)
class Piece:
    """A part of a file of an export."""

    file: int
    """The number of the file in the export."""
    stored_bytes: int
    """The size of the file here, where the export was opened."""
    span: tuple[int, int] | None = None
    """As in `ExportFile`; None where the piece is the entire file."""

    def source_of(self, source: FileSource) -> FileSource:
        """The piece as a source."""
        file = replace(source.file, span=self.span)
        try:
            stored_bytes = file.stored_bytes
        except InputError as error:
            if source.file.store_object is not None:  # the store's message says enough
                raise
            raise InputError(
                f"{error.args[0]}, by a worker of the cluster",
                "All of them must find it at the same path: take a shared folder or a store.",
            ) from None
        if stored_bytes != self.stored_bytes:
            raise InputError(
                f"{source.name}: has {stored_bytes:,} bytes on a worker of the cluster, and"
                f" {self.stored_bytes:,} here",
                "Run again when it is at rest, and have all find the same file at its path.",
            )
        return replace(source, file=file)

    def scan(self, source: FileSource) -> QuoteScan:
        """Scan the quotes of the piece, a span of a text file; raises as `source_of`."""
        file, dialect = self.source_of(source).file, source.layout.dialect
        if self.span is None or dialect is None:
            raise TypeError("only spans of a text file are scanned")
        return scan_quotes(file, dialect, *self.span)


def worker_files(sources: Sequence[Source]) -> tuple[FileSource, ...]:
    """The sources as files that workers can open too."""
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
    """The sources where they are tables of a cluster; empty where they are files."""
    tables = [source for source in sources if isinstance(source, TableSource)]
    for source in tables:
        what = ""
        if source.layout.fill_down:
            what = "its rows lean on those before them, and a table has no order"
        elif source.table.remote != remote:
            what = "is of another cluster than --remote names"
        elif len(tables) < len(sources):
            what = "tables of a cluster and files are not read together"
        if what:
            raise UsageError(f"{source.name}: {what}", "Read it apart.")
    return tuple(tables)


def cut_into_pieces(
    sources: Sequence[FileSource], scan_pieces: Callable[[Sequence[Piece]], Iterable[QuoteScan]]
) -> tuple[Piece, ...]:
    """Cut files into what can be read separately: row groups of Parquet, spans of large texts.

    `scan_pieces` scans the quotes of pieces of text files, in their order.
    """
    pieces = [piece for file, source in enumerate(sources) for piece in _even_pieces(file, source)]
    texts = [piece for piece in pieces if piece.span and sources[piece.file].kind == "text"]
    scans = dict(zip(texts, scan_pieces(texts) if texts else (), strict=True))
    return tuple(
        piece
        for _, file_pieces in groupby(pieces, lambda piece: piece.file)
        for piece in _cut_at_records([*file_pieces], scans)
    )


def _cut_at_records(pieces: Sequence[Piece], scans: dict[Piece, QuoteScan]) -> Iterator[Piece]:
    """The pieces of one file, those of a text file cut between records."""
    first, last = pieces[0].span, pieces[-1].span
    if first is None or last is None or pieces[0] not in scans:
        yield from pieces
        return
    for span in split_into_spans([scans[piece] for piece in pieces], first[0], last[1]):
        yield replace(pieces[0], span=span)


def _even_pieces(file: int, source: FileSource) -> Iterator[Piece]:
    """A file in pieces of like size, cut anywhere; one piece where it cannot be cut."""
    size, dialect = source.stored_bytes, source.layout.dialect
    if source.layout.fill_down:  # rows take cells from rows before them
        yield Piece(file, size)
    elif source.kind == "parquet":
        for span in _row_group_spans(row_group_sizes(source.file)):
            yield Piece(file, size, span)
    elif dialect is not None and size > PIECE_BYTES and can_be_split(source.file, dialect):
        for start in range(dialect.body_offset, size, PIECE_BYTES):
            yield Piece(file, size, (start, min(start + PIECE_BYTES, size)))
    else:
        yield Piece(file, size)


def _row_group_spans(sizes: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Spans of row groups of at least PIECE_ROWS rows but for the last; at least one span."""
    start = stop = rows = 0
    for stop, size in enumerate(sizes, 1):
        rows += size
        if rows >= PIECE_ROWS:
            yield start, stop
            start, rows = stop, 0
    if start < stop or not stop:
        yield start, stop
