"""Release of free memory to the system, and very long columns backed by files.

The C library keeps freed memory for later allocations. Columns of hundreds of megabytes come and
go here, so it would keep more than is in use.
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
"""Columns with more rows are held in files; for shorter ones memory is faster."""
CHUNK_ROWS: Final = 1 << 22
"""How many rows of a long column are processed at a time."""
_ALIGNED_BYTES: Final = 64
_GROWN_BYTES: Final = 128 << 20
"""By how much the process may grow before free memory is released."""
_MAPPINGS: Final = set[ref[mmap.mmap]]()
"""Not a `WeakSet`, which fails if one thread adds to it while another iterates over it."""


def limit_malloc_arenas() -> None:
    """Let all threads allocate from one arena, so that each can reuse what another has freed."""
    if library := _library():
        library.mallopt(_ARENA_MAX, 1)


def allocate_column(rows: int, kind: type[np.generic]) -> npt.NDArray[Any]:
    """An uninitialized array; a long one is backed by an unnamed temporary file.

    It is in memory if the disk has no space for the file, or files are in memory anyway (tmpfs).
    """
    import numpy as np

    if rows > FILE_BACKED_ROWS:
        with suppress(OSError):
            return np.frombuffer(_file_of(rows * np.dtype(kind).itemsize), dtype=kind)
    return np.empty(rows, dtype=kind)


def copy_to_file(columns: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
    """Copies of the columns in one unnamed temporary file, however short they are.

    Raises OSError where there is no space, files are in memory, or cannot be mapped here.
    """
    import numpy as np

    ends = np.cumsum([-(-column.nbytes // _ALIGNED_BYTES) * _ALIGNED_BYTES for column in columns])
    mapping, copies = _file_of(int(ends[-1])), []
    for column, start in zip(columns, [0, *ends[:-1].tolist()], strict=True):
        copies.append(np.frombuffer(mapping, column.dtype, len(column), start))
        copies[-1][:] = column
    return copies


def _file_of(size_bytes: int) -> mmap.mmap:
    """An unnamed temporary file mapped into memory."""
    if not hasattr(os, "posix_fallocate") or is_memory_filesystem(tempfile.gettempdir()):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    with tempfile.TemporaryFile() as file:
        # Allocated now, because a disk that fills up later would kill the process.
        os.posix_fallocate(file.fileno(), 0, size_bytes)
        mapping = mmap.mmap(file.fileno(), size_bytes)
    _MAPPINGS.add(ref(mapping, _MAPPINGS.discard))
    return mapping


@cache
def is_memory_filesystem(folder: str) -> bool:
    """Whether the files of a folder are in memory; False where the system does not tell."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    path, innermost = Path(folder).resolve(), (0, "")
    for mount, kind in (line.split(" - ", 1) for line in mounts):
        point = Path(mount.split()[4])
        if path.is_relative_to(point):  # of several at one mount point the last is in force
            innermost = max((len(point.parts), kind.split()[0]), innermost, key=itemgetter(0))
    return innermost[1] in {"tmpfs", "ramfs"}


def take_rows(values: npt.NDArray[Any], rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The values at these rows as a new column, copied in chunks to save memory."""
    column = allocate_column(len(rows), values.dtype.type)
    for start in range(0, len(rows), CHUNK_ROWS):
        chunk = slice(start, start + CHUNK_ROWS)
        column[chunk] = values[rows[chunk]]
    release_file_pages()
    return column


def in_memory_bytes(array: npt.NDArray[Any]) -> int:
    """The memory that an array takes: 0 if it, or the array it is a view of, is in a file."""
    import numpy as np

    owner: Any = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    is_in_file = isinstance(owner, memoryview) and isinstance(owner.obj, mmap.mmap)
    return 0 if is_in_file else array.nbytes


def release_file_pages() -> None:
    """Drop the pages of file-backed columns from memory until they are next accessed.

    The mappings are shared, so no write is lost, and threads may go on reading and writing.
    """
    for mapping_ref in [*_MAPPINGS]:
        if (mapping := mapping_ref()) is not None:
            mapping.madvise(mmap.MADV_DONTNEED)


def release_memory() -> None:
    """Return free memory to the system, which takes some milliseconds."""
    import pyarrow as pa

    release_file_pages()
    pa.default_memory_pool().release_unused()
    if library := _library():
        library.malloc_trim(0)


class MemoryGuard:
    """Releases free memory each time the process has grown by `_GROWN_BYTES`.

    While blocks are read and groups build up, the heap fragments, and the C library may hold twice
    the memory in use.
    """

    def __init__(self) -> None:
        self._before_bytes = _resident_bytes()

    def check(self) -> None:
        """Release memory if the process has grown enough; checking takes some microseconds."""
        now_bytes = _resident_bytes()
        if now_bytes > self._before_bytes + _GROWN_BYTES:
            release_memory()
            now_bytes = self._before_bytes = _resident_bytes()
        self._before_bytes = min(self._before_bytes, now_bytes)


def _resident_bytes() -> int:
    """The resident memory of the process; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_bytes().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * mmap.PAGESIZE


@cache
def _library() -> ctypes.CDLL | None:
    """The GNU C library; None with any other."""
    try:
        library = ctypes.CDLL(None)
        library.mallopt, library.malloc_trim  # noqa: B018 - other libraries lack them
    except (AttributeError, OSError, TypeError):
        return None
    return library
