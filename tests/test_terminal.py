"""What fits on a terminal, and what is left out where it does not."""

import io

import pytest
from rich.console import Console
from rich.text import Text

from rfmtool.pages.terminal import FittedTable, add_numbers, print_trimmed, titled_table, width_of


def printed(part, width):
    console = Console(file=io.StringIO(), width=width)
    print_trimmed([part], console)
    return console.file.getvalue().splitlines()


def table():
    made = titled_table("NAME", "people", "share", "money", spare=("share", "people"))
    made.add_row("a_long_name", "12", "40.0%", "1,234.00")
    return made


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
    head, row = printed(table(), width)

    assert head.split() == titles
    assert row.startswith(" a_long_name ")
    assert "…" not in row
    assert len(row) <= width


def test_drawing_a_table_narrow_leaves_the_table_as_it_was():
    made = table()

    narrow = printed(made, 30)

    assert printed(made, 80) != narrow
    assert width_of(made) == 38


def test_of_columns_of_one_title_the_leftmost_goes_first():
    made = FittedTable("", "")
    for title in ("who", "", ""):
        made.add_column(title, no_wrap=True)
    made.add_row("x" * 10, "y" * 10, "z" * 10)

    assert printed(made, 30)[1].split() == ["x" * 10, "z" * 10]
    assert printed(made, 20)[1].split() == ["x" * 10]


def test_a_text_has_its_width_before_others_are_let_in():
    made = titled_table("NAME", spare=("money",), text_width=12)
    made.add_column("words")
    add_numbers(made, "money")
    made.add_row("a", "one two three four", "1,234.00")

    assert printed(made, 30) == [
        " NAME  words            money",
        " a     one two       1,234.00",
        "       three four",
    ]
    assert printed(made, 29) == [" NAME  words", " a     one two three four"]


def test_a_line_that_is_too_long_hangs_as_a_paragraph_does():
    line = Text(" one two three four")

    assert printed(line, 19) == [" one two three four"]
    assert printed(line, 12) == [" one two", "   three", "   four"]
