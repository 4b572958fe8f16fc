"""What an EXPORT names: files, folders, globs, packed or not, each once."""

import bz2
import gzip
import io
import os
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from books import xlsx
from shell import QUIETLY, rfmtool

from rfmtool.errors import InputError, RfmtoolError
from rfmtool.grouping.read import read_export
from rfmtool.pipeline import run
from rfmtool.settings import Settings
from rfmtool.sources.files.exports import ExportFile
from rfmtool.sources.files.listing import list_export_files

HEADER = "customer_id,order_id,ordered_at,amount\n"
SHOP = HEADER + "ann,1,2024-01-30,5\nbob,2,2024-01-31,7\n"


def zstd(data):
    return pa.compress(data, "zstd", asbytes=True)


PACKERS = {"gz": gzip.compress, "bz2": bz2.compress, "zst": zstd}


def names(*exports):
    return [file.name for file in list_export_files(exports)]


def customers(*exports):
    return run(list(exports)).frame["customer_id"].tolist()


# Which files -------------------------------------------------------------------------------------


def test_a_folder_gives_its_data_files_at_any_depth_in_the_order_of_their_paths(write, tmp_path):
    for name in ("b.csv", "a/2.TSV", "a/1.csv.gz", "c.parquet", "c.txt.zst"):
        write(SHOP, f"shop/{name}")
    for name in ("d.xlsx", "d.XLSM", "d.xls", "d.ods"):
        write(SHOP, f"shop/{name}")
    for name in (
        "readme.md",
        ".hidden.csv",
        "_SUCCESS.csv",
        ".git/x.csv",
        "_tmp/y.csv",
        "~$d.xlsx",
    ):
        write(SHOP, f"shop/{name}")

    expected = ["a/1.csv.gz", "a/2.TSV", "b.csv", "c.parquet", "c.txt.zst"]
    expected += ["d.XLSM", "d.ods", "d.xls", "d.xlsx"]
    assert names(tmp_path / "shop") == expected


def test_a_workbook_in_a_folder_is_read_with_the_rest(write, tmp_path):
    write(SHOP, "shop/first.csv")
    write(
        xlsx({"Orders": [HEADER.strip().split(","), ["cy", "3", "2024-01-31", 9]]}), "shop/b.xlsx"
    )

    assert customers(tmp_path / "shop") == ["ann", "bob", "cy"]


def test_files_of_a_folder_that_are_no_data_by_their_ending_are_said(write, tmp_path):
    for name in ("a.csv", "b.dat", "deep/c.csv.old", "d.pdf", "e.pdf", ".hidden", "_SUCCESS"):
        write(SHOP if name == "a.csv" else SHOP.replace("1,2024", "3,2024"), f"shop/{name}")
    folder, said = tmp_path / "shop", "b.dat, d.pdf, deep/c.csv.old and 1 more, by their endings"

    assert any(said in warning for warning in run(folder).summary["warnings"])
    assert said in rfmtool("check", folder).stdout.replace("\n", " ").replace("  ", "")
    both = read_export([folder, folder / "b.dat"], settings=Settings(overlap="sum"))
    assert both.export.left_out == ("d.pdf", "deep/c.csv.old", "e.pdf")


def test_nothing_is_said_of_answers_in_a_folder_and_of_folders_without_other_files(write):
    folder = write(SHOP, "shop/a.csv").parent
    assert rfmtool("run", folder, "-o", folder / "out", *QUIETLY).exit_code == 0

    assert not read_export(folder).export.left_out
    assert not any("Not read" in warning for warning in run(folder).summary["warnings"])


def test_a_folder_without_data_is_refused_with_the_endings_that_count(write, tmp_path):
    write(SHOP, "shop/data.doc")

    with pytest.raises(InputError, match="no data files") as raised:
        list_export_files([tmp_path / "shop"])
    assert ".csv" in raised.value.hint


