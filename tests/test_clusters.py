"""Every engine gives one answer: what a cluster groups is what is grouped in this process."""

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from servers import free_port
from shell import SHOP, rfmtool

from rfmtool.engines.spark import SparkEngine, dataframes, pieces, tasks
from rfmtool.errors import InputError, SystemFailureError, UsageError
from rfmtool.grouping import read
from rfmtool.grouping.read import read_export
from rfmtool.settings import Settings
from rfmtool.sources import Asked
from rfmtool.sources.layout import Detail, FileLayout, LineOptions
from rfmtool.sources.rows.lines import ExportLines
from rfmtool.sources.source import FrameSource

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
EVERYTHING = Detail(entries=True)
ORDERS = Detail(None, cost=False, contacts=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An export of several files of several kinds, the orders of two of which overlap."""
    place = tmp_path_factory.mktemp("exports")
    (place / "a.csv").write_text("\n".join([HEADER, *ROWS, ""]))
    (place / "b.csv.gz").write_bytes(gzip.compress("\n".join([HEADER, *ROWS[2:8], ""]).encode()))
    more = [row.replace("2024-", "2025-") for row in ROWS[1:10]]
    (place / "more.csv").write_text("\n".join([HEADER, *more, ""]))
    every = dict.fromkeys(HEADER.split(","), "string")
    table = pa_csv.read_csv(place / "more.csv",
                            convert_options=pa_csv.ConvertOptions(column_types=every))  # fmt: skip
    pq.write_table(table, place / "c.parquet", row_group_size=3)
    (place / "more.csv").unlink()
    return place


def same(one, other):
    """Whether two exports were read and grouped alike."""
    for name in ("categories", "first_categories", "latest_cells"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert (mine is None) == (theirs is None)
        assert mine is None or mine.equals(theirs), name
    assert (one.entries is None) == (other.entries is None)
    arrays = [{**vars(each.order_dates), **(vars(each.entries) if each.entries else {})}
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
        Settings(detail=Detail(entries=True, first=True)),
        Settings(detail=Detail()),
        Settings(detail=ORDERS),
        Settings(detail=EVERYTHING, amount_per="order", overlap="keep-one"),
        Settings(detail=ORDERS, order_per_row=True),
    ],
    ids=["everything", "first orders", "usual", "customers", "money once", "rows"],
)
def test_a_cluster_groups_as_this_process_does(cluster, folder, monkeypatch, settings):
    monkeypatch.setattr(pieces, "PIECE_ROWS", 3)
    settings = replace(settings, overlap=settings.overlap or "sum")
    asked = Asked(keep=("Shop's own",))

    here = read_export(folder, asked=asked, settings=settings)
    there = read_export(folder, asked=asked, settings=replace(settings, remote=cluster))

    assert same(there, here)
    assert here.ledger.rejected


@pytest.mark.parametrize(
    "detail",
    [ORDERS, Detail(), Detail(entries=True), Detail(None, entries=True)],
    ids=["orders", "words and categories", "entries too", "entries"],
)
def test_customers_with_their_orders_are_told_on_the_cluster(cluster, write, monkeypatch, detail):
    monkeypatch.setattr(pieces, "PIECE_BYTES", 1_000)
    monkeypatch.delattr(SparkEngine, "_spool_level")
    monkeypatch.setattr(read, "_check_ambiguities", lambda *_: None)  # which asks for one
    monkeypatch.setattr(dataframes, "MAX_RESULT_ROWS", 2)
    earlier = [row.replace("4,2024", "4,2023") for row in ROWS[1:]]
    files = [write([HEADER, *ROWS[1:]], "a.csv"), write([HEADER, *earlier], "b.csv")]
    asked, here = Asked(keep=("Shop's own",)), Settings(detail=detail)

    grouped = read_export(files, asked=asked, settings=replace(here, remote=cluster))

    assert same(grouped, read_export(files, asked=asked, settings=here))
    assert grouped.ledger["not_a_sale"]
    assert grouped.order_counts.multi_file_orders


def test_a_text_is_read_in_spans(cluster, write, monkeypatch):
    monkeypatch.setattr(pieces, "PIECE_BYTES", 5_000)
    rows = [f'c{row % 50},{row},2024-01-{1 + row % 28:02},{row}.5,"a ""{row}"",\n"'
            for row in range(900)]  # fmt: skip
    path = write(["customer_id,order_id,ordered_at,amount,category", *rows, "c1,x,2024-01-01,x,"])
    found = []
    monkeypatch.setattr(
        pieces,
        "split_into_spans",
        lambda *given, cut=pieces.split_into_spans: found.append(cut(*given)) or found[-1],
    )

    there = read_export(path, settings=Settings(remote=cluster))

    assert same(there, read_export(path))
    assert len(found[0]) > 3
    assert there.ledger.rejects[0].row == len(rows) + 1


def test_a_table_without_rows_is_read_too(cluster, folder, tmp_path):
    table = pq.read_table(folder / "c.parquet")
    pq.write_table(table.slice(0, 0), tmp_path / "empty.parquet")
    for settings in (Settings(detail=ORDERS), Settings(detail=EVERYTHING)):
        there = read_export(tmp_path / "empty.parquet", settings=replace(settings, remote=cluster))

        assert same(there, read_export(tmp_path / "empty.parquet", settings=settings))


def test_a_run_on_a_cluster_writes_the_same_bytes(cluster, write, tmp_path):
    path, words = write(SHOP), ("--no-page", "--quiet")
    here = rfmtool("run", path, "-o", tmp_path / "here", *words)
    there = rfmtool("run", path, "-o", tmp_path / "there", *words, "--engine", "spark",
                    "--remote", f"{cluster}/;user_id=secret")  # fmt: skip

    assert (here.exit_code, there.exit_code, there.output) == (0, 0, "")
    files = [{each.relative_to(place): each.read_bytes() for each in place.rglob("*.*")}
             for place in (tmp_path / "here", tmp_path / "there")]  # fmt: skip
    assert not any(b"secret" in written for written in files[1].values())
    manifests = [json.loads(each.pop(next(name for name in each if name.name == "manifest.json")))
                 for each in files]  # fmt: skip
    assert files[0] == files[1]
    assert [each.get("engine") for each in manifests] == [None, "spark"]


def test_what_cannot_be_read_is_said_as_in_this_process(cluster, write):
    damaged = write(b"PAR1" + b"\0" * 50 + b"PAR1", "a.parquet")
    cut = write(gzip.compress(SHOP.encode() * 40)[:-30], "b.csv.gz")
    huge = write("customer_id,ordered_at,amount\nann,2024-01-02,900000000000000\n" * 1, "c.csv")
    for path in (damaged, cut, huge):
        said = []
        for remote in (None, cluster):
            try:
                said.append(read_export(path, settings=Settings(remote=remote)).ledger.as_data())
            except InputError as error:
                said.append(str(error))
        assert said[0] == said[1]


def test_what_workers_find_otherwise_than_it_is_here_is_refused(cluster, write, monkeypatch):
    path = write(SHOP)
    cut = pieces.cut_into_pieces

    def changed(*given):
        found = cut(*given)
        path.write_text(SHOP + "eve,12,2024-03-01,1\n")
        return found

    monkeypatch.setattr("rfmtool.engines.spark.cut_into_pieces", changed)
    with pytest.raises(InputError, match=r"export.csv: has \d+ bytes on a worker"):
        read_export(path, settings=Settings(remote=cluster))

    monkeypatch.setattr("rfmtool.engines.spark.cut_into_pieces",
                        lambda *given: [cut(*given), path.unlink()][0])  # fmt: skip
    with pytest.raises(InputError, match="by a worker of the cluster") as raised:
        read_export(path, settings=Settings(remote=cluster))
    assert "same path" in raised.value.hint


def test_what_a_cluster_says_is_never_passed_on(cluster, write, monkeypatch, capfd):
    """Its messages hold cells."""
    query = "select raise_error(customer_id) as number, * from lines where customer_id = 'ann'"
    monkeypatch.setattr("rfmtool.engines.spark.customers_query", lambda *_: query)

    with pytest.raises(SystemFailureError, match="could not do what it was asked") as raised:
        read_export(write(SHOP), settings=Settings(remote=cluster))

    assert "ann" not in f"{raised.value} {capfd.readouterr()}"
    assert raised.value.__cause__ is None


def test_workers_without_the_package_are_told_what_they_need(cluster, write, monkeypatch):
    monkeypatch.setattr(dataframes, "__version__", "0.0.0")

    with pytest.raises(UsageError, match="another version of rfmtool"):
        read_export(write(SHOP), settings=Settings(remote=cluster))


def test_workers_open_the_objects_of_stores(cluster, s3, write):
    with s3.open_output_stream("shops/cluster/export.csv") as stream:
        stream.write(SHOP.encode())
    place = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")
    url = f"s3://anybody:hush@shops/cluster/export.csv?scheme=http&endpoint_override={place}"

    there = read_export(f"{url}&region=us-east-1", settings=Settings(remote=cluster))

    assert same(there, read_export(write(SHOP)))


def test_an_interrupted_run_ends_on_the_cluster_too(cluster, write):
    path = write(SHOP * 800_000)  # which takes far longer than anybody waits here
    words = [sys.executable, "-m", "rfmtool", "score", path, "--engine", "spark", "--remote",
             cluster]  # fmt: skip
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603
        time.sleep(5)
        process.send_signal(signal.SIGTERM)
        stdout, stderr = process.communicate(timeout=60)

    assert (process.returncode, stdout) == (143, b"")
    assert stderr.lstrip().startswith(b"rfmtool: ended by SIGTERM")


# Tables of a cluster -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tables(cluster, tmp_path_factory):
    """Tables that the cluster knows, and the Parquet files that they are of, by their names."""
    from pyspark.sql.connect.session import SparkSession

    place = tmp_path_factory.mktemp("tables")
    rows = [dict(zip(HEADER.split(","), cells, strict=False)) for cells in csv.reader(ROWS)]
    texts = pa.Table.from_pylist(rows)
    typed = pa.table({
        "customer_id": pa.array([7, 7, None, 12, 3, None, None]),
        "order_id": pa.array([1, 1, 2, 3, 4, None, None]),
        "ordered_at": pa.array(
            [1704493800, 1704493800, 1704494000, 1706745600, None, None, None],
            pa.timestamp("us", "UTC"),
        ),
        "amount": pa.array([20, 19.99, 3, -4, 1, None, None]).cast(pa.decimal128(12, 2)),
        "tags": pa.array([["a"], [], None, ["b"], ["c"], ["not blank"], None]),
    })  # fmt: skip
    spark = SparkSession.builder.remote(cluster).create()
    for name, table in {"texts": texts, "typed": typed, "empty": typed.slice(0, 0)}.items():
        pq.write_table(table, place / f"{name}.parquet", row_group_size=2)
        read = f"select * from parquet.`{place / name}.parquet`"
        spark.sql(f"create or replace global temporary view {name} as {read}").toArrow()
    pq.write_table(pa.concat_tables([texts] * 50), place / "many.parquet")
    (place / "many").mkdir()
    for part in range(5):
        pq.write_table(pa.concat_tables([texts] * 10), place / "many" / f"{part}.parquet")
    read = f"select /*+ repartition(5) */ * from parquet.`{place / 'many'}`"
    spark.sql(f"create or replace global temporary view many as {read}").toArrow()
    spark.stop()
    return place


@pytest.mark.parametrize("name", ["texts", "typed", "empty", "many"])
def test_a_table_of_a_cluster_is_read_as_the_file_that_it_is_of(cluster, tables, name):
    asked, here = Asked(keep=("Shop's own",) if name == "texts" else ()), Settings()
    there = read_export(f"{cluster}#global_temp.{name}", asked=asked, settings=here)

    file = read_export(tables / f"{name}.parquet", asked=asked, settings=here)
    for one in (file.ledger, there.ledger):  # whose names differ
        one.rows_by_file = one.rejected_by_file = {}
        one.rejects.clear()
    assert same(there, file)
    assert there.export.remote == cluster


def test_a_table_needs_no_export_beside_its_cluster(cluster, tables, tmp_path):
    words = ("--quiet", "--no-page", "--max-rejects", "100%")
    here = rfmtool("run", tables / "texts.parquet", "-o", tmp_path / "here", *words)
    there = rfmtool("run", "--engine", "spark", "--remote", f"{cluster}/;user_id=secret",
                    "--table", "global_temp.texts", "-o", tmp_path / "there",
                    "--keep-rejects", *words)  # fmt: skip

    assert (here.exit_code, there.exit_code, there.output) == (0, 0, "")
    same_files = [(tmp_path / place / "customers.csv").read_bytes() for place in ("here", "there")]
    assert same_files[0] == same_files[1]
    manifest = (tmp_path / "there" / "manifest.json").read_text()
    assert "secret" not in manifest
    assert json.loads(manifest)["inputs"][0]["name"] == f"{cluster}#global_temp.texts"
    assert json.loads(manifest)["engine"] == "spark"


def test_batches_of_a_table_are_joined_and_never_of_other_columns(write):
    export = read_export(write(SHOP)).export
    lines = ExportLines(export, LineOptions(), 1)
    source = FrameSource("t", FileLayout(("a",), {"customer_id": 0}), pa.table({"a": ["x"]}))
    part = pa.array([3], pa.int32())
    few = [pa.record_batch([pa.array(["x"]), part], ["b", "part"])] * 3

    assert [len(each) for each in tasks.rebatched(iter(few))] == [3]
    many = pa.record_batch({"a": range(150_000)})
    assert [len(each) for each in tasks.rebatched(iter([many]))] == [65_536, 65_536, 18_928]
    with pytest.raises(TypeError, match="other columns"):
        [*tasks.TableTask(lines.cleaning, 0, source, "!").run(iter(few))]


def test_a_table_that_is_not_there_is_told(cluster):
    for table in ("sales.nothing", "no`thing"):
        with pytest.raises(UsageError, match="the cluster knows no such table") as raised:
            read_export(f"{cluster}/;user_id=secret#{table}")
        assert "secret" not in str(raised.value)


# Without a cluster -------------------------------------------------------------------------------


@pytest.mark.long
def test_a_server_that_is_not_there_is_told_in_seconds(write):
    pytest.importorskip("pyspark")
    began = time.monotonic()

    done = rfmtool("score", write(SHOP), "--engine", "spark", "--remote",
                   f"sc://127.0.0.1:{free_port()}/;user_id=secret")  # fmt: skip

    assert done.exit_code == 3
    assert "cannot be reached" in done.stderr
    assert "secret" not in done.stderr
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--engine", "spark"], "no cluster is named"),
        (["--remote", "sc://127.0.0.1"], "--engine local asks for none"),
        (["--engine", "spark", "--remote", "http://127.0.0.1:15002"], "no URL of a cluster"),
        (["sc://127.0.0.1:1"], "sc://127.0.0.1:1: which table is not said"),
        (["sc://127.0.0.1:1", "--query", "select 1"], "not by --query"),
    ],
)
def test_a_cluster_is_named_or_not_asked_for(write, words, said):
    done = rfmtool("score", write(SHOP), *words)

    assert done.exit_code == 2
    assert said in done.stderr


def test_what_workers_cannot_open_is_refused():
    remote = Settings(remote="sc://127.0.0.1:1")
    pipe = rfmtool("score", "-", "--engine", "spark", "--remote", remote.remote, stdin=SHOP)

    table = rfmtool("run", "duckdb:nowhere.duckdb", "--table", "orders", "--engine", "spark",
                    "--remote", remote.remote)  # fmt: skip

    for done in (pipe, table):
        assert done.exit_code == 2
        assert "--engine spark reads files" in done.stderr
    with pytest.raises(UsageError, match="--engine spark reads files"):
        read_export(pd.DataFrame({"customer_id": ["a"], "ordered_at": ["2024-01-02"],
                                  "amount": [1]}),
             settings=remote)  # fmt: skip
