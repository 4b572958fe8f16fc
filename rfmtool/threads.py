"""Work done by several threads at a time, its results in the order in which it was given."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import TypeVar

Answer = TypeVar("Answer")


def core_count() -> int:
    """How many threads to take where nobody says."""
    return os.cpu_count() or 1


class BackgroundPool(ThreadPoolExecutor):
    """Threads for work beside that of whoever gives it."""

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self.has_failed = Event()

    def submit_in_sequence(self, jobs: Iterable[Callable[[], Answer]]) -> Future[list[Answer]]:
        """Do jobs in one thread, each after the one before."""
        return self.submit(lambda: [job() for job in jobs if not self.has_failed.is_set()])


@contextmanager
def background_pool() -> Iterator[BackgroundPool]:
    """Threads for work beside that of the block; what has not begun when it fails never does.

    One more than there are cores, for some of the work waits for the disk.
    """
    with BackgroundPool(core_count() + 1) as pool:
        try:
            yield pool
        except BaseException:
            pool.has_failed.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def run_in_order(jobs: Iterable[Callable[[], Answer]], threads: int) -> Iterator[Answer]:
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
