"""Lines are dealt out by customer: none is lost, and nobody is in two shares."""

from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import GivenLines

from rfmtool.engines import Request
from rfmtool.engines.local import LocalEngine
from rfmtool.engines.partitioning import _Partitioner
from rfmtool.sources.rows.clean import LINES

IDS = st.text("a7é.@", max_size=6)


def lines_of(ids):
    rows = [
        {"customer_id": who, "order_id": str(row), "day": row, "sales": 1, "refunds": 0,
         "rows": 1, "is_sale": True}
        for row, who in enumerate(ids)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, LINES)


def dealt_out(ids, shares, batch_rows):
    """The customers of each share, read by a thread each."""
    partitioner = _Partitioner(lines_of(ids).to_reader(batch_rows), shares)

    def customers_of(share):
        return [
            who
            for batch in partitioner.iter_batches(share)
            for who in batch["customer_id"].to_pylist()
        ]

    with ThreadPoolExecutor(shares) as pool:
        return list(pool.map(customers_of, range(shares)))


@given(ids=st.lists(IDS, max_size=20), shares=st.integers(2, 4), batch_rows=st.integers(1, 9))
def test_each_line_is_in_one_share_and_each_customer_too(ids, shares, batch_rows):
    dealt = dealt_out(ids, shares, batch_rows)

    assert sorted(who for share in dealt for who in share) == sorted(ids)
    assert sum(len(set(share)) for share in dealt) == len(set(ids))


def test_ids_that_are_counted_up_are_dealt_out_evenly():
    ids = [f"C{number:07}.0" for number in range(1_000)]

    assert min(map(len, dealt_out(ids, 2, 10))) > 300


def test_what_fails_while_lines_are_read_ends_every_share():
    class Failing(GivenLines):
        def read(self):
            def batches():
                yield from self.table.to_batches(max_chunksize=10)
                raise OSError("the disk is gone")

            return pa.RecordBatchReader.from_batches(self.schema, batches())

    lines = Failing(lines_of([str(number) for number in range(1_000)]), 10)

    with pytest.raises(Exception, match="the disk is gone"):
        LocalEngine(threads=2).group(Request(lines))
