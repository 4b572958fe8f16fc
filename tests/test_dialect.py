"""How a text file is written is found in its first bytes, or said by the user."""

import codecs
import io
import re
import sys

import pytest

from rfmtool.errors import InputError, UsageError
from rfmtool.grouping.read import read_export
from rfmtool.pipeline import run
from rfmtool.sources.files.exports import ExportFile
from rfmtool.sources.layout import Asked
from rfmtool.sources.text.dialect import SAMPLE_BYTES, sniff

NAMES = ["customer_id", "order_id", "ordered_at", "amount"]
ROW = ["Zo\u00eb", "A-1", "2024-01-31", "9.99"]


def sniffed(data, **asked):
    data = data.encode() if isinstance(data, str) else data
    return sniff(ExportFile("export.csv", spool=io.BytesIO(data)), Asked(**asked))


def table(delimiter, line_end="\n", row=ROW):
    return delimiter.join(NAMES) + line_end + delimiter.join(row) + line_end


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_delimiter_and_line_end_are_found(delimiter, line_end):
    dialect, header = sniffed(table(delimiter, line_end))

    assert dialect.delimiter == delimiter
    assert header == tuple(NAMES)
    assert dialect.body_offset == len(delimiter.join(NAMES) + line_end)


def test_a_delimiter_that_gives_the_needed_columns_beats_one_that_divides_more():
    text = "customer_id;ordered_at;amount\n" + "a,b,c;2024-01-31;1,5\n" * 5

    assert sniffed(text)[0].delimiter == ";"


def test_a_delimiter_that_divides_evenly_beats_one_that_divides_more():
    text = "a;b,c,d\n" + "1;2\n" * 5

    assert sniffed(text)[0].delimiter == ";"


def test_words_of_names_with_spaces_do_not_make_a_table_aligned():
    row = "10008\tBilling 9\t31.01.2024\t6,49 \tEUR\t\n"
    text = "Customer\tBilling Document\tBilling Date\tNet Value\tCurrency\tCancelled\n" + row * 5

    assert sniffed(text)[0].delimiter == "\t"


@pytest.mark.parametrize(
    ("asked", "delimiter"), [("\\t", "\t"), ("tab", "\t"), (":", ":"), (" ", " ")]
)
def test_a_delimiter_asked_for_is_taken(asked, delimiter):
    dialect, header = sniffed(table(delimiter), delimiter=asked)

    assert dialect.delimiter == delimiter
    assert header == tuple(NAMES)


@pytest.mark.parametrize("asked", [";;", '"', "\n", "\u20ac"])
def test_a_delimiter_that_is_not_one_plain_character_is_refused(asked):
    with pytest.raises(UsageError, match="--delimiter"):
        sniffed(table(","), delimiter=asked)


@pytest.mark.parametrize(
    ("bom", "codec", "name"),
    [
        (codecs.BOM_UTF8, "utf-8", "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
        (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32-be", "utf-32"),
        (b"", "utf-8", "utf-8"),
    ],
)
def test_a_byte_order_mark_decides_the_encoding_and_is_no_part_of_a_name(write, bom, codec, name):
    data = bom + table(",").encode(codec)

    assert sniffed(data)[0].encoding == name
    assert sniffed(data)[1] == tuple(NAMES)
    assert run(write(data)).frame["customer_id"].tolist() == ["Zo\u00eb"]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "cp850", "mac-roman", "utf-16-le"])
def test_an_encoding_asked_for_is_taken(write, encoding):
    path = write(table(";").encode(encoding))

    assert run(path, asked=Asked(encoding=encoding)).frame["customer_id"].tolist() == ["Zo\u00eb"]


def test_bytes_that_are_not_utf8_are_refused_with_the_line_and_the_way_out():
    data = table(",").encode() + b"caf\xe9,A-2,2024-01-31,1\n"

    with pytest.raises(InputError, match="line 3 is not UTF-8") as raised:
        sniffed(data)

    assert "--encoding cp1252" in raised.value.hint
    assert "caf" not in str(raised.value)


def test_likely_encodings_are_named_where_the_library_for_it_is_there(monkeypatch):
    data = table(",").encode() + "caf\u00e9,A-2,2024-01-31,1\n".encode("latin-1") * 20

    with pytest.raises(InputError) as raised:
        sniffed(data)
    assert raised.value.hint.count("--encoding") > 1
    assert "pip" not in raised.value.hint

    monkeypatch.setitem(sys.modules, "charset_normalizer", None)
    with pytest.raises(InputError) as raised:
        sniffed(data)
    assert "--encoding cp1252" in raised.value.hint


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
@pytest.mark.parametrize("name", ["M\u00fcller", "Fran\u00e7ois", "Zo\u00eb \u00c5sa"])
def test_western_windows_text_is_the_likeliest_and_no_dos_page_stands_beside_it(encoding, name):
    with pytest.raises(InputError) as raised:
        sniffed(table(",", row=[name, *ROW[1:]]).encode(encoding))

    assert "likely are --encoding cp1252" in raised.value.hint
    assert not re.search(r"cp(437|[78][0-9][0-9])", raised.value.hint)


