"""What a worker of a cluster says of a batch arrives as it was said."""

from dataclasses import fields

import numpy as np

from rfmtool.engines.spark.batch_reports import BatchReport
from rfmtool.sources.ledger import StatusSum, Tally

NONE = np.empty(0, dtype=np.int64)


def test_every_kind_of_count_arrives():
    filled = {
        one.name: {int: 7, bool: True, frozenset: frozenset([1, -1])}[type(one.default)]
        for one in fields(Tally)
        if type(one.default) in (int, bool, frozenset)
    }
    statuses = {("status", "paid", "sale"): StatusSum(1, 2, 3)}
    tally = Tally(9, np.arange(3), NONE, NONE, **filled, last_day=19_000, statuses=statuses)
    note = BatchReport((1, 2), 3, tally, 5)

    told = BatchReport.from_json(note.to_json())

    assert (told.position, told.file, told.reordered_header_row) == ((1, 2), 3, 5)
    for one in fields(Tally):
        there = getattr(told.tally, one.name)
        assert np.array_equal(there, getattr(tally, one.name)) or there == getattr(tally, one.name)
