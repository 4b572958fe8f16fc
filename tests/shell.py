"""The command as people meet it: words in; an exit code and two streams out."""

from __future__ import annotations

import atexit
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import chdir
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import forks
from click.testing import CliRunner

from rfmtool import cli
from rfmtool.interrupts import STOP_SIGNALS

SNAPSHOTS = Path(__file__).parent / "snapshots"
REWRITE = "REWRITE_SNAPSHOTS"
ENVIRONMENT = {"COLUMNS": "80", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
QUIETLY = ("--quiet", "--no-page")
"""Of a run whose folder is wanted and not what it shows, which takes as long as all the rest."""

SHOP = """\
customer_id,order_id,ordered_at,amount
ann,1,2024-01-05,20.00
ann,2,2024-02-06,22.50
ann,3,2024-03-07,19.99
ann,4,2024-04-08,25
ann,5,2024-05-09,1030.01
bob,6,2024-01-05,5
bob,7,2024-05-20,7.5
cleo,8,2024-03-03,60
cleo,9,2024-03-05,-60
dan,10,2024-02-02,12
,11,2024-02-03,9
"""
"""Ann is a regular, Bob came twice, Cleo gave everything back, Dan came once, one has no name."""


class _Program:
    """What Click's runner drives: the whole of `rfmtool`, its exit codes included."""

    name = "rfmtool"

    def main(self, args, prog_name, **_):
        before, sys.argv = sys.argv, [prog_name, *args]
        handlers = {number: signal.getsignal(number) for number in STOP_SIGNALS}
        try:
            cli.main()
        finally:
            sys.argv = before
            for number, handler in handlers.items():
                signal.signal(number, handler)


def rfmtool(*words, stdin=None, **environment):
    """Run the command in this process; `exit_code`, `stdout` and `stderr` are what came of it."""
    runner = CliRunner(env=ENVIRONMENT | environment)
    return runner.invoke(_Program(), [os.fspath(word) for word in words], input=stdin)


@cache
def _made(words, text):
    place = TemporaryDirectory()
    with chdir(place.name):
        written(Path("shop.csv"), text)
        made = rfmtool(*words, "--quiet")
    assert made.exit_code == 0, made.stderr
    return place


def made(folder, *words, text=SHOP):
    """Lay the folder that a command writes into this one: it is run once, and copied each time.

    Args:
        folder: its name.
        words: of the command; by default a run of shop.csv into the folder.
        text: what shop.csv holds.
    """
    words = words or ("run", "shop.csv", "-o", folder)
    return Path(shutil.copytree(Path(_made(words, text).name, folder), folder, symlinks=True))


def command(*words):
    """The command as a list of words for a process of its own."""
    return [sys.executable, "-m", "rfmtool", *(os.fspath(word) for word in words)]


@cache
def _folder():
    return TemporaryDirectory(prefix="rfmtool-forks-")


@cache
def _server():
    """The socket on which one server forks programs for all tests of this process."""
    path = os.path.join(_folder().name, "socket")  # noqa: PTH118 - no longer than it may be
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen()
        server = subprocess.Popen(  # noqa: S603 - ours
            [sys.executable, forks.__file__, "serve", str(listener.fileno())],
            stdin=subprocess.PIPE, pass_fds=[listener.fileno()],
        )  # fmt: skip
    atexit.register(server.communicate)
    return path


def _call(program):
    if sys.platform != "linux":
        return {"rfmtool": command(), "python": [sys.executable]}[program]
    return [sys.executable, "-IS", forks.__file__, "call", _server(), program]


def forked(*words):
    """The same as `command`, but there at once: forked from a process that has imported all."""
    return [*_call("rfmtool"), *map(os.fspath, words)]


def python(*words, **options):
    """Run a script, or code behind -c, in a process forked in the same way."""
    words = [*_call("python"), *(os.fspath(word) for word in words)]
    return subprocess.run(words, check=False, **options)  # noqa: S603 - the tests' own


@cache
def programs():
    """A folder for the PATH of a shell, in which `rfmtool` and `python` are these, forked."""
    folder = Path(_folder().name)
    for name in ("rfmtool", "python"):
        written(folder / name, f'#!/bin/sh\nexec {shlex.join(_call(name))} "$@"\n').chmod(0o755)
    return folder


def process(*words, **options):
    """Run the command in a process of its own, where signals and pipes are real."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    options["env"] = os.environ | ENVIRONMENT | options.get("env", {})
    return subprocess.run(command(*words), check=False, timeout=60, **options)  # noqa: S603


def bash(line, folder, words=None):
    """Run a line of shell; `rfmtool` in it is this one, forked unless its words are others."""
    here = shlex.join(words or forked())
    return subprocess.run(  # noqa: S603
        ["bash", "-c", f'rfmtool() {{ {here} "$@"; }}; {line}'],  # noqa: S607
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=os.environ | ENVIRONMENT,
        timeout=60,
    )


def written(path, text=SHOP):
    """Write a file; the path again."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def names_in(folder):
    """The names of what lies in a folder, hidden ones too."""
    return sorted(path.name for path in Path(folder).iterdir())


def files_of(folder):
    """Everything in a folder and below, hidden files too, as paths with slashes."""
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob("*"))


def assert_snapshot(name, text):
    """Compare with a file of tests/snapshots; REWRITE_SNAPSHOTS=1 writes it anew."""
    text = "".join(f"{line.rstrip()}\n" for line in text.splitlines())
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get(REWRITE):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8"), f"{REWRITE}=1 pytest writes it anew, if it is right"
