"""`--keep-rejects`: exactly the rows that cannot be read with their raw cells, nobody else's."""

import bz2
import csv
import gzip
import io
import json
import stat
import sys
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from effort import SLOW
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ledgers import ledgers
from shell import QUIETLY, rfmtool
from test_fuzz import MARKS, SHOP

from rfmtool.columns import REJECTIONS
from rfmtool.errors import InputError, RfmtoolError
from rfmtool.sources import open_export
from rfmtool.sources.batches import Batch
from rfmtool.sources.cells.ids import mentions_listed_id
from rfmtool.sources.evidence.tables import read_evidence
from rfmtool.sources.layout import Asked, LineOptions
from rfmtool.sources.rows import rejects
from rfmtool.sources.rows.lines import ExportLines

pytestmark = pytest.mark.long

HEADER = "customer_id,order_id,ordered_at,amount,note\n"
GOOD = "ann,1,2024-01-05,5,x\nann,2,2024-02-06,5,y\n"
EVERY = ["--max-rejects", "100%", "--encoding", "utf-8"]

BAD = {
    "wrong_cell_count": ("bob,2,2024-01-06,5\n", ["bob,2,2024-01-06,5"]),
    "bad_encoding": (b'b\xe9n,2,2024-01-06,5,"a\nb"\n', ['b\ufffdn,2,2024-01-06,5,"a\nb"']),
    "bad_text": ('"bob" x,2,2024-01-06,5,z\n', ['"bob" x,2,2024-01-06,5,z']),
    "missing_date": ('bob,2,,5,"a, ""b"""\n', ["bob", "2", "", "5", 'a, "b"']),
    "bad_date": ("bob,2,never,5,=1+1\n", ["bob", "2", "never", "5", "'=1+1"]),
    "missing_amount": ("bob,2,2024-01-06,,\n", ["bob", "2", "2024-01-06", "", ""]),
    "bad_amount": ("bob,2,2024-01-06,-,-5\n", ["bob", "2", "2024-01-06", "-", "-5"]),
}
"""By reason, a bad record and the raw cells that are kept of it."""
PRICED = {
    "bad_quantity": ("bob,2,2024-01-06,few,5\n", ["bob", "2", "2024-01-06", "few", "5"]),
    "bad_price": ("bob,2,2024-01-06,5,low\n", ["bob", "2", "2024-01-06", "5", "low"]),
}
TABLES = {
    "bad_nps": ("feedback", "customer_id,given_on,nps\n{},2024-01-09,11\n"),
    "bad_kind": ("feedback", "customer_id,given_on,nps,kind\n{},2024-01-09,1,song\n"),
    "bad_wallet": ("wallets", "customer_id,wallet\n{},much\n"),
    "bad_rank": ("wallets", "customer_id,rank,brands\n{},9,4\n"),
    "bad_date": ("partners", "customer_id,from_on\n{},soon\n"),
    "bad_text": ("contacts", 'customer_id,status\n{},lead\n"x" y,lead\n'),
}


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def kept(out):
    """The file as rows of cells, the last empty ones left off; and its header."""
    text = (out / "rejects.csv").read_text("utf-8")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert all(len(row) == len(header) for row in rows)
    return header, [[*row[:3], *_without_end(row[3:])] for row in rows]


def _without_end(cells):
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def run(out, *words, more=EVERY):
    done = rfmtool("run", *words, "-o", out, "--keep-rejects", *QUIETLY, *more)
    assert done.exit_code == 0, done.output
    return json.loads((out / "summary.json").read_text("utf-8"))


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


@pytest.mark.parametrize("reason", [*BAD, *PRICED])
def test_every_reason_has_its_row_and_its_raw_cells(write, out, reason):
    bad, cells = (BAD | PRICED)[reason]
    header, good = HEADER.encode(), GOOD.encode()
    if reason in PRICED:
        header, good = b"customer_id,order_id,date,qty,price\n", GOOD.replace("x", "1").encode()
        good = good.replace(b"y", b"1")
    path = write(header + good + as_bytes(bad) + good)

    summary = run(out, path)

    names, rows = kept(out)
    assert names == ["file", "row", "reason", "cell_1", "cell_2", "cell_3", "cell_4", "cell_5"]
    assert rows == [["export.csv", "3", reason, *_without_end(cells)]]
    assert summary["ledger"]["rejected"] == {reason: 1}


