"""Memory that nobody uses for now, given back to the system.

The C library keeps what is freed for the next who asks. Columns come and go by the hundred
megabytes here, so what it keeps would be more than what is held. And very long columns, of which
some rows are looked at at a time, are held in files.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_ARENA_MAX: Final = -8
"""`M_ARENA_MAX` of malloc.h."""
FILE_BACKED_ROWS: Final = 1 << 22
"""Columns with more rows are held in files: with fewer, memory is quicker and suffices."""
CHUNK_ROWS: Final = 1 << 22
"""How many rows of a long column are looked at together."""
_ALIGNED_BYTES: Final = 64
_GROWN_BYTES: Final = 128 << 20
"""By how much the process may grow before what is free is given back."""
_IN_FILES: Final = set[ref[mmap.mmap]]()
"""Not a `WeakSet`, which fails where one thread adds to it while another goes through it."""


def limit_malloc_arenas() -> None:
    """Have all threads of this process take memory from one place, which soon has use for it again.

    Without it each has a place of its own, and what one thread frees is of no use to the others.
    """
    if library := _library():
        library.mallopt(_ARENA_MAX, 1)


def allocate_column(rows: int, kind: type[np.generic]) -> npt.NDArray[Any]:
    """An array of so many rows to write to; a long one in a file without a name, gone with it.

    It is in memory where there is no room for the file, or files are themselves in memory (tmpfs).
    """
    import numpy as np  # not where nobody asks for columns

    if rows > FILE_BACKED_ROWS:
        with suppress(OSError):
            return np.frombuffer(_file_of(rows * np.dtype(kind).itemsize), dtype=kind)
    return np.empty(rows, dtype=kind)


def copy_to_file(columns: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
    """The same columns in one file without a name, however short they are.

    Raises:
        OSError: there is no room for it, or files are in memory here or not to be had.
    """
    import numpy as np

    ends = np.cumsum([-(-column.nbytes // _ALIGNED_BYTES) * _ALIGNED_BYTES for column in columns])
    held, copies = _file_of(int(ends[-1])), []
    for column, start in zip(columns, [0, *ends[:-1].tolist()], strict=True):
        copies.append(np.frombuffer(held, column.dtype, len(column), start))
        copies[-1][:] = column
    return copies


def _file_of(size_bytes: int) -> mmap.mmap:
    """A file without a name, as memory."""
    if not hasattr(os, "posix_fallocate") or is_memory_filesystem(tempfile.gettempdir()):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    with tempfile.TemporaryFile() as file:
        # All of it now, for a disk that is full later would end the process.
        os.posix_fallocate(file.fileno(), 0, size_bytes)
        held = mmap.mmap(file.fileno(), size_bytes)
    _IN_FILES.add(ref(held, _IN_FILES.discard))
    return held


@cache
def is_memory_filesystem(folder: str) -> bool:
    """Whether the files of a folder are themselves in memory, as far as the system says."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    place, found = Path(folder).resolve(), (0, "")
    for mount, kind in (line.split(" - ", 1) for line in mounts):
        point = Path(mount.split()[4])
        if place.is_relative_to(point):  # the innermost; of several at a place the last
            found = max((len(point.parts), kind.split()[0]), found, key=itemgetter(0))
    return found[1] in {"tmpfs", "ramfs"}


def take_rows(values: npt.NDArray[Any], rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The values at some rows, as a new column; some rows at a time, which takes less memory."""
    column = allocate_column(len(rows), values.dtype.type)
    for start in range(0, len(rows), CHUNK_ROWS):
        some = slice(start, start + CHUNK_ROWS)
        column[some] = values[rows[some]]
    release_file_pages()
    return column


def in_memory_bytes(array: npt.NDArray[Any]) -> int:
    """What an array takes of memory: nothing where it, or what it is a part of, is in a file."""
    import numpy as np

    owner: Any = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    is_in_file = isinstance(owner, memoryview) and isinstance(owner.obj, mmap.mmap)
    return 0 if is_in_file else array.nbytes


def release_file_pages() -> None:
    """Leave what is in files to them, until it is looked at again.

    Nothing written is lost, as the mappings are shared, and threads may go on to read and write.
    """
    for one in [*_IN_FILES]:
        if (held := one()) is not None:
            held.madvise(mmap.MADV_DONTNEED)


def release_memory() -> None:
    """Give what is free back to the system, which takes some milliseconds."""
    import pyarrow as pa

    release_file_pages()
    pa.default_memory_pool().release_unused()
    if library := _library():
        library.malloc_trim(0)


class MemoryGuard:
    """Gives back what is free each time that the process has grown by much.

    Where blocks come and go while groups build up, what is held lies scattered among what is free,
    and the C library may take twice as much as is held.
    """

    def __init__(self) -> None:
        self._before_bytes = _resident_bytes()

    def check(self) -> None:
        """See whether it has; takes some microseconds."""
        now_bytes = _resident_bytes()
        if now_bytes > self._before_bytes + _GROWN_BYTES:
            release_memory()
            now_bytes = self._before_bytes = _resident_bytes()
        self._before_bytes = min(self._before_bytes, now_bytes)


def _resident_bytes() -> int:
    """What the process takes of memory; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_bytes().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * mmap.PAGESIZE


@cache
def _library() -> ctypes.CDLL | None:
    """The C library where it is GNU's; others do as they see fit."""
    try:
        library = ctypes.CDLL(None)
        library.mallopt, library.malloc_trim  # noqa: B018 - looked up, which fails elsewhere
    except (AttributeError, OSError, TypeError):
        return None
    return library
