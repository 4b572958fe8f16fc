"""One clean export spoiled in every way we know: read exactly, itemised or refused, never wrong.

The ways are those of "Pollock: A Data Loading Benchmark" (Vitagliano et al., VLDB 2023): pollutions
of the file, the header, the records and the cells; and those that shops' own exports show.
"""

import bz2
import codecs
import csv
import gzip
import io
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from books import xlsx

from rfmtool.errors import RfmtoolError
from rfmtool.sources import open_export
from rfmtool.sources.detect import scan_fully
from rfmtool.sources.layout import Asked, LineOptions
from rfmtool.sources.rows.lines import ExportLines

pytestmark = pytest.mark.long

NAMES = ("customer_id", "order_id", "ordered_at", "amount", "note")
ROWS = [
    ("0012", "A-1", "2024-01-05", "20.00", "first"),
    ("0012", "A-2", "2024-02-16", "22.50", "came back"),
    ("Zo\u00eb", "A-3", "2024-01-07", "1000.01", "gift; boxed"),
    ("bob", "A-4", "2024-03-18", "5", "said \u2018hi\u2019"),
    ("bob", "A-5", "2024-03-19", "-2.25", "gave back one"),
    ("17850", "A-6", "2024-04-20", "7.5", "two, please"),
    ("cy", "A-7", "2024-04-21", "0.99", ""),
    ("cy", "A-8", "2024-05-22", "3.10", 'the 5" one'),
    ("dan", "A-9", "2024-05-23", "12", "x"),
    ("eve", "B-1", "2024-06-24", "60.60", "y"),
    ("fay", "B-2", "2024-06-25", "8.80", "z"),
    ("fay", "B-3", "2024-07-26", "9.90", "last"),
]
PLAIN = [(who, order, day, money, "note") for who, order, day, money, _ in ROWS]
"""The same without any mark in a cell."""
ASCII = [("Zoe" if row[0] == "Zo\u00eb" else row[0], *row[1:]) for row in PLAIN]
EVERY = range(len(ROWS))
POSITIONS = {"customer_id": "1", "order_id": "2", "ordered_at": "3", "amount": "4"}
EXACT, ITEMISED, REFUSED, SILENT = "exact", "itemised", "refused", "silent"


@dataclass(frozen=True)
class Spoiled:
    """A spoiled file: its bytes, which clean row each record below the header is, the verdicts."""

    name: str
    data: bytes
    verdicts: tuple[str, ...]
    records: tuple[int | None, ...] = tuple(EVERY)
    rows: tuple = tuple(ROWS)
    asked: Asked = field(default_factory=Asked)


def written(rows=ROWS, *, names=NAMES, end="\n", **options):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, **options).writerows([names, *rows] if names else rows)
    return text.getvalue()


def spoiled(name, text, *verdicts, encoding="utf-8", **more):
    data = text if isinstance(text, bytes) else text.encode(encoding)
    return Spoiled(name, data, verdicts, **more)


def ascii_file(name, text, *verdicts, **more):
    return spoiled(name, text, *verdicts, rows=tuple(ASCII), **more)


HEAD, *LINES = written().splitlines(keepends=True)
PLAIN_HEAD, *PLAIN_LINES = written(PLAIN).splitlines(keepends=True)
BODY = "".join(LINES)
CLEAN = HEAD + BODY


