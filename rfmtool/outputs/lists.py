"""A table of everybody beside lists of some of its rows, in one kind of file."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import pyarrow as pa

from rfmtool.arrays import Ints
from rfmtool.outputs.cells import bytes_of
from rfmtool.outputs.files import write_file
from rfmtool.outputs.text import TextOptions, header_line, text_lines
from rfmtool.outputs.writers import write_table
from rfmtool.threads import cores, in_order

KINDS: Final = ("csv", "parquet", "xlsx")
"""The kinds of files that there are lists in."""
_COPIED_ROWS: Final = 1 << 16


def write_with_lists(  # noqa: PLR0913, PLR0917 - each is a part of what is written
    place: Path,
    name: str,
    rows: pa.RecordBatchReader,
    lists: Callable[[], Mapping[str, Ints]],
    kind: str,
    text: TextOptions,
) -> list[dict[str, Any]]:
    """Write a table, and lists of its rows.

    Args:
        place: the folder to write into.
        name: of the table's file, without its ending.
        rows: the table.
        lists: by name, perhaps within a folder, the places of rows in the table, in the order in
            which they are written; asked for when all rows have passed.
        kind: one of KINDS.
        text: how text is written.

    Returns:
        What the manifest says of each file.
    """
    if kind == "csv":
        return list(_write_text(place / f"{name}.csv", rows, lists, text))
    table = rows.read_all()
    return [
        write_file(place, f"{one}.{kind}", partial(_write_typed, table, places, kind, text))
        | {"rows": len(table if places is None else places)}
        for one, places in {name: None, **lists()}.items()
    ]


def _write_text(
    path: Path,
    rows: pa.RecordBatchReader,
    lists: Callable[[], Mapping[str, Ints]],
    text: TextOptions,
) -> Iterator[dict[str, Any]]:
    """A line is made once, and copied from where it stands into each list that it is in."""
    header = header_line(rows.schema.names, text)
    ends = np.array([len(header)])

    def write_all(target: IO[bytes]) -> None:
        nonlocal ends
        target.write(header)
        found = [ends]
        for lines in text_lines(rows, text):
            offsets, letters = bytes_of(lines)
            found.append(found[-1][-1] + offsets[1:].astype(np.int64))
            target.write(letters.data)
        ends = np.concatenate(found)

    yield write_file(path.parent, path.name, write_all) | {"rows": len(ends) - 1}
    named = lists()
    copies = (
        partial(write_file, path.parent, f"{name}.csv", partial(_copy, path, ends, places))
        for name, places in named.items()
    )
    for written, places in zip(in_order(copies, cores()), named.values(), strict=True):
        yield written | {"rows": len(places)}


def _copy(path: Path, ends: Ints, places: Ints, target: IO[bytes]) -> None:
    """Copy the header and some lines of a text table, which end at these places of its file."""
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(mapped)]
    lines = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(ends) - 1, buffers)
    target.write(mapped[: ends[0]])
    for start in range(0, len(places), _COPIED_ROWS):
        copied = lines.take(pa.array(places[start : start + _COPIED_ROWS]))
        target.write(copied.buffers()[2])


def _write_typed(
    table: pa.Table, places: Ints | None, kind: str, text: TextOptions, target: IO[bytes]
) -> None:
    part = table if places is None else table.take(pa.array(places))
    write_table(part.to_reader(), target, kind, text)
