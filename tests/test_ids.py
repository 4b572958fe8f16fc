"""Ids never fall together: what a spreadsheet cut short, guests, floats, formulas."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import rfmtool
from rfmtool.errors import AmbiguousInputError, InputError
from rfmtool.sources.layout import Asked

HEADER = "customer_id,order_id,ordered_at,amount\n"


def frame(*ids):
    """An order of 10 for each id, each on a day of its own."""
    days = [f"2026-{1 + place // 28:02}-{1 + place % 28:02}" for place in range(len(ids))]
    return pd.DataFrame({"customer_id": ids, "order_id": range(len(ids)), "ordered_at": days,
                         "amount": 10})  # fmt: skip


@pytest.mark.parametrize("written", ["6.12345E+12", "6,1E+12", "6E+12", "6.1e+012"])
def test_ids_that_a_spreadsheet_cut_short_are_refused(written):
    with pytest.raises(AmbiguousInputError, match="cut them short"):
        rfmtool.run(frame(written, written, "4711"))


def test_one_id_cut_short_among_many_is_warned_of():
    result = rfmtool.run(frame(*[f"c{n}" for n in range(200)], "6.12E+12"))

    assert any("6.12E+12" in text for text in result.summary["warnings"])


def test_ids_that_only_look_a_little_like_it_are_left_alone():
    assert len(rfmtool.run(frame("1E5", "12E+12", "E+12", "6.1E-12")).customers) == 4


def test_a_column_of_kinds_of_customers_is_refused():
    with pytest.raises(InputError, match="kinds of customers"):
        rfmtool.run(frame("new", "returning", "new"))


@pytest.mark.parametrize(
    "word", ["Guest", "walk-in", "Cash Customer", "Laufkunde", "invité", "***", "-"]
)
def test_a_word_for_nobody_with_several_orders_is_refused_until_it_is_settled(word):
    orders = frame("ann", word, word)

    with pytest.raises(AmbiguousInputError, match="nobody") as caught:
        rfmtool.run(orders)
    settled = rfmtool.run(orders, asked=Asked(anonymous=frozenset([word])))

    assert "--anonymous" in caught.value.hint
    assert (settled.ledger["used"], settled.ledger["anonymous"]) == (1, 2)


def test_ids_with_letters_hidden_are_warned_of():
    result = rfmtool.run(frame("a***n", "b***b", "b***b", "c"))

    assert any("2 customer ids have letters hidden" in text for text in result.summary["warnings"])


def test_an_id_with_a_lions_share_of_all_orders_is_warned_of():
    result = rfmtool.run(frame(*[f"c{n}" for n in range(30)], *["9"] * 200))

    assert any("200 of 230 orders" in text for text in result.summary["warnings"])
    assert not any("'9'" in text for text in result.summary["warnings"])


def test_ids_written_as_formulas_behind_very_many_that_are_not_are_refused(tmp_path):
    path, row = tmp_path / "shop.csv", "{n},{n},2026-01-01,10\n"
    plain = "".join(row.format(n=n) for n in range(100_000, 120_000))
    path.write_text(HEADER + plain + '"=""00123""",1,2026-01-01,10\n')

    with pytest.raises(AmbiguousInputError, match=r"1 customer ids .* are formulas"):
        rfmtool.run(path)


def test_order_ids_that_a_spreadsheet_cut_short_are_refused(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text(HEADER + "".join(f"c{n},5.01E+12,2026-01-0{n},10\n" for n in range(1, 9)))

    with pytest.raises(AmbiguousInputError, match=r"order ids of 8 rows .* written like 6\.12E"):
        rfmtool.run(path)


def test_ids_that_are_floats_in_one_file_and_whole_in_another_are_refused(tmp_path):
    for name, ids in (("a", [7.0, 8.0]), ("b", [7, 9])):
        table = frame(*ids).assign(order_id=[f"{name}{n}" for n in range(2)])
        pq.write_table(pa.Table.from_pandas(table), tmp_path / f"{name}.parquet")

    with pytest.raises(AmbiguousInputError, match=r"has 1 customer id both as in 17850\.0"):
        rfmtool.run(tmp_path)


def test_other_ids_that_are_floats_in_one_file_and_whole_in_another_are_told_of(tmp_path):
    for name, ids in (("a", [7.0, 8.0]), ("b", [9, 10])):
        pq.write_table(pa.Table.from_pandas(frame(*ids)), tmp_path / f"{name}.parquet")

    result = rfmtool.run(tmp_path)

    assert result.customers["customer_id"].tolist() == ["10", "7.0", "8.0", "9"]
    assert any(
        "2 customer ids are written like 17850.0" in one for one in result.summary["warnings"]
    )


@pytest.mark.parametrize(
    "row", ['="00123",{n},2026-01-0{n},10', '"=""00123""",{n},2026-01-0{n},10']
)
@pytest.mark.parametrize("size", [1 << 6, 1 << 20])
def test_ids_written_as_formulas_are_read_without(tmp_path, in_blocks, row, size):
    in_blocks(size)
    path = tmp_path / "shop.csv"
    path.write_text(HEADER + "".join(row.format(n=n) + "\n" for n in range(1, 9)))

    people = rfmtool.run(path).customers

    assert people[["customer_id", "frequency"]].to_numpy().tolist() == [["00123", 8]]