def delimiters():
    for mark in ",;\t|^~\x01\x1f":
        yield spoiled(f"delimiter {mark!r}", written(delimiter=mark), EXACT)
        yield spoiled(f"delimiter {mark!r} quoted", written(delimiter=mark, quoting=csv.QUOTE_ALL),
                      EXACT)  # fmt: skip
    yield ascii_file("delimiter :", written(ASCII, delimiter=":"), EXACT)
    yield ascii_file("delimiter space", written(ASCII, delimiter=" "), EXACT)
    yield ascii_file("comma and space", written(ASCII).replace(",", ", "), EXACT)
    yield ascii_file("semicolon and space", written(ASCII).replace(",", "; "), EXACT)
    yield spoiled("comma and space, quoted", CLEAN.replace('","', '", "').replace(",", ", "),
                  ITEMISED, REFUSED)  # fmt: skip
    yield spoiled("asked @", written(delimiter="@"), EXACT, asked=Asked(delimiter="@"))
    yield spoiled("asked wrongly", CLEAN, REFUSED, asked=Asked(delimiter=";"))
    yield spoiled("sep=;", "sep=;\n" + written(delimiter=";"), EXACT)
    yield spoiled("sep=, in Excel's way", "sep=,\r\n" + written(end="\r\n"), EXACT)
    yield ascii_file("two bars", written(ASCII, delimiter="|").replace("|", "||"), EXACT, REFUSED)
    yield ascii_file("one line by semicolons",
                     PLAIN_HEAD + "".join(line.replace(",", ";") if place == 3 else line
                                          for place, line in enumerate(written(ASCII).splitlines(
                                              keepends=True)[1:])), ITEMISED)  # fmt: skip


def aligned():
    widths = [max(map(len, column)) + 2 for column in zip(NAMES, *ASCII, strict=True)]

    def line(cells):
        return "".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True)) + "\n"

    body = [line(row) for row in ASCII]
    yield ascii_file("aligned", line(NAMES) + "".join(body), EXACT)
    yield ascii_file("aligned, CRLF", (line(NAMES) + "".join(body)).replace("\n", "\r\n"), EXACT)
    yield ascii_file("aligned, padded behind", (line(NAMES) + "".join(body)).replace("\n", "  \n"),
                     EXACT)  # fmt: skip
    yield ascii_file("aligned without header", "".join(body), REFUSED)
    yield ascii_file("aligned without header, said", "".join(body), EXACT,
                     asked=Asked(columns=POSITIONS, has_header=False))  # fmt: skip
    hole = body[4].replace(ASCII[4][1], " " * len(ASCII[4][1]))
    yield ascii_file("aligned with a hole", line(NAMES) + "".join([*body[:4], hole, *body[5:]]),
                     ITEMISED)  # fmt: skip
    words = body[4].replace("note", "a b")
    yield ascii_file("aligned with words", line(NAMES) + "".join([*body[:4], words, *body[5:]]),
                     ITEMISED)  # fmt: skip
    ruler = "-".join("-" * (width - 1) for width in widths)[1:]
    yield ascii_file("psql", " | ".join(NAMES) + "\n" + "-+-".join("-" * 8 for _ in NAMES) + "\n"
                     + "".join(" | ".join(row) + "\n" for row in ASCII) + "(12 rows)\n\n", EXACT,
                     records=(*EVERY, None, None))  # fmt: skip
    spaced = " ".join("-" * (width - 1) for width in widths)
    yield ascii_file("sqlcmd", line(NAMES) + spaced + "\n" + "".join(body)
                     + "\n(12 rows affected)\n", EXACT, records=(*EVERY, None, None))  # fmt: skip
    box = "+" + "+".join("-" * 12 for _ in NAMES) + "+\n"
    yield ascii_file("mysql", box + "".join(f"| {' | '.join(NAMES)} |\n") + box
                     + "".join(f"| {' | '.join(row)} |\n" for row in ASCII) + box
                     + "12 rows in set (0.00 sec)\n", EXACT, REFUSED,
                     records=(*EVERY, None, None))  # fmt: skip
    assert ruler


