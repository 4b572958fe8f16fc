"""Records are cut as RFC 4180 says, whatever the size of the blocks."""

import csv
import io

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rfmtool.errors import InputError
from rfmtool.sources.text.blocks import BlockSplitter, split_into_blocks
from rfmtool.sources.text.records import Marks

# What makes cutting hard comes up in nearly every text.
HARD_TEXTS = st.text('a,"\r\n', max_size=50)
BLOCK_SIZES = st.integers(1, 60)
MIB = 1 << 20
csv.field_size_limit(64 * MIB)
# With another line end the csv module leaves a lone CR unquoted where it quotes only what it must.
WRITTEN = st.sampled_from(
    [
        ("\r\n", csv.QUOTE_MINIMAL),
        ("\r\n", csv.QUOTE_ALL),
        ("\n", csv.QUOTE_ALL),
        ("\r", csv.QUOTE_ALL),
    ]
)


def cut(text, block_bytes=4 * MIB, delimiter=",", offset=0):
    """All good records, and the places of the torn ones in the file."""
    good, torn, seen = [], [], 0
    for block in split_into_blocks(
        io.BytesIO(text.encode()), Marks(delimiter), offset, block_bytes
    ):
        records = records_of(bytes(block.data).decode(), delimiter)
        torn += [seen + place for place in block.malformed_rows]
        seen += len(records) + len(block.malformed_rows)
        good += records
    return good, torn


def records_of(text, delimiter=","):
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def read_slowly(text, delimiter=","):
    """What `cut` should give, letter by letter."""
    good, torn = [], []
    start = count = 0
    while start < len(text):
        end = record_end(text, start, delimiter)
        if end is None:
            torn.append(count)
            end = next_line(text, start)
        else:
            good += records_of(text[start:end], delimiter)
        start, count = end, count + 1
    return good, torn


def record_end(text, place, delimiter):
    """The place behind the record that begins at `place`; None where its quotes are torn."""
    while True:
        place = quoted_end(text, place) if text[place : place + 1] == '"' else bare_end(text, place)
        if place is None or place == len(text):
            return place
        if text[place] != delimiter:
            return next_line(text, place) if text[place] in "\r\n" else None
        place += 1


def quoted_end(text, place):
    place += 1
    while place < len(text):
        if text[place : place + 2] == '""':
            place += 2
        elif text[place] == '"':
            return place + 1
        else:
            place += 1
    return None


def bare_end(text, place):
    while place < len(text) and text[place] not in ",\r\n":
        place += 1
    return place


def next_line(text, place):
    while place < len(text) and text[place] not in "\r\n":
        place += 1
    return min(place + (2 if text[place : place + 2] == "\r\n" else 1), len(text))


def test_a_text_shorter_than_what_is_left_behind_a_border_has_none():
    text = b'a,1\nb,2\nc,"3\n"\nd,4\n'
    quotes = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == ord('"'))

    assert BlockSplitter(Marks(","), 8).last_record_boundary(memoryview(text), quotes) == 8
    assert (
        BlockSplitter(Marks(","), len(text) + 5).last_record_boundary(memoryview(text), quotes) == 0
    )


@given(text=HARD_TEXTS, block_bytes=BLOCK_SIZES)
@example(text='a\r\n"a\r\na"\r\n', block_bytes=2)
@example(text='a,"a""\n""a"\na', block_bytes=3)
@example(text='"a\na\n', block_bytes=4)
@example(text='"a"a\n"a"\n', block_bytes=5)
@example(text="a\ra\r", block_bytes=2)
@example(text='a\r"\n\n', block_bytes=4)
@example(text="a\r\na\r\n", block_bytes=2)
def test_any_block_size_gives_the_records_and_torn_places_of_a_letter_by_letter_reading(
    text, block_bytes
):
    assert cut(text, block_bytes) == read_slowly(text)


@given(
    rows=st.lists(
        st.lists(st.text('ab,;"\r\n \u00e9', max_size=6), min_size=2, max_size=3), max_size=8
    ),
    delimiter=st.sampled_from(",;\t|"),
    written=WRITTEN,
    block_bytes=BLOCK_SIZES,
)
def test_what_the_csv_module_writes_is_never_torn_and_reads_back(
    rows, delimiter, written, block_bytes
):
    line_end, quoting = written
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(rows)

    good, torn = cut(text.getvalue(), block_bytes, delimiter)

    assert not torn
    assert good == rows


@pytest.mark.parametrize(
    ("text", "torn"),
    [
        pytest.param('a,b\n"c"d,e\nf,g\n', [1], id="text behind a closing quote"),
        pytest.param('a,b\n"c,d\ne,f\n', [1], id="a quote that is never closed"),
        pytest.param('a,"b\n', [0], id="nothing but an unclosed quote"),
        pytest.param('"a" ,b\n', [0], id="a space behind a closing quote"),
        pytest.param('a,b\n5" pipe,c\n', [], id="an inch sign inside a bare cell"),
        pytest.param('a, "b"\n', [], id="a quote behind a space is text"),
        pytest.param('"a\nb",c\n', [], id="a line end inside quotes"),
        pytest.param('"a""b",c\n', [], id="a doubled quote"),
        pytest.param("a,b", [], id="no line end at the end of the file"),
        pytest.param('a,"b"', [], id="a closing quote at the end of the file"),
        pytest.param("", [], id="an empty file"),
    ],
)
@pytest.mark.parametrize("block_bytes", [1, 3, 4 * MIB])
def test_only_records_that_can_be_read_in_two_ways_are_torn(text, torn, block_bytes):
    assert cut(text, block_bytes)[1] == torn


def test_a_torn_record_leaves_the_rows_around_it_whole():
    good, torn = cut('a,b\n"c"d,e\nf,"g\nh"\n')

    assert good == [["a", "b"], ["f", "g\nh"]]
    assert torn == [1]


@pytest.mark.long
def test_a_quote_left_open_costs_one_line_of_a_large_file_and_not_the_rest():
    row = "customer,2024-01-31,9.99\n"
    rows = 3 * MIB // len(row)
    text = row * rows + '"open,2024-01-31,9.99\n' + row * rows

    good, torn = cut(text, MIB)

    assert torn == [rows]
    assert good == records_of(row) * (2 * rows)


def test_the_rest_of_a_line_longer_than_a_block_is_not_a_record_of_its_own():
    text = "a,b\n" + "x" * (3 * MIB) + ",c\nd,e\n"

    good, torn = cut(text, MIB)

    assert good[-1] == ["d", "e"]
    assert len(good) + len(torn) == 3


def test_bytes_before_the_offset_are_passed_over():
    assert cut("h1,h2\na,b\n", 1, offset=len("h1,h2\n")) == ([["a", "b"]], [])


@pytest.mark.long
def test_a_line_of_more_than_64_mib_is_refused():
    class Endless(io.RawIOBase):
        def readinto(self, target):
            target[:] = b"x" * len(target)
            return len(target)

    with pytest.raises(InputError, match="longer than 64 MiB"):
        list(split_into_blocks(Endless(), Marks(","), 0, 16 * MIB))