def test_words_of_other_alphabets_are_not_taken_for_western_text():
    rows = "\u0430\u043d\u043d\u0430,A-1,2024-01-31,1\n" * 30

    with pytest.raises(InputError) as raised:
        sniffed((",".join(NAMES) + "\n" + rows).encode("cp1251"))
    assert "--encoding cp1251" in raised.value.hint


@pytest.mark.parametrize(
    "data",
    [
        b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 4 + b"\x1b(B",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(range(256)),
        bytes(n * n % 251 + n % 5 for n in range(4000)) + b"\x1b$\x1b(",
    ],
    ids=["program", "png", "jpeg", "random"],
)
def test_what_is_no_text_is_not_taken_for_text_in_some_encoding(write, data):
    with pytest.raises(
        InputError, match=r"this holds (program|PNG|JPEG) data|is no text"
    ) as raised:
        read_export(write(data))
    assert "CSV" in raised.value.hint
    assert "iso2022" not in raised.value.hint


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_named_whatever_its_letters(codec):
    for row in (ROW, ["M\u00fc\u20ac", *ROW[1:]]):
        with pytest.raises(InputError) as raised:
            sniffed(table(",", row=row).encode(codec))
        assert f"--encoding {codec}" in raised.value.hint


def test_nothing_but_nul_bytes_is_no_utf_16(write):
    with pytest.raises(InputError, match="holds NUL bytes") as raised:
        read_export(write(bytes(500)))
    assert "UTF-16" not in raised.value.hint


def test_a_letter_cut_in_two_by_the_end_of_the_sample_is_no_fault():
    row = "\u00eb,A-1,2024-01-31,9.99\n".encode()
    start = table(",", row=["x" * 7, *ROW[1:]]).encode()
    for pad in range(len(row)):
        data = start.replace(b"xxxxxxx", b"x" * (7 + pad)) + row * (SAMPLE_BYTES // len(row) + 1)
        assert sniffed(data)[1] == tuple(NAMES)


@pytest.mark.parametrize("encoding", ["utf-9", "base64", "rot13"])
def test_an_encoding_that_is_none_is_refused(encoding):
    with pytest.raises(UsageError, match="no text encoding"):
        sniffed(table(","), encoding=encoding)


@pytest.mark.parametrize("data", [b"", b"\n\r\n\n", codecs.BOM_UTF8, codecs.BOM_UTF8 + b"\n"])
def test_an_empty_file_is_refused(data):
    with pytest.raises(InputError, match=r"export\.csv: the file is empty"):
        sniffed(data)


@pytest.mark.parametrize("end", ["", "\n", "\r\n\r\n"])
def test_a_header_alone_is_refused(end):
    with pytest.raises(InputError, match="a header row and nothing below it"):
        sniffed(",".join(NAMES) + end)


def test_empty_lines_before_the_header_are_passed_over(write):
    data = codecs.BOM_UTF8 + b"\r\n\n" + table(",").encode()

    assert sniffed(data)[1] == tuple(NAMES)
    assert run(write(data)).ledger.rows == 1


def test_a_header_may_hold_quotes_delimiters_and_line_ends(write):
    header = '"customer_id",ordered_at,"amount","a ""note"",\nto you"\n'

    assert sniffed(header + "a,b,c,d\n")[1][3] == 'a "note",\nto you'
    assert run(write(header + "ann,2024-01-31,5,x\n")).frame["monetary"].tolist() == [50_000]


@pytest.mark.parametrize("letter", ["\x0b", "\x0c", "\x85", "\u2028", "\x1c"])
def test_only_cr_and_lf_end_the_header(letter):
    header = sniffed(f"customer_id,ordered_at,amount,a{letter}b\n1,2,3,4\n")[1]

    assert header[3] == f"a{letter}b"


@pytest.mark.parametrize(
    "header", ['"customer_id"x,ordered_at,amount', '"customer_id,ordered_at,amount']
)
def test_a_header_with_torn_quotes_is_refused(header):
    with pytest.raises(InputError, match="quotes of the header row"):
        sniffed(header + "\na,2024-01-31,5\n")


@pytest.mark.long
@pytest.mark.parametrize("columns", [3_000, 30_000])
def test_thousands_of_columns_are_read(write, columns):
    names = ",".join([*NAMES, *(f"x{place}" for place in range(columns))])
    row = ",".join([*ROW, *["1"] * columns])

    assert read_export(write([names, row, row.replace("A-1", "A-2")])).ledger["used"] == 2


def test_a_first_row_without_an_end_is_refused(write):
    with pytest.raises(InputError, match="the first row is longer than 256 KiB"):
        read_export(write("customer_id," + "x," * SAMPLE_BYTES))
