"""A block of text to a batch of raw cells: nothing is typed here and nothing is dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from rfmtool.arrays import mask_of
from rfmtool.sources.batches import Batch, Fault
from rfmtool.sources.layout import Dialect, FileLayout
from rfmtool.sources.text.bad_text import (
    contains_nul,
    has_stray_quotes,
    is_invalid_utf8,
    is_utf8,
    latin1_to_bytes,
    without_byte_order_marks,
)
from rfmtool.sources.text.blocks import Block
from rfmtool.sources.text.footers import footer_start
from rfmtool.sources.text.one_table import check_one_table
from rfmtool.sources.text.records import Marks, iter_record_bytes
from rfmtool.sources.text.torn_cells import without_torn_cells


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
                invalid_row_handler=partial(self._skip, faults=faults),
            ),
            convert_options=pa_csv.ConvertOptions(
                include_columns=wanted,
                column_types=dict.fromkeys(wanted, pa.string()),
                check_utf8=False,  # the whole block has been looked at
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
        found = [table.column(name) for name in wanted]
        return [one.chunk(0) if one.num_chunks == 1 else one.combine_chunks() for one in found]

    def _skip(self, row: Any, faults: list[Fault] | None) -> str:  # noqa: ANN401 - pyarrow's own
        """Note a record with too many or too few cells, and go on."""
        blank = not row.text.strip(self.dialect.marks.delimiter + ' "\t\r\n')
        if faults is not None:
            piece = row.text if row.actual_columns == 1 and not blank else ""
            faults.append(Fault(row.number - 1, "wrong_cell_count", blank, piece))
        return "skip"

    def whole(self) -> list[pa.Array]:
        """Return all columns."""
        return self.parsed(range(self.width))


def parse_block(block: Block, layout: FileLayout, dialect: Dialect) -> Batch:
    """Take the records of a block apart into cells, all as text; empty cells become missing.

    Raises:
        InputError: below an empty row a second table begins.
    """
    # Of ASCII alone, as most exports are, nothing more need be asked of the bytes: with a sign,
    # those beyond it are below zero.
    is_plain = np.frombuffer(block.data, dtype=np.int8).min(initial=1) > 0
    data, footer_rows = block.data if is_plain else without_byte_order_marks(block.data), 0
    if block.is_last:
        start, footer_rows = footer_start(bytes(data), layout)
        data = data.slice(0, start)
    # Asked of the whole block first: on bytes that are not UTF-8 pyarrow fails before it can tell
    # which of them stand in a record with too few cells.
    parse_records = _parse_text if is_plain or is_utf8(data) else _parse_bytes
    batch = parse_records(data, layout, dialect)
    if not is_plain and np.frombuffer(data, dtype=np.uint8).min(initial=1) == 0:
        batch = batch.without(contains_nul(batch.cells), "bad_text")
    if block.stray_quote_rows:
        batch = batch.without(has_stray_quotes(batch, block.stray_quote_rows, dialect), "bad_text")
    if dialect.is_padded:
        trimmed = {role: pc.utf8_trim(column, " ") for role, column in batch.cells.items()}
        none = pa.scalar(None, pa.string())
        cells = {role: pc.if_else(pc.equal(cell, ""), none, cell) for role, cell in trimmed.items()}
        batch = replace(batch, cells=cells)
    check_one_table(batch, layout)
    batch = replace(batch, texts=partial(_texts, data, block, dialect.marks))
    return without_torn_cells(_with_unparsed(batch, block, footer_rows, dialect), layout)


def _texts(data: pa.Buffer, block: Block, marks: Marks, rows: Sequence[int]) -> list[bytes]:
    """Records by their places in the block, which ascend; those cut out are counted too."""
    torn = dict(zip(block.malformed_rows, block.malformed_texts, strict=True))
    others = np.array([row for row in rows if row not in torn], dtype=np.int64)
    places = set((others - np.searchsorted(block.malformed_rows, others)).tolist())
    records = enumerate(iter_record_bytes(bytes(data), marks))
    texts = (text for place, text in records if place in places)
    return [torn[row].rstrip(b"\r\n") if row in torn else next(texts) for row in rows]


def _parse_text(data: pa.Buffer, layout: FileLayout, dialect: Dialect) -> Batch:
    width = len(layout.header)
    parser = _Parser(data, dialect, width)
    empty = range(width - dialect.empty_columns, width)
    columns = sorted({*layout.places.values(), *empty})
    faults: list[Fault] = []
    table = parser.parsed(columns, faults)
    by_place = dict(zip(columns, table, strict=True))
    batch = Batch(
        {role: by_place[place] for role, place in layout.places.items()},
        len(table[0]) + len(faults),
        tuple(faults),
        parser.whole,
    )
    filled = [column for place, column in by_place.items()
              if place in empty and column.null_count < len(column)]  # fmt: skip
    if filled:  # one delimiter too many stands before, and would shift the cells
        bad = np.logical_or.reduce([mask_of(column.is_valid()) for column in filled])
        batch = batch.without(bad, "wrong_cell_count")
    return batch


def _parse_bytes(data: pa.Buffer, layout: FileLayout, dialect: Dialect) -> Batch:
    """Parse a block with bytes that are not UTF-8, and set aside the records that hold them."""
    # Every byte is a letter of Latin-1, so that the block parses as text; its cells turn back.
    disguised = pa.py_buffer(bytes(data).decode("latin-1").encode())
    batch = _parse_text(disguised, layout, dialect)
    cells = {role: latin1_to_bytes(column) for role, column in batch.cells.items()}
    whole = batch.all_columns
    batch = replace(
        batch, cells=cells, all_columns=lambda: [latin1_to_bytes(cell) for cell in whole()]
    )
    bad = np.logical_or.reduce([is_invalid_utf8(column) for column in cells.values()])
    batch = batch.without(bad, "bad_encoding")
    texts = {role: pc.cast(column, pa.string()) for role, column in batch.cells.items()}
    return replace(batch, cells=texts)


def _with_unparsed(batch: Batch, block: Block, footer_rows: int, dialect: Dialect) -> Batch:
    """Number the records as they stand in the file, the footer and those cut out included."""
    if footer_rows:
        records = batch.records + footer_rows
        blank = (Fault(row, "blank", is_blank=True) for row in range(batch.records, records))
        faults = (*batch.faults, *blank)
        batch = replace(batch, records=records, faults=faults, footer_rows=footer_rows)
    if not block.malformed_rows:
        return batch
    records = batch.records + len(block.malformed_rows)
    places = np.setdiff1d(np.arange(records), block.malformed_rows, assume_unique=True)
    moved = [replace(fault, row=int(places[fault.row])) for fault in batch.faults]
    delimiter = dialect.marks.delimiter.encode()
    torn = [
        Fault(row, "bad_text", piece="" if delimiter in text else text.decode("utf-8", "replace"))
        for row, text in zip(block.malformed_rows, block.malformed_texts, strict=True)
    ]
    return replace(batch, records=records, faults=(*moved, *torn))
