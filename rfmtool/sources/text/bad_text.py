"""Records whose bytes are no text, or whose quotes may be text or not."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, mask_of
from rfmtool.sources.batches import Batch
from rfmtool.sources.layout import Dialect

_STRAY: Final = r"^\s*{q}|{q}\s*$|{q}{q}|^[^{q}]*{q}(?:[^{q}]*{q}[^{q}]*{q})*[^{q}]*$"

_BEGINS_WITH_MARK: Final = re.compile(rb"(?<![^\r\n])(?:" + codecs.BOM_UTF8 + rb")+")


def without_byte_order_marks(data: pa.Buffer) -> pa.Buffer:
    """Whole records without the mark that a file joined to another leaves in the middle."""
    if not (np.frombuffer(data, dtype=np.uint8) == codecs.BOM_UTF8[0]).any():
        return data  # a quick look, as most files are of no letters that begin so
    return pa.py_buffer(_BEGINS_WITH_MARK.sub(b"", bytes(data)))


def is_utf8(data: pa.Buffer) -> bool:
    """Whether all of it is."""
    offsets = pa.py_buffer(np.array([0, len(data)], dtype=np.int32))
    try:
        pa.Array.from_buffers(pa.string(), 1, [None, offsets, data]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def latin1_to_bytes(column: pa.Array) -> pa.Array:
    """The bytes that were read as the letters of Latin-1."""
    cells = [None if cell is None else cell.encode("latin-1") for cell in column.to_pylist()]
    return pa.array(cells, pa.binary())


def is_invalid_utf8(column: pa.Array) -> Mask:
    """The cells of bytes that are not UTF-8."""
    cells = [cell or b"" for cell in column.to_pylist()]
    return np.array([cell.decode("utf-8", "ignore").encode() != cell for cell in cells], dtype=bool)


def contains_nul(cells: Mapping[str, pa.Array]) -> Mask:
    """The records that hold a NUL."""
    found = [mask_of(pc.match_substring(column, "\0")) for column in cells.values()]
    mask: Mask = np.logical_or.reduce(found)
    return mask


def has_stray_quotes(batch: Batch, stray: Sequence[int], dialect: Dialect) -> Mask:
    """The records whose ids hold a quote that may be text, or the rest of a quoted cell."""
    is_stray = np.isin(batch.rows(), stray)
    # Not "Bo" in the middle of a name, but one quote, two together, or one at either end.
    pattern = _STRAY.format(q=re.escape(dialect.quote))
    found = [
        mask_of(pc.match_substring_regex(batch.cells[role], pattern))
        for role in ("customer_id", "order_id")
        if role in batch.cells
    ]
    mask: Mask = np.logical_or.reduce([np.zeros_like(is_stray), *found])
    return mask & is_stray
