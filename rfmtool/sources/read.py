"""Files and frames to batches of raw cells, as jobs for any thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Final

import pyarrow as pa

from rfmtool.errors import InputError, errors_naming
from rfmtool.sources.batches import Jobs
from rfmtool.sources.cells.typed import typed_batch
from rfmtool.sources.files.exports import ExportFile
from rfmtool.sources.files.parquet import batches
from rfmtool.sources.files.streams import converted_by_line, spaces_to_tabs, unwrap_formulas
from rfmtool.sources.layout import FileLayout
from rfmtool.sources.text.blocks import BLOCK_BYTES, split_into_blocks
from rfmtool.sources.text.parsing import parse_block

BATCH_ROWS: Final = 1 << 17
Progress = Callable[[int], None]
"""Called with the number of stored bytes read so far of the current file."""


def text_jobs(
    file: ExportFile,
    layout: FileLayout,
    progress: Progress | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> Jobs:
    """Split a text file into blocks; each job parses one."""
    dialect = layout.dialect
    if dialect is None:
        raise TypeError("a text file needs a dialect")
    with file.utf8(dialect.encoding) as (stream, raw), errors_naming(file.name):
        text = converted_by_line(stream, spaces_to_tabs) if dialect.is_aligned else stream
        text = converted_by_line(text, unwrap_formulas) if dialect.is_wrapped else text
        offset = dialect.body_offset if file.span is None else 0
        is_cut = file.span is not None and file.span[1] < file.stored_bytes
        for block in split_into_blocks(text, dialect.marks, offset, block_bytes):
            if progress:
                progress(raw.tell())
            part = replace(block, is_last=False) if is_cut else block
            yield partial(parse_block, part, layout, dialect)


def parquet_jobs(file: ExportFile, layout: FileLayout, progress: Progress | None = None) -> Jobs:
    """Read the columns with a role of a Parquet file."""
    names = {role: layout.header[place] for role, place in layout.places.items()}
    with batches(file, BATCH_ROWS, sorted(set(names.values()))) as (reader, raw):
        start = 0
        for batch in reader:
            cells = {role: batch.column(name) for role, name in names.items()}
            all_columns = partial(_parquet_rows, file, start, len(batch))
            yield partial(typed_batch, cells, layout.kinds, len(batch), all_columns)
            start += len(batch)
            if progress:
                progress(raw.tell())


def _parquet_rows(file: ExportFile, start: int, count: int) -> list[pa.Array]:
    """All columns of the batch that starts at a row."""
    with batches(file, BATCH_ROWS) as (reader, _):
        rows = 0
        for batch in reader:
            if rows == start:
                return list(batch.columns)
            rows += len(batch)
    what = f"{file.name}: changed while it was read ({count} rows are gone)"
    raise InputError(what, "Run again.")


def table_jobs(reader: Iterable[pa.RecordBatch], layout: FileLayout) -> Jobs:
    """Read the columns with a role of a frame or stream."""
    for batch in reader:
        for start in range(0, len(batch), BATCH_ROWS):
            part = batch.slice(start, BATCH_ROWS)
            cells = {role: part.column(place) for role, place in layout.places.items()}
            yield partial(typed_batch, cells, layout.kinds, len(part), partial(list, part.columns))
