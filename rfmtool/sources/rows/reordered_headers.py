"""Detection of a second header inside a file with its columns in another order.

It results from joining two exports by hand; the rows below would be read with the wrong names.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import mask_of
from rfmtool.sources.batches import Batch
from rfmtool.sources.layout import FileLayout
from rfmtool.sources.ledger import CODES, Tally
from rfmtool.sources.names import normalized


def reordered_header(batch: Batch, tally: Tally, layout: FileLayout) -> int | None:
    """The place in the batch, from 0, of the first row that repeats the header in another order.

    Only rows with a bad date, as names are, are checked.
    """
    undated = tally.reject_rows[tally.reject_codes == CODES["bad_date"]]
    if layout.dialect is None or not len(undated):
        return None
    in_batch = batch.places()
    places = np.searchsorted(in_batch, np.sort(undated))
    days = batch.cells["ordered_at"].take(pa.array(places))
    names = {normalized(name) for name in layout.header}
    texts = [cell for cell in pc.unique(days).to_pylist() if cell and normalized(cell) in names]
    places = places[mask_of(pc.is_in(days, pa.array(texts, pa.string())))]
    if not len(places):
        return None
    columns = [column.take(pa.array(places)).to_pylist() for column in batch.all_columns()]
    is_match = [_is_reordered(cells, layout) for cells in zip(*columns, strict=True)]
    return int(in_batch[places[is_match.index(True)]]) if any(is_match) else None


def _is_reordered(cells: tuple[str | None, ...], layout: FileLayout) -> bool:
    """Whether cells are the names of the header, and one with a role is in another column."""
    names = [normalized(cell or "") for cell in cells]
    header = [normalized(name) for name in layout.header]
    places = layout.places.values()
    has_names = {header[place] for place in places} <= {*names} <= {*header, ""}
    return has_names and any(names[place] != header[place] for place in places)
