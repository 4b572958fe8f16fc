"""Files and frames come apart into cells; a row that cannot is itemised under its right number."""

from __future__ import annotations

import gc
import io
import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rfmtool
from rfmtool.errors import InputError
from rfmtool.sources import detect, read
from rfmtool.sources.files.exports import ExportFile
from rfmtool.sources.files.spools import spool_pipe
from rfmtool.sources.layout import Asked

HEADER = b"customer_id,ordered_at,amount,note\n"
GOOD = b"ann,2024-01-31,9.99,\n"


def batches(rows, block_bytes=4 << 20):
    """Each block of a small export in memory, apart; bytes that are not UTF-8 are itemised."""
    file = ExportFile("export.csv", spool=io.BytesIO(HEADER + rows))
    source = detect.source_of_file(file, Asked(encoding="utf-8"))
    return [job() for job in read.text_jobs(file, source.layout, block_bytes=block_bytes)]


def faults(rows, block_bytes=4 << 20):
    """(row counted from 1 over all blocks, reason) of every faulty record, in their order."""
    found, seen = [], 0
    for batch in batches(rows, block_bytes):
        found += [
            (seen + fault.row + 1, "blank" if fault.is_blank else fault.reason)
            for fault in batch.faults
        ]
        seen += batch.records
    return sorted(found)


def cells(rows, role="customer_id"):
    return [cell for batch in batches(rows) for cell in batch.cells[role].to_pylist()]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"bob,2024-01-31\n", "wrong_cell_count"),
        (b"bob,2024-01-31,1,,\n", "wrong_cell_count"),
        (b"\xff,2024-01-31,1,\n", "bad_encoding"),
        (b"\xff,2024-01-31\n", "wrong_cell_count"),
        (b"b\0b,2024-01-31,1,\n", "bad_text"),
        (b'"bob"by,2024-01-31,1,\n', "bad_text"),
        (b",,,,,,\n", "blank"),
        (b"  ,\n", "blank"),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_faulty_row_is_numbered_as_it_stands_in_the_file(row, reason, place):
    rows = GOOD * place + row + GOOD * (3 - place)

    assert faults(rows) == [(place + 1, reason)]
    assert cells(rows) == ["ann"] * 3


def test_an_empty_line_is_a_record_of_empty_cells_and_keeps_the_numbers_right():
    rows = b"\n" + GOOD + b"\n\n" + b"bob\n"

    assert cells(rows) == [None, "ann", None, None]
    assert faults(rows) == [(5, "wrong_cell_count")]


def test_faults_of_every_kind_in_one_block_keep_their_own_numbers():
    rows = b"".join(
        [
            b"bob,\n",  # 1
            GOOD,
            b'"cy"x,2024-01-31,1,\n',  # 3
            b"\xe9,2024-01-31,1,\n",  # 4
            GOOD,
            b"d\0,2024-01-31,1,\n",  # 6
            b",,\n",  # 7
            b'"e\ne",2024-01-31,1,"\n"\n',  # 8: one record on three lines
            b"f,2024-01-31,1\n",  # 9
        ]
    )

    assert faults(rows) == [
        (1, "wrong_cell_count"),
        (3, "bad_text"),
        (4, "bad_encoding"),
        (6, "bad_text"),
        (7, "blank"),
        (9, "wrong_cell_count"),
    ]
    assert cells(rows) == ["ann", "ann", "e\ne"]


@pytest.mark.long
@given(
    kinds=st.lists(
        st.sampled_from((b"b\n", b"\n", b"\xff,2024-01-31,1,\n", b'"b"b,1,2,\n', b"\0,,,\n", GOOD)),
        max_size=12,
    ),
    block_bytes=st.integers(1, 40),
)
def test_the_size_of_the_blocks_changes_no_number(kinds, block_bytes):
    rows = GOOD + b"".join(kinds)

    assert faults(rows, block_bytes) == faults(rows)


def test_bad_bytes_in_a_column_without_a_role_do_no_harm():
    assert faults(b"ann,2024-01-31,1,caf\xe9\n") == []
    assert cells(b"ann,2024-01-31,1,caf\xe9\n") == ["ann"]


def test_good_rows_beside_bad_bytes_keep_their_letters():
    rows = b"\xff,2024-01-31,1,\n" + "Zo\u00eb,2024-01-31,1,\n".encode()

    assert cells(rows) == ["Zo\u00eb"]


def test_only_an_empty_cell_is_missing():
    words = [b"NA", b"N/A", b"null", b"None", b"nan", b"#N/A", b"-"]
    rows = b"".join(word + b",2024-01-31,1,\n" for word in words) + b",2024-01-31,1,\n"

    assert cells(rows) == [*(word.decode() for word in words), None]


