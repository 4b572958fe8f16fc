"""Files and frames to batches of raw cells: nothing is typed here and nothing is dropped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from rfmtool.errors import InputError, naming
from rfmtool.sources.batches import Batch, Fault
from rfmtool.sources.blocks import BLOCK_BYTES, Block, blocks
from rfmtool.sources.exports import ExportFile
from rfmtool.sources.footers import footer_start
from rfmtool.sources.halves import without_halves
from rfmtool.sources.layout import Dialect, FileLayout, Kind
from rfmtool.sources.records import Marks, record_texts
from rfmtool.sources.streams import squeezed

BATCH_ROWS: Final = 1 << 17
_STRAY: Final = r"^\s*{q}|{q}\s*$|{q}{q}|^[^{q}]*{q}(?:[^{q}]*{q}[^{q}]*{q})*[^{q}]*$"
Progress = Callable[[int], None]
"""Called with the number of stored bytes read so far in the file at hand."""


def text_jobs(
    file: ExportFile,
    layout: FileLayout,
    progress: Progress | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[Callable[[], Batch]]:
    """Cut a text file into blocks; each job parses one, in any thread.

    Raises:
        InputError: the file is damaged, or is no text of records.
    """
    dialect = layout.dialect
    if dialect is None:
        raise TypeError("a text file needs a dialect")
    with file.utf8(dialect.encoding) as (stream, raw), naming(file.name):
        text = squeezed(stream) if dialect.is_aligned else stream
        for block in blocks(text, dialect.marks, dialect.body_offset, block_bytes):
            if progress:
                progress(raw.tell())
            yield partial(parse, block, layout, dialect)


def parquet_jobs(
    file: ExportFile, layout: FileLayout, progress: Progress | None = None
) -> Iterator[Callable[[], Batch]]:
    """Read a Parquet file's needed columns batch by batch.

    Raises:
        InputError: the file is damaged.
    """
    names = {role: layout.header[place] for role, place in layout.places.items()}
    try:
        with file.open() as raw:
            # Pre-buffering would hold every column chunk as it is read.
            parquet = pq.ParquetFile(raw, pre_buffer=False)
            start = 0
            for batch in parquet.iter_batches(BATCH_ROWS, columns=sorted(set(names.values()))):
                cells = {role: batch.column(name) for role, name in names.items()}
                whole = partial(_parquet_rows, file, start, len(batch))
                yield partial(typed, cells, layout.kinds, len(batch), whole)
                start += len(batch)
                if progress:
                    progress(raw.tell())
    except (pa.ArrowException, OSError) as error:
        raise damaged_parquet(file) from error


def damaged_parquet(file: ExportFile) -> InputError:
    """Say that a Parquet file cannot be read."""
    return InputError(f"{file.name}: the Parquet data is damaged", "Export or download it again.")


def _parquet_rows(file: ExportFile, start: int, count: int) -> list[pa.Array]:
    with file.open() as raw:
        seen = 0
        for batch in pq.ParquetFile(raw, pre_buffer=False).iter_batches(BATCH_ROWS):
            if seen == start:
                return list(batch.columns)
            seen += len(batch)
    raise InputError(
        f"{file.name}: changed while it was read ({count} rows are gone)", "Run again."
    )


def table_jobs(reader: pa.RecordBatchReader, layout: FileLayout) -> Iterator[Callable[[], Batch]]:
    """Read a frame or stream handed over in memory."""
    for batch in reader:
        for start in range(0, len(batch), BATCH_ROWS):
            part = batch.slice(start, BATCH_ROWS)
            cells = {role: part.column(place) for role, place in layout.places.items()}
            yield partial(typed, cells, layout.kinds, len(part), partial(list, part.columns))


def typed(
    cells: Mapping[str, pa.Array],
    kinds: Mapping[str, Kind],
    records: int,
    whole: Callable[[], Sequence[pa.Array]],
) -> Batch:
    """A batch of a typed source; ids become text, empty text becomes missing."""
    settled = {role: _settled(kinds.get(role, "text"), cell) for role, cell in cells.items()}
    return Batch(settled, records, (), whole)


def can_be(kind: Kind, typed_as: pa.DataType) -> bool:
    """Whether a typed column can be read as a kind: text always can."""
    if pa.types.is_dictionary(typed_as):
        typed_as = typed_as.value_type
    if pa.types.is_null(typed_as) or _is_text(typed_as) or _is_number(typed_as):
        return True
    if kind == "day":
        return bool(pa.types.is_date(typed_as) or pa.types.is_timestamp(typed_as))
    return kind == "text" and bool(pa.types.is_boolean(typed_as))


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _settled(kind: Kind, cells: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(cells.type):
        # Not dictionary_decode: it knows no views, which is what Polars' categories come as.
        words = cells.dictionary
        words = pc.cast(words, pa.string()) if _is_text(words.type) else words
        cells = words.take(cells.indices)
    if kind == "text" or pa.types.is_null(cells.type):
        cells = as_text(cells)
    elif _is_text(cells.type):
        cells = pc.cast(cells, pa.string())
    if pa.types.is_string(cells.type) and pc.any(pc.equal(cells, "")).as_py():
        cells = pc.if_else(pc.equal(cells, ""), pa.scalar(None, pa.string()), cells)
    return cells


def shown(cells: pa.Array) -> pa.Array:
    """Cells of any type as text for people to look at; bytes that are no text as U+FFFD."""
    try:
        return _settled("text", cells)
    except pa.ArrowNotImplementedError:  # a list or the like, which no text is made of
        return pa.nulls(len(cells), pa.string())
    except pa.ArrowInvalid:  # bytes of another encoding; no column of a role holds any
        texts = [None if cell is None else cell.decode("utf-8", "replace")
                 for cell in cells.to_pylist()]  # fmt: skip
        return pa.array(texts, pa.string())


def as_text(cells: pa.Array) -> pa.Array:
    """A typed column as text; a whole number in a column of floats keeps its `.0`."""
    if pa.types.is_floating(cells.type):
        # An id column with gaps is often stored as 17850.0; NaN stands for a gap.
        cells = pc.if_else(pc.is_nan(cells), pa.scalar(None, cells.type), cells)
        # Cell by cell, so that an id never looks different for what else is in its batch.
        rounded = pc.cast(cells, pa.int64(), safe=False)
        is_whole = pc.equal(pc.cast(rounded, cells.type, safe=False), cells)
        whole = pc.binary_join_element_wise(pc.cast(rounded, pa.string()), "0", ".")
        return pc.if_else(is_whole, whole, pc.cast(cells, pa.string()))
    return pc.cast(cells, pa.string())


@dataclass(frozen=True)
class _Parser:
    """Takes the records of one block of UTF-8 apart into the cells of some columns."""

    data: pa.Buffer
    dialect: Dialect
    width: int

    def parsed(self, columns: Sequence[int], faults: list[Fault] | None = None) -> list[pa.Array]:
        """Return the columns; records with too many or too few cells go to `faults`."""
        if not len(self.data):
            return [pa.array([], pa.string()) for _ in columns]

        def skip(row: Any) -> str:  # noqa: ANN401 - pyarrow does not export its type
            blank = not row.text.strip(self.dialect.marks.delimiter + ' "\t\r\n')
            if faults is not None:
                piece = row.text if row.actual_columns == 1 and not blank else ""
                faults.append(Fault(row.number - 1, "wrong_cell_count", blank, piece))
            return "skip"

        names = [str(place) for place in range(self.width)]
        wanted = [names[place] for place in columns]
        table = pa_csv.read_csv(
            pa.BufferReader(self.data),
            read_options=pa_csv.ReadOptions(
                use_threads=False, block_size=len(self.data), column_names=names
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=self.dialect.marks.delimiter,
                quote_char=self.dialect.quote or False,
                double_quote=bool(self.dialect.quote and not self.dialect.escape),
                escape_char=self.dialect.escape or False,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=skip,
            ),
            convert_options=pa_csv.ConvertOptions(
                include_columns=wanted,
                column_types=dict.fromkeys(wanted, pa.string()),
                check_utf8=False,  # the whole block has been looked at
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
        return [_one_chunk(table.column(name)) for name in wanted]

    def whole(self) -> list[pa.Array]:
        """Return all columns."""
        return self.parsed(range(self.width))


def parse(block: Block, layout: FileLayout, dialect: Dialect) -> Batch:
    """Take the records of a block apart into cells, all as text; empty cells become missing.

    Raises:
        InputError: below an empty row a second table begins.
    """
    data, footer_rows = block.data, 0
    if block.is_last:
        data, footer_rows = _without_footer(data, layout)
    # Asked of the whole block first: on bytes that are not UTF-8 pyarrow fails before it can tell
    # which of them stand in a record with too few cells.
    parse_records = _parse_text if _is_utf8(data) else _parse_bytes
    batch = parse_records(data, layout, dialect)
    if len(data) and np.frombuffer(data, dtype=np.uint8).min() == 0:
        batch = batch.without(_with_nul(batch.cells), "bad_text")
    if block.stray:
        batch = batch.without(_with_stray_quotes(batch, block.stray, dialect), "bad_text")
    if dialect.is_padded:
        cells = {role: _trimmed(column) for role, column in batch.cells.items()}
        batch = replace(batch, cells=cells)
    check_one_table(batch, layout)
    batch = replace(batch, texts=partial(_texts, data, block, dialect.marks))
    return without_halves(_with_torn(_with_footer(batch, footer_rows), block, dialect), layout)


def _texts(data: pa.Buffer, block: Block, marks: Marks, rows: Sequence[int]) -> list[bytes]:
    """Records by their places in the block, which ascend; those cut out are counted too."""
    torn = dict(zip(block.torn, block.cut_out, strict=True))
    others = np.array([row for row in rows if row not in torn], dtype=np.int64)
    places = set((others - np.searchsorted(block.torn, others)).tolist())
    records = enumerate(record_texts(bytes(data), marks))
    texts = (text for place, text in records if place in places)
    return [torn[row].rstrip(b"\r\n") if row in torn else next(texts) for row in rows]


def _without_footer(data: pa.Buffer, layout: FileLayout) -> tuple[pa.Buffer, int]:
    start, rows = footer_start(bytes(data), layout)
    return data.slice(0, start), rows


def _with_footer(batch: Batch, rows: int) -> Batch:
    if not rows:
        return batch
    places = range(batch.records, batch.records + rows)
    return replace(
        batch,
        records=batch.records + rows,
        faults=(*batch.faults, *(Fault(row, "blank", is_blank=True) for row in places)),
        footer_rows=rows,
    )


def _is_utf8(data: pa.Buffer) -> bool:
    offsets = pa.py_buffer(np.array([0, len(data)], dtype=np.int32))
    try:
        pa.Array.from_buffers(pa.string(), 1, [None, offsets, data]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _parse_text(data: pa.Buffer, layout: FileLayout, dialect: Dialect) -> Batch:
    width = len(layout.header)
    parser = _Parser(data, dialect, width)
    empty = range(width - dialect.empty_columns, width)
    columns = sorted({*layout.places.values(), *empty})
    faults: list[Fault] = []
    table = parser.parsed(columns, faults)
    batch = Batch(
        {role: table[columns.index(place)] for role, place in layout.places.items()},
        len(table[0]) + len(faults),
        tuple(faults),
        parser.whole,
    )
    filled = [column for place, column in zip(columns, table, strict=True)
              if place in empty and column.null_count < len(column)]  # fmt: skip
    if filled:  # one delimiter too many stands before, and would shift the cells
        batch = batch.without(_any_given(filled), "wrong_cell_count")
    return batch


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _parse_bytes(data: pa.Buffer, layout: FileLayout, dialect: Dialect) -> Batch:
    """Parse a block with bytes that are not UTF-8, and set aside the records that hold them."""
    # Every byte is a letter of Latin-1, so that the block parses as text; its cells turn back.
    disguised = pa.py_buffer(bytes(data).decode("latin-1").encode())
    batch = _parse_text(disguised, layout, dialect)
    cells = {role: _undisguised(column) for role, column in batch.cells.items()}
    whole = batch.whole
    batch = replace(batch, cells=cells, whole=lambda: [_undisguised(cell) for cell in whole()])
    bad = np.logical_or.reduce([_not_text(column) for column in cells.values()])
    batch = batch.without(bad, "bad_encoding")
    texts = {role: pc.cast(column, pa.string()) for role, column in batch.cells.items()}
    return replace(batch, cells=texts)


def _undisguised(column: pa.Array) -> pa.Array:
    cells = [None if cell is None else cell.encode("latin-1") for cell in column.to_pylist()]
    return pa.array(cells, pa.binary())


def _not_text(column: pa.Array) -> npt.NDArray[np.bool_]:
    return np.array([not _decodes(cell) for cell in column.to_pylist()], dtype=bool)


def _decodes(cell: bytes | None) -> bool:
    try:
        (cell or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


def _with_nul(cells: Mapping[str, pa.Array]) -> npt.NDArray[np.bool_]:
    found = [
        pc.match_substring(column, "\0").fill_null(fill_value=False).to_numpy(zero_copy_only=False)
        for column in cells.values()
    ]
    mask: npt.NDArray[np.bool_] = np.logical_or.reduce(found)
    return mask


def _any_given(columns: Sequence[pa.Array]) -> npt.NDArray[np.bool_]:
    given = [column.is_valid().to_numpy(zero_copy_only=False) for column in columns]
    mask: npt.NDArray[np.bool_] = np.logical_or.reduce(given)
    return mask


def _with_stray_quotes(
    batch: Batch, stray: Sequence[int], dialect: Dialect
) -> npt.NDArray[np.bool_]:
    """The records whose ids hold a quote that may be text, or the rest of a quoted cell."""
    is_stray = np.isin(batch.rows(), stray)
    # Not "Bo" in the middle of a name, but one quote, two together, or one at either end.
    pattern = _STRAY.format(q=re.escape(dialect.quote))
    found = [
        pc.match_substring_regex(batch.cells[role], pattern)
        .fill_null(fill_value=False)
        .to_numpy(zero_copy_only=False)
        for role in ("customer_id", "order_id")
        if role in batch.cells
    ]
    mask: npt.NDArray[np.bool_] = np.logical_or.reduce([np.zeros_like(is_stray), *found])
    return mask & is_stray


def _trimmed(column: pa.Array) -> pa.Array:
    trimmed = pc.utf8_trim(column, " ")
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def check_one_table(batch: Batch, layout: FileLayout) -> None:
    """Check that no second table begins below an empty row.

    Raises:
        InputError: one does, under other names; the same names again are one bad row.
    """
    cells = list(batch.cells.values())
    if not all(column.null_count for column in cells):
        return
    empty = np.logical_and.reduce(
        [column.is_null().to_numpy(zero_copy_only=False) for column in cells]
    )
    below = np.flatnonzero(empty[:-1] & ~empty[1:]) + 1
    if not len(below):
        return
    index = pa.array(below)
    wordy = [
        pc.match_substring_regex(column.take(index), r"^[^\d@]*[^\d@\s][^\d@]*$")
        .fill_null(fill_value=False)
        .to_numpy(zero_copy_only=False)
        for column in cells
    ]
    for place in below[np.logical_and.reduce(wordy)]:
        _check_is_no_header(batch, int(place), layout)


def _check_is_no_header(batch: Batch, place: int, layout: FileLayout) -> None:
    names = [column[place].as_py() for column in batch.whole()]
    known = [name.strip() for name in layout.header]
    if None not in names and [name.strip() for name in names] != known:
        raise InputError(
            f"a second table begins in row {int(batch.rows()[place]) + 1:,} of this part, below an"
            " empty row",
            "Keep each table in a file of its own.",
        )


def _with_torn(batch: Batch, block: Block, dialect: Dialect) -> Batch:
    """Number the records as they stand in the file, those cut out of the block included."""
    if not block.torn:
        return batch
    records = batch.records + len(block.torn)
    places = np.setdiff1d(np.arange(records), block.torn, assume_unique=True)
    moved = [replace(fault, row=int(places[fault.row])) for fault in batch.faults]
    delimiter = dialect.marks.delimiter.encode()
    torn = [
        Fault(row, "bad_text", piece="" if delimiter in text else text.decode("utf-8", "replace"))
        for row, text in zip(block.torn, block.cut_out, strict=True)
    ]
    return replace(batch, records=records, faults=(*moved, *torn))
