"""Processes, run to their end and measured as a whole."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

MIB = 1 << 20


@dataclass(frozen=True)
class Measure:
    """What one run took: seconds on the clock, seconds of CPU, peak resident memory in MiB."""

    wall_s: float
    cpu_s: float
    peak_mib: float


class RunFailed(Exception):  # noqa: N818 - the name says what happened
    """A contender ended with an error; the text says how."""


def measure(words: Sequence[str]) -> Measure:
    """Run a command to its end and measure the whole process.

    Raises:
        RunFailed: the command did not end with 0.
    """
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            last_words = said.read().decode(errors="replace").strip().splitlines()[-1:]
            raise RunFailed(f"exit {child.returncode}: {' '.join(last_words)}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Measure(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / MIB)


def medians(measures: Sequence[Measure]) -> Measure:
    """Take the median of each figure by itself."""
    return Measure(
        median(each.wall_s for each in measures),
        median(each.cpu_s for each in measures),
        median(each.peak_mib for each in measures),
    )
