"""Exports in an object store and on the web are read as files are; a store is played by moto."""

import gzip
import http.server
import os
import threading
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from shell import SHOP, rfmtool

from rfmtool.errors import InputError, SystemFailureError, UsageError
from rfmtool.grouping.read import read_export
from rfmtool.sources.files import listing
from rfmtool.sources.files.listing import list_export_files
from rfmtool.stores import remote
from rfmtool.stores.remote import download

services = pytest.mark.services
HEADER, *LINES = SHOP.encode().splitlines(keepends=True)


def put(files, key, data):
    with files.open_output_stream(f"shops/{key}", compression=None) as stream:
        stream.write(data)


@pytest.fixture(scope="module")
def shop(s3):
    """The shop in files of several kinds, beside what is none of it."""
    put(s3, "one/orders.csv", SHOP.encode())
    put(s3, "parts/status=paid/a.csv", HEADER + b"".join(LINES[:6]))
    put(s3, "parts/deep/status=paid/b.csv.gz", gzip.compress(HEADER + b"".join(LINES[6:])))
    put(s3, "parts/readme.md", b"not data")
    put(s3, "parts/_bookkeeping/c.csv", SHOP.encode())
    put(s3, "parts/out/manifest.json", b'{"tool": "rfmtool"}')
    put(s3, "parts/out/customers.csv", SHOP.encode())
    sink = pa.BufferOutputStream()
    pq.write_table(pa.csv.read_csv(pa.BufferReader(SHOP.encode())), sink)
    put(s3, "one/orders.parquet", sink.getvalue())
    return "s3://shops"


@services
@pytest.mark.parametrize(
    "name", ["one/orders.csv", "one/orders.parquet", "parts", "parts/", "parts/**/*.csv*"]
)
def test_an_export_in_a_store_says_what_it_says_as_a_file(shop, write, name):
    if "*" in name:  # a pattern takes what it fits, as it does among files
        name = "parts/**/status=*/*.csv*"
    expected = read_export(write(SHOP))

    found = read_export(f"{shop}/{name}")

    assert found.ledger.rows == expected.ledger.rows
    for column in ("customer_id", "sales", "refunds"):
        assert found.table[column].equals(expected.table[column])


@services
def test_the_names_of_folders_are_columns_there_too(shop):
    files = list_export_files([f"{shop}/parts"])

    assert [file.name for file in files] == ["deep/status=paid/b.csv.gz", "status=paid/a.csv"]
    assert files[0].partition_values == {"status": "paid"}


@services
def test_evidence_comes_from_a_store_while_the_orders_are_here(shop, s3, write):
    put(s3, "people.csv", b"customer_id,email\nann,ann@example.com\n")

    done = rfmtool("check", write(SHOP), "--contacts", f"{shop}/people.csv", "--format", "json")

    assert done.exit_code == 0, done.stderr
    assert '"matched": 1' in done.stdout


@services
def test_an_endpoint_may_stand_in_the_url_and_is_not_said(shop, monkeypatch):
    host = os.environ["AWS_ENDPOINT_URL"].removeprefix("http://")
    monkeypatch.delenv("AWS_ENDPOINT_URL")

    asked = f"?scheme=http&endpoint_override={host}&region=us-east-1"
    assert read_export(f"{shop}/one/orders.csv{asked}").ledger.rows == len(LINES)
    with pytest.raises(InputError, match="is not there") as raised:
        read_export(f"s3://anybody:hush@shops/nothing{asked}")

    assert str(raised.value).startswith("s3://shops/nothing: ")


@services
@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("s3://shops/nothing", InputError, "is not there"),
        ("s3://shops/one/*.tsv", InputError, "no object fits it"),
        ("s3://nobodys/orders.csv", InputError, "is not there"),
        ("s3://", UsageError, "names no bucket"),
        ("s3://shops/one?nonsense=1", UsageError, "not understood"),
        ("s3://shops/x?scheme=http&endpoint_override=127.0.0.1:1", SystemFailureError,
         "cannot be reached"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_one_sentence(name, error, words):
    with pytest.raises(error, match=words):
        read_export(name)


@services
def test_an_object_that_changes_while_it_is_read_is_refused(shop, s3):
    put(s3, "changing.csv", SHOP.encode())
    [file] = list_export_files([f"{shop}/changing.csv"])
    put(s3, "changing.csv", SHOP.encode() + b"eve,12,2024-05-01,5\n")

    with pytest.raises(InputError, match="changed while it was read"):
        file.open()


@services
def test_a_store_that_denies_what_is_asked_is_the_systems_failure(shop):
    found = list_export_files([f"{shop}/one/orders.csv"])[0]
    denied = OSError("AWS Error ACCESS_DENIED during HeadObject operation: hush")

    class Denying:
        def get_file_info(self, _):
            raise denied

    object.__setattr__(found.store_object.store, "filesystem", Denying())
    with pytest.raises(SystemFailureError, match="permission is denied") as raised:
        found.open()

    assert "hush" not in str(raised.value)


# The web -----------------------------------------------------------------------------------------


@contextmanager
def served(*answers):
    """A server that gives these answers in turn: a status, the bytes, and how many are promised."""
    left = list(answers)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            status, data, promised = left.pop(0)
            self.send_response(status)
            self.send_header("Content-Length", str(promised))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/orders.csv?token=hush", left
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(remote, "_PAUSE_SECONDS", 0.001)


def whole(stream):
    return b"".join(iter(lambda: stream.read(4), b""))


@pytest.mark.usefixtures("hasty")
def test_what_fails_on_the_way_is_fetched_again_from_its_start():
    answers = [(503, b"", 0), (429, b"", 0), (200, b"half", 8), (200, b"all of it", 9)]

    with served(*answers) as (url, left):
        assert download(url, whole) == b"all of it"

    assert not left


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    ("answers", "error", "words"),
    [
        ([(404, b"", 0)], InputError, "no such file"),
        ([(403, b"", 0)], InputError, "may not be fetched"),
        ([(500, b"", 0)] * 4, SystemFailureError, "its server says 500"),
        ([(200, b"half", 8)] * 4, SystemFailureError, "breaks off"),
    ],
)
def test_what_does_not_come_is_one_sentence_without_secrets(answers, error, words):
    with served(*answers) as (url, left), pytest.raises(error, match=words) as raised:
        download(url, whole)

    assert not left
    assert "hush" not in str(raised.value)


@pytest.mark.usefixtures("hasty")
def test_a_server_that_is_not_there_is_told_so():
    with pytest.raises(SystemFailureError, match="cannot be fetched"):
        download("http://127.0.0.1:1/orders.csv", whole)


def test_a_file_of_the_web_is_an_export_within_bounds(write, monkeypatch):
    expected = read_export(write(SHOP)).table
    data = SHOP.encode()
    monkeypatch.setattr(listing, "WEB_SCHEME", "http")  # since no certificate is at hand

    with served(*[(200, data, len(data))] * 2) as (url, _):
        found = read_export(url)
        done = rfmtool("score", url, "--max-size", "100")

    assert found.table.equals(expected)
    assert found.export.name == "orders.csv"
    assert done.exit_code == 2
    assert "--max-size" in done.stderr
