"""Tables of Delta and Iceberg: only the files that count by now are read."""

import shutil
import sys

import pyarrow as pa
import pyarrow.csv
import pytest
from shell import SHOP, rfmtool

from rfmtool.errors import InputError, UsageError
from rfmtool.grouping.read import read_export

TABLE = pyarrow.csv.read_csv(pa.BufferReader(SHOP.encode()))


def delta(place):
    """The shop, written three times; what was written before does not count any more."""
    deltalake = pytest.importorskip("deltalake", reason="deltalake is not installed")
    for _ in range(2):
        deltalake.write_deltalake(place, TABLE, mode="overwrite")
    deltalake.write_deltalake(place, TABLE.slice(0, 4), mode="overwrite")
    deltalake.write_deltalake(place, TABLE.slice(4), mode="append")
    return place


def iceberg(folder):
    """The same, by a catalogue of its own."""
    pytest.importorskip("pyiceberg", reason="pyiceberg is not installed")
    sql = pytest.importorskip("pyiceberg.catalog.sql", reason="sqlalchemy is not installed")
    folder.mkdir()
    catalogue = sql.SqlCatalog(
        "here", uri=f"sqlite:///{folder}/here.db", warehouse=f"file://{folder}"
    )
    catalogue.create_namespace("shop")
    table = catalogue.create_table("shop.orders", schema=TABLE.schema)
    table.append(TABLE)
    table.overwrite(TABLE.slice(0, 4))
    table.append(TABLE.slice(4))
    catalogue.engine.dispose()
    return folder / "shop" / "orders"


@pytest.fixture(scope="module")
def lakes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lakes")
    return {"delta": delta(folder / "delta"), "iceberg": iceberg(folder / "iceberg")}


@pytest.mark.parametrize("kind", ["delta", "iceberg"])
def test_only_the_files_that_count_are_read(lakes, kind, write):
    expected = read_export(write(SHOP))

    found = read_export(lakes[kind])

    assert found.ledger.rows == expected.ledger.rows
    assert found.table["sales"].equals(expected.table["sales"])
    assert found.export.sources[0].kind == kind


def test_a_table_within_a_folder_is_not_taken_for_its_files(lakes):
    with pytest.raises(InputError, match="only some count"):
        read_export(lakes["delta"].parent)


@pytest.mark.parametrize(("kind", "package"), [("delta", "deltalake"), ("iceberg", "pyiceberg")])
def test_what_reads_a_table_is_asked_for(lakes, kind, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setitem(sys.modules, f"{package}.table", None)

    with pytest.raises(UsageError, match=f"{package} is not installed"):
        read_export(lakes[kind])


def test_a_table_that_lost_a_file_is_one_sentence(lakes, tmp_path):
    place = shutil.copytree(lakes["delta"], tmp_path / "table")
    for path in place.glob("*.parquet"):
        path.unlink()

    done = rfmtool("score", place)

    assert done.exit_code == 2
    assert "deltalake cannot read this table" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.services
def test_a_table_in_a_store_is_read_there(s3, write):
    deltalake = pytest.importorskip("deltalake", reason="deltalake is not installed")
    deltalake.write_deltalake("s3://shops/lake", TABLE, storage_options={"AWS_ALLOW_HTTP": "true"})
    assert s3

    found = read_export("s3://shops/lake")

    assert found.ledger.rows == read_export(write(SHOP)).ledger.rows
    assert found.export.name == "s3://shops/lake"
    with pytest.raises(UsageError, match="without parameters in its URL"):
        read_export("s3://shops/lake?region=eu-west-1")