@pytest.mark.parametrize("reason", TABLES)
def test_evidence_that_cannot_be_read_goes_in_behind_the_export(write, out, reason):
    table, text = TABLES[reason]
    path = write(HEADER + GOOD + BAD["bad_date"][0])
    evidence = write(text.format("bob"), f"{table}-{reason}.csv")

    run(out, path, f"--{table}", evidence)

    _, rows = kept(out)
    assert rows[0][:3] == ["export.csv", "3", "bad_date"]
    assert [row[0] for row in rows[1:]] == [evidence.name]
    assert rows[1][2] == reason


def test_every_reason_there_is_is_tried():
    assert {*BAD, *PRICED, *TABLES} == set(REJECTIONS)


def test_without_the_option_there_is_no_file_and_without_rejects_only_its_header(write, out):
    path = write(HEADER + GOOD)
    assert rfmtool("run", path, "-o", out, *QUIETLY).exit_code == 0
    assert not (out / "rejects.csv").exists()
    run(out, path)
    assert kept(out) == (["file", "row", "reason", *(f"cell_{n}" for n in range(1, 6))], [])
    assert rfmtool("run", path, "-o", out, *QUIETLY).exit_code == 0
    assert not (out / "rejects.csv").exists()


def test_the_file_is_in_the_manifest_and_only_its_owner_reads_it(write, out):
    run(out, write(HEADER + GOOD + BAD["bad_date"][0] * 2), more=[*EVERY, "--excel"])
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    entry = next(output for output in manifest["outputs"] if output["name"] == "rejects.csv")
    assert entry["rows"] == 2
    assert (out / "rejects.csv").read_bytes().startswith(b"\xef\xbb\xbffile,row,")
    if sys.platform != "win32":
        assert stat.S_IMODE((out / "rejects.csv").stat().st_mode) == 0o600
        assert stat.S_IMODE((out / "customers.csv").stat().st_mode) == 0o600


def test_a_folder_is_needed_and_the_limit_of_rejects_comes_first(write, out):
    path = write(HEADER + GOOD * 5 + BAD["bad_date"][0])
    without = rfmtool("run", path, "--keep-rejects")
    assert without.exit_code == 2
    assert "-o DIR" in without.stderr
    beyond = rfmtool("run", path, "-o", out, "--keep-rejects")
    assert beyond.exit_code == 1
    assert "--max-rejects 100% --keep-rejects" in beyond.stderr
    assert not out.exists()


def packed_zip(data):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("shop.csv", data)
    return archive.getvalue()


@pytest.mark.parametrize(
    ("name", "pack"),
    [("x.csv", bytes), ("x.csv.gz", gzip.compress), ("x.csv.bz2", bz2.compress),
     ("x.csv.zst", lambda data: pa.compress(data, "zstd", asbytes=True)), ("x.zip", packed_zip)],
)  # fmt: skip
def test_packed_files_keep_the_same(write, out, name, pack):
    data = HEADER.encode() + b"".join(as_bytes(bad) for bad, _ in BAD.values()) + GOOD.encode()
    path = write(pack(data), name)
    run(out, path)
    _, rows = kept(out)
    expected = [[str(row), reason, *_without_end(cells)]
                for row, (reason, (_, cells)) in enumerate(BAD.items(), 1)]  # fmt: skip
    assert [row[1:] for row in rows] == expected


def test_a_pipe_is_looked_at_again_too(out):
    text = HEADER + GOOD + BAD["bad_date"][0]
    done = rfmtool("run", "-", "-o", out, "--keep-rejects", *EVERY, stdin=text)
    assert done.exit_code == 0, done.output
    assert [row[:3] for row in kept(out)[1]] == [["stdin", "3", "bad_date"]]


