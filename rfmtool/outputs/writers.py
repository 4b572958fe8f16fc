"""The kinds of table files, and how each is written: the whole table, or lists of its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rfmtool.errors import UsageError
from rfmtool.outputs.files import Rows, Writer
from rfmtool.outputs.tables import (
    TextOptions,
    header_line,
    text_lines,
    write_csv,
    write_jsonl,
    write_lines,
)
from rfmtool.outputs.workbooks import check_library, write_workbook


def _write_parquet(table: pa.Table, target: IO[bytes]) -> None:
    """Write decimals, dates and text with their own types."""
    pq.write_table(table, target, compression="zstd")


# The whole table ---------------------------------------------------------------------------------


_WHOLE: Final[Mapping[str, Callable[[pa.Table, IO[bytes], TextOptions], None]]] = {
    "csv": write_csv,
    "tsv": lambda table, target, text: write_csv(table, target, replace(text, delimiter="\t")),
    "jsonl": lambda table, target, _: write_jsonl(table, target),
    "parquet": lambda table, target, _: _write_parquet(table, target),
    "xlsx": lambda table, target, _: write_workbook(table, target),
}
FORMATS: Final = tuple(_WHOLE)


def format_of(path: Path) -> str:
    """The format that a file's ending asks for; CSV when it has none.

    Raises:
        UsageError: the ending is of no known format, or what writes that is not installed.
    """
    ending = path.suffix.lower().removeprefix(".")
    if not ending:
        return "csv"
    if ending not in FORMATS:
        raise UsageError(
            f"{path.name}: tables are not written as .{ending}",
            f"Take one of {', '.join(f'.{known}' for known in FORMATS)}.",
        )
    check_writable(ending, path.name)
    return ending


def check_writable(kind: str, asked: str) -> None:
    """Make sure that there is what writes tables of a kind; sooner than after reading.

    Args:
        kind: one of FORMATS.
        asked: what asks for it, for the message.

    Raises:
        UsageError: it is not installed.
    """
    if kind == "xlsx":
        check_library(asked)


def write_table(table: pa.Table, target: IO[bytes], kind: str, text: TextOptions) -> None:
    """Write a table in one of FORMATS."""
    _WHOLE[kind](table, target, text)


# Lists of its rows -------------------------------------------------------------------------------


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
    "parquet": _anew(_write_parquet),
    "xlsx": _anew(write_workbook),
}
