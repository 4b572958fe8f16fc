"""A second header inside a file whose columns stand in another order, which is refused.

Two exports joined by hand look so: the rows below it would be read under the wrong names.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import mask_of
from rfmtool.errors import InputError
from rfmtool.sources.batches import Batch
from rfmtool.sources.layout import FileLayout
from rfmtool.sources.ledger import CODES, Tally
from rfmtool.sources.names import normalized


def reordered_header(batch: Batch, tally: Tally, layout: FileLayout) -> int | None:
    """The first row that holds the header again in an order that gives roles to other columns.

    Args:
        batch: as it was read.
        tally: of the batch; the name of a column is no date, so only such rows are looked at.
        layout: of the batch's file.

    Returns:
        The row's place in the batch, from 0; None where there is none.
    """
    undated = tally.reject_rows[tally.reject_codes == CODES["bad_date"]]
    if layout.dialect is None or not len(undated):
        return None
    rows = batch.rows()
    places = np.searchsorted(rows, np.sort(undated))
    days = batch.cells["ordered_at"].take(pa.array(places))
    names = {normalized(name) for name in layout.header}
    likely = [cell for cell in pc.unique(days).to_pylist() if cell and normalized(cell) in names]
    places = places[mask_of(pc.is_in(days, pa.array(likely, pa.string())))]
    if not len(places):
        return None
    columns = [column.take(pa.array(places)).to_pylist() for column in batch.all_columns()]
    turned = [is_turned(cells, layout) for cells in zip(*columns, strict=True)]
    return int(rows[places[turned.index(True)]]) if any(turned) else None


def is_turned(cells: tuple[str | None, ...], layout: FileLayout) -> bool:
    """Whether cells are the header's names, and one that plays a role stands elsewhere."""
    found, known = (
        [normalized(cell or "") for cell in cells],
        [normalized(name) for name in layout.header],
    )
    needed = {known[place] for place in layout.places.values()}
    return needed <= {*found} <= {*known, ""} and any(
        found[place] != known[place] for place in layout.places.values()
    )


def check_not_reordered(row: int | None, before: int) -> None:
    """Refuse a header in another order.

    Args:
        row: its place in its batch, from 0; None where there is none.
        before: how many rows of its file come before the batch.

    Raises:
        InputError: there is one.
    """
    if row is not None:
        raise InputError(
            f"row {before + row + 1:,} holds the header again, with its columns in another order",
            "Two tables were joined there: keep each in a file of its own.",
        )
