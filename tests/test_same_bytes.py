"""The same lines give the same customers.csv, to the byte, however they come and are worked on."""

import bz2
import csv
import gzip
import io
import random
from datetime import date, timedelta
from functools import partial

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import rfmtool
from rfmtool.outputs.tables import to_table
from rfmtool.outputs.text import TextOptions, write_csv
from rfmtool.settings import Settings
from rfmtool.sources import read

pytestmark = pytest.mark.long

HEADER = "customer_id,order_id,ordered_at,quantity,unit_price,note"


def shop_rows(count=2_000):
    """Orders over several rows, refunds, nobody named, ids and notes that need their quotes."""
    draw = random.Random(11)  # noqa: S311 - the same shop every time
    names = [f"{number:05}" for number in range(400)] + ["O'Brien, Ann", 'Bob "Bo"', "Zo\u00eb", ""]
    rows = []
    while len(rows) < count:
        who, order = draw.choice(names), f"A-{len(rows)}"
        day = date(2024, 1, 1) + timedelta(draw.randrange(300))
        for _ in range(draw.randrange(1, 5)):
            quantity = draw.choice((1, 1, 2, 3, 12, -1))
            price = f"{draw.randrange(1, 10_000) / 1000:.5f}"
            note = draw.choice(("", "gift", 'a "quote"', "two\nlines", "a, b"))
            rows.append((who, order, day.isoformat(), str(quantity), price, note))
    return rows


ROWS = shop_rows()
NAMES = HEADER.split(",")


def csv_of(rows, line_end="\n"):
    def quoted(cell):
        return '"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\n') else cell

    return (
        line_end.join([HEADER, *(",".join(map(quoted, row)) for row in rows)]) + line_end
    ).encode()


def answer(source, **settings):
    result = rfmtool.run(source, settings=Settings(**settings))
    target = io.BytesIO()
    write_csv(to_table(result.frame).to_reader(), target, TextOptions())
    return target.getvalue()


def table_of(rows=ROWS):
    return pa.table(dict(zip(NAMES, zip(*rows, strict=True), strict=True)))


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    path = tmp_path_factory.mktemp("expected") / "shop.csv"
    path.write_bytes(csv_of(ROWS))
    return answer(path)


def test_the_answer_has_everyone_with_a_name(expected):
    lines = io.StringIO(expected.decode(), newline="")

    assert [row[0] for row in csv.reader(lines)][1:] == sorted(
        {who for who, *_ in ROWS} - {""}, key=str.encode
    )


@pytest.mark.parametrize("seed", range(3))
def test_rows_in_another_order(write, expected, seed):
    rows = ROWS.copy()
    random.Random(seed).shuffle(rows)  # noqa: S311 - any order will do

    assert answer(write(csv_of(rows))) == expected


@pytest.mark.parametrize("files", [2, 7, 100])
def test_one_file_or_many(write, expected, files):
    for number in range(files):
        folder = write(csv_of(ROWS[number::files]), f"shop/{number}.csv").parent

    assert answer(folder) == expected


@pytest.mark.parametrize("row_group_size", [10, 1_000_000])
def test_csv_or_parquet(tmp_path, expected, row_group_size):
    path = tmp_path / "shop.parquet"
    pq.write_table(table_of(), path, row_group_size=row_group_size)

    assert answer(path) == expected


def test_text_or_typed_columns(expected):
    table = table_of()
    typed = {
        "ordered_at": table["ordered_at"].cast(pa.date32()),
        "quantity": table["quantity"].cast(pa.int16()),
        "unit_price": table["unit_price"].cast(pa.decimal128(12, 5)),
        "customer_id": table["customer_id"].dictionary_encode(),
    }
    for name, column in typed.items():
        table = table.set_column(table.schema.get_field_index(name), name, column)

    assert answer(table) == expected
    assert answer(table.set_column(4, "unit_price", table["unit_price"].cast("double"))) == expected


