"""Memory that nobody holds any more, given back to the system.

The C library keeps what is freed for the next who asks. Columns come and go by the hundred
megabytes here, so what it keeps would be more than what is held.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Final

_ARENA_MAX: Final = -8
"""`M_ARENA_MAX` of malloc.h."""


def take_one_arena() -> None:
    """Have all threads of this process take memory from one place, which soon has use for it again.

    Without it each has a place of its own, and what one thread frees is of no use to the others.
    """
    if library := _library():
        library.mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """Give what is free back to the system, which takes some milliseconds."""
    import pyarrow as pa  # not where nobody asks for columns

    pa.default_memory_pool().release_unused()
    if library := _library():
        library.malloc_trim(0)


@cache
def _library() -> ctypes.CDLL | None:
    """The C library where it is GNU's; others do as they see fit."""
    try:
        library = ctypes.CDLL(None)
        library.mallopt, library.malloc_trim  # noqa: B018 - looked up, which fails elsewhere
    except (AttributeError, OSError, TypeError):
        return None
    return library
