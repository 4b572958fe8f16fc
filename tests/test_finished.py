"""A finished run is read back as it was written, or refused."""

import hashlib
import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from shell import QUIETLY, made, rfmtool, written

import rfmtool as library
from rfmtool.errors import InputError
from rfmtool.runs.finished import read_run, read_summary

ODD = """\
customer_id,order_id,ordered_at,amount
=1+1,1,2024-01-05,20.00
x2y,2,2024-02-06,0.0001
"a,""b""
c",3,2024-03-07,900000000000.0001
007,4,2024-04-08,25
7.5,5,2024-04-08,-25
"""
"""Ids that CSV must quote or escape, the smallest money and the largest."""


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return written(tmp_path / "shop.csv", ODD)


@pytest.mark.long
@pytest.mark.parametrize(
    "words", [(), ("--tables", "parquet"), ("--raw-text",), ("--excel",)], ids=" ".join
)
def test_what_is_read_back_is_what_the_run_found(shop, words):
    assert rfmtool("run", shop, "-o", "out", "--quiet", *words).exit_code == 0
    result = library.run(shop)

    run = read_run(Path("out"))

    assert run.as_of == date(2024, 4, 8)
    # Earlier dates are for the page, and lists there are in a folder alone.
    assert run.summary.pop("timeline")["points"]
    assert run.summary.pop("lists_as") == ("parquet" if "parquet" in words else "csv")
    assert run.summary == {
        name: part for name, part in result.summary.items() if name in run.summary
    }
    for name in ("customer_id", "stage", "segment", "activity", "frequency", "monetary"):
        assert run.frame[name].tolist() == result.frame[name].tolist()
    last = run.frame["last_order_on"].tolist()
    assert last[:4] == result.frame["last_order_on"].tolist()[:4]


@pytest.mark.long
def test_two_customers_that_csv_writes_alike_are_told_apart_by_parquet_only(shop):
    written(shop, ODD.replace("x2y", "'=1+1"))
    rfmtool("run", shop, "-o", "out", *QUIETLY)
    with pytest.raises(InputError, match="two customers alike"):
        read_run(Path("out"))
    rfmtool("run", shop, "-o", "out", "--tables", "parquet,csv", *QUIETLY)
    assert read_run(Path("out")).frame["customer_id"].is_unique


def test_an_id_that_only_looks_escaped_keeps_its_mark_where_nothing_was_escaped(shop):
    written(shop, ODD.replace("=1+1", "'=1+1"))
    rfmtool("run", shop, "-o", "out", *QUIETLY)
    assert "'=1+1" in read_run(Path("out")).frame["customer_id"].tolist()


def refused(folder, words):
    for read in (read_run, library.compare):
        with pytest.raises(InputError, match=words):
            read(*[folder] * (1 + (read is library.compare)))


def test_what_is_no_run_of_ours_is_refused(shop, tmp_path):
    rfmtool("demo", "made", "--customers", "5")
    for folder in (tmp_path, Path("missing"), shop, Path("made")):
        refused(folder, "is not the folder of a finished run")


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("name", ["summary.json", "customers.csv"])
@pytest.mark.parametrize("change", ["edited", "deleted"])
def test_a_run_that_was_changed_is_refused(name, change):
    made("out", text=ODD)
    path = Path("out", name)
    if change == "edited":
        path.write_bytes(path.read_bytes().replace(b"7", b"8"))
    else:
        path.unlink()
    refused(Path("out"), f"{name} is not what the run wrote")


@pytest.mark.usefixtures("shop")
def test_a_manifest_that_is_half_there_is_refused():
    made("out", text=ODD)
    manifest = Path("out/manifest.json")
    for data in ("{", "[]", '{"tool": "rfmtool"}', '{"tool": "rfmtool", "outputs": [{}]}'):
        manifest.write_text(data)
        refused(Path("out"), "is not the folder of a finished run")


