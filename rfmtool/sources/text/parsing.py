"""Parse a block of text into a batch of raw cells; nothing is typed and no row is dropped."""

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
    data: pa.Buffer
    dialect: Dialect
    width: int

    def columns(self, places: Sequence[int], faults: list[Fault] | None = None) -> list[pa.Array]:
        """The columns at `places`; records with too many or too few cells go to `faults`."""
        if not len(self.data):
            return [pa.array([], pa.string()) for _ in places]
        names = [str(place) for place in range(self.width)]
        wanted = [names[place] for place in places]
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
                check_utf8=False,  # as the whole block has been checked
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
        return [
            column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
            for column in map(table.column, wanted)
        ]

    def _skip(self, row: Any, faults: list[Fault] | None) -> str:  # noqa: ANN401 - pyarrow's own
        is_blank = not row.text.strip(self.dialect.marks.delimiter + ' "\t\r\n')
        if faults is not None:
            piece = row.text if row.actual_columns == 1 and not is_blank else ""
            faults.append(Fault(row.number - 1, "wrong_cell_count", is_blank, piece))
        return "skip"


def parse_block(block: Block, layout: FileLayout, dialect: Dialect) -> Batch:
    """Parse the records of a block into text cells; empty cells become missing."""
    # Most exports are ASCII without NUL, which needs no checks; as signed, other bytes are below 0.
    is_ascii = np.frombuffer(block.data, dtype=np.int8).min(initial=1) > 0
    data, footer_rows = block.data if is_ascii else without_byte_order_marks(block.data), 0
    if block.is_last:
        start, footer_rows = footer_start(bytes(data), layout)
        data = data.slice(0, start)
    # Checked for the whole block, as pyarrow fails on invalid UTF-8 in a record of wrong width.
    parse_records = _parse_text if is_ascii or is_utf8(data) else _parse_bytes
    batch = parse_records(data, layout, dialect)
    if not is_ascii and np.frombuffer(data, dtype=np.uint8).min(initial=1) == 0:
        nuls = [mask_of(pc.match_substring(column, "\0")) for column in batch.cells.values()]
        batch = batch.without(np.logical_or.reduce(nuls), "bad_text")
    if block.stray_quote_rows:
        batch = batch.without(has_stray_quotes(batch, block.stray_quote_rows, dialect), "bad_text")
    if dialect.is_padded:
        trimmed = {role: pc.utf8_trim(column, " ") for role, column in batch.cells.items()}
        cells = {role: pc.if_else(pc.equal(cell, ""), None, cell) for role, cell in trimmed.items()}
        batch = replace(batch, cells=cells)
    check_one_table(batch, layout)
    batch = replace(batch, texts=partial(_record_texts, data, block, dialect.marks))
    return without_torn_cells(_with_cut_out_rows(batch, block, footer_rows, dialect), layout)


def _record_texts(data: pa.Buffer, block: Block, marks: Marks, rows: Sequence[int]) -> list[bytes]:
    """The records at ascending places in the block, malformed ones included."""
    malformed = dict(zip(block.malformed_rows, block.malformed_texts, strict=True))
    parsed = np.array([row for row in rows if row not in malformed], dtype=np.int64)
    places = set((parsed - np.searchsorted(block.malformed_rows, parsed)).tolist())
    records = enumerate(iter_record_bytes(bytes(data), marks))
    texts = (text for place, text in records if place in places)
    return [malformed[row].rstrip(b"\r\n") if row in malformed else next(texts) for row in rows]


def _parse_text(data: pa.Buffer, layout: FileLayout, dialect: Dialect) -> Batch:
    width = len(layout.header)
    parser = _Parser(data, dialect, width)
    empty = range(width - dialect.empty_columns, width)
    places = sorted({*layout.places.values(), *empty})
    faults: list[Fault] = []
    columns = parser.columns(places, faults)
    by_place = dict(zip(places, columns, strict=True))
    batch = Batch(
        {role: by_place[place] for role, place in layout.places.items()},
        len(columns[0]) + len(faults),
        tuple(faults),
        partial(parser.columns, range(width)),
    )
    filled = [by_place[place] for place in empty if by_place[place].null_count < len(columns[0])]
    if filled:  # a delimiter too many before them shifts the cells
        bad = np.logical_or.reduce([mask_of(column.is_valid()) for column in filled])
        batch = batch.without(bad, "wrong_cell_count")
    return batch


def _parse_bytes(data: pa.Buffer, layout: FileLayout, dialect: Dialect) -> Batch:
    """Parse a block with bytes that are not UTF-8; the records that hold them become faults."""
    # Any bytes can be decoded as Latin-1, so that the block parses; then its cells are encoded.
    as_utf8 = pa.py_buffer(bytes(data).decode("latin-1").encode())
    batch = _parse_text(as_utf8, layout, dialect)
    cells = {role: latin1_to_bytes(column) for role, column in batch.cells.items()}
    texts_of_all = batch.all_columns
    batch = replace(
        batch, cells=cells, all_columns=lambda: [latin1_to_bytes(cell) for cell in texts_of_all()]
    )
    bad = np.logical_or.reduce([is_invalid_utf8(column) for column in cells.values()])
    batch = batch.without(bad, "bad_encoding")
    texts = {role: pc.cast(column, pa.string()) for role, column in batch.cells.items()}
    return replace(batch, cells=texts)


def _with_cut_out_rows(batch: Batch, block: Block, footer_rows: int, dialect: Dialect) -> Batch:
    """The batch with the footer and the malformed records, all numbered as in the block."""
    if footer_rows:
        records = batch.records + footer_rows
        blank = (Fault(row, "blank", is_blank=True) for row in range(batch.records, records))
        faults = (*batch.faults, *blank)
        batch = replace(batch, records=records, faults=faults, footer_rows=footer_rows)
    if not block.malformed_rows:
        return batch
    records = batch.records + len(block.malformed_rows)
    rows = np.setdiff1d(np.arange(records), block.malformed_rows, assume_unique=True)
    renumbered = [replace(fault, row=int(rows[fault.row])) for fault in batch.faults]
    delimiter = dialect.marks.delimiter.encode()
    malformed = [
        Fault(row, "bad_text", piece="" if delimiter in text else text.decode("utf-8", "replace"))
        for row, text in zip(block.malformed_rows, block.malformed_texts, strict=True)
    ]
    return replace(batch, records=records, faults=(*renumbered, *malformed))
