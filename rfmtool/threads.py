"""Work done by several threads at a time, its results in the order in which it was given."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Answer = TypeVar("Answer")


def cores() -> int:
    """How many threads to take where nobody says."""
    return os.cpu_count() or 1


def in_order(jobs: Iterable[Callable[[], Answer]], threads: int) -> Iterator[Answer]:
    """Do jobs in threads and yield their answers in order; few of them wait at any time.

    Whatever a job raises is raised in its turn.
    """
    waiting: deque[Future[Answer]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for job in jobs:
            waiting.append(pool.submit(job))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