@pytest.mark.usefixtures("shop")
def test_a_run_of_an_older_version_without_a_column_is_refused():
    made("out", text=ODD)
    path = Path("out/customers.csv")
    path.write_bytes(path.read_bytes().replace(b"activity", b"presence"))
    manifest = json.loads(Path("out/manifest.json").read_text())
    for output in manifest["outputs"]:
        if output["name"] == path.name:
            output["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    Path("out/manifest.json").write_text(json.dumps(manifest))
    refused(Path("out"), "lacks what this version reads back")


OF_0_1 = (
    *("version", "as_of", "as_of_is", "customers", "buyers", "orders", "revenue", "refunded"),
    *("anonymous_revenue", "first_order_on", "last_order_on", "ledger", "files", "columns", "kept"),
    *("reading", "evidence", "actions", "stages", "segments", "activity", "funnel", "margins"),
    *("evidence_says", "wallet", "backtest", "grid", "bands", "scales_are", "scales", "ladder"),
    *("escaped_cells", "warnings"),
)
"""What the summary of version 0.1 had."""


def rewritten(folder, change):
    """A folder with another summary and manifest, as another version would have written them."""
    summary = json.loads((folder / "summary.json").read_text())
    data = json.dumps(change(summary)).encode()
    (folder / "summary.json").write_bytes(data)
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["schema"]
    for output in manifest["outputs"]:
        if output["name"] == "summary.json":
            output["sha256"] = hashlib.sha256(data).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.usefixtures("shop")
def test_the_history_names_groups_as_the_report_does():
    made("out")
    told = rfmtool("history", "out").stdout
    names = json.loads(Path("out/summary.json").read_text())["segments"]
    slugs = {group["name"] for group in names if "_" in group["name"]}
    assert slugs
    assert not {slug for slug in slugs if slug in told}


@pytest.mark.usefixtures("shop")
def test_the_history_has_a_page_of_its_own():
    made("out")
    page = rfmtool("history", "out", "--format", "html", "--title", "A & B").stdout
    points = json.loads(rfmtool("history", "out", "--format", "json").stdout)
    assert "<h1><bdi>A &amp; B</bdi></h1>" in page
    assert f"<td>{points[0]['customers']}</td>" in page
    assert all(f'<th scope="row">{name}</th>' in page for name in points[0]["stages"])


def test_a_folder_of_version_0_1_is_read_or_refused_with_a_sentence(shop):
    made("out", text=ODD)
    shutil.copytree("out", "new")
    rewritten(Path("out"), lambda summary: {name: summary[name] for name in OF_0_1})

    refused_ = [("report", "out"), ("report", "out", "--format", "html")]
    for words in refused_:
        told = rfmtool(*words)
        assert told.exit_code == 2
        assert "an earlier version" in told.stderr
    read = [("report", "out", "--format", "json"), ("explain", "out", "x2y"), ("history", "out"),
            ("compare", "out", "new"), ("run", shop, "-o", "out", *QUIETLY)]  # fmt: skip
    for words in read:
        told = rfmtool(*words)
        assert told.exit_code == 0, told.stderr


@pytest.mark.usefixtures("shop")
def test_a_folder_of_a_version_to_come_is_refused():
    made("out", text=ODD)
    rewritten(Path("out"), lambda summary: {**summary, "schema": summary["schema"] + 1})
    refused(Path("out"), "a newer version")


def test_a_run_without_a_table_of_all_customers_still_has_its_summary(shop):
    rfmtool("run", shop, "-o", "out", "--tables", "parquet", *QUIETLY)
    shutil.copytree("out", "copy")
    manifest = json.loads(Path("copy/manifest.json").read_text())
    manifest["outputs"] = [each for each in manifest["outputs"] if "customers" not in each["name"]]
    Path("copy/manifest.json").write_text(json.dumps(manifest))
    assert read_summary(Path("copy")) == read_summary(Path("out"))
    refused(Path("copy"), "has no table of all customers")