def line_ends():
    for end in ("\n", "\r\n", "\r"):
        yield spoiled(f"line ends {end!r}", written(end=end), EXACT)
        yield spoiled(f"line ends {end!r}, the last missing",
                      written(end=end).removesuffix(end), EXACT)  # fmt: skip
        yield spoiled(f"line ends {end!r}, three at the end", written(end=end) + 2 * end, EXACT,
                      records=(*EVERY, None, None))  # fmt: skip
        yield spoiled(f"line ends {end!r}, three at the start", 3 * end + written(end=end), EXACT)
        yield spoiled(f"line ends {end!r} below the header",
                      written(end=end).replace(end, 2 * end, 1), EXACT,
                      records=(None, *EVERY))  # fmt: skip
    mixed = "".join(line.replace("\n", end) for line, end in
                    zip([HEAD, *LINES], ["\n", "\r\n", "\r"] * 5, strict=False))  # fmt: skip
    yield spoiled("line ends mixed", mixed, EXACT)
    twice = "".join(line + "\n" for line in [HEAD, *LINES])
    between = (*(row for place in EVERY for row in (None, place)), None)
    yield spoiled("every line followed by an empty one", twice, EXACT, records=between)
    yield spoiled("form feeds and line separators", CLEAN.replace("first", "a\x0cb\u2028c\x85d"),
                  EXACT)  # fmt: skip
    yield spoiled("lines in cells", CLEAN.replace("came back", '"came\nback\r\nagain"'), EXACT)


def quotes():
    for quote in "\"'":
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC):
            yield spoiled(f"quotes {quote} {quoting}", written(quotechar=quote, quoting=quoting),
                          EXACT)  # fmt: skip
            escaped = written(quotechar=quote, quoting=quoting, doublequote=False, escapechar="\\")
            yield spoiled(f"quotes {quote} {quoting} escaped", escaped, EXACT)
    wrapped = "".join(f"'{row[0]}','{row[1]}',{row[2]},{row[3]},'x'\n" for row in ROWS)
    yield spoiled("single quotes around text only", HEAD + wrapped, EXACT)
    irish = [("O'Brien; Ann", *row[1:]) if row[0] == "bob" else row for row in PLAIN]
    for mark in ",;":
        yield spoiled(f"single quotes where needed {mark}",
                      written(irish, delimiter=mark, quotechar="'"), EXACT,
                      rows=tuple(irish))  # fmt: skip
    bare = [("O'Brien", *row[1:]) if row[0] == "bob" else row for row in PLAIN]
    yield spoiled("an escaped quote in a bare cell", written(PLAIN).replace("bob", "O\\'Brien"),
                  EXACT, rows=tuple(bare))  # fmt: skip
    yield spoiled("escaped delimiters without quotes",
                  written(quoting=csv.QUOTE_NONE, escapechar="\\"), EXACT, ITEMISED)  # fmt: skip
    yield spoiled("curly quotes", CLEAN.replace('"', "\u201d"), ITEMISED)
    yield spoiled("a backslash in a cell", CLEAN.replace("first", "C:\\new"), EXACT)
    yield spoiled("a backslash before a closing quote", CLEAN.replace("first", '"C:\\"'), EXACT)
    mixed = CLEAN.replace("first", '"a \\" b"').replace("came back", '"a "" b"')
    yield spoiled("both ways of escaping", mixed, ITEMISED)


def swapped(row, first, second):
    cells = list(row)
    cells[first], cells[second] = cells[second], cells[first]
    return tuple(cells)


