"""Tables as exact text: nothing rounded, nothing lost, nothing that a spreadsheet would run."""

import csv
import datetime as dt
import io
import json
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shell import SHOP, rfmtool, written

from rfmtool.errors import UsageError
from rfmtool.outputs.formulas import count_formulas
from rfmtool.outputs.tables import to_table
from rfmtool.outputs.text import TextOptions
from rfmtool.outputs.writers import format_of, write_table

RUN = ["=1+1", "@SUM(A1)", "\tx", "\rx", "+cmd", "-cmd|' /C calc'!A0", "--1", "+-1", "-1-1a", "+\n"]
"""What a spreadsheet would run."""
LEFT = ["-5", "-5.25", "+5", "-1e5", "-1,234.5", "+49 (0)30 / 123-45", "+1-555-0100", "a=1", "'=1",
        "", " =1", "-", "+", "17850", "a@b.c", "7-Eleven"]  # fmt: skip
"""What it would not."""

CELLS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
) | st.text(" ,;\t\r\n\"'=+-@0159.", max_size=8)


def text_of(table, kind="csv", **options):
    target = io.BytesIO()
    write_table(table.to_reader(), target, kind, TextOptions(**options))
    return target.getvalue()


def column(*cells, name="id"):
    return pa.table({name: pa.array(cells, pa.string()), "n": pa.array([1] * len(cells))})


def money(*units):
    frame = pd.DataFrame({"monetary": pd.array(units, dtype="Int64")})
    return text_of(to_table(frame, ("monetary",))).decode().split("\n")[1:-1]


# Values ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "text"),
    [(83_000_658_140, "8300065.814"), (0, "0"), (10_000, "1"), (100_000, "10"), (1, "0.0001"),
     (-1, "-0.0001"), (-12_500, "-1.25"), (9_223_372_036_854_775_807, "922337203685477.5807"),
     (-9_223_372_036_854_775_807, "-922337203685477.5807"), (None, '""')],
)  # fmt: skip
def test_money_is_plain_decimal_text_without_exponent_or_needless_zeros(units, text):
    assert money(units) == [text]


@given(st.lists(st.integers(-(2**63) + 1, 2**63 - 1), min_size=1, max_size=8))
def test_money_reads_back_to_the_same_ten_thousandths(units):
    assert [Decimal(text) * 10_000 for text in money(*units)] == units


def test_dates_are_iso_and_missing_values_are_empty():
    frame = pd.DataFrame({"on": pd.to_datetime(["2024-02-29", None]), "n": [1, 2]})
    assert text_of(to_table(frame, ("on", "n"))) == b"on,n\n2024-02-29,1\n,2\n"


def test_numbers_with_fractions_lose_only_a_needless_point_zero():
    frame = pd.DataFrame({"rfm_total": [9.0, 7.5]})
    assert text_of(to_table(frame, ("rfm_total",))) == b"rfm_total\n9\n7.5\n"


# CSV and TSV -------------------------------------------------------------------------------------


@given(st.lists(CELLS, min_size=1, max_size=6), st.sampled_from(["csv", "tsv"]))
def test_text_reads_back_as_it_was(cells, kind):
    text = text_of(column(*cells), kind, raw_text=True).decode()
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t" if kind == "tsv" else ","))
    assert rows == [["id", "n"], *([cell, "1"] for cell in cells)]


def test_quotes_stand_only_where_a_cell_needs_them():
    text = text_of(column("plain", "a,b", 'say "x"', "two\nlines", "semi;colon", "tab\tbed"))
    assert text.decode() == (
        'id,n\nplain,1\n"a,b",1\n"say ""x""",1\n"two\nlines",1\nsemi;colon,1\ntab\tbed,1\n'
    )
    assert text_of(column("a,b", "tab\tbed"), "tsv") == b'id\tn\na,b\t1\n"tab\tbed"\t1\n'


def test_an_empty_cell_that_is_all_of_a_row_makes_no_empty_line():
    written_text = text_of(pa.table({"city": ["Rom", "", None]})).decode()
    assert written_text == 'city\nRom\n""\n""\n'
    assert len(pd.read_csv(io.StringIO(written_text))) == 3


def test_lines_end_in_lf_and_excel_gets_a_bom():
    assert text_of(column("a")) == b"id,n\na,1\n"
    assert text_of(column("a"), excel=True) == b"\xef\xbb\xbfid,n\na,1\n"
    assert text_of(column("Zo\u00eb")).decode() == "id,n\nZo\u00eb,1\n"


def test_a_table_without_rows_has_its_header():
    assert text_of(column()) == b"id,n\n"


def test_many_rows_are_all_there_in_their_order():
    ids = [f"c{number}" for number in range(200_000)]
    assert text_of(column(*ids)) == b"id,n\n" + b"".join(f"{one},1\n".encode() for one in ids)


