"""Every engine gives one answer: what a cluster groups is what is grouped in this process."""

import gzip
from dataclasses import replace

import numpy as np
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from rfmtool.engines.spark import pieces
from rfmtool.grouping.read import Settings, look
from rfmtool.sources import Asked
from rfmtool.sources.layout import Detail

pytestmark = pytest.mark.services

HEADER = "customer_id,order_id,ordered_at,amount,category,cost,email,consent,status,Shop's own"
ROWS = [
    "ann@x.org,1,2024-01-05,20.00,tea,5,ann@x.org,yes,paid,blue",
    "ANN@x.org,2,2024-02-06,22.50,tea,,a@x.org,no,paid,",
    'Zo\u00eb,3,2024-03-07,19.99,"cups, saucers",3,,YES,paid,"say ""red"""',
    "bob,4,2024-03-08,25,tea,unknown,b@x.org,,paid,green",
    "bob,4,2024-03-08,25,coffee,2,b@x.org,,paid,green",
    "bob,5,2024-03-09,1030.01,coffee,900,,,cancelled,",
    "bob,4,2024-04-01,-10,tea,,,,paid,",
    ",6,2024-03-09,7,tea,,,,paid,",
    "cy,,2024-03-10,9,tea,,,,paid,",
    "cy,,2024-03-10,9,,,,,paid,",
    "dan,7,2024-13-10,9,tea,,,,paid,",
    "dan,8,2024-03-10,nine,tea,,,,paid,",
    "dan,9,2024-03-11,9,tea",
    "eve,10,2024-03-11,900000000000,tea,,,,paid,",
    "bob,4,2024-04-01,-10,tea,,,,paid,",
    "eve,10,2024-03-11,899999999999.9999,tea,,,,paid,",
    ",,,,,,,,,",
]
EVERYTHING = Detail(entries=True, first=True)
ORDERS = Detail(None, cost=False, contacts=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An export of several files of several kinds, the orders of two of which overlap."""
    place = tmp_path_factory.mktemp("exports")
    (place / "a.csv").write_text("\n".join([HEADER, *ROWS, ""]))
    (place / "b.csv.gz").write_bytes(gzip.compress("\n".join([HEADER, *ROWS[2:8], ""]).encode()))
    more = [row.replace("2024-", "2025-") for row in ROWS[:10]]
    (place / "more.csv").write_text("\n".join([HEADER, *more, ""]))
    every = dict.fromkeys(HEADER.split(","), "string")
    table = pa_csv.read_csv(place / "more.csv",
                            convert_options=pa_csv.ConvertOptions(column_types=every))  # fmt: skip
    pq.write_table(table, place / "c.parquet", row_group_size=3)
    (place / "more.csv").unlink()
    return place


def same(one, other):
    """Whether two exports were read and grouped alike."""
    for name in ("categories", "first", "latest"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert (mine is None) == (theirs is None)
        assert mine is None or mine.equals(theirs), name
    assert (one.entries is None) == (other.entries is None)
    arrays = [{**vars(each.dates), **(vars(each.entries) if each.entries else {})}
              for each in (one, other)]  # fmt: skip
    for column, values in arrays[0].items():
        assert np.array_equal(values, arrays[1][column]), column
    assert one.table.drop_columns("order_dates").equals(other.table.drop_columns("order_dates"))
    assert (one.order_counts, one.merged_ids) == (other.order_counts, other.merged_ids)
    mine, theirs = {**vars(one.ledger)}, {**vars(other.ledger)}
    assert (mine.pop("counts") == theirs.pop("counts")).all()
    assert mine == theirs
    return True


@pytest.mark.parametrize(
    "settings",
    [
        Settings(detail=EVERYTHING),
        Settings(detail=Detail()),
        Settings(detail=ORDERS),
        Settings(detail=EVERYTHING, amount_per="order", overlap="keep-one"),
        Settings(detail=ORDERS, order_per_row=True),
    ],
    ids=["everything", "usual", "customers", "money once", "rows"],
)
def test_a_cluster_groups_as_this_process_does(cluster, folder, monkeypatch, settings):
    monkeypatch.setattr(pieces, "PIECE_ROWS", 3)
    settings = replace(settings, overlap=settings.overlap or "sum")
    asked = Asked(keep=("Shop's own",))

    here = look(folder, asked=asked, settings=settings)
    there = look(folder, asked=asked, settings=replace(settings, remote=cluster))

    assert same(there, here)
    assert here.ledger.rejected
