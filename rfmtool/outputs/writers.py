"""The kinds of table files, and how each writes lists of a table's rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import IO, Final

import numpy as np
import pyarrow as pa

from rfmtool.outputs.files import Rows, Writer
from rfmtool.outputs.tables import (
    TextOptions,
    header_line,
    text_lines,
    write_lines,
    write_parquet,
)
from rfmtool.outputs.workbooks import write_workbook


class _TextWriter:
    """Writes rows of a table as CSV; each row is rendered once, however many lists it is in."""

    def __init__(self, table: pa.Table, options: TextOptions) -> None:
        self._header = header_line(table.column_names, options)
        self._chunks = list(text_lines(table, options))
        self._starts = np.cumsum([0, *map(len, self._chunks)])

    def __call__(self, target: IO[bytes], rows: Rows | None) -> None:
        write_lines(self._header, self._chunks if rows is None else [self._picked(rows)], target)

    def _picked(self, rows: Rows) -> pa.Array:
        order = np.argsort(rows, kind="stable")
        parts = np.split(rows[order], np.searchsorted(rows[order], self._starts[1:-1]))
        places = (part - start for part, start in zip(parts, self._starts, strict=False))
        lines = [pa.array([], pa.string())]
        lines += [
            chunk.take(pa.array(part)) for chunk, part in zip(self._chunks, places, strict=False)
        ]
        return pa.concat_arrays(lines).take(pa.array(np.argsort(order, kind="stable")))


def _anew(
    write: Callable[[pa.Table, IO[bytes]], None],
) -> Callable[[pa.Table, TextOptions], Writer]:
    """A kind of table of which each list is written by itself, and text as it is."""

    def writer(table: pa.Table, _: TextOptions) -> Writer:
        def write_rows(target: IO[bytes], rows: Rows | None) -> None:
            write(table if rows is None else table.take(pa.array(rows)), target)

        return write_rows

    return writer


WRITERS: Final[Mapping[str, Callable[[pa.Table, TextOptions], Writer]]] = {
    "csv": _TextWriter,
    "parquet": _anew(write_parquet),
    "xlsx": _anew(write_workbook),
}
