"""The rows that cannot be read, with their raw cells, by reading their files a second time.

A run only counts them and keeps the first few, so that exports without any are not slower.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rfmtool.arrays import Mask
from rfmtool.columns import BINS
from rfmtool.errors import InputError
from rfmtool.sources.batches import Batch
from rfmtool.sources.cells.ids import is_listed, mentions_listed_id
from rfmtool.sources.cells.rates import Rates
from rfmtool.sources.cells.typed import display_text
from rfmtool.sources.detect import Export
from rfmtool.sources.evidence.ledger import RereadableFile, TableLedger
from rfmtool.sources.layout import LineOptions
from rfmtool.sources.ledger import Ledger, Tally
from rfmtool.sources.rows.clean import clean

Files = Sequence[tuple[RereadableFile, Ledger]]


@dataclass(frozen=True)
class Rejects:
    """Some rows of a file that cannot be read."""

    rows: pa.Table
    """`file`, `row` from 1, `reason`, and the raw cells `cell_1`, ... as text. A record that cannot
    be split into cells is in the first of them."""
    left_out: int = 0
    """The number of further rows, which contain suppressed ids."""


def files_read(
    export: Export, ledger: Ledger, tables: Iterable[TableLedger] = (), rates: Rates | None = None
) -> Files:
    """The files of a run, of its export and its evidence, with their ledgers."""
    # Of all options, only the rates decide whether a row can be read.
    question = LineOptions(order_per_row=True, rates=rates)

    def tally(batch: Batch) -> Tally:
        return clean(batch, export.formats, question).tally

    files = [(RereadableFile(source, tally), ledger) for source in export.sources]
    return [*files, *((file, table.rows) for table in tables for file in table.files)]


def rejects(files: Files, suppressed: frozenset[str]) -> Iterator[Rejects]:
    """Read the files with rejected rows again, and leave out rows that contain suppressed ids.

    The first item has no rows, only the columns: as many cells as the widest file has.
    """
    width = max(len(file.source.layout.header) for file, _ in files)
    yield Rejects(_table("", [], [], [pa.array([], pa.string())] * width))
    for file, ledger in files:
        if file.source.name in ledger.rejected_by_file:
            yield from _of_file(file, ledger, suppressed, width)


def _of_file(
    file: RereadableFile, ledger: Ledger, suppressed: frozenset[str], width: int
) -> Iterator[Rejects]:
    name, row_count, reject_count = file.source.name, 0, 0
    for job in file.source.jobs():
        batch = job()
        tally = file.tally(batch)
        order = np.argsort(tally.reject_rows)
        rows, codes = tally.reject_rows[order], tally.reject_codes[order]
        if len(rows):
            cells, listed = _cells(batch, rows, suppressed, width)
            reasons = [BINS[code] for code in codes]
            table = _table(name, rows + row_count + 1, reasons, cells)
            yield Rejects(table.filter(pa.array(~listed)), int(listed.sum()))
        row_count, reject_count = row_count + batch.records, reject_count + len(rows)
    if (row_count, reject_count) != (ledger.rows_by_file[name], ledger.rejected_by_file[name]):
        raise InputError(f"{name}: changed while it was read", "Run again when it is at rest.")


def _table(
    name: str, rows: npt.ArrayLike, reasons: Sequence[str], cells: Sequence[pa.Array]
) -> pa.Table:
    numbers = pa.array(np.asarray(rows, dtype=np.int64))
    names = pa.array([name] * len(numbers), pa.string())
    columns = {"file": names, "row": numbers, "reason": pa.array(reasons, pa.string())}
    return pa.table(columns | {f"cell_{place}": cell for place, cell in enumerate(cells, 1)})


def _cells(
    batch: Batch, rows: npt.NDArray[np.int64], suppressed: frozenset[str], width: int
) -> tuple[list[pa.Array], Mask]:
    """The raw cells of some rows, in ascending order, and which rows contain suppressed ids."""
    has_cells = np.isin(rows, batch.places())
    texts = [text.decode("utf-8", "replace") for text in batch.texts(rows[~has_cells].tolist())]
    places = pa.array(np.searchsorted(batch.places(), rows[has_cells]))
    # Fetching all columns reads the batch again, so it is avoided where possible.
    columns = batch.all_columns() if len(places) else ()
    cells = [display_text(column.take(places)) for column in columns]
    listed = np.zeros(len(rows), dtype=bool)
    if suppressed:
        # The later rows of an order may lack the customer's id, which is filled down in the roles.
        roles = [display_text(column.take(places)) for column in batch.cells.values()]
        for column in (*cells, *roles):
            listed[has_cells] |= is_listed(column, suppressed)
        listed[~has_cells] = [mentions_listed_id(text, suppressed) for text in texts]
    # Rows with cells first, then those with their text in the first column.
    none = pa.nulls(int(has_cells.sum()), pa.string())
    text_columns = [pa.array(texts, pa.string())]
    text_columns += [pa.nulls(len(texts), pa.string())] * (width - 1)
    pairs = zip([*cells, *[none] * (width - len(cells))], text_columns, strict=True)
    order = pa.array(np.argsort(np.argsort(~has_cells, kind="stable")))
    return [pa.concat_arrays(pair).take(order) for pair in pairs], listed
