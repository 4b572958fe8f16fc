"""The command `rfmtool`: parse, call one library function, print.

Every error becomes an exit code here and nowhere else; what cannot be meant is a UsageError. Heavy
libraries load inside commands, so that `--help` is instant.
"""

from __future__ import annotations

import errno
import gc
import io
import os
import shutil
import signal
import sys
import textwrap
import traceback
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

import click

from rfmtool.errors import RfmtoolError
from rfmtool.interrupts import STOP_SIGNALS
from rfmtool.locations import without_secrets
from rfmtool.version import __version__

EXIT_BUG: Final = 70
EXIT_SYSTEM: Final = 3
EXIT_SIGNALLED: Final = 128
"""Added to the number of the signal that ended it."""
EXIT_PIPE_CLOSED: Final = 141
_NARROWEST: Final = 40
"""Letters below which a message is not broken further."""
_INTERRUPTS: Final[list[int]] = []
_COMMANDS: Final = {
    "run": "The main job: report, lists of what to do, tables.",
    "score": "One row per customer, as CSV unless told otherwise.",
    "check": "How an export is read, and what is wrong with it.",
    "report": "Show the report of a finished run again.",
    "explain": "Why a customer stands there, what would move them.",
    "export": "The lists as a mail or advertising tool takes them.",
    "compare": "Who moved between two runs.",
    "history": "Show what a folder remembers of its runs.",
    "job": "One run by a job file: what to read, where to write, limits.",
    "measure": "Did lists earn more than leaving people alone.",
    "done": "Append to the contact log: who of a list was contacted.",
    "journey": "The first-time buyer's way, and who is lost on it.",
    "repeat": "When second orders come, and how many ever do.",
    "cadence": "Which regulars should have ordered by now.",
    "cohorts": "Who still orders, by the month of the first order.",
    "concentration": "How much of the revenue hangs on how few.",
    "affinity": "What people buy along with what, and buy next.",
    "timeline": "Who stood where at the end of each month.",
    "rules": "Show the rules in force, or check your own.",
    "demo": "Write a made-up shop to try things on.",
}
"""The commands, and what each of them is for."""
_TOGETHER: Final = {
    **dict.fromkeys(("report", "explain", "history"), "finished"),
    **dict.fromkeys(
        ("journey", "repeat", "cadence", "cohorts", "concentration", "affinity", "timeline"),
        "questions",
    ),
}
"""The modules of those that share one; each of the others is `command` in one of its own name."""