def headers():
    yield spoiled("no header", BODY, REFUSED)
    yield spoiled("no header, said", BODY, EXACT,
                  asked=Asked(columns=POSITIONS, has_header=False))  # fmt: skip
    yield spoiled("no header, no columns said", BODY, REFUSED, asked=Asked(has_header=False))
    yield spoiled("a header, though none said", CLEAN, ITEMISED, records=(None, *EVERY),
                  asked=Asked(columns=POSITIONS, has_header=False))  # fmt: skip
    yield spoiled("header in capitals", HEAD.upper() + BODY, EXACT)
    yield spoiled("header with spaces", HEAD.replace(",", "  , ").replace("_", " ") + BODY, EXACT)
    yield spoiled("header twice", HEAD + CLEAN, EXACT)
    yield spoiled("header in the middle", HEAD + "".join([*LINES[:5], HEAD, *LINES[5:]]), ITEMISED,
                  records=(*range(5), None, *range(5, 12)))  # fmt: skip
    yield spoiled("header in the middle below an empty line",
                  HEAD + "".join([*LINES[:5], "\n", HEAD, *LINES[5:]]), ITEMISED,
                  records=(*range(5), None, None, *range(5, 12)))  # fmt: skip
    for first, second in ((0, 1), (0, 3), (2, 3), (3, 4)):
        turned = [swapped(row, first, second) for row in ROWS]
        joined = CLEAN + written(turned, names=swapped(NAMES, first, second))
        yield spoiled(f"header in the middle, {first} and {second} in each other's place", joined,
                      REFUSED)  # fmt: skip
    for name in NAMES[:4]:
        double = HEAD.replace("note", name)
        yield spoiled(f"two columns {name}", double + BODY, REFUSED)
    yield spoiled("two columns note", HEAD.replace("note", "x,x") + BODY.replace("\n", ",\n"),
                  EXACT)  # fmt: skip
    yield spoiled("a blank name", HEAD.replace("note", "") + BODY, EXACT)
    yield spoiled("blank names", HEAD.replace("order_id", "").replace("note", " ") + BODY, EXACT)
    yield spoiled("a blank name asked for", HEAD.replace("amount", "") + BODY, EXACT,
                  asked=Asked(columns={"amount": "4"}))  # fmt: skip
    yield spoiled("all names blank", ",,,,\n" + BODY, REFUSED)
    yield spoiled("header shorter", HEAD.replace(",note", "") + BODY, ITEMISED)
    yield spoiled("header longer", HEAD.replace("note", "note,more") + BODY, ITEMISED)
    yield spoiled("header names nothing", "a,b,c,d,e\n" + BODY, REFUSED)
    yield spoiled("header over lines", HEAD.replace("order_id", '"order\nid"') + BODY, EXACT)
    yield spoiled("header torn", '"customer_id' + HEAD[11:] + BODY, REFUSED, ITEMISED)
    yield spoiled("units below", HEAD + "text,text,date,EUR,text\n" + BODY, EXACT)
    yield spoiled("groups above", "Customer,Order,,,\nid,id,date,amount,note\n" + BODY, EXACT,
                  asked=Asked(columns={"customer_id": "Customer id"}))  # fmt: skip
    yield spoiled("words over two rows",
                  "Customer,Order,Order,Order,Any\nnumber,number,date,total,note\n" + BODY,
                  EXACT)  # fmt: skip
    yield spoiled("words over three rows",
                  "Shop,Shop,Shop,Shop,Shop\nX,X,X,X,X\n" + HEAD + BODY, EXACT)  # fmt: skip
    for above in ("Orders of Ann's shop\n", "Report;2024\n\n", "# made by shop 1.2\n#\n",
                  "Orders,,,,\nfrom,2024-01-01,to,2024-12-31,\n,,,,\n", "a\nb\nc\nd\ne\n\n\n",
                  '"Orders, all",,,,\n', "\t\n"):  # fmt: skip
        yield spoiled(f"above {above!r}", above + CLEAN, EXACT)
    yield spoiled("header alone", HEAD, REFUSED)
    yield spoiled("nothing", b"", REFUSED)
    yield spoiled("a mark and nothing", codecs.BOM_UTF8, REFUSED)
    yield spoiled("empty lines", b"\n\n\r\n", REFUSED)
    yield spoiled("delimiters alone", b",,,,\n,,,,\n", REFUSED)
    yield spoiled("one row", HEAD + LINES[0], EXACT, rows=tuple(ROWS[:1]), records=(0,))


