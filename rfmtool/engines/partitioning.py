"""Lines dealt out by customer, each share grouped by one thread of its own.

Two queries of one thread each take a quarter less time than one query of two, which has to bring
together what its threads found of the same customers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Condition
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from rfmtool.arrays import Ints

_WAITING: Final = 8
"""How many batches may wait for one share before the next is dealt."""
_PAUSE_SECONDS: Final = 0.002


def query_in_partitions(
    connection: duckdb.DuckDBPyConnection, stream: pa.RecordBatchReader, query: str, shares: int
) -> pa.Table:
    """Ask the same of the lines of each share of the customers, at the same time.

    Args:
        connection: to the database that groups them.
        stream: the lines.
        query: what to ask of `lines`, by customer; its answer is in no order.
        shares: how many there are.
    """
    dealer = _Dealer(stream, shares)

    def ask(share: int) -> pa.Table:
        try:
            with connection.cursor() as cursor:
                lines = pa.RecordBatchReader.from_batches(stream.schema, dealer.of(share))
                cursor.register("lines", lines)
                return cursor.sql(query).to_arrow_table()
        except BaseException:
            dealer.stop()  # or the others would wait for this one
            raise

    connection.execute("set threads = 1")
    with ThreadPoolExecutor(shares) as pool:
        others = [pool.submit(ask, share) for share in range(1, shares)]
        first = ask(0)  # here, where Ctrl-C strikes
        return pa.concat_tables([first, *(other.result() for other in others)])


class _Dealer:
    """Hands a stream's lines to several readers; whoever has none left deals the next batch."""

    def __init__(self, stream: pa.RecordBatchReader, shares: int) -> None:
        self._stream = stream
        self._ready: list[deque[pa.RecordBatch]] = [deque() for _ in range(shares)]
        self._turn = Condition()
        self._is_stopped = False

    def stop(self) -> None:
        """Deal no more."""
        self._is_stopped = True

    def of(self, share: int) -> Iterator[pa.RecordBatch]:
        """The lines of a share."""
        mine = self._ready[share]
        while True:
            if not mine:
                with self._turn:
                    # Others take their turn while too much waits for one of the shares.
                    while (
                        not mine and not self._is_stopped and max(map(len, self._ready)) > _WAITING
                    ):
                        self._turn.wait(_PAUSE_SECONDS)
                    if not mine and not self._deal():
                        return
            yield mine.popleft()

    def _deal(self) -> bool:
        """Deal the next batch out, unless there is none."""
        batch = None if self._is_stopped else next(self._stream, None)
        if batch is None:
            return False
        share_of = _share_of(batch["customer_id"], len(self._ready))
        for share, ready in enumerate(self._ready):
            ready.append(batch.filter(pa.array(share_of == share)))
        return True


def _share_of(ids: pa.Array, shares: int) -> Ints:
    """The share of each customer, told by some letters of the id wherever it stands."""
    _, offsets, data = ids.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32, count=ids.offset + len(ids) + 1)[ids.offset :]
    starts, ends = ends[:-1], ends[1:]
    letters = np.frombuffer(data or b"\0", dtype=np.uint8)
    places = (starts, (starts + ends) // 2, ends - 1, np.maximum(starts, ends - 3))
    weights = (1, 7, 13, 31)
    mixed = np.zeros(len(ids), dtype=np.int64)
    for weight, place in zip(weights, places, strict=True):
        mixed += weight * letters.take(place, mode="clip").astype(np.int64)
    return np.where(ends > starts, mixed, 0) % shares
