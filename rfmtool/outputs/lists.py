"""Write a table, and lists of some of its rows as files of the same kind."""

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
"""The kinds of files for tables and lists."""
_COPIED_ROWS: Final = 1 << 15  # how many rows are reordered in memory at a time
_FETCHED_ROWS: Final = 1 << 9
"""How many rows are read at a time: more would map most of the file into memory at once."""


@dataclass(frozen=True)
class WrittenTable:
    """A table that has been written."""

    manifest_entry: dict[str, Any]
    copy: Callable[[Ints, IO[bytes]], None]
    """Writes the rows at these places, in that order, to another file."""


def write_rows(
    folder: Path, name: str, rows: pa.RecordBatchReader, kind: str, text: TextOptions
) -> WrittenTable:
    """Write a table into a folder as NAME.KIND; `kind` is one of KINDS."""
    if kind == "csv":
        return _write_text(folder, f"{name}.csv", rows, text)
    table = rows.read_all()

    def copy(places: Ints | None, target: IO[bytes]) -> None:
        part = table if places is None else table.take(pa.array(places))
        write_table(part.to_reader(), target, kind, text)

    entry = write_file(folder, f"{name}.{kind}", partial(copy, None))
    return WrittenTable(entry | {"rows": len(table)}, copy)


def list_jobs(
    folder: Path, table: WrittenTable, lists: Mapping[str, Ints]
) -> list[Callable[[], dict[str, Any]]]:
    """A job for each list that writes it, flushes it to disk and returns its manifest entry.

    `lists` has the places of the rows within `table` by name, with `/` for lists in a subfolder.
    """
    suffix = Path(table.manifest_entry["name"]).suffix

    def write(name: str, places: Ints) -> dict[str, Any]:
        entry = write_file(folder, f"{name}{suffix}", partial(table.copy, places))
        flush(folder / entry["name"])
        return entry | {"rows": len(places)}

    return [partial(write, name, places) for name, places in lists.items()]


def _write_text(
    folder: Path, file_name: str, rows: pa.RecordBatchReader, text: TextOptions
) -> WrittenTable:
    """Write a CSV; lists copy the bytes of its lines instead of formatting them again."""
    header = header_line(rows.schema.names, text)
    parts = [np.array([len(header)])]

    def write_all(target: IO[bytes]) -> None:
        target.write(header)
        for lines in text_lines(rows, text):
            offsets, letters = text_bytes(lines)
            parts.append(parts[-1][-1] + offsets[1:].astype(np.int64))
            target.write(letters.data)

    entry = write_file(folder, file_name, write_all)
    ends = np.concatenate(parts)
    return WrittenTable(entry | {"rows": len(ends) - 1}, partial(_copy, folder / file_name, ends))


def _copy(path: Path, ends: Ints, places: Ints, target: IO[bytes]) -> None:
    """Copy the header and the lines at `places`; line i ends at byte `ends[i + 1]`."""
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(mapped)]
    lines = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(ends) - 1, buffers)
    target.write(mapped[: ends[0]])
    for start in range(0, len(places), _COPIED_ROWS):
        # Read in the order of the file, then put back into the order of `places`.
        batch = places[start : start + _COPIED_ROWS]
        order, parts = np.argsort(batch, kind="stable"), []
        for begin in range(0, len(batch), _FETCHED_ROWS):
            parts.append(lines.take(pa.array(batch[order[begin : begin + _FETCHED_ROWS]])))
            if hasattr(mmap, "MADV_DONTNEED"):  # else pages read count as memory of the process
                mapped.madvise(mmap.MADV_DONTNEED)
        if (order[1:] < order[:-1]).any():
            parts = [pa.concat_arrays(parts).take(pa.array(np.argsort(order)))]
        for copied in parts:
            target.write(copied.buffers()[2])
