"""Jobs run in threads, with their results in the order of submission."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import TypeVar

Result = TypeVar("Result")


def core_count() -> int:
    """The default number of threads."""
    return os.cpu_count() or 1


class BackgroundPool(ThreadPoolExecutor):
    """Threads for work in the background of the caller's own."""

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        self.has_failed = Event()

    def submit_in_sequence(self, jobs: Iterable[Callable[[], Result]]) -> Future[list[Result]]:
        """Run jobs one after another in a single thread."""
        return self.submit(lambda: [job() for job in jobs if not self.has_failed.is_set()])


@contextmanager
def background_pool() -> Iterator[BackgroundPool]:
    """A pool for the block; if the block fails, jobs that have not started are dropped.

    It has one thread more than there are cores, because some jobs wait for the disk.
    """
    with BackgroundPool(core_count() + 1) as pool:
        try:
            yield pool
        except BaseException:
            pool.has_failed.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def run_in_order(jobs: Iterable[Callable[[], Result]], threads: int) -> Iterator[Result]:
    """Run jobs in threads and yield their results in order; at most `threads` + 1 are pending.

    An exception of a job is raised when its result is due.
    """
    pending: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for job in jobs:
            pending.append(pool.submit(job))
            if len(pending) > threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
