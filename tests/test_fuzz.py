"""Whatever the bytes, a reader gives an answer or one of our own errors, and ends soon.

`make fuzz` tries many thousands.
"""

import bz2
import csv
import gzip
import io
import zipfile
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
from books import xlsx
from effort import SLOW
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ledgers import ledgers

from rfmtool.errors import RfmtoolError
from rfmtool.sources import open_export
from rfmtool.sources.layout import Asked, LineOptions
from rfmtool.sources.rows.lines import ExportLines

SHOP = b'customer_id,order_id,ordered_at,amount\n"ann",1,2024-01-30,5\n"b\nb",2,2024-01-31,7.50\n'
NAMES = ["customer_id", "order_id", "ordered_at", "amount"]
LOTS = SHOP + b"".join(b"c%d,o%d,2024-02-%02d,%d.5\n" % (n, n, n % 28 + 1, n) for n in range(300))


def zipped():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("shop/orders.csv", LOTS)
    return archive.getvalue()


def parquet():
    table = io.BytesIO()
    columns = ["c1", "c2"], ["1", "2"], ["2024-01-30", "2024-01-31"], ["5", "7.5"]
    pq.write_table(pa.table(dict(zip(NAMES, columns, strict=True))), table)
    return table.getvalue()


FILES = {
    "text": LOTS,
    "utf-16": LOTS.decode().encode("utf-16"),
    "gzip": gzip.compress(LOTS, mtime=0),
    "bz2": bz2.compress(LOTS),
    "zstd": pa.compress(LOTS, "zstd", asbytes=True),
    "zip": zipped(),
    "parquet": parquet(),
    "workbook": xlsx({"Orders": [NAMES, ["c1", 1, "2024-01-30", 5.5], ["c2", 2, "2024-01-31", 7]]}),
}
WORDS = (
    b", ; \t | \" ' \\ \n \r \0 \xef\xbb\xbf \xff\xfe customer_id ordered_at amount 2024-01-30"
    b" Total --- (3 5 \xe9 a PK\x03\x04 \x1f\x8b\x08 PAR1 sep=;"
)
MARKS = [b" ", b"\n", b",", *WORDS.split(b" ")]


def try_to_read(path, data, **asked):
    path.write_bytes(data)
    try:
        lines = ExportLines(open_export(path, Asked(**asked)), LineOptions(), threads=1)
        for _ in lines.read():
            pass
    except RfmtoolError as error:
        assert error.hint, str(error)  # noqa: PT017 - the file may also be read
    else:
        ledger = lines.ledger
        found = ledger.as_data()
        others = [*found["excluded"].values(), *found["rejected"].values()]
        assert ledger.rows == found["used"] + found["anonymous"] + found["blank"] + sum(others)


@given(pieces=st.lists(st.sampled_from(MARKS) | st.binary(max_size=4), max_size=60))
def test_any_bytes_end_in_an_answer_or_an_error_of_ours(pieces, scratch):
    try_to_read(scratch / "bytes.csv", b"".join(pieces))


@settings(max_examples=SLOW)
@given(pieces=st.lists(st.sampled_from(MARKS), max_size=40), header=st.booleans())
@example(pieces=[b"5,"], header=False)
def test_any_rows_below_a_good_header_end_in_an_answer_or_an_error_of_ours(pieces, header, scratch):
    columns = {"customer_id": "1", "ordered_at": "3", "amount": "4"}
    asked = {} if header else {"columns": columns, "has_header": False}
    try_to_read(scratch / "rows.csv", SHOP + b"".join(pieces), **asked)


@given(
    kind=st.sampled_from(sorted(FILES)),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=6),
    left=st.just(1.0) | st.floats(0, 1),
)
def test_flipped_and_cut_files_of_every_kind_end_in_an_answer_or_an_error_of_ours(
    kind, flips, left, scratch
):
    data = bytearray(FILES[kind])
    for place, bits in flips:
        data[int(place * len(data))] ^= bits
    try_to_read(scratch / "flipped", bytes(data[: int(left * len(data))]))


DIALECTS = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from([*",;\t|^~"]),
        "quotechar": st.sampled_from('""\''),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
        "lineterminator": st.sampled_from(["\n", "\r\n", "\r"]),
        "doublequote": st.sampled_from([True, True, False]),
    }
)
ABOVE = ([], [], [["Orders of 2024"]], [["Orders"], []], [["from", "to"], ["x"]])
BELOW = ([], [], [[]], [["Total", "", ""]], [["(3 rows)"]], [[], ["End of report"]])
SHAPES = st.fixed_dictionaries(
    {
        "above": st.sampled_from(ABOVE),
        "below": st.sampled_from(BELOW),
        "end": st.sampled_from([[], [], [""], ["", ""]]),
        "pack": st.sampled_from([bytes, bytes, gzip.compress, bz2.compress]),
        "encoding": st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16"]),
    }
)


def rendered(ledger, dialect, shape):
    text = io.StringIO(newline="")
    writer = csv.writer(text, escapechar=None if dialect["doublequote"] else "\\", **dialect)
    names = list(ledger.rows[0])
    rows = [names, *([row[name] for name in names] for row in ledger.rows)]
    writer.writerows([*shape["above"], *([*row, *shape["end"]] for row in rows), *shape["below"]])
    return shape["pack"](text.getvalue().encode(shape["encoding"]))


def money_in(path):
    """What a plain reading finds by customer, the rows used, and how many cannot be read."""
    lines, sums = ExportLines(open_export(path, Asked()), LineOptions(), threads=1), Counter()
    for batch in lines.read():
        for line in batch.select(["customer_id", "sales", "refunds"]).to_pylist():
            sums[line["customer_id"]] += line["sales"] - line["refunds"]
    return sums, lines.ledger["used"], lines.ledger.rejected


@settings(max_examples=SLOW // 2)  # each is two files
@given(ledger=ledgers(max_orders=4), dialect=DIALECTS, shape=SHAPES)
def test_a_ledger_in_any_dialect_is_read_as_in_plain_csv_or_not_without_a_word(
    ledger, dialect, shape, scratch
):
    plain, other = scratch / "plain.csv", scratch / "other.csv"
    plain.write_text(ledger.csv(), "utf-8")
    other.write_bytes(rendered(ledger, dialect, shape))

    try:
        expected = money_in(plain)
        found = money_in(other)
    except RfmtoolError:
        return
    assert found[2] or found == expected
