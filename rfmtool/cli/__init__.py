"""The command `rfmtool`: parse, call one library function, print.

Every error becomes an exit code here and nowhere else. Heavy libraries load inside commands, so
that `--help` is instant.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from importlib import import_module
from typing import Final, NoReturn

import click

from rfmtool import __version__
from rfmtool.errors import RfmtoolError

EXIT_BUG: Final = 70
EXIT_SYSTEM: Final = 3
EXIT_INTERRUPTED: Final = 130
EXIT_PIPE_CLOSED: Final = 141
_COMMANDS: Final = ("run", "score", "check", "report", "rules", "demo")


class _LazyGroup(click.Group):
    """Commands that load when they are called; listing them costs only click."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"rfmtool.cli.{cmd_name}").command
        return command


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="rfmtool")
def program() -> None:
    """Turn a shop's transaction exports into answers about its customers.

    Start with `rfmtool run EXPORT`: who your customers are, where they stand on the loyalty ladder,
    and how much each group is worth.
    """


def main() -> NoReturn:
    """Run the command line; ends the process with the exit code of the contract."""
    sys.exit(_exit_code())


def _exit_code() -> int:
    try:
        code = program.main(standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader went away, as `| head` does. Nothing may be written to the pipe any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PIPE_CLOSED
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the one place that sees all
        return _say(*_in_words(error))
    return code if isinstance(code, int) else 0


def _in_words(error: BaseException) -> tuple[str, str, int]:
    """What to say of an error, what to do next, and the exit code."""
    match error:
        case RfmtoolError():
            return error.args[0], error.hint, error.exit_code
        case click.UsageError():
            usage = error.ctx.get_usage() if error.ctx else ""
            return error.format_message(), usage, error.exit_code
        case KeyboardInterrupt() | click.Abort():
            return "interrupted; nothing was changed", "", EXIT_INTERRUPTED
        case MemoryError() | OSError():
            return f"the system failed: {error}", "", EXIT_SYSTEM
    traceback.print_exception(error)
    return "this is a bug of rfmtool", "Please report it with the lines above.", EXIT_BUG


def _say(message: str, hint: str, code: int) -> int:
    from rfmtool.report.terminal import printable

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not tear the message
    click.echo(f"rfmtool: {printable(message)}", err=True)
    if hint:
        click.echo("\n".join(f"  {printable(line)}" for line in hint.splitlines()), err=True)
    return code
