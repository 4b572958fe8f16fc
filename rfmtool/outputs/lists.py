"""A table of everybody beside lists of some of its rows, in one kind of file."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import pyarrow as pa

from rfmtool.arrays import Ints, text_bytes
from rfmtool.outputs.files import flush, write_file
from rfmtool.outputs.text import TextOptions, header_line, text_lines
from rfmtool.outputs.writers import write_table

KINDS: Final = ("csv", "parquet", "xlsx")
"""The kinds of files that there are lists in."""
_COPIED_ROWS: Final = 1 << 15
"""How many rows are put in order in memory; they are fetched in the order of the file."""
_FETCHED_ROWS: Final = 1 << 9
"""More at a time, from all over the file, would have all of it counted as memory of ours."""


@dataclass(frozen=True)
class WrittenTable:
    """A table that has been written."""

    manifest_entry: dict[str, Any]
    """What the manifest says of its file."""
    copy: Callable[[Ints, IO[bytes]], None]
    """Writes the rows at some places once more, in the order of the places."""


def write_rows(
    place: Path, name: str, rows: pa.RecordBatchReader, kind: str, text: TextOptions
) -> WrittenTable:
    """Write a table into a folder, as a file of this name and kind, one of KINDS."""
    if kind == "csv":
        return _write_text(place, f"{name}.csv", rows, text)
    table = rows.read_all()

    def copy(places: Ints | None, target: IO[bytes]) -> None:
        part = table if places is None else table.take(pa.array(places))
        write_table(part.to_reader(), target, kind, text)

    said = write_file(place, f"{name}.{kind}", partial(copy, None))
    return WrittenTable(said | {"rows": len(table)}, copy)


def list_jobs(
    place: Path, table: WrittenTable, lists: Mapping[str, Ints]
) -> list[Callable[[], dict[str, Any]]]:
    """What writes lists of a table's rows, each of them apart, and sees it to the disk.

    Of each list by its name, perhaps within a folder, `lists` has the places of rows in the table
    that was written there. Jobs give what the manifest says of it.
    """
    suffix = Path(table.manifest_entry["name"]).suffix

    def write(name: str, places: Ints) -> dict[str, Any]:
        said = write_file(place, f"{name}{suffix}", partial(table.copy, places))
        flush(place / said["name"])
        return said | {"rows": len(places)}

    return [partial(write, name, places) for name, places in lists.items()]


def _write_text(
    place: Path, file_name: str, rows: pa.RecordBatchReader, text: TextOptions
) -> WrittenTable:
    """A line is made once, and copied from where it stands into each list that it is in."""
    header = header_line(rows.schema.names, text)
    found = [np.array([len(header)])]

    def write_all(target: IO[bytes]) -> None:
        target.write(header)
        for lines in text_lines(rows, text):
            offsets, letters = text_bytes(lines)
            found.append(found[-1][-1] + offsets[1:].astype(np.int64))
            target.write(letters.data)

    said = write_file(place, file_name, write_all)
    ends = np.concatenate(found)
    return WrittenTable(said | {"rows": len(ends) - 1}, partial(_copy, place / file_name, ends))


def _copy(path: Path, ends: Ints, places: Ints, target: IO[bytes]) -> None:
    """Copy the header and some lines of a text table, which end at these places of its file."""
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(mapped)]
    lines = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(ends) - 1, buffers)
    target.write(mapped[: ends[0]])
    for start in range(0, len(places), _COPIED_ROWS):
        # Fetched in the order of the file, and put back into the order asked for.
        some = places[start : start + _COPIED_ROWS]
        order, parts = np.argsort(some, kind="stable"), []
        for begin in range(0, len(some), _FETCHED_ROWS):
            parts.append(lines.take(pa.array(some[order[begin : begin + _FETCHED_ROWS]])))
            if hasattr(mmap, "MADV_DONTNEED"):  # or all that was read would count as memory of ours
                mapped.madvise(mmap.MADV_DONTNEED)
        if (order[1:] < order[:-1]).any():
            parts = [pa.concat_arrays(parts).take(pa.array(np.argsort(order)))]
        for copied in parts:
            target.write(copied.buffers()[2])
