"""What fits on a terminal, and what is left out where it does not."""

import io

import pytest
from rich.console import Console

from rfmtool.pages.blocks import (
    Alternatives,
    Bar,
    Chart,
    Column,
    Line,
    Paragraph,
    ShadedCell,
    ShadedRow,
    ShadedTable,
    Sparkline,
    Table,
    numbers,
)
from rfmtool.pages.terminal import draw


def printed(block, width):
    console = Console(file=io.StringIO(), width=width)
    draw([block], console)
    return console.file.getvalue().splitlines()


TABLE = Table(
    columns=(Column("NAME", "name"), *numbers("people", "share", "money")),
    rows=(("a_long_name", "12", "40.0%", "1,234.00"),),
    optional_columns=("share", "people"),
)


@pytest.mark.parametrize(
    ("width", "titles"),
    [
        (80, ["NAME", "people", "share", "money"]),
        (38, ["NAME", "people", "share", "money"]),
        (37, ["NAME", "people", "money"]),
        (30, ["NAME", "money"]),
    ],
)
def test_a_table_leaves_out_what_it_can_spare_where_there_is_no_room(width, titles):
    head, row = printed(TABLE, width)

    assert head.split() == titles
    assert row.startswith(" a_long_name ")
    assert "…" not in row
    assert len(row) <= width


def test_of_columns_of_one_title_the_leftmost_goes_first():
    columns = (Column("who"), Column(), Column())
    table = Table(columns, (("x" * 10, "y" * 10, "z" * 10),), optional_columns=("", ""))

    assert printed(table, 30)[1].split() == ["x" * 10, "z" * 10]
    assert printed(table, 20)[1].split() == ["x" * 10]


def test_a_text_has_its_width_before_others_are_let_in():
    columns = (Column("NAME", "name"), Column("words", folds=True), *numbers("money"))
    rows = (("a", "one two three four", "1,234.00"),)
    table = Table(columns, rows, optional_columns=("money",), text_width=12)

    assert printed(table, 30) == [
        " NAME  words            money",
        " a     one two       1,234.00",
        "       three four",
    ]
    assert printed(table, 29) == [" NAME  words", " a     one two three four"]


def test_a_line_that_is_too_long_hangs_as_a_paragraph_does():
    line = Line((("one two", "strong"), (" three four", "plain")))

    assert printed(line, 19) == [" one two three four"]
    assert printed(line, 12) == [" one two", "   three", "   four"]
    assert printed(Paragraph("one two three"), 12) == [" one two", "   three"]


def test_of_several_ways_the_first_with_room_is_drawn_else_the_last():
    wide = ShadedTable("a", ("x" * 20,), (ShadedRow("b", (ShadedCell("1", 1.0),)),))
    ways = Alternatives(((wide,), (TABLE,)))

    assert "x" * 20 in printed(ways, 40)[0]
    assert printed(ways, 20) == printed(TABLE, 20)


def test_bars_and_curves_show_what_is_more_than_nothing():
    rows = (("a", Bar(1.0, 2), Sparkline((0, 1, 400))), ("b", Bar(0.001, 2), Sparkline((0, 0, 0))))
    table = Table((Column("NAME"), Column(), Column()), rows)

    assert [row.split() for row in printed(table, 40)[1:]] == [["a", "██", "▁█"], ["b", "▏"]]


def test_a_chart_has_a_scale_and_an_axis_whose_words_stay_apart():
    chart = Chart((0.0, 0.5, 1.0, None, 1.0, 1.0), (" 10", ""), ((0, "one"), (2, "two"), (5, "x")))

    assert printed(chart, 20) == [
        "  10 │  █ ██",
        "     │ ██ ██",
        "     └┴────┴",
        "      one  x",
    ]


def test_what_a_terminal_would_obey_is_replaced_wherever_it_stands():
    foreign = "a\x1b[31m\u202eb"
    columns = (Column(foreign, "name"), Column())
    shaded = ShadedTable(foreign, (foreign,), (ShadedRow(foreign, (ShadedCell(foreign, 1.0),)),))
    for block in (
        Paragraph(foreign),
        Line(((foreign, "plain"),)),
        Table(columns, ((foreign, foreign),)),
        shaded,
    ):
        lines = printed(block, 80)
        assert all("a�[31m�b" in line for line in lines)
        assert not any("\x1b" in line or "\u202e" in line for line in lines)
