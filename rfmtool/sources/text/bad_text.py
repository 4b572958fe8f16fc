"""Records with invalid bytes, NULs, or quotes of which it is unclear whether they are text."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, mask_of
from rfmtool.sources.batches import Batch
from rfmtool.sources.layout import Dialect

# Not "Bo" in the middle of a name, but an odd quote, two together, or one at either end.
_STRAY: Final = r"^\s*{q}|{q}\s*$|{q}{q}|^[^{q}]*{q}(?:[^{q}]*{q}[^{q}]*{q})*[^{q}]*$"
_BOMS_AT_LINE_START: Final = re.compile(rb"(?<![^\r\n])(?:" + codecs.BOM_UTF8 + rb")+")


def without_byte_order_marks(data: pa.Buffer) -> pa.Buffer:
    """Records without the byte order marks that concatenated files leave at line starts."""
    if not (np.frombuffer(data, dtype=np.uint8) == codecs.BOM_UTF8[0]).any():
        return data  # the usual case, and fast
    return pa.py_buffer(_BOMS_AT_LINE_START.sub(b"", bytes(data)))


def is_utf8(data: pa.Buffer) -> bool:
    """Whether the bytes are valid UTF-8."""
    offsets = pa.py_buffer(np.array([0, len(data)], dtype=np.int32))
    try:
        pa.Array.from_buffers(pa.string(), 1, [None, offsets, data]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def latin1_to_bytes(column: pa.Array) -> pa.Array:
    """The bytes of cells that were decoded as Latin-1."""
    cells = [None if cell is None else cell.encode("latin-1") for cell in column.to_pylist()]
    return pa.array(cells, pa.binary())


def is_invalid_utf8(column: pa.Array) -> Mask:
    """Which cells of bytes are not UTF-8."""
    cells = [cell or b"" for cell in column.to_pylist()]
    return np.array([cell.decode("utf-8", "ignore").encode() != cell for cell in cells], dtype=bool)


def has_stray_quotes(batch: Batch, stray: Sequence[int], dialect: Dialect) -> Mask:
    """Which of the records `stray` have an id with a quote that may be text or part of quoting."""
    is_stray = np.isin(batch.places(), stray)
    pattern = _STRAY.format(q=re.escape(dialect.quote))
    masks = [
        mask_of(pc.match_substring_regex(batch.cells[role], pattern))
        for role in ("customer_id", "order_id")
        if role in batch.cells
    ]
    mask: Mask = np.logical_or.reduce([np.zeros_like(is_stray), *masks])
    return mask & is_stray
