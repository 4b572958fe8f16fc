"""A line that may be a piece of a cell takes the rows along that may hold the rest of it."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfmtool.sources import detect, read
from rfmtool.sources.files.exports import ExportFile
from rfmtool.sources.layout import Asked

HEADER = "customer_id,ordered_at,amount\n"
ROWS = ["7,2024-01-31,10\n", "8,2024-02-01,20\n", "9,2024-02-02,30\n"]


def kept(*records, header=HEADER, block_bytes=1 << 20):
    """The ids of the rows that are left."""
    data = (header + "".join(records)).encode()
    file = ExportFile("export.csv", spool=io.BytesIO(data))
    source = detect.source_of_file(file, Asked())
    jobs = read.text_jobs(file, source.layout, block_bytes=block_bytes)
    return [cell for job in jobs for cell in job().cells["customer_id"].to_pylist() if cell]


@pytest.mark.parametrize(
    ("piece", "left"),
    [
        ("5\n", ["9"]),  # 10 and 5, or 5 and 8
        ("5\n\n6\n", ["9"]),
        ("\n5\n\n", ["9"]),
        (" \n5\n,,\n", ["9"]),
        ('"5"x\n', ["9"]),
        ("oops\n", ["9"]),
        ("-\n", ["9"]),
        ("5 EUR\n", ["9"]),
        ("5,\n", ["7", "8", "9"]),  # divided, so it is no piece of one cell
        ("\n\n", ["7", "8", "9"]),
    ],
)
def test_rows_beside_a_piece_are_set_aside(piece, left):
    assert kept(ROWS[0], piece, *ROWS[1:]) == left


def test_a_torn_cell_without_a_role_costs_nothing():
    rows = [f"note,{row}" for row in ROWS]
    noted = [row.replace("\n", ",note\n") for row in rows]
    header = "above," + HEADER.replace("\n", ",below\n")
    assert kept(noted[0], "5\n", *noted[1:], header=header) == ["7", "8", "9"]


def test_a_piece_at_the_end_takes_the_last_row_along():
    assert kept(*ROWS, "5\n", "see below\n") == ["7", "8"]


def test_a_footer_is_no_piece():
    assert kept(*ROWS, "Total\n", "(3 rows)\n") == ["7", "8", "9"]


RECORDS = st.sampled_from([*ROWS, "5\n", "\n", "oops\n", ",,\n", "5,\n", '"5"x,,\n'])


@pytest.mark.long
@given(st.lists(RECORDS, max_size=14), st.integers(1, 90))
def test_where_blocks_end_changes_nothing(records, block_bytes):
    rows = [ROWS[0], *records, ROWS[1]]
    assert kept(*rows, block_bytes=block_bytes) == kept(*rows)