def test_a_parquet_file_shows_its_typed_cells_as_text(tmp_path, out):
    rows = 300_000
    table = pa.table(
        {
            "customer_id": pa.array([float(n % 50) for n in range(rows)]),
            "ordered_at": pa.array([None if n in (7, 299_999) else 86_400_000 * (n % 300)
                                    for n in range(rows)], pa.timestamp("ms")),
            "amount": pa.array([5] * rows).dictionary_encode(),
            "tags": pa.array([["a"]] * rows),
        }
    )  # fmt: skip
    pq.write_table(table, tmp_path / "x.parquet", row_group_size=70_000)
    run(out, tmp_path / "x.parquet", more=["--as-of", "last"])
    assert kept(out)[1] == [
        ["x.parquet", "8", "missing_date", "7.0", "", "5"],
        ["x.parquet", "300000", "missing_date", "49.0", "", "5"],
    ]


def test_a_folder_of_files_of_many_widths_goes_by_the_widest(write, tmp_path, out):
    write(HEADER + GOOD, "in/1.csv")
    write("customer_id,order_id,ordered_at,amount\nbob,9,never,5\n", "in/2.csv")
    write("customer_id;order_id;ordered_at;amount\nbob;9;2024-01-08;low\n", "in/3.csv")
    run(out, tmp_path / "in")
    header, rows = kept(out)
    assert header[-1] == "cell_5"
    assert [row[:4] for row in rows] == [
        ["2.csv", "1", "bad_date", "bob"],
        ["3.csv", "1", "bad_amount", "bob"],
    ]


def test_rows_of_the_second_block_are_numbered_as_in_the_ledger(write, out):
    good = "".join(f"c{n % 99},{n},2024-01-05,5,{'x' * 60}\n" for n in range(60_000))
    path = write(HEADER + good + BAD["bad_text"][0] + good + BAD["wrong_cell_count"][0])
    summary = run(out, path, more=[*EVERY, "--amount-per", "line"])
    assert [row[1:3] for row in kept(out)[1]] == [
        ["60001", "bad_text"], ["120002", "wrong_cell_count"],
    ]  # fmt: skip
    assert summary["ledger"]["rejected"] == {"wrong_cell_count": 1, "bad_text": 1}


def test_check_names_the_same_rows(write, out):
    path = write(HEADER.encode() + b"".join(as_bytes(bad) for bad, _ in BAD.values()))
    path.write_bytes(path.read_bytes() + GOOD.encode())
    run(out, path)
    found = rfmtool("check", path, "--encoding", "utf-8", "--format", "json")
    named = [
        (row["file"], row["row"], row["reason"]) for row in json.loads(found.stdout)["rejects"]
    ]
    assert [(row[0], int(row[1]), row[2]) for row in kept(out)[1]] == named


def test_rows_about_columns_that_nobody_reads_stay_as_they_were_judged(write, out):
    # Bytes that are no text in a column without a role spoil nothing, at either look.
    data = (HEADER + "bob,2,never,5,").encode() + b"\xff\n" + GOOD.encode()
    run(out, write(data))
    assert kept(out)[1] == [
        ["export.csv", "1", "bad_date", "bob", "2", "never", "5", "\ufffd"],
    ]


# People who are to be left out -------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    ["SUE@x.org ,2,never,5,x\n", "bob,2,never,5,sue@X.org\n", "sue@x.org,2,2024-01-06\n",
     '"sue@x.org" y,1,2024-01-05,5,x\n', '"sue@x.org,2,x\n',
     "s\0ue@x.org,1,2024-01-05,5,\n", "17850,2,never,5,x\n", '"17850.0 x,1,2024-01-05,5,x\n',
     '"O\'Brien, Sue" x,1,2024-01-05,5,x\n', "Jos\xe9,1,2024-01-05,5,x\n".encode("latin-1"),
     b"x\xff,1,2024-01-05,5,sue@x.org\n"],
)  # fmt: skip
def test_rows_that_name_somebody_suppressed_are_left_out_and_counted(write, out, row):
    path = write((HEADER + GOOD + BAD["bad_date"][0]).encode() + as_bytes(row))
    listed = write(["customer_id", "sue@x.org", "17850.0", '"O\'Brien, Sue"', "Jos\xe9"], "s.csv")
    summary = run(out, path, "--suppress", listed)
    assert [row[:4] for row in kept(out)[1]] == [["export.csv", "3", "bad_date", "bob"]]
    assert sum(summary["ledger"]["rejected"].values()) == 2
    assert [warning for warning in summary["warnings"] if "not in rejects.csv" in warning] == [
        "1 row that cannot be read and may name somebody of the suppress list: not in rejects.csv."
    ]