def footers():
    for below in (
        "Total,,,1147.65,\n",
        "Grand total:,,,1147.65,\n",
        ",,,1147.65,Total\n",
        ",,Total,1147.65,\n",
        "(12 rows)\n",
        "\n(12 rows affected)\n",
        "12 rows selected.\n",
        "Total rows: 12\n",
        "-----\nTotal,1147.65\n",
        "\nEnd of report\n",
        "*** END OF FILE ***\n",
        "Exported on 2024-12-31\n",
        "\nSums are in euros\n",
        "Total,,,1147.65,\n(12 rows)\n",
        ",,,,\n,,,,\n",
    ):
        lines = below.count("\n")
        yield spoiled(f"below {below!r}", CLEAN + below, EXACT, ITEMISED,
                      records=(*EVERY, *[None] * lines))  # fmt: skip
    for below in ("Sum 1147.65\n", "see also\n", "1\n", ",,,1147.65,\n", "a,b,c\n"):
        yield spoiled(f"below {below!r}", CLEAN + below, ITEMISED,
                      records=(*EVERY, None))  # fmt: skip


def tables():
    less = "store,city\nx,y\nz,w\n"
    same = "store,city,opened,area,staff\nx,y,2020-01-01,5,6\nz,w,2021-01-01,7,8\n"
    more = "store,city,opened,area,staff,phone\nx,y,2020-01-01,5,6,7\nz,w,2021-01-01,7,8,9\n"
    for name, other in (("less", less), ("same", same), ("more", more)):
        yield spoiled(f"a table of {name} columns below an empty line", CLEAN + "\n" + other,
                      REFUSED if other is same else ITEMISED,
                      records=(*EVERY, *[None] * 4))  # fmt: skip
        yield spoiled(f"a table of {name} columns above", other + "\n" + CLEAN, EXACT, REFUSED)


def ends_of_rows():
    trailing = BODY.replace("\n", ",\n")
    yield spoiled("trailing delimiters", HEAD.replace("\n", ",\n") + trailing, EXACT)
    yield spoiled("trailing delimiters below the header", HEAD + trailing, EXACT)
    yield spoiled("a trailing delimiter in the header", HEAD.replace("\n", ",\n") + BODY, EXACT)
    yield spoiled("three trailing delimiters", CLEAN.replace("\n", ",,,\n"), EXACT)
    ghost = PLAIN_HEAD.replace(",note", "") + "".join(
        line.replace(",note", ",") for line in PLAIN_LINES
    )
    yield spoiled("a decimal comma before a trailing delimiter", ghost.replace("22.50", "22,50")
                  .replace("22,50,", "22,50"), ITEMISED)  # fmt: skip
    full = PLAIN_HEAD.replace(",note", ",") + "".join(
        line.replace(",note", ",") for line in PLAIN_LINES
    )
    yield spoiled("a decimal comma in place of a blank column", full.replace("22.50,", "22,50"),
                  ITEMISED)  # fmt: skip
    rows = HEAD + "".join(line + ",,,,\n" for line in LINES)
    both = tuple(row for place in EVERY for row in (place, None))
    yield spoiled("rows of delimiters between", rows, EXACT, records=both)
    yield spoiled("rows of more delimiters between", rows.replace(",,,,\n", ",,,,,,,\n"), EXACT,
                  records=both)  # fmt: skip


def one_record():
    """Each cell of three records, spoiled in each of several ways."""
    for place in (0, 5, 11):
        for column, cell in enumerate(PLAIN[place]):
            ways = {
                "a delimiter more": cell + ",",
                "a quote before": '"' + cell,
                "a quote behind": cell + '"',
                "a quote inside": cell[:1] + '"' + cell[1:],
                "two quotes behind": cell + '""',
                "text behind quotes": f'"{cell}"x',
                "a NUL": cell[:1] + "\0" + cell[1:],
                "a line end": cell[:1] + "\n" + cell[1:],
                "half a letter": cell[:1].encode() + b"\xc3" + cell[1:].encode(),
            }
            for what, text in ways.items():
                cells = [one.encode() for one in PLAIN[place]]
                cells[column] = text if isinstance(text, bytes) else text.encode()
                yield one_line(f"{what} at {place}, {column}", place, b",".join(cells) + b"\n",
                               column)  # fmt: skip
            cells = list(PLAIN[place])
            del cells[column]
            yield one_line(f"no cell at {place}, {column}", place,
                           (",".join(cells) + "\n").encode())  # fmt: skip