def test_a_glob_gives_its_matches_sorted(write, tmp_path):
    for name in ("2.csv", "10.csv", "1.csv", "other.txt", "deep/3.csv"):
        write(SHOP, name)

    assert names(f"{tmp_path}/[0-9]*.csv") == [f"{tmp_path}/{n}.csv" for n in (1, 10, 2)]
    assert f"{tmp_path}/deep/3.csv" in names(f"{tmp_path}/**/*.csv")


def test_a_file_whose_name_looks_like_a_glob_is_that_file(write):
    assert names(write(SHOP, "sales[1].csv")) == ["sales[1].csv"]


@pytest.mark.parametrize(
    ("export", "complaint"),
    [("nowhere.csv", "no such file"), ("no*.csv", "no file matches"), ("", "the name is empty")],
)
def test_what_names_nothing_is_refused(export, complaint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InputError, match=complaint):
        list_export_files([export])


def test_a_file_named_twice_is_refused(write, tmp_path):
    path = write(SHOP)
    (tmp_path / "link.csv").symlink_to(path)

    for twice in ([path, path], [path, tmp_path], [path, tmp_path / "link.csv"]):
        with pytest.raises(InputError, match=r"export\.csv: named twice"):
            list_export_files(twice)


def test_files_of_one_name_in_two_folders_are_told_apart(write):
    january = write(SHOP, "january/orders.csv")
    february = write(HEADER + "cy,3,2024-02-01,1\ncy,4,soon,1\n", "february/orders.csv")

    ledger = run([january, february], max_rejects=1).ledger

    assert [(reject.file, reject.row) for reject in ledger.rejects] == [(str(february), 2)]
    assert ledger.rows_by_file == {str(january): 2, str(february): 2}


def test_a_folder_is_refused_that_one_may_not_read_as_a_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        ExportFile("gone.csv", tmp_path / "gone.csv").open()


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the spool lives as long as the run
def test_stdin_is_read_once_and_looked_at_more_often(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(SHOP.encode()))))

    result = run("-")

    assert result.frame["customer_id"].tolist() == ["ann", "bob"]
    assert list(result.ledger.rows_by_file) == ["stdin"]


def test_files_that_lack_a_column_of_the_others_are_refused(write):
    full = write(SHOP, "full.csv")
    short = write("customer_id,ordered_at,amount\nann,2024-01-31,5\n", "short.csv")

    with pytest.raises(InputError, match=r"short\.csv and full\.csv differ.*order_id"):
        run([full, short])


def test_files_may_order_name_and_divide_their_columns_differently(write):
    one = write(SHOP, "one.csv")
    two = write("Date;Total;Customer ID;Invoice\n2024-02-01;3;cy;9\n", "two.csv")

    assert customers(one, two) == ["ann", "bob", "cy"]


# How they are packed -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("name", ["shop.csv.{}", "shop.csv", "shop.bin"])
def test_a_packed_file_is_known_by_its_bytes_whatever_its_ending(write, kind, name):
    path = write(PACKERS[kind](SHOP.encode()), name.format(kind))

    assert customers(path) == ["ann", "bob"]


def test_text_and_parquet_with_a_wrong_ending_are_read_as_what_they_are(write, tmp_path):
    assert customers(write(SHOP, "shop.csv.gz")) == ["ann", "bob"]
    path = tmp_path / "shop.csv"
    pq.write_table(pa.table({"customer": ["ann"], "date": ["2024-01-31"], "amount": [1]}), path)
    assert customers(path) == ["ann"]


@pytest.mark.parametrize("kind", PACKERS)
def test_several_members_in_one_packed_file_are_all_read(write, kind):
    pack = PACKERS[kind]
    head, tail = SHOP.encode()[:60], SHOP.encode()[60:]

    assert customers(write(pack(head) + pack(tail))) == ["ann", "bob"]


