"""The traces that a run leaves, also where it fails: a line of JSON, gauges, a word to somebody."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

import click

from rfmtool.cli.sections import section
from rfmtool.errors import RfmtoolError, SystemFailureError, UsageError
from rfmtool.locations import check_is_local_path, without_secrets
from rfmtool.version import __version__

_STDOUT: Final = "-"
_PATIENCE_SECONDS: Final = 60
_COUNTS: Final = ("customers", "buyers", "orders", "revenue")
_running = section("While it runs")

log = _running(
    "--log", "log_file", metavar="FILE|-",
    help="Append a line of JSON to FILE, on failure too: started, seconds, exit_code, inputs, rows,"
         " counts.",
)  # fmt: skip
metrics = _running(
    "--metrics", "metrics_file", metavar="FILE",
    help="Write gauges for Prometheus, such as node_exporter reads, into FILE.",
)  # fmt: skip


@dataclass
class RunRecord:
    """What is known of a run so far."""

    as_of: str | None = None
    inputs: Sequence[Mapping[str, Any]] = ()
    summary: Mapping[str, Any] = field(default_factory=dict)
    published: Sequence[str] = ()
    """Where it stands, once it does."""
    wanted: bool = False
    """Whether anybody is told."""

    def expect(self, exports: Sequence[str]) -> None:
        """Take in what is to be read, for a run that fails before it has read it."""
        self.inputs = [
            {
                "name": without_secrets(name),
                # Not by pathlib, which fails on a query that is longer than a name can be.
                "bytes": os.path.getsize(name) if os.path.isfile(name) else None,  # noqa: PTH113, PTH202
            }
            for name in exports
        ]


@contextmanager
def monitored(
    log_file: str | None, metrics_file: str | None, notify: Sequence[str]
) -> Iterator[RunRecord]:
    """Leave traces of what the block does, whatever comes of it.

    Args:
        log_file: a line is appended to it; `-` is stdout.
        metrics_file: is written anew.
        notify: a command that gets the line on its stdin.

    Raises:
        UsageError: a place cannot be written to, or what writes it is not installed.
        SystemFailureError: the system refuses, before the block or after it has ended well.
    """
    from rfmtool.cli import exit_of

    told = RunRecord(wanted=bool(log_file or metrics_file or notify))
    began, started = time.monotonic(), datetime.now(UTC)
    ready: list[Callable[[Mapping[str, Any]], None]] = []

    def leave(code: int, message: str) -> list[RfmtoolError | OSError]:
        """Leave each trace that can be, and tell somebody in any case; gives what went wrong."""
        line = _line(told, started, time.monotonic() - began, code, message)
        failures: list[RfmtoolError | OSError] = []
        for trace in ready:
            try:
                trace(line)
            except (RfmtoolError, OSError) as error:
                failures.append(error)
                if not line["exit_code"]:
                    line["exit_code"], line["message"] = exit_of(error)
        _notify(notify, line)
        return failures

    try:
        if log_file is not None:
            _check_log(log_file)
            ready.append(partial(_append, log_file))
        if metrics_file is not None:
            _check_metrics(metrics_file, log_file)
            ready.append(partial(_write_gauges, Path(metrics_file), told))
        yield told
    except BaseException as error:
        for failure in leave(*exit_of(error)):
            click.echo(f"rfmtool: {exit_of(failure)[1]}", err=True)
        raise
    if failures := leave(0, ""):
        raise _of_a_good_run(failures, told.published)


def _of_a_good_run(failures: Sequence[Exception], published: Sequence[str]) -> Exception:
    """What to say where a run went well and its traces did not."""
    from rfmtool.cli import exit_of

    first, *others = failures
    if isinstance(first, OSError) and not others:  # of standard output, which nobody reads any more
        return first
    ended = f"is published in {' and '.join(published)}" if published else "went well"
    return SystemFailureError(
        "; ".join(exit_of(one)[1] for one in failures),
        f"The run itself {ended}. Free some space, or name another place for the next one.",
    )


def _check_log(path: str) -> None:
    if path == _STDOUT:
        return
    from rfmtool.outputs.system_errors import is_in_place, system_failures

    place = _place("--log", path)
    with system_failures(path):
        if not place.exists():
            TemporaryFile(dir=place.resolve().parent).close()
        elif not is_in_place(place):  # a pipe would wait for its reader
            place.open("ab").close()


def _check_metrics(path: str, log_file: str | None) -> None:
    from rfmtool.outputs.system_errors import is_in_place, system_failures

    place = _place("--metrics", path)
    if log_file and place.absolute() == Path(log_file).absolute():
        raise UsageError(f"--log and --metrics both name {path}", "Give one of them another file.")
    with system_failures(path):
        if not is_in_place(place):
            TemporaryFile(dir=place.resolve().parent).close()
    try:
        import prometheus_client  # noqa: F401
    except ImportError:
        raise UsageError(
            "--metrics: prometheus-client is not installed",
            "pip install 'rfmtool[metrics]' brings it.",
        ) from None


def _place(option: str, path: str) -> Path:
    check_is_local_path(path)
    if not path or Path(path).is_dir() or not Path(path).absolute().parent.is_dir():
        raise UsageError(
            f"{option} {path}: no file can stand there", "Name a file in a folder that is there."
        )
    return Path(path)


def _line(
    told: RunRecord, started: datetime, seconds: float, code: int, message: str
) -> dict[str, Any]:
    summary = told.summary
    return {
        "started": started.isoformat(timespec="seconds"),
        "ended": (started + timedelta(seconds=seconds)).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "exit_code": code,
        "version": __version__,
        "as_of": told.as_of,
        "inputs": [dict(one) for one in told.inputs],
        "ledger": summary.get("ledger"),
        "counts": {name: summary[name] for name in _COUNTS if name in summary},
        "warnings": len(summary.get("warnings", ())),
        "message": message,
    }


def _text(line: Mapping[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False) + "\n"


def _append(path: str, line: Mapping[str, Any]) -> None:
    from rfmtool.outputs.system_errors import system_failures

    data = _text(line).encode("utf-8", "replace")
    if path == _STDOUT:
        click.echo(data, nl=False)
        return
    with system_failures(path):
        handle = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(data)


def _write_gauges(path: Path, told: RunRecord, line: Mapping[str, Any]) -> None:
    """Write gauges for whoever watches the machine; they name groups and nobody."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    from rfmtool.outputs.publish import published_file

    registry, summary = CollectorRegistry(), told.summary

    def gauge(name: str, words: str, values: Mapping[str, float], label: str = "") -> None:
        one = Gauge(f"rfmtool_{name}", words, [label] if label else [], registry=registry)
        for of, value in values.items():
            (one.labels(of) if label else one).set(value)

    started = datetime.fromisoformat(line["started"]).timestamp()
    gauge("last_run_timestamp_seconds", "When the last run began", {"": started})
    gauge("last_run_duration_seconds", "How long it took", {"": line["seconds"]})
    gauge("last_run_exit_code", "How it ended; 0 is well", {"": line["exit_code"]})
    if summary:
        for name in _COUNTS:
            gauge(name, f"{name.capitalize()} of the last run", {"": float(summary[name])})
        ledger = summary["ledger"]
        rows = {name: ledger[name] for name in ("used", "anonymous", "blank")}
        rows |= {name: sum(ledger[name].values()) for name in ("excluded", "rejected")}
        gauge("rows", "Rows by what became of them", rows, "bin")
        for one, plural in (("stage", "stages"), ("segment", "segments"), ("activity", "activity")):
            counts = {group["name"]: group["customers"] for group in summary[plural]}
            gauge(f"{one}_customers", f"Customers by {one}", counts, one)
    with published_file(path, shared=True) as target:
        target.write(generate_latest(registry))


def _notify(words: Sequence[str], line: Mapping[str, Any]) -> None:
    """Tell somebody, if anybody; what comes of that changes nothing about the run."""
    if not words:
        return
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command
            list(words), input=_text(line).encode(), stdout=subprocess.DEVNULL, check=False,
            timeout=_PATIENCE_SECONDS,
        )  # fmt: skip
        said = f"ended with {done.returncode}" if done.returncode else ""
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        said = (getattr(error, "strerror", None) or type(error).__name__).lower()
    if said:
        click.echo(f"rfmtool: notify {words[0]}: {said}", err=True)
