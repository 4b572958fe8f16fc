"""The rows that cannot be read, with what stands in them: a second look at the files that have any.

A run only counts them and keeps the first few, so that a clean export costs nothing more. Whoever
asks for them has those files read once more, batch by batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

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

FIXED: Final = ("file", "row", "reason")
_EACH_ROW: Final = LineOptions(order_per_row=True)
"""Whether a row can be read hangs on nothing that a question asks but for the rates."""

Files = Sequence[tuple[RereadableFile, Ledger]]


@dataclass(frozen=True)
class Rejects:
    """Some rows of a file that cannot be read."""

    rows: pa.Table
    """`file`, `row` from 1, `reason`, and the raw cells `cell_1`, ... as text. A record that cannot
    be taken apart stands whole in the first of them."""
    left_out: int = 0
    """How many more name somebody who is to be left out of everything."""


def files_read(
    export: Export, ledger: Ledger, tables: Iterable[TableLedger] = (), rates: Rates | None = None
) -> Files:
    """The files of a run, and where their rows went.

    Args:
        export: as it was read, with the columns that were wanted.
        ledger: of the export.
        tables: the evidence.
        rates: what money was converted with.
    """
    question = replace(_EACH_ROW, rates=rates)

    def tally(batch: Batch) -> Tally:
        return clean(batch, export.reading, question).tally

    files = [(RereadableFile(source, tally), ledger) for source in export.sources]
    return [*files, *((file, table.rows) for table in tables for file in table.files)]


def rejects(files: Files, suppressed: frozenset[str]) -> Iterator[Rejects]:
    """Read once more the files in which something could not be read.

    The first answer is always there and has no rows, only the columns: as many cells as the widest
    of all files has.

    Args:
        files: from `files_read`.
        suppressed: ids of the people to be left out of everything.

    Raises:
        InputError: a file has changed since.
    """
    width = max(len(file.source.layout.header) for file, _ in files)
    yield Rejects(_table("", [], [], [pa.array([], pa.string())] * width))
    for file, ledger in files:
        if file.source.name in ledger.rejected_by_file:
            yield from _of_file(file, ledger, suppressed, width)


def _of_file(
    file: RereadableFile, ledger: Ledger, suppressed: frozenset[str], width: int
) -> Iterator[Rejects]:
    name, before, found = file.source.name, 0, 0
    for job in file.source.jobs():
        batch = job()
        tally = file.tally(batch)
        order = np.argsort(tally.reject_rows)
        rows, codes = tally.reject_rows[order], tally.reject_codes[order]
        if len(rows):
            cells, listed = _cells(batch, rows, suppressed, width)
            reasons = [BINS[code] for code in codes]
            table = _table(name, rows + before + 1, reasons, cells)
            yield Rejects(table.filter(pa.array(~listed)), int(listed.sum()))
        before, found = before + batch.records, found + len(rows)
    if (before, found) != (ledger.rows_by_file[name], ledger.rejected_by_file[name]):
        raise InputError(f"{name}: changed while it was read", "Run again when it is at rest.")


def _table(
    name: str, rows: npt.ArrayLike, reasons: Sequence[str], cells: Sequence[pa.Array]
) -> pa.Table:
    numbers = pa.array(np.asarray(rows, dtype=np.int64))
    fixed = pa.array([name] * len(numbers), pa.string()), numbers, pa.array(reasons, pa.string())
    columns = dict(zip(FIXED, fixed, strict=True))
    return pa.table(columns | {f"cell_{place}": cell for place, cell in enumerate(cells, 1)})


def _cells(
    batch: Batch, rows: npt.NDArray[np.int64], suppressed: frozenset[str], width: int
) -> tuple[list[pa.Array], Mask]:
    """The raw cells of some rows, which ascend, and which of the rows name somebody suppressed."""
    is_whole = np.isin(rows, batch.rows())
    texts = [text.decode("utf-8", "replace") for text in batch.texts(rows[~is_whole].tolist())]
    places = pa.array(np.searchsorted(batch.rows(), rows[is_whole]))
    # All columns are fetched again, which need not be where there is nothing to fetch.
    columns = batch.all_columns() if len(places) else ()
    cells = [display_text(column.take(places)) for column in columns]
    listed = np.zeros(len(rows), dtype=bool)
    if suppressed:
        # An order's later rows may leave out whose it is; the roles know.
        roles = [display_text(column.take(places)) for column in batch.cells.values()]
        for column in (*cells, *roles):
            listed[is_whole] |= is_listed(column, suppressed)
        listed[~is_whole] = [mentions_listed_id(text, suppressed) for text in texts]
    # Columns in which each row has its cells, or its text in the first.
    none = pa.nulls(int(is_whole.sum()), pa.string())
    firsts = [pa.array(texts, pa.string()), *[pa.nulls(len(texts), pa.string())] * (width - 1)]
    both = zip([*cells, *[none] * (width - len(cells))], firsts, strict=True)
    order = pa.array(np.argsort(np.argsort(~is_whole, kind="stable")))
    return [pa.concat_arrays(pair).take(order) for pair in both], listed