class _LazyGroup(click.Group):
    """Commands that load when they are called; listing them costs only click."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [*_COMMANDS]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([*_COMMANDS.items()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        from rfmtool.memory import limit_malloc_arenas

        limit_malloc_arenas()  # before any library that starts threads
        # NumPy's own are of no use here, and would be busy waiting while others begin to read.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        shared = _TOGETHER.get(cmd_name)
        module = import_module(f"rfmtool.cli.{shared or cmd_name}")
        command: click.Command = getattr(module, cmd_name if shared else "command")
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
    _prepare_streams()
    for number in STOP_SIGNALS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _interrupt)  # not where it is ignored, as by nohup
    code = _exit_code()
    _stop_listening()  # all is done and said: too late for Ctrl-C
    gc.freeze()  # or Python would look through all of it for what to free, before it lets all go
    sys.exit(code)


def _prepare_streams() -> None:
    """Make a closed stream fail like a closed file, and a narrow encoding show `?`."""
    nowhere = Path(os.devnull)
    # In this order each new file takes the number of the stream that is closed.
    if sys.stdin is None:
        sys.stdin = nowhere.open(encoding="utf-8")
    if sys.stdout is None:
        # Not open for writing: a result that nobody can receive is an error, silence is not.
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = nowhere.open("w", encoding="utf-8")
    if isinstance(sys.stdout, io.TextIOWrapper) and isinstance(sys.stdout.buffer, io.RawIOBase):
        # As PYTHONUNBUFFERED makes it, it says nothing when a disk takes half of what is written.
        raw, encoding = sys.stdout.buffer, sys.stdout.encoding
        sys.stdout.detach()
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(raw), encoding=encoding, line_buffering=raw.isatty()
        )
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _stop_listening() -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 - as signal wants
    # Remembered, because a library that is loading or working wraps it in errors of its own.
    _INTERRUPTS.append(number)
    raise KeyboardInterrupt


def _exit_code() -> int:
    try:
        code = program.main(prog_name="rfmtool", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return error.exit_code
    except (BrokenPipeError, SystemExit):
        # The reader of a pipe went away, as `| head` does; click and rich make a SystemExit of it,
        # and nothing else does.
        _let_go_of_stdout()
        return EXIT_PIPE_CLOSED
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the one place that sees all
        if not isinstance(error, (RfmtoolError, click.ClickException)):
            _let_go_of_stdout()
        words = _in_words(error)
        if words[2] == EXIT_BUG:
            traceback.print_exception(error)
        return _say(*words)
    return code if isinstance(code, int) else 0


def exit_of(error: BaseException) -> tuple[int, str]:
    """The exit code that an error ends the process with, and what is said of it."""
    if isinstance(error, (BrokenPipeError, SystemExit)):
        return EXIT_PIPE_CLOSED, "the reader went away"
    message, _hint, code = _in_words(error)
    return code, without_secrets(message)


def _in_words(error: BaseException) -> tuple[str, str, int]:
    """What to say of an error, what to do next, and the exit code."""
    if _INTERRUPTS or isinstance(error, (KeyboardInterrupt, click.Abort)):
        number = _INTERRUPTS[0] if _INTERRUPTS else signal.SIGINT
        what = (
            "interrupted" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}"
        )
        return what, "Nothing half-written is left; run it again.", EXIT_SIGNALLED + number
    match error:
        case RfmtoolError():
            return error.args[0], error.hint, error.exit_code
        case click.ClickException():
            return error.format_message(), _usage(error), error.exit_code
        case MemoryError():
            return "memory ran out", "Set a limit, for example --memory-limit 2GB.", EXIT_SYSTEM
        # The second is what Python below 3.13 makes of links that lead in a circle.
        case (OSError() as failure) | RuntimeError(
            __context__=OSError(errno=errno.ELOOP) as failure
        ):
            return *_system_failure(failure), EXIT_SYSTEM
    return "this is a bug of rfmtool", "Please report it with the lines above.", EXIT_BUG


def _usage(error: click.ClickException) -> str:
    ctx = getattr(error, "ctx", None)
    if not ctx:
        return ""
    option = "--help-all" if getattr(ctx.command, "has_many", False) else "--help"
    return f"{ctx.get_usage()}\n{ctx.command_path} {option} lists every option."


def _system_failure(error: OSError) -> tuple[str, str]:
    # A disk that fails does so while an export is read, too.
    unnamed = "a file or standard output" if error.errno == errno.EIO else "standard output"
    where = os.fsdecode(error.filename) if error.filename else unnamed
    reason = (error.strerror or type(error).__name__).lower()
    hint = "Free some space and run again." if error.errno == errno.ENOSPC else "Run it again."
    if error.errno == errno.ELOOP:
        hint = "Its links lead in a circle: name another place."
    if error.errno == errno.EBADF:
        hint = "Give it an open standard output, or take --quiet with -o."
    return f"{where}: the system failed: {reason}", hint


def _let_go_of_stdout() -> None:
    """Drop what stdout did not take; Python would try once more at its end, and complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _say(message: str, hint: str, code: int) -> int:
    _stop_listening()  # a second Ctrl-C must not tear the message
    from rfmtool.pages.blocks import printable

    lines = [f"rfmtool: {printable(without_secrets(message))}"]
    lines += [f"  {printable(line)}" for line in hint.splitlines()]
    for line in lines:
        click.echo(_folded(line) if sys.stderr.isatty() else line, err=True)
    return code


def _folded(line: str) -> str:
    """A line broken between words as wide as the terminal is; a file or pipe gets it as it is."""
    indent = " " * (len(line) - len(line.lstrip()))
    width = max(shutil.get_terminal_size().columns, _NARROWEST)
    return textwrap.fill(
        line, width, subsequent_indent=f"{indent}  ", break_long_words=False, break_on_hyphens=False
    )