def test_whole_fetches_all_columns_of_the_good_records():
    [batch] = batches(GOOD + b"b,\n" + b"cy,2024-02-01,1,hello\n")

    assert [column.to_pylist() for column in batch.all_columns()] == [
        ["ann", "cy"],
        ["2024-01-31", "2024-02-01"],
        ["9.99", "1"],
        [None, "hello"],
    ]


# Typed sources -----------------------------------------------------------------------------------

DAYS = pd.to_datetime(["2024-01-30", "2024-01-31", "2024-02-01"])


def frame(**columns):
    plain = {
        "customer_id": ["a", "b", "c"],
        "ordered_at": pa.array(DAYS.date, pa.date32()),
        "amount": ["1.5", "2.25", "0.0001"],
    }
    return pa.table({**plain, **columns})


def both_ways(table, scratch):
    """The answers for a table in memory and for the same table as a Parquet file."""
    path = scratch / "typed.parquet"
    pq.write_table(table, path)
    return rfmtool.run(table).frame, rfmtool.run(path).frame


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (pa.array([3, 1, 2], pa.int64()), ["1", "2", "3"]),
        (pa.array([3, 1, 2], pa.uint8()), ["1", "2", "3"]),
        (pa.array([3.0, None, 2.0], pa.float64()), ["2", "3"]),
        (pa.array([3.0, float("nan"), 2.0], pa.float32()), ["2", "3"]),
        (pa.array([3.0, 1.5, 2.0]), ["1.5", "2.0", "3.0"]),
        (pa.array([Decimal(3), Decimal(1), Decimal(2)], pa.decimal128(9, 0)), ["1", "2", "3"]),
        (pa.array(["03", "7", "1.0"], pa.large_string()), ["03", "1.0", "7"]),
        (pa.array(["03", "7", "1.0"], pa.string_view()), ["03", "1.0", "7"]),
        (pa.array(["b", "", "a"]).dictionary_encode(), ["a", "b"]),
        (pa.array([3, 1, 2]).dictionary_encode(), ["1", "2", "3"]),
        (pa.nulls(3), []),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_ids_of_any_type_become_the_text_a_csv_would_hold(ids, expected, scratch):
    for answer in both_ways(frame(customer_id=ids), scratch):
        assert answer["customer_id"].tolist() == expected


@pytest.mark.parametrize(
    "amounts",
    [
        pa.array(["1.5", "2.25", "0.0001"], pa.large_string()),
        pa.array(["1.5", "2.25", "0.0001"], pa.string_view()),
        pa.array(["1.5", "2.25", "0.0001"]).dictionary_encode(),
        pa.array([1.5, 2.25, 0.0001]),
        pa.array([Decimal("1.5"), Decimal("2.25"), Decimal("0.0001")], pa.decimal128(12, 4)),
        pa.array([Decimal("1.5"), Decimal("2.25"), Decimal("0.0001")], pa.decimal256(50, 4)),
    ],
    ids=lambda value: str(value.type),
)
def test_money_of_any_type_is_exact(amounts, scratch):
    for answer in both_ways(frame(amount=amounts), scratch):
        assert answer["monetary"].tolist() == [15_000, 22_500, 1]


@pytest.mark.parametrize(
    "days",
    [
        pa.array(DAYS.date, pa.date64()),
        pa.array(DAYS, pa.timestamp("s")),
        pa.array(DAYS, pa.timestamp("ns")),
        pa.array(DAYS.date, pa.date32()).dictionary_encode(),
        pa.array([20240130, 20240131, 20240201]),
        pa.array(["2024-01-30", "2024-01-31", "2024-02-01"], pa.string_view()),
    ],
    ids=lambda value: str(value.type),
)
def test_days_of_any_type_are_read(days, scratch):
    for answer in both_ways(frame(ordered_at=days), scratch):
        assert answer["recency_days"].tolist() == [2, 1, 0]


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", "2024-01-31"), ("Asia/Tokyo", "2024-02-01"), ("-01:00", "2024-01-31")]
)
def test_the_day_of_a_timestamp_with_a_zone_is_the_one_on_the_wall_there(zone, day):
    moment = pa.scalar(pd.Timestamp("2024-01-31 23:30", tz="UTC"), pa.timestamp("us", "UTC"))
    moments = pa.array([moment.as_py()] * 3, pa.timestamp("us", zone))

    answer = rfmtool.run(frame(ordered_at=moments)).frame

    assert answer["last_order_on"].astype(str).tolist() == [day] * 3


def test_missing_typed_cells_are_rejected_by_reason():
    table = frame(
        amount=pa.array([1.5, None, float("nan")]),
        ordered_at=pa.array([*DAYS.date[:2], None], pa.date32()),
    )

    ledger = rfmtool.run(table, max_rejects=3).ledger

    assert ledger.as_data()["rejected"] == {"missing_date": 1, "missing_amount": 1}


