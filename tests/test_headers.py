"""Where the header stands, what stands above and below the table, and that check says so."""

import json
import re
from dataclasses import replace

import pytest
from shell import rfmtool

from rfmtool.errors import InputError
from rfmtool.grouping.read import read_export
from rfmtool.pipeline import run
from rfmtool.sources import open_export
from rfmtool.sources.layout import Asked
from rfmtool.summaries.check import partial_check_data

HEADER = "customer_id,order_id,ordered_at,amount\n"
ROWS = "ann,1,2024-01-30,5\nbob,2,2024-01-31,7\n"


def shape(path, **asked):
    grouped = read_export(path, asked=Asked(**asked))
    dialect = grouped.export.sources[0].layout.dialect
    return dialect.rows_above, dialect.header_rows, grouped.ledger.footer_rows


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (HEADER + ROWS, (0, 1, 0)),
        ("Orders\n\n" + HEADER + ROWS, (2, 1, 0)),
        ("sep=,\n" + HEADER + ROWS, (1, 1, 0)),
        (HEADER + "id,no,date,EUR\n" + ROWS, (0, 2, 0)),
        ("Customer,Order,Order,Order\nid,number,date,amount\n" + ROWS, (0, 2, 0)),
        (HEADER + ROWS + "Total,,,12\n(2 rows)\n", (0, 1, 2)),
        (HEADER + ROWS + "*,,,12\n**,,,12\n", (0, 1, 2)),  # as SAP marks totals
        (
            HEADER + ROWS + '"Grand Totals (2 records)"\n\n'
            '"Confidential Information - Do Not Distribute"\n"Copyright (c) 2025 us"\n',
            (0, 1, 4),
        ),
        (
            HEADER + ROWS + '\n"2","record(s) downloaded","From Jan-01-26"\n"Seller ID : me"\n',
            (0, 1, 2),
        ),  # eBay
        (HEADER + ROWS + ",,,12\n", (0, 1, 0)),  # a row without customer and day, not a footer
        (HEADER + ROWS + "Total,9,2024-02-01,12\n", (0, 1, 0)),  # a customer of that name
    ],
)
def test_what_is_no_row_is_told_apart(write, text, found):
    assert shape(write(text)) == found


def test_the_end_of_a_long_cell_is_no_footer(write):
    text = (
        HEADER.replace("\n", ",note\n") + 'ann,1,2024-01-30,5,"' + "word\n" * 2_000 + '(2 rows)"\n'
    )

    assert shape(write(text)) == (0, 1, 0)
    assert run(write(text)).ledger["used"] == 1


def test_a_customer_called_total_in_the_middle_is_a_customer(write):
    frame = run(write(HEADER + "Total,1,2024-01-30,5\n" + ROWS)).frame

    assert frame["customer_id"].tolist() == ["Total", "ann", "bob"]


def test_without_a_header_columns_are_named_by_their_places(write):
    path = write(ROWS)
    columns = {"customer_id": "1", "order_id": "2", "ordered_at": "3", "amount": "4"}

    with pytest.raises(InputError) as raised:
        run(path)
    assert "--no-header" in raised.value.hint
    assert "ann" not in str(raised.value)
    with pytest.raises(InputError, match="no column was recognised") as raised:
        run(path, asked=Asked(has_header=False))
    assert "by their places, 1 to 4" in raised.value.hint
    answer = run(path, asked=Asked(has_header=False, columns=columns))
    assert answer.frame["monetary"].tolist() == [50_000, 70_000]


def test_a_second_table_below_is_refused_with_its_place(write):
    with pytest.raises(InputError, match="second table") as raised:
        run(write(HEADER + ROWS + "\nshop,city,opened,staff\nx,y,2020-01-01,5\n"))
    assert "file of its own" in raised.value.hint


@pytest.mark.parametrize("rows", [",5 Mar 2026,$10,Paid\n", "Ann,5 Mar 2026,$10,\n"])
def test_a_row_without_a_customer_or_status_is_no_gap_between_two_tables(write, rows):
    path = write("customer,date,amount,status\n" + rows + "Bob,6 Mar 2026,$12,Paid\n" * 3)

    assert run(path).grouped.ledger["used"] == 3 + rows.startswith("Ann")


def test_check_names_what_was_passed_over_and_the_rows_of_a_spreadsheet(write):
    path = write(
        "Orders of 2024\n\n" + HEADER + "id,no,date,EUR\n" + ROWS + "x,3,soon,1\n(3 rows)\n"
    )

    result = rfmtool("check", path)

    assert "2 rows above the header passed over" in result.stdout
    assert "the header takes 2 rows" in result.stdout
    assert "1 row of totals or notes at the end" in result.stdout
    assert "row 3 (row 7 of a spreadsheet): bad_date" in " ".join(result.stdout.split())
    found = json.loads(rfmtool("check", path, "--format", "json").stdout)
    assert (found["files"][0]["rows_above"], found["footer_rows"]) == (2, 1)


@pytest.mark.long
def test_cdnow_is_read_as_it_was_published(real_data):
    sample = real_data("cdnow/CDNOW_sample.txt")
    columns = {"customer_id": "1", "ordered_at": "3", "amount": "5"}

    whole = read_export(real_data("cdnow/CDNOW_master.txt"))
    part = read_export(sample, asked=Asked(columns=columns, has_header=False))

    assert (whole.ledger.rows, whole.ledger["used"], len(whole.table)) == (69_659, 69_659, 23_570)
    assert whole.ledger.used_units == 25_003_156_300
    assert (part.ledger["used"], len(part.table)) == (6919, 2357)


PEOPLE = ["Anna Schmidt,C7,2024-01-05,20.50", "Bert Meier,C8,2024-01-06,3.10"]


@pytest.mark.parametrize(
    ("lines", "delimiter"),
    [
        (PEOPLE, None),
        (PEOPLE, ";"),
        (["customer_id,order_id,ordered_at,amount", *PEOPLE], "a"),
        (["Anna Schmidt,Berlin,Kunde", "Bert Meier,Hamm,neu"], None),
        (["Anna Schmidt,C7,Kunde", "Bert Meier,C8,neu"], None),
    ],
)
def test_a_first_row_that_may_be_somebody_is_not_quoted(write, lines, delimiter):
    asked = Asked(delimiter=delimiter, columns={"amount": "Preis"})

    for one in (asked, replace(asked, columns={})):
        with pytest.raises(InputError) as raised:
            open_export(write(lines), one)
        assert not re.search("Anna|Schmidt|C7|Berlin|2024", str(raised.value))
        assert not re.search("Anna|Schmidt|C7|Berlin|2024", str(partial_check_data(raised.value)))


def test_of_a_first_row_that_may_be_somebody_the_known_names_are_quoted(write):
    with pytest.raises(InputError, match="are 'Kunde' and 2 more"):
        open_export(write(["Anna Schmidt,Berlin,Kunde", "Bert Meier,Hamm,neu"]), Asked())


def test_unknown_names_above_data_are_quoted(write):
    with pytest.raises(InputError, match="'who', 'when', 'how much'"):
        open_export(write(["who,when,how much", "ann,2024-01-05,3"]), Asked())


def test_a_column_without_a_name_is_no_data_and_a_title_with_empty_cells_no_header(write):
    path = write("Sales,,\nOur shop,,\n,When,Sum\nann,2024-01-30,5\n")

    with pytest.raises(InputError) as error:
        run(path)

    assert "the columns are '1', 'When', 'Sum'" in error.value.hint