def one_line(name, place, line, column=None):
    lines = [one.encode() for one in PLAIN_LINES]
    lines[place] = line
    broken = line.count(b"\n") - 1
    records = (*range(place + 1), *[None] * broken, *range(place + 1, 12))
    # What stands in a column without a role does no harm as long as its record is whole.
    verdicts = (ITEMISED, EXACT) if column == len(NAMES) - 1 and not broken else (ITEMISED,)
    data = PLAIN_HEAD.encode() + b"".join(lines)
    return spoiled(name, data, *verdicts, records=records, asked=Asked(encoding="utf-8"))


def loose_pieces():
    """Line ends in the first or the last cell, which leave records that look whole."""
    for place in (0, 5, 11):
        for last in (0, 1, 2, 3, 4):
            for where in (1, None):
                yield torn(place, last, where)
    orders = written([row[:4] for row in PLAIN], names=NAMES[:4])
    for below in ("oops\n", "Summary of all\n", "\n\nsee also\n"):
        lines = below.count("\n")
        yield spoiled(f"words below numbers {below!r}", orders + below, EXACT, ITEMISED,
                      records=(*EVERY, *[None] * lines))  # fmt: skip
    first, *others = orders.splitlines(keepends=True)
    for word in ("Page 2", "oops", "1", "-"):
        text = first + "".join([*others[:5], word + "\n", *others[5:]])
        yield spoiled(f"a line {word!r} in the middle", text, ITEMISED,
                      records=(*range(5), None, *range(5, 12)))  # fmt: skip


def torn(place, last, where):
    """The columns turned so that one of them is the last, torn behind a letter or at its end."""
    order = [*range(last + 1, len(NAMES)), *range(last + 1)]
    rows = [[row[column] for column in order] for row in PLAIN]
    cell = rows[place][-1]
    rows[place][-1] = cell[:where] + "\n\n" + cell[where or len(cell) :] + "\n7"
    lines = [",".join(row) + "\n" for row in ([NAMES[column] for column in order], *rows)]
    broken = lines[place + 1].count("\n") - 1
    asked = Asked(columns={"category": "note"}, encoding="utf-8")
    return spoiled(f"{NAMES[last]} torn at {place}, {where}", "".join(lines), ITEMISED,
                   records=(*range(place + 1), *[None] * broken, *range(place + 1, 12)),
                   asked=asked)  # fmt: skip


def cells():
    spoilt = {
        "a word for a day": (2, "soon"), "no day": (2, ""), "a day that is none": (2, "2024-02-30"),
        "half a day": (2, "2024-0"), "a word for money": (3, "free"), "no money": (3, ""),
        "NaN": (3, "NaN"), "infinity": (3, "inf"), "a percentage": (3, "5%"),
        "two numbers": (3, "5 6"), "an error of a spreadsheet": (3, "#REF!"),
        "a formula": (3, "=1+1"), "hashes": (2, "########"), "two points": (3, "1.2.3"),
    }  # fmt: skip
    for name, (column, text) in spoilt.items():
        rows = [list(row) for row in ROWS]
        rows[7][column] = text
        yield spoiled(name, written(rows), ITEMISED)


