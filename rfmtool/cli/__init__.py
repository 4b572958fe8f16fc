"""The command `rfmtool`: parse options, call one library function, print.

Errors become exit codes here only. Heavy libraries are imported inside commands, so that `--help`
is instant.
"""

from __future__ import annotations

import errno
import io
import os
import shutil
import signal
import sys
import textwrap
import threading
import traceback
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

import click

from rfmtool.cli.sections import HELP_NAMES
from rfmtool.errors import RfmtoolError
from rfmtool.interrupts import STOP_SIGNALS
from rfmtool.locations import without_secrets
from rfmtool.version import __version__

EXIT_BUG: Final = 70
EXIT_SYSTEM: Final = 3
EXIT_SIGNALLED: Final = 128
"""Added to the number of the signal that ended the process."""
EXIT_PIPE_CLOSED: Final = 141
_MIN_WIDTH: Final = 40
"""Messages are wrapped at this width on narrower terminals."""
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
    "concentration": "How much revenue the top customers bring.",
    "affinity": "What people buy along with what, and buy next.",
    "timeline": "Who stood where at the end of each month.",
    "rules": "Show the rules in force, or check your own.",
    "demo": "Write a made-up shop to try things on.",
}
"""The commands, with their help in the list of commands."""
_SHARED_MODULES: Final = {
    **dict.fromkeys(("report", "explain", "history"), "finished"),
    **dict.fromkeys(
        ("journey", "repeat", "cadence", "cohorts", "concentration", "affinity", "timeline"),
        "questions",
    ),
}
"""The modules with several commands; any other command is `command` in a module of its name."""


class _LazyGroup(click.Group):
    """Commands whose modules are imported when they are called."""

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
        # Threads of OpenBLAS are not needed, and would busy-wait while others read.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        shared = _SHARED_MODULES.get(cmd_name)
        module = import_module(f"rfmtool.cli.{shared or cmd_name}")
        command: click.Command = getattr(module, cmd_name if shared else "command")
        return command


@click.group(cls=_LazyGroup, context_settings={"help_option_names": HELP_NAMES})
@click.version_option(__version__, package_name="rfmtool")
def program() -> None:
    """Turn a shop's transaction exports into answers about its customers.

    Start with `rfmtool run EXPORT`: who your customers are, where they stand on the loyalty ladder,
    and how much each group is worth.
    """


def main() -> NoReturn:
    """Run the command line and raise SystemExit with the exit code."""
    _prepare_streams()
    for number in STOP_SIGNALS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _interrupt)  # ignored signals, as by nohup, stay so
    code = _exit_code()
    _ignore_stop_signals()  # all is done: too late for Ctrl-C
    sys.exit(code)


def _prepare_streams() -> None:
    """Replace closed streams, and print `?` for characters that an encoding lacks."""
    devnull = Path(os.devnull)
    # In this order each new file gets the number of the closed stream.
    if sys.stdin is None:
        sys.stdin = devnull.open(encoding="utf-8")
    if sys.stdout is None:
        # Read-only, so that printing a result is an error, and printing nothing is none.
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = devnull.open("w", encoding="utf-8")
    if isinstance(sys.stdout, io.TextIOWrapper) and isinstance(sys.stdout.buffer, io.RawIOBase):
        # Unbuffered, as by PYTHONUNBUFFERED, it ignores partial writes to a full disk.
        raw, encoding = sys.stdout.buffer, sys.stdout.encoding
        sys.stdout.detach()
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(raw), encoding=encoding, line_buffering=raw.isatty()
        )
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _ignore_stop_signals() -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # Recorded, as libraries may wrap KeyboardInterrupt in errors of their own.
    _INTERRUPTS.append(number)
    is_importing = frame is not None and frame.f_code.co_filename.startswith("<frozen importlib")
    if is_importing and hasattr(signal, "pthread_kill"):  # not on Windows
        # Python's own callbacks would print and lose it, so it comes again in a moment.
        main_thread = threading.main_thread().ident
        threading.Timer(0.01, signal.pthread_kill, [main_thread, number]).start()
        return
    raise KeyboardInterrupt


def _exit_code() -> int:
    try:
        code = program.main(prog_name="rfmtool", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return error.exit_code
    except (BrokenPipeError, SystemExit):
        # The reader of a pipe has closed it, as `| head` does; only then do click and rich raise
        # SystemExit.
        _discard_stdout()
        return EXIT_PIPE_CLOSED
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - handles all errors
        if not isinstance(error, (RfmtoolError, click.ClickException)):
            _discard_stdout()
        message, hint, exit_code = _message_hint_and_code(error)
        if exit_code == EXIT_BUG:
            traceback.print_exception(error)
        _print_error(message, hint)
        return exit_code
    return code if isinstance(code, int) else 0


def exit_of(error: BaseException) -> tuple[int, str]:
    """The exit code and the message of an error."""
    if isinstance(error, (BrokenPipeError, SystemExit)):
        return EXIT_PIPE_CLOSED, "the reader went away"
    message, _hint, code = _message_hint_and_code(error)
    return code, without_secrets(message)


def _message_hint_and_code(error: BaseException) -> tuple[str, str, int]:
    if _INTERRUPTS or isinstance(error, (KeyboardInterrupt, click.Abort)):
        number = _INTERRUPTS[0] if _INTERRUPTS else signal.SIGINT
        signalled = f"ended by {signal.Signals(number).name}"
        message = "interrupted" if number == signal.SIGINT else signalled
        return message, "Nothing half-written is left; run it again.", EXIT_SIGNALLED + number
    match error:
        case RfmtoolError():
            return error.args[0], error.hint, error.exit_code
        case click.ClickException():
            # Click puts the choices of a missing option on lines of their own.
            message = " ".join(error.format_message().split())
            return message, _usage(error), error.exit_code
        case MemoryError():
            return "memory ran out", "Set a limit, for example --memory-limit 2GB.", EXIT_SYSTEM
        # Python below 3.13 raises RuntimeError for symbolic links that form a circle.
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
    # A failing disk can also be that of an export.
    unnamed = "a file or standard output" if error.errno == errno.EIO else "standard output"
    where = os.fsdecode(error.filename) if error.filename else unnamed
    reason = (error.strerror or type(error).__name__).lower()
    hint = "Free some space and run again." if error.errno == errno.ENOSPC else "Run it again."
    if error.errno == errno.ELOOP:
        hint = "Its links lead in a circle: name another place."
    if error.errno == errno.EBADF:
        hint = "Give it an open standard output, or take --quiet with -o."
    return f"{where}: the system failed: {reason}", hint


def _discard_stdout() -> None:
    """Discard buffered output, which Python would fail to flush again when it exits."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    os.close(devnull)


def _print_error(message: str, hint: str) -> None:
    _ignore_stop_signals()  # a second Ctrl-C must not cut the message
    from rfmtool.pages.blocks import printable

    lines = [f"rfmtool: {printable(without_secrets(message))}"]
    lines += [f"  {printable(line)}" for line in hint.splitlines()]
    for line in lines:
        click.echo(_wrapped(line) if sys.stderr.isatty() else line, err=True)


def _wrapped(line: str) -> str:
    """A line wrapped to the width of the terminal."""
    indent = " " * (len(line) - len(line.lstrip()))
    width = max(shutil.get_terminal_size().columns, _MIN_WIDTH)
    return textwrap.fill(
        line, width, subsequent_indent=f"{indent}  ", break_long_words=False, break_on_hyphens=False
    )