@pytest.mark.long
@given(st.lists(CELLS, min_size=1, max_size=4), st.integers(-(2**63), 2**63 - 5))
def test_rows_of_few_kinds_are_written_as_each_alone_is(cells, number):
    kinds = len(cells) + 1  # a missing one beside them
    row = pa.table(
        {
            "label": pa.array([*cells, None], pa.string()).dictionary_encode(),
            "n": pa.array([None, *range(number, number + kinds - 1)], pa.int64()),
            "day": pa.array(range(kinds), pa.int32()).cast(pa.date32()),
            "text": pa.array([None, *cells], pa.string()),
            "nothing": pa.nulls(kinds, pa.float64()),
        }
    )
    header = text_of(row.slice(0, 0))
    alone = [text_of(row.slice(place, 1)).removeprefix(header) for place in range(kinds)]

    many = text_of(pa.concat_tables([row] * 50).combine_chunks())

    assert many == header + b"".join(alone) * 50


# Formulas ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", RUN)
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(cell):
    assert read(text_of(column(cell))) == "'" + cell
    assert read(text_of(column(cell), raw_text=True)) == cell
    assert count_formulas(column(cell)) == 1


@pytest.mark.parametrize("cell", LEFT)
def test_numbers_phone_numbers_and_other_text_stay_as_they_are(cell):
    assert read(text_of(column(cell))) == cell
    assert count_formulas(column(cell)) == 0


@given(CELLS)
def test_the_guard_adds_one_apostrophe_or_nothing(cell):
    assert read(text_of(column(cell))) in (cell, "'" + cell)


def test_guarded_cells_are_counted_and_warned_of(tmp_path):
    shop = written(tmp_path / "shop.csv", SHOP.replace("bob", "=bob"))
    run = rfmtool("run", shop, "--format", "json")
    assert "1 text cell begins like a formula" in " ".join(json.loads(run.stdout)["warnings"])
    assert "\n'=bob," in rfmtool("score", shop).stdout
    assert "\n=bob," in rfmtool("score", shop, "--raw-text").stdout


def read(text):
    return list(csv.reader(io.StringIO(text.decode(), newline="")))[1][0]


# Other kinds -------------------------------------------------------------------------------------


def test_words_of_few_kinds_side_by_side_are_written_as_they_are():
    places = pd.Series(range(3_000))
    frame = pd.DataFrame(
        {
            str(kinds): pd.Categorical.from_codes(
                places * 11 % kinds, [f"{kinds}-{name}" for name in range(kinds)]
            )
            for kinds in (7, 121, 119)
        }
    )

    lines = text_of(to_table(frame, tuple(frame))).decode().splitlines()

    assert lines[1:] == frame.astype("str").agg(",".join, axis=1).tolist()


def test_jsonl_has_one_object_for_each_row_with_money_as_text_and_missing_as_null(tmp_path):
    shop = written(tmp_path / "shop.csv", SHOP + "eve,20,2024-02-02,-3.10\n")
    rows = rfmtool("score", shop, "--format", "jsonl").stdout.splitlines()
    ann, eve = json.loads(rows[0]), json.loads(rows[-1])
    assert ann["monetary"] == "1117.5"
    assert ann["first_order_on"] == "2024-01-05"
    assert ann["frequency"] == 5
    assert eve["rfm"] is None
    assert eve["monetary"] == "-3.1"


def test_parquet_keeps_the_types(tmp_path):
    shop = written(tmp_path / "shop.csv")
    assert rfmtool("score", shop, "-o", tmp_path / "x.parquet").exit_code == 0
    table = pq.read_table(tmp_path / "x.parquet")
    types = {field.name: field.type for field in table.schema}
    assert types["customer_id"] == types["stage"] == types["rfm"] == pa.string()
    assert types["monetary"] == types["refunds"] == pa.decimal128(19, 4)
    assert types["first_order_on"] == pa.date32()
    assert pa.types.is_integer(types["frequency"])
    ann = table.to_pylist()[0]
    assert ann["monetary"] == Decimal("1117.5000")
    assert ann["last_order_on"] == dt.date(2024, 5, 9)


def test_every_kind_tells_the_same(tmp_path):
    shop = written(tmp_path / "shop.csv")
    for kind in ("csv", "tsv", "jsonl", "parquet"):
        assert rfmtool("score", shop, "-o", tmp_path / f"x.{kind}").exit_code == 0
    commas, tabs = ((tmp_path / f"x.{kind}").read_text() for kind in ("csv", "tsv"))
    assert list(csv.reader(io.StringIO(commas))) == list(csv.reader(io.StringIO(tabs), "excel-tab"))
    lines = (tmp_path / "x.jsonl").read_text().splitlines()
    ids = [json.loads(line)["customer_id"] for line in lines]
    assert ids == pq.read_table(tmp_path / "x.parquet").column("customer_id").to_pylist()
    assert ids == ["ann", "bob", "cleo", "dan"]


def test_the_ending_of_a_file_picks_its_kind(tmp_path):
    assert [format_of(tmp_path / name) for name in ("x", "x.csv", "x.TSV", "x.parquet")] == [
        "csv", "csv", "tsv", "parquet",
    ]  # fmt: skip
    with pytest.raises(UsageError, match=r"\.xls"):
        format_of(tmp_path / "x.xls")