def test_evidence_about_somebody_suppressed_is_left_out_too(write, out):
    feedback = write("customer_id,given_on,nps\nsue,2024-01-09,11\nbob,2024-01-09,11\n", "f.csv")
    run(
        out,
        write(HEADER + GOOD),
        "--feedback",
        feedback,
        "--suppress",
        write("customer_id\nsue\n", "s.csv"),
    )
    assert kept(out)[1] == [["f.csv", "2", "bad_nps", "bob", "2024-01-09", "11"]]


def test_an_order_whose_later_rows_leave_out_whose_it_is_is_still_theirs(write, out):
    header = "Name,Email,Created at,Lineitem quantity,Lineitem name,Subtotal,Total,Financial Status"
    later = "1,cup,never,never,"
    rows = [f"#1,sue@x.org,2024-01-05,{later}paid", f"#1,,,{later}", "#1,,,1,tea,,,",
            f"#2,bob@x.org,2024-01-06,{later}paid", f"#2,,,{later}", "#2,,,1,tea,,,"]  # fmt: skip
    rows[0], rows[3] = (row.replace("never", "5") for row in (rows[0], rows[3]))
    path = write([header, *rows])
    words = ["--preset", "shopify", "--suppress", write("customer_id\nsue@x.org\n", "s.csv")]
    run(out, path, *words)
    assert [row[1:4] for row in kept(out)[1]] == [["5", "bad_amount", "#2"]]


@given(
    st.lists(st.sampled_from(["ann", "O'Brien, Ann", "Zo\u00eb", "\u65e5\u672c", "a.b@x.y", "7.0"]),
             min_size=1, max_size=3),
    st.sampled_from(["", "x ", '"', "2024,", "\0", "\ufffd,"]),
    st.sampled_from(["", " x", '" y', ",2024", "\n"]),
)  # fmt: skip
def test_an_id_is_found_wherever_it_stands_in_a_torn_record(ids, before, after):
    for written_id in (ids[0], ids[0].upper(), ids[0].replace("'", "''")):
        assert mentions_listed_id(before + written_id + after, frozenset(ids))


def test_a_longer_word_names_nobody():
    listed = frozenset(["ann", "17"])
    assert not mentions_listed_id("joanna,1789,annie,2017", listed)
    assert not mentions_listed_id("ann", frozenset([""]))


# Agreement ---------------------------------------------------------------------------------------


def first_look(path, **asked):
    """The export and the row of every reject that it has, not only the first."""
    export, found = open_export(path, Asked(**asked)), []
    lines = ExportLines(export, LineOptions(), threads=2)
    stream, ledger = lines.read(), lines.ledger
    before = ledger.add

    def add(file, tally):
        start = ledger.rows_by_file.get(file, 0)
        found.extend(sorted((tally.reject_rows + start + 1).tolist()))
        before(file, tally)

    ledger.add = add
    for _ in stream:
        pass
    return export, ledger, found


def second_look(export, ledger, suppressed=frozenset()):
    parts = list(rejects.rejects(rejects.files_read(export, ledger), suppressed))
    return pa.concat_tables([part.rows for part in parts])