def rows(count):
    return "".join(
        f"c{i * 7919 % 10007},o{i},2024-01-{i % 28 + 1:02},{i}.5\n" for i in range(count)
    )


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("left", [0.01, 0.5, 0.999])
def test_a_packed_file_that_is_cut_off_is_refused(write, kind, left):
    data = PACKERS[kind]((HEADER + rows(60_000)).encode())

    with pytest.raises(InputError, match=r"cut\.csv: the \w+ data is damaged or cut off"):
        run(write(data[: int(len(data) * left)], "cut.csv"))


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("place", [0.2, 0.9])
def test_a_packed_file_with_damaged_bytes_is_refused(write, kind, place):
    data = bytearray(PACKERS[kind]((HEADER + rows(60_000)).encode()))
    start = int(len(data) * place)
    data[start : start + 400] = bytes(255 - byte for byte in data[start : start + 400])

    with pytest.raises(InputError, match="damaged or cut off"):
        run(write(bytes(data), "damaged.csv"))


@pytest.mark.parametrize(
    ("magic", "kind"),
    [
        (b"SQLite format 3\0", "SQLite"),
        (b"%PDF-1.7", "PDF"),
        (b"ARROW1\0\0", "Arrow"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"Rar!\x1a\x07", "RAR"),
    ],
)
def test_kinds_of_files_that_are_not_read_are_named(write, magic, kind):
    with pytest.raises(InputError, match=f"this holds {kind} data"):
        run(write(magic + b"\0" * 100, "export.csv"))


def test_an_export_of_no_files_is_refused():
    with pytest.raises(InputError, match="no file is named"):
        run([])


def test_a_source_that_is_no_path_and_no_frame_is_refused():
    with pytest.raises(InputError, match="not a int"):
        run(5)


# What stands in a folder and cannot be opened -----------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes are those of Unix")
@pytest.mark.parametrize("kind", ["link to nothing", "link to no folder", "pipe", "circle"])
@pytest.mark.parametrize("pattern", ["", "*"])
def test_what_cannot_be_opened_is_an_error_that_names_it(write, tmp_path, kind, pattern):
    write("customer_id,date,amount\na,2024-01-05,1\n", "year/jan.csv")
    other = tmp_path / "year" / ("old" if kind == "link to no folder" else "feb.csv")
    if kind == "pipe":
        os.mkfifo(other)
    else:
        other.symlink_to(tmp_path if kind == "circle" else tmp_path / "gone")
    if kind == "circle" and pattern:
        return  # a pattern names files, and passes over folders
    with pytest.raises(InputError, match=f"{other.name}: (is|leads)|{tmp_path.name}"):
        list_export_files([tmp_path / "year" / pattern if pattern else tmp_path / "year"])


def test_a_folder_that_may_not_be_looked_into_is_an_error(write, tmp_path, monkeypatch):
    write("customer_id,date,amount\na,2024-01-05,1\n", "year/jan.csv")
    closed = tmp_path / "year" / "closed"
    closed.mkdir()
    listed = Path.iterdir

    def iterdir(path):
        if path == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    with pytest.raises(InputError, match="closed: cannot be read: permission denied"):
        list_export_files([tmp_path / "year"])


def test_so_is_one_that_is_named(write, tmp_path, monkeypatch):
    write("customer_id,date,amount\na,2024-01-05,1\n", "year/jan.csv")

    def is_dir(path):
        if path.parent == tmp_path / "year":
            raise PermissionError(13, "Permission denied", str(path))
        return path == tmp_path / "year"

    def iterdir(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.access", lambda *_: False)
    monkeypatch.setattr(Path, "is_dir", is_dir)
    monkeypatch.setattr(Path, "iterdir", iterdir)
    with pytest.raises(InputError, match="year: cannot be read: permission denied"):
        run(tmp_path / "year")


@pytest.mark.parametrize("name", ["x" * 5000, "postgresql://u:secret@h/db", "ftp://u:secret@h/x"])
def test_a_name_that_can_be_no_file_is_refused_without_a_password(name):
    with pytest.raises(RfmtoolError) as raised:
        list_export_files([name])
    assert raised.value.exit_code == 2
    assert "secret" not in str(raised.value)
