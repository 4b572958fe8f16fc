"""A text read in spans, each by itself, is the text read from its first record to its last."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rfmtool.sources import Asked, open_export
from rfmtool.sources.text.spans import can_be_split, scan_quotes, split_into_spans

pytestmark = pytest.mark.long

CELLS = ("a", "", '"b,c"', '"d\ne"', '"say ""hm"""', '"\r\n"', '""', '"f\n\n,\n"')
RECORDS = st.lists(st.sampled_from(CELLS), min_size=20, max_size=60)
PART_BYTES = st.integers(500, 9_000)
LONG = '"' + "1\n" * 3_000 + '"'


def source_of(path):
    return open_export(path, Asked(date_format="%Y-%m-%d")).sources[0]


def spans_of(source, part_bytes):
    dialect, size = source.layout.dialect, source.file.stored_bytes
    assert can_be_split(source.file, dialect)
    start = dialect.body_offset
    places = [*range(start, size, part_bytes), size]
    glances = [scan_quotes(source.file, dialect, *both) for both in pairwise(places)]
    return split_into_spans(glances, start, size)


def read(source):
    """All records of a source: their cells, and where those are that have none."""
    cells, faults, before = [], [], 0
    for job in source.jobs():
        batch = job()
        cells += zip(*(column.to_pylist() for column in batch.all_columns()), strict=True)
        faults += [(before + fault.row, fault.reason) for fault in batch.faults]
        before += batch.records
    return cells, faults, before


def read_apart(source, found):
    cells, faults, before = [], [], 0
    for span in found:
        one = read(replace(source, file=replace(source.file, span=span)))
        cells += one[0]
        faults += [(before + row, reason) for row, reason in one[1]]
        before += one[2]
    return cells, faults, before


def text_of(cells, newline="\n"):
    rows = [f"c{row},{row},2024-01-02,1,{cell}" for row, cell in enumerate(cells)]
    return newline.join(["customer_id,order_id,ordered_at,amount,note", *rows, ""])


@given(cells=RECORDS, part_bytes=PART_BYTES, newline=st.sampled_from(("\n", "\r\n", "\r")))
@example(cells=[*["a"] * 5, LONG, *["a"] * 500], part_bytes=1_000, newline="\n")
@example(cells=["a", "", '"\r\n"', '"f\n\n,\n"'] * 5, part_bytes=500, newline="\r\n")
def test_spans_give_the_records_of_the_whole(scratch, cells, part_bytes, newline):
    path = scratch / "export.csv"
    path.write_bytes(text_of(cells * 12, newline).encode())
    source = source_of(path)

    found = spans_of(source, part_bytes)

    assert [start for _, start in found[:-1]] == [start for start, _ in found[1:]]
    assert read_apart(source, found) == read(source)


def test_a_large_text_is_cut_wherever_its_parts_end(write):
    source = source_of(write(text_of(CELLS * 400)))

    found = spans_of(source, 10_000)

    assert len(found) > 5
    assert max(stop - start for start, stop in found) < 20_100


def test_a_text_whose_quotes_can_be_doubted_is_one_span(write):
    for doubtful in ('5" pipe', '"open', 'a "quoted" word'):
        source = source_of(write(text_of(["a"] * 900 + [doubtful] + ["a", '"b"'] * 900)))

        assert len(spans_of(source, 5_000)) == 1


def test_a_footer_is_looked_for_behind_the_last_span_alone(write):
    lines = text_of(["a"] * 900).splitlines()
    totals = [f"{line}\n,,Total,900,\n" for line in lines[1:]]
    source = source_of(write(lines[0] + "\n" + "".join(totals)))

    found = spans_of(source, 5_000)

    assert len(found) > 3
    assert read_apart(source, found) == read(source)
