"""Faults at any step of publishing; run as a program, a SIGKILL at one of them.

Imports nothing heavy, so that it can be started often.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from rfmtool.outputs import publish
from rfmtool.outputs.system_errors import system_failures

FILES = ("customers.csv", "segments/loyal.csv")
SET = [*FILES, "manifest.json", "segments"]


def write_set(folder, word):
    with publish.published_folder(Path(folder)) as place, system_failures(str(folder)):
        for name in FILES:
            (place / name).parent.mkdir(exist_ok=True)
            (place / name).write_text(word)
        outputs = [{"name": name} for name in FILES]
        (place / "manifest.json").write_text(json.dumps({"tool": "rfmtool", "outputs": outputs}))


class Fault:
    """Raises an error, or kills, at the n-th step that touches files below a folder."""

    steps = frozenset({"open", "os.rename", "os.mkdir", "os.chmod", "os.remove", "os.rmdir"})

    def __init__(self):
        self.left, self.below, self.act = 0, "", None

    def __call__(self, event, arguments):
        if not self.left or event not in self.steps:
            return
        path = arguments[0]
        if isinstance(path, (str, os.PathLike)) and os.fspath(path).startswith(self.below):
            self.left -= 1
            if not self.left:
                self.act()


def _write_set_and_die(out, two_renames, step):
    if two_renames == "True":
        publish._exchanged_in_one_step = lambda *_: False  # noqa: SLF001 - no other way to choose
    fault = Fault()
    fault.below, fault.act = str(Path(out).parent), lambda: os.kill(os.getpid(), signal.SIGKILL)
    fault.left = int(step)
    sys.addaudithook(fault)
    write_set(out, "new")


def _run_and_die(below, step, *words):
    """Run a command of rfmtool; SIGKILL at the n-th step below a folder."""
    from rfmtool import cli

    fault = Fault()
    fault.below, fault.act = below, lambda: os.kill(os.getpid(), signal.SIGKILL)
    fault.left = int(step)
    sys.addaudithook(fault)
    sys.argv = ["rfmtool", *words]
    cli.main()


if __name__ == "__main__":
    (_run_and_die if sys.argv[1] == "run" else _write_set_and_die)(*sys.argv[2:])