@pytest.mark.parametrize(
    ("role", "column"),
    [
        ("ordered_at", pa.array([1, 2, 3], pa.time32("s"))),
        ("ordered_at", pa.array([1, 2, 3], pa.duration("s"))),
        ("amount", pa.array([1, 2, 3], pa.timestamp("s"))),
        ("customer_id", pa.array([[1], [2], [3]])),
    ],
)
def test_a_typed_column_that_cannot_play_its_role_is_refused_by_name(role, column):
    with pytest.raises(InputError, match=f"column '{role}' holds"):
        rfmtool.run(frame(**{role: column}))


def test_a_frame_whose_column_mixes_types_is_refused_without_quoting_a_cell():
    mixed = pd.DataFrame(
        {"customer_id": [1.5, "secret"], "ordered_at": ["2024-01-31"] * 2, "amount": ["1", "2"]}
    )

    with pytest.raises(InputError, match="mixes types") as raised:
        rfmtool.run(mixed)

    assert "secret" not in str(raised.value)


def test_a_stream_that_comes_once_is_read_as_the_same_frame_is():
    frame = pa.table(
        {
            "customer_id": pa.array(["ann", "bob", "ann"] * 50).dictionary_encode(),
            "ordered_at": ["31/01/2024", "02/03/2024", "05/02/2024"] * 50,  # needs a second look
            "amount": [1.5, 2.0, -0.5] * 50,
        }
    )

    once = rfmtool.run(frame.to_reader(7))

    assert once.customers.equals(rfmtool.run(frame).customers)
    assert list(once.rejects())[1:] == []


def test_polars_categories_decimals_and_dates_are_read():
    table = frame()
    shop = pl.DataFrame(
        {
            "customer_id": pl.Series(table["customer_id"].to_pylist(), dtype=pl.Categorical),
            "ordered_at": pl.Series(table["ordered_at"].to_pylist(), dtype=pl.Datetime),
            "amount": pl.Series(["1.5", "2.25", "0.0001"]).cast(pl.Decimal(12, 4)),
        }
    )

    pd.testing.assert_frame_equal(rfmtool.run(shop).frame, rfmtool.run(table).frame)


def test_a_float_id_looks_the_same_whatever_else_its_batch_holds(monkeypatch):
    monkeypatch.setattr(read, "BATCH_ROWS", 2)
    ids = pa.array([7.0, 7.0, 7.0, 1.5])
    table = pa.table({"customer_id": ids, "ordered_at": ["2024-01-31"] * 4, "amount": [1] * 4})

    answer = rfmtool.run(table).frame

    assert answer["customer_id"].tolist() == ["1.5", "7.0"]


def test_a_frame_without_rows_is_refused_as_such():
    with pytest.raises(InputError, match="table: there are no rows in it"):
        rfmtool.run(pa.table({"customer_id": [], "ordered_at": [], "amount": []}))


def test_a_page_whose_checksum_does_not_hold_is_refused_with_its_place(tmp_path):
    rows = {"customer_id": list("abcabc"), "date": ["2024-01-05"] * 6,
            "amount": [1.5, 2.5, 3.5, 4.5, 5.5, 6.5]}  # fmt: skip
    path = tmp_path / "export.parquet"
    pq.write_table(pa.table(rows), path, write_page_checksum=True, use_dictionary=False,
                   compression="none", row_group_size=3)  # fmt: skip
    assert len(rfmtool.run(path).frame) == 3
    right, wrong = (np.array([number]).tobytes() for number in (5.5, 5000.5))
    path.write_bytes(path.read_bytes().replace(right, wrong, 1))
    with pytest.raises(InputError, match=r"damaged in row group 2, column 'amount'"):
        rfmtool.run(path)


def test_damaged_parquet_is_refused_in_one_line(write):
    table = io.BytesIO()
    pq.write_table(frame(), table)
    data = bytearray(table.getvalue())
    data[4:60] = b"\xff" * 56

    with pytest.raises(InputError, match=r"damaged\.parquet: the Parquet data is damaged"):
        rfmtool.run(write(bytes(data), "damaged.parquet"))
    with pytest.raises(InputError, match=r"short\.parquet: the Parquet data is damaged"):
        rfmtool.run(write(bytes(data[:100]), "short.parquet"))


def test_a_copy_of_a_pipe_that_nothing_uses_closes_itself(recwarn):
    warnings.simplefilter("always")
    spool = spool_pipe(io.BytesIO(HEADER), "stdin")
    spool.itself = spool  # only the collector of garbage finds it

    del spool
    gc.collect()

    assert not recwarn.list