def encodings():
    western = written([row for row in ROWS if "\u2018" not in row[4]])
    rows = tuple(row for row in ROWS if "\u2018" not in row[4])
    of_rows = {"rows": rows, "records": tuple(range(len(rows)))}
    yield spoiled("utf-8 with its mark", CLEAN, EXACT, encoding="utf-8-sig")
    for encoding in ("utf-16", "utf-32"):
        yield spoiled(encoding, CLEAN, EXACT, encoding=encoding)
    for order in ("le", "be"):
        mark = codecs.BOM_UTF16_LE if order == "le" else codecs.BOM_UTF16_BE
        yield spoiled(f"utf-16-{order} with its mark", mark + CLEAN.encode(f"utf-16-{order}"),
                      EXACT)  # fmt: skip
        yield spoiled(f"utf-16-{order}", CLEAN, REFUSED, encoding=f"utf-16-{order}")
        yield spoiled(f"utf-16-{order}, said", CLEAN, EXACT, encoding=f"utf-16-{order}",
                      asked=Asked(encoding=f"utf-16-{order}"))  # fmt: skip
    yield spoiled("utf-16 cut in a letter", CLEAN.encode("utf-16")[:-1], EXACT, ITEMISED, REFUSED)
    for encoding in ("latin-1", "cp1252", "cp1250", "cp850", "mac-roman", "iso8859-15", "cp037"):
        yield spoiled(encoding, western, REFUSED, encoding=encoding, **of_rows)
        yield spoiled(f"{encoding}, said", western, EXACT, encoding=encoding,
                      asked=Asked(encoding=encoding), **of_rows)  # fmt: skip
    for encoding, word in (("shift-jis", "\u65e5\u672c"), ("gb18030", "\u4e2d\u6587"),
                           ("big5", "\u4e2d\u6587"), ("koi8-r", "\u0430\u043d\u043d\u0430"),
                           ("cp1251", "\u0430\u043d\u043d\u0430"), ("euc-kr", "\uc548\ub155"),
                           ("iso2022_jp", "\u65e5\u672c")):  # fmt: skip
        there = [(word, *row[1:]) if row[0] == "Zo\u00eb" else row for row in PLAIN]
        yield spoiled(encoding, written(there), REFUSED, encoding=encoding, rows=tuple(there))
        yield spoiled(f"{encoding}, said", written(there), EXACT, encoding=encoding,
                      asked=Asked(encoding=encoding), rows=tuple(there))  # fmt: skip
    yield spoiled("utf-8 joined to latin-1", CLEAN.encode() + LINES[2].encode("latin-1"),
                  REFUSED)  # fmt: skip
    two = codecs.BOM_UTF8 + CLEAN.encode()
    yield spoiled("two files joined, marks and all", two + two, ITEMISED,
                  records=(*EVERY, None, *EVERY))  # fmt: skip
    for end in ("\n", "\r\n", "\r"):
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
            one = codecs.BOM_UTF8 + written(end=end, quoting=quoting).encode()
            more = codecs.BOM_UTF8 + written(names=None, end=end, quoting=quoting).encode()
            yield spoiled(f"a file without header joined below, mark and all, {end!r} {quoting}",
                          one + more, EXACT, rows=(*ROWS, *ROWS),
                          records=tuple(range(2 * len(ROWS))))  # fmt: skip