@settings(max_examples=SLOW)
@given(ledger=ledgers(max_orders=6), data=st.data())
def test_exactly_the_spoilt_rows_of_an_export_are_kept_with_their_cells(ledger, data, scratch):
    names = list(ledger.rows[0])
    money = "amount" if "amount" in names else "unit_price"
    places = data.draw(st.sets(st.integers(0, len(ledger.rows) - 1)))
    rows = [list(row.values()) for row in ledger.rows]
    for place in places:
        role = data.draw(st.sampled_from([money, "ordered_at"]))
        spoilt = data.draw(st.sampled_from(["x", "", "never, ever", '"']))
        if role == "ordered_at" and not spoilt and "order_id" in names:
            order = names.index("order_id")  # a row below one of its order takes the day of that
            assume(not place or rows[place][order] != rows[place - 1][order])
        rows[place][names.index(role)] = spoilt
    assume(len(places) < len(rows))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([names, *rows])
    path = scratch / "spoilt.csv"
    path.write_text(text.getvalue(), "utf-8")

    try:
        export, counted, _ = first_look(path)
    except InputError:
        return  # too little is left to say how it is written
    found = second_look(export, counted)

    expected = [(place + 1, *rows[place]) for place in sorted(places)]
    cells = [f"cell_{number}" for number in range(1, len(names) + 1)]
    kept_rows = [(row["row"], *(row[name] or "" for name in cells)) for row in found.to_pylist()]
    assert kept_rows == expected


@settings(max_examples=SLOW)
@given(pieces=st.lists(st.sampled_from(MARKS), max_size=40))
def test_both_looks_agree_on_any_rows_and_keep_what_stands_there(pieces, scratch):
    path = scratch / "rows.csv"
    path.write_bytes(SHOP + b"".join(pieces))
    try:
        export, ledger, counted = first_look(path, encoding="utf-8", delimiter=",")
    except RfmtoolError:
        return
    found = second_look(export, ledger).to_pylist()
    assert [row["row"] for row in found] == counted
    text = path.read_bytes().decode("utf-8", "replace")
    for row in found:
        assert row["reason"] in REJECTIONS
        if row["reason"] in ("wrong_cell_count", "bad_encoding", "bad_text"):
            assert row["cell_1"] in text.removeprefix("\ufeff")
            assert not any(value for name, value in row.items() if name > "cell_1" and "_" in name)


def test_a_file_that_has_changed_since_is_named(write):
    path = write(HEADER + GOOD + BAD["bad_date"][0])
    export, ledger, _ = first_look(path)
    path.write_text(path.read_text("utf-8") + GOOD, "utf-8")
    with pytest.raises(InputError, match=r"export\.csv: changed while it was read"):
        second_look(export, ledger)


def test_clean_files_are_not_read_again(write, tmp_path):
    write(HEADER + GOOD, "in/1.csv")
    write(HEADER + BAD["bad_date"][0], "in/2.csv")
    export, ledger, _ = first_look(tmp_path / "in")
    (tmp_path / "in" / "1.csv").unlink()
    assert second_look(export, ledger)["file"].to_pylist() == ["2.csv"]


def test_money_that_is_too_much_only_once_converted_is_found_again(write, out):
    much = "ann,2024-01-05,400000000000000,USD\n"
    path = write("customer_id,date,amount,currency\n" + much + "bob,2024-01-05,5,EUR\n")
    rates = write("currency,rate\nEUR,1\nUSD,10\n", "rates.csv")

    run(out, path, "--rates", rates)

    assert [(row, reason) for _, row, reason, *_ in kept(out)[1]] == [("1", "bad_amount")]


def test_a_frame_has_no_text_and_nothing_that_cannot_be_taken_apart():
    frame = pa.table({"customer_id": ["a", "b"], "date": ["2024-01-05", "x"], "amount": [1.5, 2]})
    export, ledger, _ = first_look(frame)
    assert second_look(export, ledger)["cell_3"].to_pylist() == ["2.0"]
    assert Batch({}, 1, (), list).texts([]) == []


def test_evidence_in_several_files_names_each(write):
    for name in ("1.csv", "2.csv"):
        write("customer_id,given_on,nps\nbob,2024-01-09,11\n", f"f/{name}")
    told = read_evidence({"feedback": str(write("", "f/README").parent)})
    parts = rejects.rejects(
        [(file, told.ledgers["feedback"].rows) for file in told.ledgers["feedback"].files],
        frozenset(),
    )
    assert [row for part in parts for row in part.rows["file"].to_pylist()] == ["1.csv", "2.csv"]


def test_the_text_of_a_second_look_may_be_left_raw(write, out):
    run(out, write(HEADER + GOOD + BAD["bad_date"][0]), more=[*EVERY, "--raw-text"])
    assert kept(out)[1][0][-1] == "=1+1"
