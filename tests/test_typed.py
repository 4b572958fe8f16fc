"""Columns of any type in any use are read, or refused by name; text that is none is rejected."""

import contextlib
import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rfmtool.errors import InputError
from rfmtool.pipeline import check, run
from rfmtool.sources.layout import Asked

DAYS = [dt.date(2024, 1, day) for day in (1, 2, 3)]
SHOP = {"customer_id": ["a", "b", "c"], "date": DAYS, "amount": [1.5, 2.0, 3.0]}
MOMENT = dt.datetime.fromisoformat("2024-01-05T10:00")
VALUES = {
    pa.int8(): 1, pa.uint64(): 1, pa.float16(): 1.5, pa.float32(): 1.5, pa.float64(): 1.5,
    pa.decimal32(5, 2): Decimal("1.5"), pa.decimal64(12, 2): Decimal("1.5"),
    pa.decimal128(20, 2): Decimal("1.5"), pa.decimal256(50, 2): Decimal("1.5"),
    pa.bool_(): True, pa.null(): None, pa.string(): "1", pa.large_string(): "1",
    pa.string_view(): "1", pa.binary(): b"1", pa.large_binary(): b"1", pa.binary_view(): b"1",
    pa.binary(1): b"1", pa.date32(): DAYS[0], pa.date64(): DAYS[0], pa.timestamp("s"): MOMENT,
    pa.timestamp("ns", "UTC"): MOMENT, pa.time32("s"): dt.time(1), pa.time64("us"): dt.time(1),
    pa.duration("ms"): dt.timedelta(1), pa.list_(pa.string()): ["a"],
    pa.large_list(pa.int8()): [1], pa.list_(pa.int8(), 1): [1],
    pa.struct({"a": pa.int8()}): {"a": 1}, pa.map_(pa.string(), pa.int8()): [("a", 1)],
    pa.dictionary(pa.int8(), pa.string()): "1", pa.dictionary(pa.int8(), pa.int64()): 1,
    pa.month_day_nano_interval(): pa.scalar((1, 1, 1), pa.month_day_nano_interval()).as_py(),
}  # fmt: skip
ROLES = ["customer_id", "order_id", "date", "amount", "quantity", "category", "currency", "status",
         "name", "cost", "tags"]  # fmt: skip


def column(kind):
    return pa.array([VALUES[kind]] * 3, pa.string()).cast(kind) if pa.types.is_dictionary(kind) \
        and kind.value_type == pa.string() else pa.array([VALUES[kind]] * 3, kind)  # fmt: skip


def raw_text(cells):
    """Bytes under the name of text, as a careless writer leaves them."""
    return pa.Array.from_buffers(pa.string(), len(cells), pa.array(cells, pa.binary()).buffers())


@pytest.mark.parametrize("kind", VALUES, ids=str)
def test_a_column_of_any_type_is_read_or_refused_by_name_in_any_role(kind):
    for role in ROLES:
        asked = Asked(keep=("tags",) if role == "tags" else ())
        with contextlib.suppress(InputError):
            check(pa.table({**SHOP, role: column(kind)}), asked=asked)


@pytest.mark.parametrize("kind", [pa.list_(pa.string()), pa.binary(), pa.struct({"a": pa.int8()})])
def test_a_column_of_which_no_text_is_made_is_not_carried_through(kind):
    table = pa.table({**SHOP, "tags": column(kind)})
    with pytest.raises(InputError, match=r"'tags' holds .* cannot be carried through"):
        run(table, asked=Asked(keep=("tags",)))
    assert len(run(table).frame) == 3


@pytest.mark.parametrize("kind", [pa.float16(), pa.date32(), pa.timestamp("s"), pa.bool_()])
def test_a_column_of_plain_values_is_carried_through(kind):
    frame = run(pa.table({**SHOP, "tags": column(kind)}), asked=Asked(keep=("tags",))).frame
    assert frame["tags"].notna().all()


@pytest.mark.parametrize("source", ["file", "frame"])
@pytest.mark.parametrize("name", ["customer_id", "date", "amount", "status", "category", "note"])
def test_a_cell_that_is_no_text_rejects_its_row(tmp_path, source, name):
    cells = {
        "date": [b"\xff", b"2024-01-02", b"2024-01-03"],
        "amount": [b"1\xff", b"2", b"3"],
        "status": [b"caf\xe9", b"paid", b"paid"],
    }
    bad = raw_text(cells.get(name, [b"caf\xe9", b"b", b"c"]))
    table = pa.table({**SHOP, name: bad})
    if source == "file":
        pq.write_table(table, tmp_path / "export.parquet")
        table = tmp_path / "export.parquet"
    grouped, _ = check(table, asked=Asked(keep=("note",) if name == "note" else ()))
    assert [(one.row, one.reason) for one in grouped.ledger.rejects] == [(1, "bad_encoding")]
    assert grouped.table["customer_id"].to_pylist() == ["b", "c"]


def test_a_dictionary_of_what_is_no_text_rejects_its_rows():
    words = pa.DictionaryArray.from_arrays(pa.array([0, 1, 1]), raw_text([b"\xff", b"b"]))
    grouped, _ = check(pa.table({**SHOP, "customer_id": words}))
    assert grouped.ledger["bad_encoding"] == 1


def test_the_name_of_a_column_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "export.parquet"
    pq.write_table(pa.table(SHOP), path)
    path.write_bytes(path.read_bytes().replace(b"amount", b"amoun\xe9"))
    with pytest.raises(InputError, match="name of a column is not UTF-8") as raised:
        run(path)
    assert "\ufffd" not in str(raised.value)


def test_attributes_that_are_no_text_are_shown_and_shift_nothing(tmp_path):
    path = tmp_path / "contacts.parquet"
    pq.write_table(pa.table({"customer_id": ["a", "b"], "city": raw_text([b"K\xf6ln", b"Ulm"])}),
                   path)  # fmt: skip
    frame = run(pa.table(SHOP), evidence={"contacts": path}, asked=Asked(keep=("city",))).frame
    assert frame["city"].to_list()[:2] == ["K\ufffdln", "Ulm"]