@pytest.mark.parametrize(
    "pack", [gzip.compress, bz2.compress, partial(pa.compress, codec="zstd", asbytes=True)],
    ids=["gz", "bz2", "zst"],
)  # fmt: skip
def test_plain_or_packed(write, expected, pack):
    assert answer(write(pack(csv_of(ROWS)))) == expected


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_lines_ended_another_way(write, expected, line_end):
    assert answer(write(csv_of(ROWS, line_end))) == expected


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_letters_encoded_another_way(write, expected, encoding):
    assert answer(write(csv_of(ROWS).decode().encode(encoding))) == expected


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("block_bytes", [300, 20_000])
def test_few_threads_or_many_and_small_blocks_or_large(
    write, expected, in_blocks, threads, block_bytes
):
    in_blocks(block_bytes)

    assert answer(write(csv_of(ROWS)), threads=threads) == expected


def test_rows_as_orders_are_as_many_in_small_blocks_as_in_large(write, in_blocks):
    path = write(csv_of(ROWS))
    large = answer(path, order_per_row=True)
    in_blocks(300)

    assert answer(path, order_per_row=True) == large


def test_small_blocks_are_really_small(write, in_blocks, monkeypatch):
    """What the test above relies on: the block size reaches the cutting."""
    counted = []
    cut = read.split_into_blocks

    def counting(*asked):
        for block in cut(*asked):
            counted.append(block)
            yield block

    monkeypatch.setattr(read, "split_into_blocks", counting)
    in_blocks(300)
    answer(write(csv_of(ROWS)))

    assert len(counted) > 250


@pytest.mark.parametrize("batch_rows", [1, 50])
def test_small_batches_of_a_frame(expected, monkeypatch, batch_rows):
    monkeypatch.setattr(read, "BATCH_ROWS", batch_rows)

    assert answer(table_of()) == expected


FRAMES = {
    "pandas": lambda table: table.to_pandas(),
    "pandas with an index of its own": lambda table: table.to_pandas().sort_values("order_id"),
    "pandas objects": lambda table: table.to_pandas().astype(object),
    "pandas categories": lambda table: table.to_pandas().astype("category"),
    "polars": pl.from_arrow,
    "arrow": lambda table: table,
    "an arrow stream": lambda table: table.to_reader(100),
    "arrow in many chunks": lambda table: pa.concat_tables(
        table.slice(start, 7) for start in range(0, len(table), 7)
    ),
}


@pytest.mark.parametrize("form", FRAMES)
def test_a_frame_of_any_library(expected, form):
    assert answer(FRAMES[form](table_of())) == expected


def test_a_duckdb_relation(expected):
    with duckdb.connect() as connection:
        assert answer(connection.from_arrow(table_of())) == expected


def test_threads_and_blocks_number_the_rejected_rows_alike(write, in_blocks):
    places = range(50, len(ROWS), 97)
    rows = [
        (*row[:2], "soon" if place in places else row[2], *row[3:])
        for place, row in enumerate(ROWS)
    ]
    path = write(csv_of(rows))

    for threads, block_bytes in ((1, 2_000), (2, 2_000), (2, 4 << 20)):
        in_blocks(block_bytes)
        ledger = rfmtool.run(path, settings=Settings(threads=threads), max_rejects="10%").ledger

        assert ledger["bad_date"] == len(places)
        assert [reject.row for reject in ledger.rejects] == [place + 1 for place in places][:20]


def test_empty_cells_are_the_same_in_a_frame_and_in_a_file(write):
    frame = pd.DataFrame(
        {
            "customer_id": ["ann", None, "", "bob"],
            "order_id": ["1", "2", "3", None],
            "ordered_at": ["2024-01-31"] * 4,
            "amount": ["5", "6", "7", "8"],
        }
    )

    assert answer(frame) == answer(write(frame.to_csv(index=False)))