def packed():
    data = CLEAN.encode()
    for name, pack in (("gzip", gzip.compress), ("bz2", bz2.compress), ("zstd", zstd)):
        yield spoiled(name, pack(data), EXACT)
        yield spoiled(f"{name} in two members", pack(data[:99]) + pack(data[99:]), EXACT)
        yield spoiled(f"{name} cut off", pack(data)[:-9], REFUSED)
        yield spoiled(f"{name} twice", pack(pack(data)), REFUSED)
    yield spoiled("zip", zipped({"orders.csv": data}), EXACT)
    yield spoiled("zip in folders", zipped({"a/": b"", "a/b/orders.csv": data,
                                            "__MACOSX/a/._orders.csv": b"x", "a/.DS_Store": b"y"}),
                  EXACT)  # fmt: skip
    yield spoiled("zip of two", zipped({"1.csv": data, "2.csv": data}), REFUSED)
    yield spoiled("zip of none", zipped({}), REFUSED)
    yield spoiled("zip of a zip", zipped({"a.zip": zipped({"1.csv": data})}), REFUSED)
    yield spoiled("zip cut off", zipped({"1.csv": data})[:-30], REFUSED)
    table = io.BytesIO()
    columns = dict(zip(NAMES, map(list, zip(*ROWS, strict=True)), strict=True))
    pq.write_table(pa.table(columns), table)
    yield spoiled("Parquet", table.getvalue(), EXACT)
    yield spoiled("Parquet cut off", table.getvalue()[:-20], REFUSED)
    yield spoiled("Parquet in a zip", zipped({"1.parquet": table.getvalue()}), REFUSED)
    yield spoiled("a workbook", xlsx({"Orders": [NAMES, *ROWS]}), EXACT)
    yield spoiled("a workbook with a title and a total",
                  xlsx({"Orders": [["Orders"], [], NAMES, *ROWS, ["Total", "", "", "1147.65"]]}),
                  EXACT, records=(*EVERY, None))  # fmt: skip
    yield spoiled("a workbook of two sheets", xlsx({"1": [NAMES, *ROWS], "2": [NAMES, *ROWS]}),
                  REFUSED)  # fmt: skip
    yield spoiled("a web page", b"<html><table><tr><td>customer_id</td></tr></table>", REFUSED)
    yield spoiled("JSON", b'[{"customer_id": 1, "ordered_at": "2024-01-31", "amount": 5}]', REFUSED)


def zstd(data):
    return pa.compress(data, "zstd", asbytes=True)


def zipped(members):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return archive.getvalue()


KINDS = (delimiters, aligned, line_ends, quotes, headers, footers, tables, ends_of_rows,
         one_record, loose_pieces, cells, encodings, packed)  # fmt: skip


def money(rows):
    """What each customer's rows add up to, in 1/10,000, and how many rows there are."""
    sums = Counter()
    for row in rows:
        sums[row[0]] += int(Decimal(row[3]) * 10_000)
    return dict(sums), len(rows)


def read(path, asked):
    """The money by customer and the ledger; without the engine, which would take most of the time.

    As a run does, it counts the whole columns where cells do not fit what the sample suggests.
    """
    export = open_export(path, asked)
    sums, ledger = taken(export)
    if ledger.has_marks or any(ledger[reason] for reason in ("bad_date", "bad_amount")):
        sums, ledger = taken(scan_fully(export))
    return sums, ledger


def taken(export):
    lines, sums = ExportLines(export, LineOptions(), threads=1), Counter()
    for batch in lines.read():
        for line in batch.select(["customer_id", "sales", "refunds"]).to_pylist():
            sums[line["customer_id"]] += line["sales"] - line["refunds"]
    return dict(sums), lines.ledger


def is_clear(error):
    """Whether a refusal says what to do next, and quotes no customer."""
    return bool(error.hint) and not any(who in str(error) for who in ("0012", "Zo\u00eb", "17850"))


def verdict(path, case):
    """How a spoiled file was read; exact and itemised are checked row by row."""
    try:
        sums, ledger = read(path, case.asked)
    except RfmtoolError as error:
        return REFUSED if is_clear(error) else SILENT
    bad = {reject.row - 1 for reject in ledger.rejects}
    kept = [case.rows[row] for record, row in enumerate(case.records)
            if row is not None and record not in bad]  # fmt: skip
    if (sums, ledger["used"]) != money(kept) or ledger.rows != len(case.records):
        return SILENT
    if ledger.rejected:
        return ITEMISED
    return EXACT if len(kept) == len(case.rows) else SILENT


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_spoiled_file_is_read_wrongly_without_a_word(kind, tmp_path):
    path = tmp_path / "export.csv"
    wrong = {}
    for case in kind():
        path.write_bytes(case.data)
        found = verdict(path, case)
        if found not in case.verdicts:
            wrong[case.name] = found
    assert wrong == {}


def test_there_are_at_least_150_spoiled_files():
    assert sum(1 for kind in KINDS for _ in kind()) >= 150
