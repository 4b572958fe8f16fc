"""Zip files, packed files and how much they may hold."""

import gzip
import io
import tarfile
import zipfile

import pytest

from rfmtool.errors import InputError
from rfmtool.pipeline import run
from rfmtool.sources.files.listing import list_export_files
from rfmtool.sources.layout import Asked

SHOP = b"customer_id,order_id,ordered_at,amount\nann,1,2024-01-30,5\nbob,2,2024-01-31,7\n"
OTHER = SHOP.replace(b"ann", b"cy").replace(b"bob", b"dan")


def zipped(members, *, locked=False):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    data = archive.getvalue()
    if locked:  # the flag alone, in both places where a zip keeps it
        for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            start = data.index(mark) + place
            data = data[:start] + b"\x01" + data[start + 1 :]
    return data


def tarred(data):
    archive, member = io.BytesIO(), tarfile.TarInfo("a.csv")
    member.size = len(data)
    with tarfile.open(fileobj=archive, mode="w") as file:
        file.addfile(member, io.BytesIO(data))
    return archive.getvalue()


def customers(*exports, **asked):
    return run(list(exports), asked=Asked(**asked)).frame["customer_id"].tolist()


def test_the_only_file_of_a_zip_is_read_wherever_it_lies_in_it(write):
    members = {"2024/": b"", "2024/orders.txt": SHOP, "__MACOSX/2024/._orders.txt": b"\0\1"}

    assert customers(write(zipped(members), "orders.zip")) == ["ann", "bob"]
    assert customers(write(zipped(members), "orders.csv")) == ["ann", "bob"]


def test_several_files_of_a_zip_are_listed_and_each_may_be_named(write):
    path = write(zipped({"a.csv": SHOP, "b/b.csv": OTHER}), "orders.zip")

    with pytest.raises(InputError, match=r"there are 2 files in this zip: a\.csv, b/b\.csv") as one:
        run(path)
    assert "orders.zip/a.csv" in one.value.hint
    assert customers(path / "b" / "b.csv") == ["cy", "dan"]
    assert customers(path / "a.csv", path / "b/b.csv") == ["ann", "bob", "cy", "dan"]
    with pytest.raises(InputError, match=r"there is no c\.csv in this zip"):
        run(path / "c.csv")
    with pytest.raises(InputError, match="named twice"):
        run([path / "a.csv", path / "a.csv"])


def test_what_is_named_in_a_file_that_holds_no_files_is_refused(write):
    with pytest.raises(InputError, match=r"no folder, zip or workbook that holds orders\.csv"):
        run(write(SHOP, "shop.csv") / "orders.csv")


def test_a_folder_gives_its_zips_too(write, tmp_path):
    write(zipped({"a.csv": SHOP}), "shop/a.zip")
    write(OTHER, "shop/b.csv")

    assert [file.name for file in list_export_files([tmp_path / "shop"])] == ["a.zip", "b.csv"]
    assert customers(tmp_path / "shop") == ["ann", "bob", "cy", "dan"]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (zipped({}), "there is no file in this zip"),
        (zipped({"a.csv": SHOP}, locked=True), "locked with a password"),
        (zipped({"a.csv": SHOP})[:-20], "zip data is damaged or cut off"),
        (zipped({"a.csv": gzip.compress(SHOP)}), "what is packed in it is gzip data"),
        (zipped({"../../a.csv": SHOP}), r"leads out of it, as no data does: \.\./\.\./a\.csv"),
        (tarred(SHOP), "this holds tar data"),
        (gzip.compress(tarred(SHOP)), "what is packed in it is tar data"),
    ],
    ids=["empty", "locked", "cut off", "of gzip", "leading out", "tar", "tar in gzip"],
)
def test_a_zip_that_cannot_be_read_is_refused(write, data, complaint):
    with pytest.raises(InputError, match=complaint):
        run(write(data, "orders.zip"))


def test_an_archive_of_another_kind_is_to_be_unpacked(write):
    with pytest.raises(InputError) as refused:
        run(write(tarred(SHOP), "orders.tar"))
    assert refused.value.hint == "Unpack it, and name what comes out."


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda data: zipped({"a.csv": data})])
def test_a_file_that_holds_more_than_it_may_is_refused(write, pack):
    path = write(pack(SHOP + b"cy,3,2024-02-01,1\n" * 30_000))

    assert customers(path, max_bytes=1_000_000) == ["ann", "bob", "cy"]
    for size in ("10,000", "300,000"):  # in the sample, and far beyond it
        with pytest.raises(InputError, match=f"^{path.name}: it .* more than {size}") as raised:
            run(path, asked=Asked(max_bytes=int(size.replace(",", ""))))
    assert "--max-size" in raised.value.hint


def test_a_bomb_is_stopped_while_it_unpacks(write, monkeypatch):
    monkeypatch.setattr("rfmtool.sources.files.exports._TRUSTED_BYTES", 1 << 16)
    bomb = gzip.compress(SHOP + b"cy,3,2024-02-01,1\n" * 100_000)

    with pytest.raises(InputError, match="once unpacked"):
        run(write(bomb))


def test_real_packed_exports_are_far_from_a_bomb(write, monkeypatch):
    monkeypatch.setattr("rfmtool.sources.files.exports._TRUSTED_BYTES", 1 << 10)
    rows = b"".join(b"c%d,o%d,2024-01-%02d,%d\n" % (n % 97, n, n % 28 + 1, n) for n in range(5000))

    assert len(customers(write(gzip.compress(SHOP + rows)))) == 99
