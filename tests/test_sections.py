"""Help that lists options by what they are for."""

import click
import pytest
from click.testing import CliRunner

from rfmtool.cli import _COMMANDS, program
from rfmtool.cli.sections import SectionedCommand, section

_when_cold = section("When it is cold")


@click.command(cls=SectionedCommand)
@click.argument("who")
@_when_cold("--coat", help="Put it on.")
@click.option("--say", help="What to say.")
@_when_cold("--with-a-hat", is_flag=True, help="That too.")
def greet(who, coat, say, with_a_hat):
    """Greet WHO."""
    click.echo(f"{who} {say or coat} {with_a_hat}")


def test_own_options_come_first_and_all_stand_in_line():
    shown = CliRunner().invoke(greet, ["--help"]).stdout

    assert shown.partition("Options:\n")[2].splitlines() == [
        "  --say TEXT    What to say.",
        "  --help        Show this message and exit.",
        "",
        "When it is cold:",
        "  --coat TEXT   Put it on.",
        "  --with-a-hat  That too.",
    ]


def test_options_of_a_section_are_options_like_others():
    result = CliRunner().invoke(greet, ["ann", "--coat", "red", "--with-a-hat"])

    assert result.stdout == "ann red True\n"


@pytest.mark.parametrize("name", _COMMANDS)
def test_no_option_is_lost_in_the_help(name):
    command = program.get_command(None, name)
    has_many = getattr(command, "has_many", False)
    shown = CliRunner().invoke(program, [name, "--help-all" if has_many else "--help"]).stdout

    for param in command.params:
        if isinstance(param, click.Option):
            assert param.opts[0] in shown


def test_a_long_help_shows_the_dozen_most_used_and_where_all_are():
    short = CliRunner().invoke(program, ["run", "--help"]).stdout
    long = CliRunner().invoke(program, ["run", "--help-all"]).stdout

    options = short.partition("Options:\n")[2].splitlines()
    named = [line.split()[0] for line in options if line.startswith("  -")]
    assert 12 <= len(named) <= 16
    assert "run --help-all lists every option." in " ".join(short.split())
    assert "lists every option" not in long
    assert all(option.rstrip(",") in long for option in named)
