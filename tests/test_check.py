"""What `check` says where it must refuse: what it saw, and what would change it."""

import json
import zipfile

import pytest
from shell import SHOP, rfmtool, written

HEADER = SHOP.splitlines(keepends=True)[0]
LATIN = HEADER.encode() + b"Zo\xe9,1,2024-01-31,5\n"
SEMICOLONS = "client;date;what it cost\nann;2024-01-31;5\n"


def refused(path, *words):
    """The page and the data of a refusal, and its message."""
    page = rfmtool("check", path, *words)
    told = rfmtool("check", path, *words, "--format", "json")
    assert page.exit_code == told.exit_code == 2, page.stdout
    data = json.loads(told.stdout)
    assert data["error"] in page.stderr.replace("\n", " ")
    assert data["hint"]
    return " ".join(page.stdout.split()), data


def test_a_missing_role_leaves_what_was_found_and_what_else_there_is(tmp_path):
    page, data = refused(written(tmp_path / "shop.csv", "Shop of Ann\n\n" + SEMICOLONS))
    assert "cells divided by semicolons, UTF-8" in page
    assert "2 rows above the header passed over" in page
    assert "ordered_at = date (by its name)" in page
    assert "Not used what it cost" in page
    assert "--delimiter" in page
    assert data["columns"] == {"customer_id": "client", "ordered_at": "date"}
    assert data["files"][0]["rows_above"] == 2


def test_what_the_user_said_is_said_again(tmp_path):
    page, data = refused(written(tmp_path / "shop.csv"), "--delimiter", ";", "--no-header")
    assert "You said --no-header, --delimiter ;" in page
    assert data["said"] == ["--no-header", "--delimiter ;"]


def test_a_header_alone_is_shown_with_its_roles(tmp_path):
    page, data = refused(written(tmp_path / "shop.csv", HEADER))
    assert "amount = amount (by its name)" in page
    assert data["header"] == HEADER.strip().split(",")


@pytest.mark.parametrize("rows", ["ann,1,2024-01-05,5\nbob,2,2024-01-06,6\n", "ann\nbob\n"])
def test_a_row_in_the_place_of_the_header_is_not_shown(rows, tmp_path):
    page, data = refused(written(tmp_path / "shop.csv", rows))
    assert "ann" not in page
    assert data["header"] == []


@pytest.mark.parametrize(
    ("name", "content", "seen"),
    [
        ("shop.csv", b"", "0 bytes, not read"),
        ("shop.csv", LATIN, f"{len(LATIN)} bytes, not read"),
        ("shop.csv.gz", b"\x1f\x8b\x08cut off", "10 bytes, gzip data, not read"),
        ("shop.csv", b"%PDF-1.7", "8 bytes, not read"),
    ],
)
def test_a_file_that_cannot_be_looked_into_is_named_with_its_size(name, content, seen, tmp_path):
    path = tmp_path / name
    path.write_bytes(content)
    page, data = refused(path)
    assert page.startswith(f"Files {name}, {seen}")
    assert data["files"][0]["bytes"] == len(content)


def test_a_zip_of_several_is_called_one(tmp_path):
    with zipfile.ZipFile(tmp_path / "shop.zip", "w") as archive:
        archive.writestr("a.csv", SHOP)
        archive.writestr("b.csv", SHOP)
    page, _ = refused(tmp_path / "shop.zip")
    assert "zip data, not read" in page


def test_files_that_differ_are_both_counted(tmp_path):
    written(tmp_path / "a.csv")
    written(tmp_path / "b.csv", SHOP.replace("order_id", "note"))
    page, data = refused(tmp_path)
    assert page.startswith("Files 2 files")
    assert [file["name"] for file in data["files"]] == ["a.csv", "b.csv"]


def test_an_evidence_table_that_is_refused_is_shown_itself(tmp_path):
    written(tmp_path / "contacts.csv", "who;status\nann;lead\n")
    page, _ = refused(written(tmp_path / "shop.csv"), "--contacts", tmp_path / "contacts.csv")
    assert "Files contacts.csv" in page


def test_a_machine_is_told_even_where_nothing_was_seen(tmp_path):
    told = rfmtool("check", tmp_path / "none.csv", "--format", "json")
    assert "no such file" in json.loads(told.stdout)["error"]


def test_quiet_leaves_only_the_message(tmp_path):
    told = rfmtool("check", written(tmp_path / "shop.csv", HEADER), "--quiet")
    assert told.stdout == ""
    assert "nothing below it" in told.stderr


def test_other_spellings_of_an_address_are_counted(tmp_path):
    rows = "Ann@x.org,1,2024-01-01,5\nann@x.org,2,2024-02-01,5\nbob@x.org,3,2024-01-01,5\n"
    orders = written(tmp_path / "orders.csv", HEADER + rows)
    partners = written(tmp_path / "partners.csv", "customer_id\nANN@x.org\nann@x.org\n")
    words = ("check", orders, "--partners", partners)

    page = " ".join(rfmtool(*words).stdout.split())
    assert "Ids 1 other spelling of e-mail addresses" in page
    assert "1 of 1 people matched; 1 other spelling of e-mail addresses" in page
    found = json.loads(rfmtool(*words, "--format", "json").stdout)
    assert (found["merged_ids"], found["evidence"]["partners"]["merged"]) == (1, 1)
    report = " ".join(rfmtool("run", orders, "--partners", partners).stdout.split())
    assert "1 customer id written in another case" in report
    assert "partners: 1 id written in another case" in report


def test_orders_long_after_all_others_are_asked_about_as_by_a_run(tmp_path):
    rows = "".join(f"c{n},{n},2024-01-{n % 28 + 1:02},5\n" for n in range(100))
    shop = written(tmp_path / "shop.csv", HEADER + rows + "c1,100,2025-01-05,5\n")
    page, data = refused(shop)
    assert "Rows 101 rows = 101 used" in page
    assert "--as-of 2024-01-28" in data["hint"]
    assert rfmtool("check", shop, "--as-of", "last").exit_code == 0


def test_columns_of_evidence_are_shown_by_role_with_those_that_play_none(tmp_path):
    contacts = "Kundennummer;E-Mail;Filiale\nann;ann@x.de;Nord\n"
    answers = "customer,kind,date,remark\nann,survey,2024-01-02,fine\n"

    words = (
        "check", written(tmp_path / "shop.csv"),
        "--contacts", written(tmp_path / "contacts.csv", contacts),
        "--feedback", written(tmp_path / "feedback.csv", answers),
    )  # fmt: skip

    page = " ".join(rfmtool(*words).stdout.split())
    data = json.loads(rfmtool(*words, "--format", "json").stdout)

    assert "customer_id = Kundennummer, email = E-Mail about people: Filiale" in page
    assert "not used: remark" in page
    found = {name: (table["columns"], table["others"], table["keeps_others"])
             for name, table in data["evidence"].items()}  # fmt: skip
    assert found == {
        "contacts": ({"customer_id": "Kundennummer", "email": "E-Mail"}, ["Filiale"], True),
        "feedback": (
            {"customer_id": "customer", "given_on": "date", "kind": "kind"}, ["remark"], False,
        ),
    }  # fmt: skip
